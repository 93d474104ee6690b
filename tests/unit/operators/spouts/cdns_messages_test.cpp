// Messages of C-DNS files as rows, and through `decode`.
#include "operators/spouts/cdns_messages.hpp"

#include "capture/dns/writer.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "tests/unit/operators/spouts/decode_task.hpp"

namespace dnstorm::operators {
namespace {

using capture::cdns::CapturedMessage;
using capture::cdns::Rebuilt;
using capture::cdns::Role;
using capture::cdns::Transport;
using capture::dns::MessageWriter;
using ::testing::ElementsAre;
using Bytes = std::vector<std::uint8_t>;

Bytes wire(std::uint16_t flags) {
  MessageWriter writer;
  auto bytes = writer.begin(7, flags).question("www.example.com", 1).finish();
  return {bytes.begin(), bytes.end()};
}
const Bytes query = wire(MessageWriter::rd);
const Bytes response = wire(MessageWriter::qr | MessageWriter::rd | 3);

CapturedMessage message(bool is_response, Role role = Role::none) {
  static constexpr std::uint8_t client[] = {192, 0, 2, 1}, server[] = {198, 51, 100, 53};
  CapturedMessage out;
  out.src = IpAddress::v4(is_response ? server : client);
  out.dst = IpAddress::v4(is_response ? client : server);
  out.has_src = out.has_dst = true;
  // Port 4,712 is not watched: what is stored is DNS all the same.
  out.src_port = is_response ? 4712 : 4711;
  out.dst_port = is_response ? 4711 : 4712;
  out.ttl = 57;
  out.transport = Transport::tcp;
  out.role = role;
  out.response = is_response;
  out.wire = is_response ? response : query;
  return out;
}

Bytes row_of(const CapturedMessage& from, Rebuilt what = Rebuilt::whole) {
  Bytes bytes(cdns_head_bytes + from.wire.size());
  put_cdns_message(from, what, bytes.data());
  return bytes;
}

struct StoredTask : testing::DecodeTask {
  using DecodeTask::DecodeTask;
  void stored(const Bytes& bytes) { row(bytes, link_cdns); }
};

TEST(CdnsMessages, KeepTheWayOfAMessage) {
  CapturedMessage from = message(true, Role::auth);
  from.v6 = true;
  capture::packet::Datagram out;
  const Bytes row = row_of(from, Rebuilt::partial);
  CdnsMessage read = read_cdns_message(row, out);
  EXPECT_EQ(read.what, Rebuilt::partial);
  EXPECT_TRUE(read.response);
  EXPECT_EQ(read.kind, static_cast<std::uint8_t>(Role::auth) + 1);
  EXPECT_EQ(out.src, from.src);
  EXPECT_EQ(out.dst, from.dst);
  EXPECT_EQ(out.src_port, 4712);
  EXPECT_EQ(out.dst_port, 4711);
  EXPECT_EQ(out.protocol, 6);
  EXPECT_EQ(out.ttl, 57);
  EXPECT_TRUE(out.v6);
  EXPECT_EQ(Bytes(out.payload.begin(), out.payload.end()), response);
}

TEST(CdnsMessages, NumberTransportsAsTheFieldDoes) {
  capture::packet::Datagram out;
  for (auto [transport, number] :
       {std::pair{Transport::udp, 17}, {Transport::tcp, 6}, {Transport::tls, 203},
        {Transport::https, 204}, {Transport::dtls, 255}, {Transport::other, 255}}) {
    CapturedMessage from = message(false);
    from.transport = transport;
    read_cdns_message(row_of(from), out);
    EXPECT_EQ(out.protocol, number);
  }
}

TEST(CdnsMessages, ThatAreNoneHaveNoPayload) {
  capture::packet::Datagram out;
  EXPECT_EQ(read_cdns_message({}, out).what, Rebuilt::no_payload);
  Bytes bytes = row_of(message(false));
  EXPECT_EQ(read_cdns_message(std::span(bytes).first(cdns_head_bytes - 1), out).what,
            Rebuilt::no_payload);
  bytes[36] = 200;  // no such reason
  EXPECT_EQ(read_cdns_message(bytes, out).what, Rebuilt::no_payload);
}

TEST(DecodeCdns, MakesRowsWhateverThePorts) {
  StoredTask task({"client", "server_port", "transport", "ttl", "qr", "rcode"});
  task.stored(row_of(message(false)));
  task.stored(row_of(message(true)));
  EXPECT_THAT(task.harness.take(messages_stream),
              ElementsAre("192.0.2.1 4712 6 57 false 0", "192.0.2.1 4712 6 57 true 3"));
  task.harness.finish();
  EXPECT_EQ(task.harness.counter("parsed"), 2u);
}

TEST(DecodeCdns, CountsWhatGivesNoMessageByItsReason) {
  StoredTask task({"qr"});
  CapturedMessage none;
  for (std::size_t i = 0; i < capture::cdns::rebuilt_count; ++i)
    if (!has_message(static_cast<Rebuilt>(i))) task.stored(row_of(none, static_cast<Rebuilt>(i)));
  EXPECT_TRUE(task.harness.take(messages_stream).empty());
  task.harness.finish();
  EXPECT_EQ(task.harness.counter("malformed"), 5u);
  for (const char* reason : {"no_signature", "no_payload", "bad_index", "bad_name", "too_long"})
    EXPECT_EQ(task.harness.counter(std::string("malformed.cdns_") + reason), 1u) << reason;
}

TEST(DecodeCdns, PairsWhatAServerSawInOneRoleOnly) {
  StoredTask task({"txn"});
  task.stored(row_of(message(false, Role::client)));
  task.stored(row_of(message(true, Role::client)));
  task.stored(row_of(message(false, Role::auth)));
  auto rows = task.harness.take(messages_stream);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], rows[1]);
  EXPECT_NE(rows[0], rows[2]);
}

TEST(DecodeCdns, TrustsNoPortThatAServerAskedOthersFrom) {
  StoredTask task({"client_port"});
  task.stored(row_of(message(false, Role::resolver)));
  task.stored(row_of(message(true, Role::forwarder)));
  EXPECT_THAT(task.harness.take(messages_stream), ElementsAre("0", "0"));
}

}  // namespace
}  // namespace dnstorm::operators
