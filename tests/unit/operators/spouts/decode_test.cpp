#include "operators/spouts/decode.hpp"

#include "capture/dns/writer.hpp"
#include "capture/synth/frame.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "operators/spouts/packet_schema.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using capture::dns::MessageWriter;
using capture::synth::Endpoints;
using capture::synth::Frame;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TaskHarness;

constexpr std::size_t messages = messages_stream, queries = queries_stream,
                      responses = responses_stream, questions = questions_stream,
                      records = records_stream, packets = packets_stream;
const IpAddress client = *parse_ip("192.0.2.1");
const IpAddress server = *parse_ip("198.51.100.53");

Endpoints to_server(std::uint16_t port = 53) { return {client, server, 4242, port, 64}; }

// A `decode` task that is fed frames, a second of event time apart.
class DecodeTask {
 public:
  explicit DecodeTask(std::vector<std::string> read, const testing::TextOptions& given = {})
      : harness(decode_operator(), given, packet_fields(), {.read_outputs = std::move(read)}) {}

  void packet(const Frame& frame, std::uint32_t original = 0, std::uint16_t link = 1) {
    const Schema& schema = *harness.input_schema();
    PacketFields fields(schema);
    BatchBuilder builder(harness.input_schema());
    RowWriter row = builder.add_row();
    row.set(fields.time, ++seconds_ * ns_per_s);
    row.set(fields.link, link);
    row.set(fields.original_length,
            original != 0 ? original : static_cast<std::uint32_t>(frame.size()));
    row.set_bytes(fields.bytes, frame);
    harness.send(builder.seal());
  }
  void udp(const Endpoints& ends, std::span<const std::uint8_t> payload) {
    Frame frame;
    capture::synth::build_udp(ends, payload, frame);
    packet(frame);
  }

  TaskHarness harness;

 private:
  TimeNs seconds_ = 0;
};

std::vector<std::uint8_t> query(std::string_view name, std::uint16_t type = 1) {
  MessageWriter writer;
  auto wire = writer.begin(7, MessageWriter::rd).question(name, type).finish();
  return {wire.begin(), wire.end()};
}

TEST(Decode, tells_client_and_server_by_the_qr_bit) {
  DecodeTask task({"client", "client_port", "server", "server_port", "qr"});
  MessageWriter writer;
  task.udp(to_server(), query("example.com"));
  auto response = writer.begin(7, MessageWriter::qr).question("example.com", 1).finish();
  task.udp(to_server().reversed(), response);
  EXPECT_THAT(task.harness.take(messages), ElementsAre("192.0.2.1 198.51.100.53 4242 53 false",
                                                       "192.0.2.1 198.51.100.53 4242 53 true"));
}

TEST(Decode, has_streams_of_queries_and_of_responses) {
  DecodeTask task({"id", "qname", "rcode", "do"});
  MessageWriter writer;
  task.udp(to_server(), query("example.com"));
  auto wire = writer.begin(8, MessageWriter::qr | 3).question("example.org", 1).finish();
  task.udp(to_server().reversed(), wire);
  EXPECT_THAT(task.harness.take(queries), ElementsAre("7 0 example.com false"));
  EXPECT_THAT(task.harness.take(responses), ElementsAre("8 3 example.org false"));
  EXPECT_THAT(task.harness.take(messages),
              ElementsAre("7 0 example.com false", "8 3 example.org false"));
}

TEST(Decode, gives_query_and_response_one_transaction_hash) {
  DecodeTask task({"txn"});
  MessageWriter writer;
  task.udp(to_server(), query("example.com"));
  task.udp(to_server().reversed(),
           writer.begin(7, MessageWriter::qr).question("example.com", 1).finish());
  task.udp(to_server().reversed(),
           writer.begin(8, MessageWriter::qr).question("example.com", 1).finish());
  auto rows = task.harness.take(messages);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], rows[1]);
  EXPECT_NE(rows[0], rows[2]);
}

TEST(Decode, reads_name_domain_and_edns) {
  DecodeTask task(
      {"qname", "domain", "tld", "qtype", "label_count", "edns", "do", "edns_size", "ecs"});
  MessageWriter writer;
  auto wire = writer.begin(1, 0)
                  .question("WWW.Example.co.uk", 28)
                  .additional()
                  .edns(1232, MessageWriter::edns_do);
  task.udp(to_server(), wire.finish());
  EXPECT_THAT(task.harness.take(messages),
              ElementsAre("www.example.co.uk 28 4 example.co.uk uk true 1232 true false"));
}

TEST(Decode, makes_a_row_of_every_question_and_record) {
  DecodeTask task({"qname", "qtype", "owner", "section", "type", "text"});
  MessageWriter writer;
  auto wire = writer.begin(1, MessageWriter::qr)
                  .question("a.example", 1)
                  .question("B.example", 15)
                  .a("a.example", 60, {192, 0, 2, 7})
                  .authority()
                  .ns("example", 60, "ns.example")
                  .finish();
  task.udp(to_server().reversed(), wire);
  EXPECT_THAT(task.harness.take(questions), ElementsAre("a.example 1", "b.example 15"));
  EXPECT_THAT(task.harness.take(records), ElementsAre("a.example a.example answer 1 192.0.2.7",
                                                      "a.example example authority 2 ns.example."));
}

TEST(Decode, puts_every_packet_into_one_class) {
  DecodeTask task({"time", "outcome", "reason", "packets"});
  auto wire = query("example.com");
  task.udp(to_server(), wire);
  task.udp(to_server(), std::span(wire).first(8));
  task.udp(to_server(5353), wire);
  Frame frame;
  capture::synth::build_tcp(to_server(), {}, {}, frame);
  task.packet(frame);
  capture::synth::build_tcp(to_server(80), {}, {}, frame);
  task.packet(frame);
  capture::synth::build_arp(client, server, frame);
  task.packet(frame);
  frame.resize(9);
  task.packet(frame);
  capture::synth::build_udp(to_server(), wire, frame);
  task.packet(frame, 0, 9999);
  task.harness.finish();
  EXPECT_THAT(task.harness.take(packets),
              ElementsAre("1s parsed  1", "2s malformed short_header 1", "3s not_dns other_port 1",
                          "4s filtered tcp_segment 1", "5s not_dns tcp 1", "6s not_dns not_ip 1",
                          "7s malformed malformed_link 1", "8s not_dns unknown_link 1"));
  EXPECT_EQ(task.harness.counter("parsed"), 1u);
  EXPECT_EQ(task.harness.counter("malformed"), 2u);
  EXPECT_EQ(task.harness.counter("not_dns"), 4u);
  EXPECT_EQ(task.harness.counter("filtered"), 1u);
  EXPECT_EQ(task.harness.counter("malformed.short_header"), 1u);
}

TEST(Decode, keeps_a_malformed_message_whose_header_can_be_read) {
  DecodeTask task({"qname", "qtype", "malformed", "questions"});
  auto wire = query("example.com");
  task.udp(to_server(), std::span(wire).first(wire.size() - 1));
  EXPECT_THAT(task.harness.take(messages), ElementsAre("1  0 true"));
  EXPECT_EQ(task.harness.counter("malformed.truncated_question"), 1u);
}

TEST(Decode, counts_what_the_snap_length_cut_off_as_truncated) {
  DecodeTask task({"qname", "malformed"});
  Frame frame;
  capture::synth::build_udp(to_server(), query("example.com"), frame);
  auto original = static_cast<std::uint32_t>(frame.size());
  frame.resize(frame.size() - 2);
  task.packet(frame, original);
  EXPECT_EQ(task.harness.counter("malformed.truncated"), 1u);
  EXPECT_EQ(task.harness.rows(messages).size(), 1u);
}

TEST(Decode, watches_the_ports_it_is_told) {
  DecodeTask task({"qname"}, {{"ports", {"5300", "5301"}}});
  task.udp(to_server(5301), query("a.example"));
  task.udp(to_server(53), query("b.example"));
  EXPECT_THAT(task.harness.take(messages), ElementsAre("a.example"));
}

TEST(Decode, detects_whole_messages_on_other_ports) {
  DecodeTask task({"qname"}, {{"detect", {"true"}}});
  auto wire = query("a.example");
  task.udp(to_server(9953), wire);
  task.udp(to_server(5353), wire);  // mDNS
  wire.push_back(0);
  task.udp(to_server(9953), wire);
  EXPECT_THAT(task.harness.take(messages), ElementsAre("a.example"));
  EXPECT_EQ(task.harness.counter("not_dns.other_port"), 2u);
}

TEST(Decode, makes_nothing_that_nobody_reads) {
  TaskHarness task(decode_operator(), {}, packet_fields(), {.outputs_wanted = false});
  EXPECT_THAT(task.rows(messages), IsEmpty());
}

TEST(Decode, refuses_ports_that_are_none_and_streams_that_are_no_packets) {
  using testing::declare_error;
  EXPECT_EQ(declare_error(decode_operator(), {{"ports", {"0"}}}, {packet_fields()}),
            "option 'ports' takes port numbers from 1 to 65535, not '0'");
  EXPECT_EQ(declare_error(decode_operator(), {}, {{{"time", Type::time}, {"link", Type::u16}}}),
            "stream 'default' of 'input' has no field 'original_length'; it has time, link");
}

}  // namespace
}  // namespace dnstorm::operators
