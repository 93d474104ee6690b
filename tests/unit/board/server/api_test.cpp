#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <semaphore>
#include <thread>

#include "board/server/server.hpp"
#include "tests/unit/board/server/certificate.hpp"
#include "tests/unit/board/server/http_client.hpp"

namespace dnstorm::board {
namespace {

constexpr std::size_t body_max = 4 * 1024 * 1024;

class ApiTest : public ::testing::Test {
 protected:
  void start(std::function<ApiAnswer(const ApiRequest&)> api) {
    ServerOptions options{.port = 0};
    options.api = std::move(api);
    auto server = Server::start(std::move(options), live_, {});
    ASSERT_TRUE(server.ok()) << server.error().what;
    server_ = std::move(*server);
  }
  std::string url(const std::string& path) const { return server_->url() + path; }
  static Reply post(const std::string& url, const std::string& body) {
    return HttpClient(url)
        .set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()))
        .set(CURLOPT_POSTFIELDS, body.c_str())
        .get();
  }

  Live live_{LiveOptions{}};
  std::unique_ptr<Server> server_;
};

TEST_F(ApiTest, AHandlerSeesWhatWasAskedAndItsAnswerIsGiven) {
  ApiRequest seen;
  start([&](const ApiRequest& request) {
    seen = request;
    return ApiAnswer{409, "text/x-test", "no"};
  });
  Reply reply = HttpClient(url("api/v1/topology/a%20b/kill/3?x=1&y=%C3%A4&x=2"))
                    .header("Authorization: Bearer secret")
                    .header("Content-Type: text/x-mine")
                    .header(std::string(control_header) + ": 1")
                    .set(CURLOPT_POSTFIELDS, "body")
                    .get();
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.body, "no");
  EXPECT_EQ(reply.headers["content-type"], "text/x-test");
  EXPECT_EQ(reply.headers["x-content-type-options"], "nosniff");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/topology/a b/kill/3");
  EXPECT_EQ(seen.argument("x"), "1");
  EXPECT_EQ(seen.argument("y"), "\xc3\xa4");
  EXPECT_EQ(seen.argument("z"), "");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.token, "secret");
  EXPECT_EQ(seen.content_type, "text/x-mine");
  EXPECT_TRUE(seen.loopback);
  EXPECT_TRUE(seen.deliberate);
}

TEST_F(ApiTest, BodiesUpToTheLimitComeWholeAndLongerOnesNever) {
  std::size_t seen = 0;
  start([&](const ApiRequest& request) {
    seen = request.body.size();
    return ApiAnswer{};
  });
  EXPECT_EQ(post(url("api/v1/x"), std::string(body_max, 'x')).status, 200);
  EXPECT_EQ(seen, body_max);
  const Reply refused = post(url("api/v1/x"), std::string(body_max + 1, 'x'));
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(seen, body_max);
}

TEST_F(ApiTest, ABodyThatIsTooLongWithoutSayingSoIsCutOff) {
  bool asked = false;
  start([&](const ApiRequest&) {
    asked = true;
    return ApiAnswer{};
  });
  std::string left(body_max + 1, 'x');
  auto give = +[](char* out, std::size_t size, std::size_t count, void* from) {
    auto& text = *static_cast<std::string*>(from);
    const std::size_t n = std::min(size * count, text.size());
    text.copy(out, n);
    text.resize(text.size() - n);
    return n;
  };
  const Reply reply = HttpClient(url("api/v1/x"))
                          .header("Transfer-Encoding: chunked")
                          .header("Expect:")
                          .set(CURLOPT_POST, 1L)
                          .set(CURLOPT_READFUNCTION, give)
                          .set(CURLOPT_READDATA, &left)
                          .get();
  EXPECT_EQ(reply.status, 0);
  EXPECT_FALSE(asked);
}

TEST_F(ApiTest, ASlowAnswerHoldsUpNothingElse) {
  std::promise<void> asked, go_on;
  start([&](const ApiRequest&) {
    asked.set_value();
    go_on.get_future().wait();
    return ApiAnswer{200, "text/plain", "slow"};
  });
  Reply slow;
  std::thread client([&] { slow = HttpClient(url("api/v1/slow")).get(); });
  asked.get_future().wait();
  EXPECT_EQ(HttpClient(url("healthz")).get().body, "ok\n");
  go_on.set_value();
  client.join();
  EXPECT_EQ(slow.body, "slow");
}

TEST_F(ApiTest, StopLetsTheAnswerAtHandEndAndTurnsTheRestAway) {
  std::promise<void> asked, go_on;
  std::atomic<int> calls{0};
  start([&](const ApiRequest&) {
    if (++calls == 1) {
      asked.set_value();
      go_on.get_future().wait();
    }
    return ApiAnswer{};
  });
  std::thread first([&] { HttpClient(url("api/v1/1")).get(); });
  asked.get_future().wait();
  std::thread second([&] { HttpClient(url("api/v1/2")).get(); });
  std::thread stopping([&] { server_->stop(); });
  go_on.set_value();
  stopping.join();
  first.join();
  second.join();
  EXPECT_EQ(HttpClient(url("healthz")).get().status, 0);
}

class DataTest : public ApiTest {
 protected:
  void start(std::size_t threads, std::size_t waiting_max) {
    ServerOptions options{.port = 0};
    options.data = [this](const ApiRequest& request) {
      if (request.path == "/slow") {
        begun_.release();
        open_.wait();
      }
      return ApiAnswer{200, "text/plain", request.path};
    };
    options.data_threads = threads;
    options.data_waiting_max = waiting_max;
    auto server = Server::start(std::move(options), live_, {});
    ASSERT_TRUE(server.ok()) << server.error().what;
    server_ = std::move(*server);
  }
  std::future<Reply> ask(const std::string& path) const {
    return std::async(std::launch::async, [url = url(path)] { return HttpClient(url).get(); });
  }

  std::counting_semaphore<8> begun_{0};
  std::promise<void> go_on_;
  const std::shared_future<void> open_ = go_on_.get_future().share();
};

TEST_F(DataTest, ALongAnswerHoldsUpNoOtherPage) {
  start(2, 8);
  auto slow = ask("api/data/slow");
  begun_.acquire();
  EXPECT_EQ(HttpClient(url("api/data/other")).get().body, "/other");
  go_on_.set_value();
  EXPECT_EQ(slow.get().body, "/slow");
}

TEST_F(DataTest, WhatIsBeyondTheLimitIsRefused) {
  start(1, 1);
  auto slow = ask("api/data/slow");
  begun_.acquire();
  // One thread is taken and one place to wait: of two that come now one is turned away at once.
  std::promise<unsigned> first;
  std::atomic<int> answered{0}, refused{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i)
    clients.emplace_back([&] {
      const long status = HttpClient(url("api/data/other")).get().status;
      if (status == 503) ++refused;
      if (++answered == 1) first.set_value(static_cast<unsigned>(status));
    });
  EXPECT_EQ(first.get_future().get(), 503u);
  go_on_.set_value();
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(slow.get().status, 200);
}

TEST_F(ApiTest, OnlyThePrefixIsTheHandlersAndOnlyIfThereIsOne) {
  start([](const ApiRequest&) { return ApiAnswer{418, "text/plain", ""}; });
  EXPECT_EQ(HttpClient(url("api/v1")).get().status, 418);
  EXPECT_EQ(HttpClient(url("api/v1/")).get().status, 418);
  EXPECT_EQ(HttpClient(url("api/v12")).get().status, 404);
  start({});
  EXPECT_EQ(HttpClient(url("api/v1/x")).get().status, 404);
}

TEST_F(ApiTest, ANameOfAnotherSiteGetsNothing) {
  start([](const ApiRequest&) { return ApiAnswer{}; });
  EXPECT_EQ(HttpClient(url("api/v1/x")).header("Host: evil.example").get().status, 403);
}

class TlsTest : public ApiTest {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "dnstorm_tls_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
    write_certificate(certificate(), key());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string certificate() const { return folder_ + "/certificate.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }
  Result<std::unique_ptr<Server>> serve(const std::string& certificate, const std::string& key) {
    ServerOptions options{.port = 0};
    options.api = [](const ApiRequest& request) { return ApiAnswer{200, "a/b", request.body}; };
    options.certificate = certificate;
    options.key = key;
    return Server::start(std::move(options), live_, {});
  }
  std::string folder_;
};

TEST_F(TlsTest, EverythingIsServedOverHttpsAndNothingOverHttp) {
  auto server = serve(certificate(), key());
  ASSERT_TRUE(server.ok()) << server.error().what;
  const std::string base = (*server)->url();
  EXPECT_EQ(base, "https://127.0.0.1:" + std::to_string((*server)->port()) + "/");
  auto trusting = [](HttpClient&& client) -> HttpClient& {
    return client.set(CURLOPT_SSL_VERIFYPEER, 0L).set(CURLOPT_SSL_VERIFYHOST, 0L);
  };
  EXPECT_EQ(trusting(HttpClient(base + "healthz")).get().body, "ok\n");
  EXPECT_EQ(trusting(HttpClient(base + "api/v1/echo")).set(CURLOPT_POSTFIELDS, "a body").get().body,
            "a body");
  bool told = false;
  trusting(HttpClient(base + "api/stream")).stream([&](const Event&) {
    told = true;
    return false;
  });
  EXPECT_TRUE(told);
  EXPECT_EQ(HttpClient("http" + base.substr(5) + "healthz").get().status, 0);
  EXPECT_EQ(HttpClient(base + "healthz").get().status, 0) << "nobody knows this certificate";
}

TEST_F(TlsTest, FilesThatAreNoneAreOneClearLine) {
  auto missing = serve(folder_ + "/none.pem", key());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::no_input);
  auto alone = serve(certificate(), "");
  ASSERT_FALSE(alone.ok());
  EXPECT_EQ(alone.error().kind, ErrorKind::usage);
  std::ofstream(folder_ + "/text.pem") << "hello";
  auto text = serve(folder_ + "/text.pem", key());
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().what, "board: the certificate " + folder_ + "/text.pem is no PEM file");
  auto swapped = serve(key(), certificate());
  ASSERT_FALSE(swapped.ok());
  EXPECT_THAT(swapped.error().what, ::testing::HasSubstr("do certificate and key fit?"));
}

}  // namespace
}  // namespace dnstorm::board
