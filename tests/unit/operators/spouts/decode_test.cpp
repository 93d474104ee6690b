#include "operators/spouts/decode.hpp"

#include "capture/dns/writer.hpp"
#include "capture/synth/frame.hpp"
#include "operators/answer_addresses.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "tests/unit/operators/spouts/decode_task.hpp"

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

struct DecodeTask : testing::DecodeTask {
  using testing::DecodeTask::DecodeTask;
  void packet(const Frame& frame, std::uint32_t original = 0, std::uint16_t link = 1) {
    row(frame, link, original);
  }
  void udp(const Endpoints& ends, std::span<const std::uint8_t> payload) {
    Frame frame;
    capture::synth::build_udp(ends, payload, frame);
    packet(frame);
  }
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

TEST(Decode, packs_the_addresses_of_the_answers) {
  DecodeTask task({"addresses"});
  MessageWriter writer;
  auto wire = writer.begin(1, MessageWriter::qr)
                  .question("a.example", 1)
                  .cname("a.example", 60, "b.example")
                  .a("b.example", 300, {192, 0, 2, 7})
                  .aaaa("b.example", 5, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
                  .additional()
                  .a("ns.example", 60, {192, 0, 2, 8})
                  .finish();
  task.udp(to_server().reversed(), wire);
  AddressPacker wanted;
  wanted.add(300, *parse_ip("192.0.2.7"));
  wanted.add(5, *parse_ip("2001:db8::1"));
  EXPECT_THAT(task.harness.take(responses),
              ElementsAre(std::string(wanted.bytes().begin(), wanted.bytes().end())));
  task.udp(to_server(), query("a.example"));
  EXPECT_THAT(task.harness.take(queries), ElementsAre(""));
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
              ElementsAre("1s parsed  1", "2s malformed short_header 1", "3s not_dns mdns 1",
                          "4s parsed tcp_control 1", "5s not_dns tcp 1", "6s not_dns not_ip 1",
                          "7s malformed malformed_link 1", "8s not_dns unknown_link 1"));
  EXPECT_EQ(task.harness.counter("parsed"), 2u);
  EXPECT_EQ(task.harness.counter("parsed.tcp_control"), 1u);
  EXPECT_EQ(task.harness.counter("malformed"), 2u);
  EXPECT_EQ(task.harness.counter("not_dns"), 4u);
  EXPECT_EQ(task.harness.counter("filtered"), 0u);
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

TEST(Decode, looks_no_further_than_the_questions_if_told_so) {
  DecodeTask task({"qname", "qtype", "malformed"}, {{"depth", {"question"}}});
  MessageWriter writer;
  auto response = writer.begin(7, MessageWriter::qr).question("example.com", 1).finish();
  std::vector<std::uint8_t> wire(response.begin(), response.end());
  wire[7] = 1;  // an answer that is not there
  task.udp(to_server().reversed(), wire);
  wire.resize(wire.size() - 1);
  task.udp(to_server().reversed(), wire);
  EXPECT_THAT(task.harness.take(messages), ElementsAre("example.com 1 false", " 0 true"));
  EXPECT_EQ(task.harness.counter("malformed.truncated_question"), 1u);
  EXPECT_EQ(task.harness.counter("parsed"), 1u);
}

TEST(Decode, counts_a_message_that_the_snap_length_cut_behind_its_question) {
  DecodeTask task({"qname", "malformed"}, {{"depth", {"question"}}});
  MessageWriter writer;
  auto response = writer.begin(7, MessageWriter::qr).question("example.com", 1).finish();
  std::vector<std::uint8_t> wire(response.begin(), response.end());
  wire.resize(wire.size() + 20);
  wire[7] = 1;
  Frame frame;
  capture::synth::build_udp(to_server().reversed(), wire, frame);
  auto original = static_cast<std::uint32_t>(frame.size());
  for (std::uint32_t cut : {20U, 22U}) {  // behind the question, and within it
    frame.resize(original - cut);
    task.packet(frame, original);
  }
  EXPECT_EQ(task.harness.counter("parsed"), 1u);
  EXPECT_EQ(task.harness.counter("malformed.truncated"), 1u);
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
  EXPECT_EQ(task.harness.counter("not_dns.other_port"), 1u);
  EXPECT_EQ(task.harness.counter("not_dns.mdns"), 1u);
}

TEST(Decode, asks_for_streams_and_fragments_in_one_task) {
  using testing::declare;
  Declaration both = declare(decode_operator(), {}, {packet_fields()}).value();
  EXPECT_THAT(both.partition_by, ElementsAre("hosts"));
  EXPECT_EQ(both.state, StateScope::keyed);
  Declaration none =
      declare(decode_operator(), {{"tcp", {"false"}}, {"fragments", {"false"}}}, {packet_fields()})
          .value();
  EXPECT_THAT(none.partition_by, IsEmpty());
  EXPECT_EQ(none.state, StateScope::none);
}

TEST(Decode, leaves_tcp_alone_where_it_is_not_wanted) {
  DecodeTask task({"qname"}, {{"tcp", {"false"}}});
  Frame frame;
  capture::synth::build_tcp(to_server(), {}, {}, frame);
  task.packet(frame);
  EXPECT_EQ(task.harness.counter("filtered.tcp_segment"), 1u);
}

// An Ethernet frame with IPv4 and what is given, from client to server.
Frame ip_frame(std::uint8_t protocol, std::uint16_t fragment, std::span<const std::uint8_t> data) {
  Frame frame(34);
  frame[12] = 8;
  frame[14] = 0x45;
  auto size = static_cast<std::uint16_t>(20 + data.size());
  frame[16] = static_cast<std::uint8_t>(size >> 8);
  frame[17] = static_cast<std::uint8_t>(size);
  frame[20] = static_cast<std::uint8_t>(fragment >> 8);
  frame[21] = static_cast<std::uint8_t>(fragment);
  frame[23] = protocol;
  std::copy_n(client.bytes.begin() + 12, 4, frame.begin() + 26);
  std::copy_n(server.bytes.begin() + 12, 4, frame.begin() + 30);
  frame.insert(frame.end(), data.begin(), data.end());
  return frame;
}
// A segment of a connection from port 4242 to port 53.
Frame segment(std::uint8_t seq, std::uint8_t flags, std::span<const std::uint8_t> data) {
  std::vector<std::uint8_t> tcp(20);
  tcp[0] = 4242 >> 8, tcp[1] = 4242 & 0xff, tcp[3] = 53;
  tcp[7] = seq, tcp[12] = 0x50, tcp[13] = flags;
  tcp.insert(tcp.end(), data.begin(), data.end());
  return ip_frame(6, 0, tcp);
}
std::vector<std::uint8_t> framed(std::vector<std::uint8_t> wire) {
  wire.insert(wire.begin(), {0, static_cast<std::uint8_t>(wire.size())});
  return wire;
}

TEST(Decode, puts_a_message_together_from_tcp_segments) {
  DecodeTask task({"time", "qname", "transport", "size"});
  auto stream = framed(query("example.com"));
  task.packet(segment(9, 2, {}));
  task.packet(segment(10, 16, std::span(stream).first(20)));
  task.packet(segment(30, 16, std::span(stream).subspan(20)));
  EXPECT_THAT(task.harness.take(messages), ElementsAre("3s 6 29 example.com"));
  EXPECT_EQ(task.harness.counter("parsed"), 3u);
  EXPECT_EQ(task.harness.counter("parsed.tcp_part"), 1u);
  EXPECT_EQ(task.harness.counter("tcp.messages"), 1u);
}

TEST(Decode, counts_what_a_connection_leaves_unfinished) {
  DecodeTask task({"qname"});
  auto stream = framed(query("example.com"));
  task.packet(segment(9, 2, {}));
  task.packet(segment(10, 16, std::span(stream).first(20)));
  task.harness.finish();
  EXPECT_EQ(task.harness.counter("tcp.unfinished"), 1u);
  EXPECT_EQ(task.harness.counter("tcp.expired"), 1u);
}

TEST(Decode, puts_a_message_together_from_fragments) {
  DecodeTask task({"qname", "transport"});
  Frame whole;
  capture::synth::build_udp(to_server(), query("example.com"), whole);
  auto datagram = std::span(whole).subspan(34);
  task.packet(ip_frame(17, 2, datagram.subspan(16)));
  task.packet(ip_frame(17, 0x2000, datagram.first(16)));
  EXPECT_THAT(task.harness.take(messages), ElementsAre("17 example.com"));
  EXPECT_EQ(task.harness.counter("filtered.fragment"), 1u);
  EXPECT_EQ(task.harness.counter("fragments.completed"), 1u);
}

TEST(Decode, tells_of_a_message_that_an_icmp_error_quotes) {
  DecodeTask task({"type", "code", "src", "dst_port", "qname"});
  Frame whole;
  capture::synth::build_udp(to_server(), query("example.com"), whole);
  std::vector<std::uint8_t> error = {3, 3, 0, 0, 0, 0, 0, 0};
  error.insert(error.end(), whole.begin() + 14, whole.end());
  task.packet(ip_frame(1, 0, error));
  EXPECT_THAT(task.harness.take(messages), IsEmpty());
  ASSERT_EQ(task.harness.rows(icmp_stream).size(), 1u);
  EXPECT_EQ(task.harness.counter("parsed.icmp_quote"), 1u);
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
  EXPECT_EQ(declare_error(decode_operator(), {{"depth", {"question"}}, {"detect", {"true"}}},
                          {packet_fields()}),
            "'detect' tells DNS from other traffic by whole messages: it wants depth: message");
}

}  // namespace
}  // namespace dnstorm::operators
