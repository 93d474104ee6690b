#include "operators/sinks/webhook.hpp"

#include <cstdlib>
#include <fstream>
#include <thread>

#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/operators/sinks/influx_fakes.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::JumpingPause;
using testing::no_answer;
using testing::TaskHarness;
using testing::TextOptions;
using testing::with_status;

struct Request {
  std::string url;
  std::string body;
  std::vector<std::string> headers;
};

class Webhook : public ::testing::Test {
 protected:
  // Keeps what it is asked; answers from a script, then with 204.
  class Server final : public HttpTransport {
   public:
    explicit Server(Webhook& test) : test_(test) {}
    HttpAnswer exchange(const HttpRequest& request) override {
      std::lock_guard lock(test_.mutex);  // some tests have several senders
      test_.requests.push_back({request.url, std::string(request.body), request.headers});
      if (test_.script.empty()) return test_.always;
      HttpAnswer next = test_.script.front();
      test_.script.pop_front();
      return next;
    }

   private:
    Webhook& test_;
  };
  OperatorDef def() {
    return webhook_operator({.make_transport = [this] { return std::make_unique<Server>(*this); },
                             .make_pause =
                                 [this] {
                                   auto made = std::make_unique<JumpingPause>();
                                   pause = made.get();
                                   return made;
                                 },
                             .note =
                                 [this](const std::string& text) {
                                   std::lock_guard lock(mutex);
                                   notes.push_back(text);
                                 }});
  }
  std::unique_ptr<TaskHarness> task(TextOptions options) {
    options.try_emplace("url", std::vector<std::string>{"http://h/secret?key=1"});
    return std::make_unique<TaskHarness>(def(), options, testing::count_fields());
  }
  static testing::TextRow count_row(const std::string& count) {
    return {"0s", "10s", "28", "2", count};
  }
  static std::string json(const std::string& count) {
    return R"({"window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:00:10Z",)"
           R"("qtype":"AAAA","rcode":"SERVFAIL","count":)" +
           count + "}";
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> out;
    for (const Request& request : requests) out.push_back(request.body);
    return out;
  }
  // Returns when so many rows are counted; what the sender's thread did until then can be looked
  // at.
  static void wait_for(TaskHarness& hook, const char* counter, std::uint64_t rows) {
    while (hook.counter(counter) < rows) std::this_thread::yield();
    hook.save();  // takes the sender's lock
  }
  void pass_a_minute() {
    std::condition_variable never;
    std::unique_lock lock(mutex);
    pause->wait(lock, never, 60 * ns_per_s);
  }
  std::string prepare_error(TextOptions options) {
    auto made = task(std::move(options));
    return made->prepared.ok() ? "" : made->prepared.error().what;
  }

  std::mutex mutex;
  std::vector<Request> requests;
  std::deque<HttpAnswer> script;
  HttpAnswer always = with_status(204);
  std::vector<std::string> notes;
  JumpingPause* pause = nullptr;
};

TEST_F(Webhook, posts_a_row_a_request_in_one_order) {
  auto hook = task({{"token", {"t"}}, {"headers", {"X-Key=a=b"}}});
  ASSERT_TRUE(hook->prepared.ok());
  hook->feed({count_row("10"), count_row("9")});
  hook->watermark(9 * ns_per_s);
  hook->finish();
  EXPECT_THAT(bodies(), ElementsAre(json("9"), json("10")));
  EXPECT_EQ(requests[0].url, "http://h/secret?key=1");
  EXPECT_THAT(requests[0].headers, ElementsAre("Content-Type: application/json", "X-Key: a=b",
                                               "Authorization: Bearer t"));
  EXPECT_EQ(hook->counter("rows_delivered"), 2);
}

TEST_F(Webhook, selects_fields_and_adds_constants) {
  auto hook = task({{"fields", {"count", "rcode"}},
                    {"constants", {"channel=#dns", "text=a \"b\""}},
                    {"source", {"true"}}});
  hook->feed({count_row("1")});
  hook->finish();
  EXPECT_THAT(bodies(), ElementsAre(R"({"channel":"#dns","text":"a \"b\"","source":"input",)"
                                    R"("count":1,"rcode":"SERVFAIL"})"));
}

TEST_F(Webhook, posts_arrays_of_what_waits) {
  script.push_back(no_answer());  // meanwhile all rows are in the queue
  auto hook = task({{"batch", {"2"}}, {"fields", {"count"}}});
  hook->feed({count_row("1"), count_row("2"), count_row("3"), count_row("4"), count_row("5")});
  hook->finish();
  std::string all;
  for (std::size_t i = 1; i < requests.size(); ++i) {
    EXPECT_LE(requests[i].body.size(), std::string(R"([{"count":1},{"count":2}])").size());
    EXPECT_EQ(requests[i].body.front(), '[');
    all += requests[i].body.substr(1, requests[i].body.size() - 2) + ",";
  }
  EXPECT_EQ(all, R"({"count":1},{"count":2},{"count":3},{"count":4},{"count":5},)");
}

TEST_F(Webhook, tries_again_with_growing_pauses) {
  for (int i = 0; i < 3; ++i) script.push_back(with_status(503, "busy"));
  auto hook = task({});
  hook->feed({count_row("1")});
  hook->watermark(10 * ns_per_s);
  wait_for(*hook, "rows_delivered", 1);
  EXPECT_THAT(bodies(), ElementsAre(json("1"), json("1"), json("1"), json("1")));
  EXPECT_EQ(hook->counter("retries"), 3);
  ASSERT_EQ(pause->jumps.size(), 3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GE(pause->jumps[i], (100 * ns_per_ms) << i);
    EXPECT_LE(pause->jumps[i], (200 * ns_per_ms) << i);
  }
  hook->finish();
  EXPECT_THAT(notes, ElementsAre("webhook: http://h takes no rows now (HTTP 503: busy); 1 wait",
                                 "webhook: http://h answers again"));
}

TEST_F(Webhook, waits_as_long_as_the_server_asks) {
  script.push_back({.status = 429, .body = "", .failure = "", .retry_after = 40 * ns_per_s});
  auto hook = task({});
  hook->feed({count_row("1")});
  hook->watermark(10 * ns_per_s);
  wait_for(*hook, "rows_delivered", 1);
  EXPECT_THAT(pause->jumps, ElementsAre(40 * ns_per_s));
}

TEST_F(Webhook, gives_up_at_the_end_and_says_so) {
  always = no_answer();
  auto hook = task({{"drain_timeout", {"30s"}}});
  hook->feed({count_row("1"), count_row("2")});
  auto finished = hook->try_finish();
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(finished.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(finished.error().what,
            "webhook: 2 rows could not be delivered to http://h: connection refused");
  EXPECT_EQ(hook->counter("rows_undelivered"), 2);
}

TEST_F(Webhook, lets_the_oldest_rows_go_when_the_queue_stays_full) {
  always = no_answer();
  auto hook = task({{"queue_rows", {"2"}}, {"patience", {"1h"}}, {"drain_timeout", {"1s"}}});
  for (int i = 0; i < 6; ++i) hook->feed({count_row(std::to_string(i))});
  auto finished = hook->try_finish();
  EXPECT_THAT(finished.error().what, HasSubstr("6 rows could not be delivered"));
  EXPECT_GT(hook->counter("queue_full"), 0);
  EXPECT_EQ(hook->counter("rows_undelivered"), 6);
}

TEST_F(Webhook, counts_what_is_refused_and_goes_on) {
  script = {with_status(400, "bad\nrow"), with_status(204)};
  auto hook = task({});
  hook->feed({count_row("1"), count_row("2")});
  auto finished = hook->try_finish();
  EXPECT_EQ(finished.error().kind, ErrorKind::data);
  EXPECT_EQ(finished.error().what, "webhook: http://h refused 1 rows: HTTP 400: bad row");
  EXPECT_EQ(hook->counter("rows_refused"), 1);
  EXPECT_EQ(hook->counter("rows_delivered"), 1);
}

TEST_F(Webhook, stops_where_nothing_will_ever_be_taken) {
  always = with_status(401, "who are you?");
  auto hook = task({});
  hook->feed({count_row("1"), count_row("2"), count_row("3")});
  auto finished = hook->try_finish();
  EXPECT_EQ(requests.size(), 1);
  EXPECT_EQ(finished.error().what,
            "webhook: 3 rows could not be delivered to http://h: HTTP 401: who are you?");
  EXPECT_THAT(notes, ElementsAre(HasSubstr("none is sent any more")));
}

TEST_F(Webhook, holds_back_what_is_too_much_and_tells_it_with_the_next_one) {
  auto hook = task({{"per_minute_max", {"2"}}});
  for (int i = 0; i < 5; ++i) hook->feed({count_row(std::to_string(i))});
  hook->watermark(10 * ns_per_s);
  wait_for(*hook, "rows_held_back", 3);
  EXPECT_THAT(bodies(), ElementsAre(json("0"), json("1")));
  pass_a_minute();
  hook->feed({count_row("5")});
  hook->finish();
  ASSERT_EQ(requests.size(), 3);
  EXPECT_EQ(requests[2].body, json("5"));
  EXPECT_THAT(requests[2].headers, ::testing::Contains("X-Dnstorm-Held-Back: 3"));
  EXPECT_THAT(notes, ElementsAre("webhook: more than 2 deliveries a minute to http://h: holding "
                                 "rows back",
                                 "webhook: 3 rows to http://h were held back"));
}

TEST_F(Webhook, goes_on_with_what_has_no_answer) {
  always = no_answer();
  auto first = task({});
  first->feed({count_row("1"), {"10s", "20s", "1", "0", "7"}});
  first->watermark(10 * ns_per_s);
  std::string state = first->save();
  first.reset();
  requests.clear();
  always = with_status(204);
  auto second = task({});
  ASSERT_TRUE(second->restore(state).ok());
  second->finish();
  ASSERT_EQ(requests.size(), 2);
  EXPECT_EQ(requests[0].body, json("1"));
  EXPECT_THAT(requests[1].body, HasSubstr("\"count\":7"));
  testing::check_resumes([this] { return task({}); },
                         {testing::rows({count_row("1")}), testing::until(10 * ns_per_s)});
}

TEST_F(Webhook, takes_secrets_from_the_environment_and_from_files) {
  EXPECT_EQ(prepare_error({{"token", {"env:DNSTORM_TEST_NO_SUCH"}}}),
            "webhook: `token` is to come from the environment variable DNSTORM_TEST_NO_SUCH, which "
            "is not set");
  EXPECT_EQ(prepare_error({{"token", {"file:/nowhere"}}}),
            "webhook: `token` is to come from the file /nowhere: No such file or directory");
  TemporaryFolder folder;
  std::ofstream(folder.path() / "token") << "from a file\n";
  setenv("DNSTORM_TEST_URL", "http://hidden/x", 1);
  setenv("DNSTORM_TEST_KEY", "two\nlines", 1);
  auto hook = task({{"url", {"env:DNSTORM_TEST_URL"}},
                    {"token", {"file:" + (folder.path() / "token").string()}}});
  hook->feed({count_row("1")});
  hook->finish();
  EXPECT_EQ(requests[0].url, "http://hidden/x");
  EXPECT_THAT(requests[0].headers, ::testing::Contains("Authorization: Bearer from a file"));
  EXPECT_EQ(prepare_error({{"headers", {"X-Key=env:DNSTORM_TEST_KEY"}}}),
            "the value of X-Key has a line end");
  setenv("DNSTORM_TEST_URL", "hidden", 1);
  EXPECT_THAT(prepare_error({{"url", {"env:DNSTORM_TEST_URL"}}}), HasSubstr("neither http://"));
}

TEST_F(Webhook, checks_its_options_before_anything_runs) {
  auto error = [&](TextOptions options) {
    options.try_emplace("url", std::vector<std::string>{"http://h"});
    return testing::declare_error(def(), options, {testing::count_fields()});
  };
  EXPECT_EQ(error({}), "");
  EXPECT_THAT(error({{"url", {"h"}}}), HasSubstr("neither http:// nor https://"));
  EXPECT_THAT(error({{"url", {"http://"}}}), HasSubstr("names no host"));
  EXPECT_THAT(error({{"url", {"http://u:p@h/"}}}), HasSubstr("holds a password"));
  EXPECT_EQ(error({{"url", {"http://h/users/@me"}}}), "");
  EXPECT_THAT(error({{"insecure", {"true"}}}), HasSubstr("with https://"));
  EXPECT_THAT(error({{"headers", {"X Key=1"}}}), HasSubstr("cannot be the name of a header"));
  EXPECT_THAT(error({{"headers", {"X-Key"}}}), HasSubstr("not written as name=value"));
  EXPECT_THAT(error({{"constants", {"count=1"}}}), HasSubstr("has that name already"));
  EXPECT_THAT(error({{"fields", {"nothing"}}}), HasSubstr("nothing"));
  EXPECT_THAT(testing::declare_error(def(), {{"url", {"http://h"}}}, {{{"word", Type::str}}}),
              HasSubstr("have no time"));
}

TEST(WebhookAnswers, are_judged_by_their_status) {
  using Outcome = RowReceiver::Outcome;
  for (int status : {200, 202, 204})
    EXPECT_EQ(judge_webhook(with_status(status)).outcome, Outcome::taken) << status;
  for (int status : {0, 408, 425, 429, 500, 503})
    EXPECT_EQ(judge_webhook(with_status(status)).outcome, Outcome::again) << status;
  for (int status : {400, 409, 413, 415, 422})
    EXPECT_EQ(judge_webhook(with_status(status)).outcome, Outcome::refused) << status;
  for (int status : {301, 401, 403, 404, 410})
    EXPECT_EQ(judge_webhook(with_status(status)).outcome, Outcome::stop) << status;
}

}  // namespace
}  // namespace dnstorm::operators
