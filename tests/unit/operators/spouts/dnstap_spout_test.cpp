// dnstap frames through `decode`: rows as of packets, with what dnstap adds.
#include "operators/spouts/dnstap_spout.hpp"

#include "capture/dns/writer.hpp"
#include "capture/dnstap/message.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "tests/unit/operators/spouts/decode_task.hpp"

namespace dnstorm::operators {
namespace {

namespace dnstap = capture::dnstap;
using capture::dns::MessageWriter;
using capture::dnstap::Dnstap;
using capture::dnstap::MessageType;
using testing::declare_error;
using ::testing::ElementsAre;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t client_address[] = {192, 0, 2, 1};
constexpr std::uint8_t server_address[] = {198, 51, 100, 53};

std::span<const std::uint8_t> view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Bytes message(std::uint16_t id, std::uint16_t flags) {
  MessageWriter writer;
  auto wire = writer.begin(id, flags).question("www.example.com", 1).finish();
  return {wire.begin(), wire.end()};
}
const Bytes query = message(7, MessageWriter::rd);
const Bytes response = message(7, MessageWriter::qr | MessageWriter::rd | 3);

Dnstap frame_of(MessageType type, std::uint16_t query_port = 4242) {
  Dnstap m;
  m.type = type;
  m.family = dnstap::SocketFamily::inet;
  m.protocol = dnstap::SocketProtocol::udp;
  m.query_address = client_address;
  m.response_address = server_address;
  m.has_query_port = m.has_response_port = true;
  m.query_port = query_port;
  m.response_port = 53;
  (is_response(type) ? m.response_message : m.query_message) = is_response(type) ? response : query;
  return m;
}

struct FrameTask : testing::DecodeTask {
  using DecodeTask::DecodeTask;
  void frame(const Dnstap& message) {
    Bytes bytes;
    encode(message, bytes);
    raw(bytes);
  }
  void raw(const Bytes& bytes, std::uint16_t link = link_dnstap) { row(bytes, link); }
};

TEST(DecodeDnstap, TellsClientAndServerByWhoAsked) {
  FrameTask task({"client", "server", "client_port", "server_port", "qr", "src", "size"});
  task.frame(frame_of(MessageType::client_query));
  task.frame(frame_of(MessageType::client_response));
  EXPECT_THAT(task.harness.take(messages_stream),
              ElementsAre("192.0.2.1 192.0.2.1 198.51.100.53 4242 53 33 false",
                          "198.51.100.53 192.0.2.1 198.51.100.53 4242 53 33 true"));
}

TEST(DecodeDnstap, MakesTwoRowsOfAFrameWithBothMessages) {
  FrameTask task({"qr", "rcode"});
  Dnstap both = frame_of(MessageType::tool_response);
  both.query_message = query;
  task.frame(both);
  EXPECT_THAT(task.harness.take(messages_stream), ElementsAre("false 0", "true 3"));
  task.harness.finish();
  EXPECT_EQ(task.harness.counter("parsed"), 1u);
}

std::vector<std::string> transactions(const std::vector<Dnstap>& frames) {
  FrameTask task({"txn", "client_port"});
  for (const Dnstap& frame : frames) task.frame(frame);
  return task.harness.take(messages_stream);
}

TEST(DecodeDnstap, PairsKindsOfMessagesAmongThemselvesOnly) {
  auto rows =
      transactions({frame_of(MessageType::client_query), frame_of(MessageType::auth_query),
                    frame_of(MessageType::client_response), frame_of(MessageType::auth_response)});
  EXPECT_EQ(rows[0], rows[2]);
  EXPECT_EQ(rows[1], rows[3]);
  EXPECT_NE(rows[0], rows[1]);
}

TEST(DecodeDnstap, PaysNoHeedToThePortsOfResolvers) {
  for (auto [asks, hears] :
       {std::pair{MessageType::resolver_query, MessageType::resolver_response},
        std::pair{MessageType::forwarder_query, MessageType::forwarder_response}}) {
    auto rows = transactions({frame_of(asks, 4242), frame_of(hears, 53)});
    EXPECT_EQ(rows[0], rows[1]);
  }
  auto rows = transactions(
      {frame_of(MessageType::client_query, 1), frame_of(MessageType::client_response, 2)});
  EXPECT_NE(rows[0], rows[1]);
}

TEST(DecodeDnstap, TellsEncryptedTransports) {
  FrameTask task({"transport", "http_protocol"});
  for (unsigned i = 1; i <= dnstap::socket_protocols; ++i) {
    Dnstap frame = frame_of(MessageType::client_query);
    frame.protocol = static_cast<dnstap::SocketProtocol>(i);
    if (frame.protocol == dnstap::SocketProtocol::doh)
      frame.http_protocol = dnstap::HttpProtocol::http2;
    task.frame(frame);
  }
  EXPECT_THAT(task.harness.take(messages_stream),
              ElementsAre("17 0", "6 0", "203 0", "204 2", "205 0", "206 0", "207 0"));
}

TEST(DecodeDnstap, ReadsWhatDnstapAdds) {
  FrameTask task({"dnstap_type", "identity", "server_version", "extra", "query_zone", "query_port",
                  "policy_type", "policy_rule", "policy_action", "policy_match", "policy_value"});
  Dnstap frame = frame_of(MessageType::resolver_query, 5555);
  frame.identity = view("ns1");
  frame.version = view("a b\xff");
  frame.extra = view("x");
  frame.query_zone = view(std::string_view("\7EXAMPLE\3com\0", 13));
  frame.has_policy = true;
  frame.policy = {"RPZ", view(std::string_view("\3bad\0", 5)), view("v"),
                  dnstap::Policy::Action::drop, dnstap::Policy::Match::client_ip};
  task.frame(frame);
  EXPECT_THAT(task.harness.take(messages_stream),
              ElementsAre("3 ns1 a b\\255 x example.com 5555 RPZ bad 4 2 v"));
}

TEST(DecodeDnstap, PutsEveryFrameIntoOneClass) {
  FrameTask task({"outcome", "reason", "packets"});
  task.frame(frame_of(MessageType::client_query));
  Dnstap cut = frame_of(MessageType::client_query);
  cut.query_message = std::span(query).first(20);
  task.frame(cut);
  Dnstap empty = frame_of(MessageType::client_query);
  empty.query_message = {};
  task.frame(empty);
  task.raw({0x78});
  task.raw({'x'}, link_foreign_frame);
  task.harness.finish();
  EXPECT_THAT(task.harness.take(packets_stream),
              ElementsAre("parsed  1", "malformed truncated_name 1", "not_dns dnstap_no_message 1",
                          "malformed dnstap_truncated 1", "malformed dnstap_content_type 1"));
}

TEST(DecodeDnstap, HasAStreamOfFrames) {
  FrameTask task({"dnstap_type", "family", "protocol"});
  Dnstap both = frame_of(MessageType::client_response);
  both.query_message = query;
  task.frame(both);
  EXPECT_THAT(task.harness.take(frames_stream), ElementsAre("6 1 1"));
}

TEST(DnstapOptions, MustFitTogether) {
  auto refused = [](const testing::TextOptions& options) {
    return declare_error(dnstap_operator(), options, {});
  };
  EXPECT_EQ(refused({}), "needs either `file` or a place to listen: `socket`, `listen`");
  EXPECT_EQ(refused({{"file", {"a"}}, {"socket", {"b"}}}),
            "needs either `file` or a place to listen: `socket`, `listen`");
  EXPECT_EQ(refused({{"file", {"a"}}, {"speed", {"fast"}}}),
            "option 'speed' is max, 1x, 10x ..., not 'fast'");
  EXPECT_EQ(refused({{"socket", {"a"}}, {"socket_mode", {"rw"}}}),
            "option 'socket_mode' is octal, such as 0660, not 'rw'");
  EXPECT_EQ(refused({{"listen", {"6000"}}, {"tls_key", {"a"}}}),
            "TLS needs both `tls_certificate` and `tls_key`");
  EXPECT_EQ(refused({{"socket", {"s"}}, {"tls_certificate", {"a"}}, {"tls_key", {"a"}}}),
            "TLS is for `listen`, which is not given");
  EXPECT_EQ(refused({{"listen", {"6000"}}, {"tls_client_ca", {"a"}}}),
            "`tls_client_ca` needs `tls_certificate`");
}

}  // namespace
}  // namespace dnstorm::operators
