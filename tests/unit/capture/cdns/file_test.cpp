// What the writer writes, the reader gives back.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "capture/cdns/reader.hpp"
#include "capture/cdns/writer.hpp"
#include "capture/dns/rdata.hpp"
#include "capture/dns/writer.hpp"

namespace dnstorm::capture::cdns {
namespace {

using dns::MessageWriter;
using Wire = std::vector<std::uint8_t>;

class CdnsFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("dnstorm-cdns-" + std::to_string(getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    writer_ = Writer::open(path_, {.block_items = 4}).value();
  }
  void TearDown() override { std::filesystem::remove(path_); }

  static CapturedMessage message(const Wire& wire, TimeNs time, bool response) {
    static constexpr std::uint8_t client[] = {192, 0, 2, 1}, server[] = {192, 0, 2, 53};
    CapturedMessage out;
    out.time = time;
    out.src = IpAddress::v4(response ? server : client);
    out.dst = IpAddress::v4(response ? client : server);
    out.has_src = out.has_dst = true;
    out.src_port = response ? 53 : 4711;
    out.dst_port = response ? 4711 : 53;
    out.ttl = response ? 63 : 57;
    out.response = response;
    out.wire = wire;
    return out;
  }
  static Wire query(std::uint16_t id, std::string_view name = "www.Example.com") {
    MessageWriter w;
    auto bytes = w.begin(id, MessageWriter::rd)
                     .question(name, 1)
                     .additional()
                     .edns(1232, MessageWriter::edns_do)
                     .finish();
    return {bytes.begin(), bytes.end()};
  }
  static Wire answer(std::uint16_t id) {
    MessageWriter w;
    auto bytes = w.begin(id, MessageWriter::qr | MessageWriter::rd | MessageWriter::ra | 3)
                     .question("www.Example.com", 1)
                     .a("www.Example.com", 300, {192, 0, 2, 80})
                     .additional()
                     .edns(4096)
                     .finish();
    return {bytes.begin(), bytes.end()};
  }
  std::unique_ptr<Reader> reopen() {
    EXPECT_TRUE(writer_->close().ok());
    auto reader = Reader::open("file", file::Window(file::open_source(path_).value()));
    EXPECT_TRUE(reader.ok());
    return std::move(reader).value();
  }
  static void expect_same(const CapturedMessage& got, const CapturedMessage& want) {
    EXPECT_EQ(got.time, want.time);
    EXPECT_EQ(got.src, want.src);
    EXPECT_EQ(got.dst, want.dst);
    EXPECT_EQ(got.src_port, want.src_port);
    EXPECT_EQ(got.dst_port, want.dst_port);
    EXPECT_EQ(got.response, want.response);
    EXPECT_TRUE(std::ranges::equal(got.wire, want.wire));
  }

  std::string path_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(CdnsFile, GivesAPairBackToTheByte) {
  Wire asked = query(7), answered = answer(7);
  CapturedMessage q = message(asked, 1'000'000'001, false);
  CapturedMessage r = message(answered, 1'000'500'002, true);
  ASSERT_TRUE(writer_->add(q).ok());
  ASSERT_TRUE(writer_->add(r).ok());
  EXPECT_EQ(writer_->items(), 1u);
  auto reader = reopen();
  CapturedMessage got;
  ASSERT_EQ(reader->next(got), Read::message);
  expect_same(got, q);
  EXPECT_EQ(got.ttl, 57);
  ASSERT_EQ(reader->next(got), Read::message);
  expect_same(got, r);
  EXPECT_EQ(got.ttl, 63);
  EXPECT_EQ(reader->next(got), Read::end);
}

// Compression is another one; what the message says is the same.
TEST_F(CdnsFile, KeepsNamesInData) {
  MessageWriter w;
  auto wire = w.begin(7, MessageWriter::qr)
                  .question("www.example.com", 1)
                  .cname("www.example.com", 60, "web.example.com")
                  .authority()
                  .soa("example.com", 60, {.mname = "ns.example.com", .rname = "h.example.com"})
                  .finish();
  ASSERT_TRUE(writer_->add(message({wire.begin(), wire.end()}, 5, true)).ok());
  auto reader = reopen();
  CapturedMessage got;
  ASSERT_EQ(reader->next(got), Read::message);
  dns::Message want, have;
  ASSERT_EQ(dns::parse(wire, want), dns::ParseError::none);
  ASSERT_EQ(dns::parse(got.wire, have), dns::ParseError::none);
  ASSERT_EQ(have.records.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(dns::to_text(have, have.records[i]), dns::to_text(want, want.records[i]));
}

TEST_F(CdnsFile, KeepsAResponseToAnotherQuestionApart) {
  Wire asked = query(7, "other.example"), answered = answer(7);
  ASSERT_TRUE(writer_->add(message(asked, 5, false)).ok());
  ASSERT_TRUE(writer_->add(message(answered, 6, true)).ok());
  EXPECT_EQ(writer_->items(), 2u);
  auto reader = reopen();
  CapturedMessage got;
  ASSERT_EQ(reader->next(got), Read::message);
  ASSERT_EQ(reader->next(got), Read::message);
  EXPECT_TRUE(std::ranges::equal(got.wire, answered));
  EXPECT_EQ(reader->block().statistics.get(key::unmatched_queries), 1u);
  EXPECT_EQ(reader->block().statistics.get(key::unmatched_responses), 1u);
}

TEST_F(CdnsFile, KeepsTheBytesOfMalformedMessages) {
  for (const Wire& wire : {Wire{}, Wire{1, 2, 0x80}, Wire(40, 0xff)}) {
    bool response = wire.size() > 2;
    ASSERT_TRUE(writer_->add(message(wire, 9, response)).ok());
  }
  EXPECT_EQ(writer_->malformed(), 3u);
  auto reader = reopen();
  CapturedMessage got;
  for (std::size_t size : {0u, 3u, 40u}) {
    ASSERT_EQ(reader->next(got), Read::message);
    EXPECT_EQ(got.wire.size(), size);
    EXPECT_EQ(got.src_port, size == 0 ? 4711 : 53);
  }
}

TEST_F(CdnsFile, BeginsANewBlockWhenOneIsFull) {
  for (std::uint16_t id = 0; id < 10; ++id)
    ASSERT_TRUE(writer_->add(message(query(id), 100 + id, false)).ok());
  auto reader = reopen();
  CapturedMessage got;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(reader->next(got), Read::message);
    EXPECT_EQ(got.time, 100 + i);
  }
  EXPECT_EQ(reader->next(got), Read::end);
  EXPECT_EQ(reader->blocks(), 3u);
}

TEST_F(CdnsFile, CountsAddressEvents) {
  static constexpr std::uint8_t address[] = {192, 0, 2, 9};
  ASSERT_TRUE(writer_->add_event(2, 3, IpAddress::v4(address), 4).ok());
  ASSERT_TRUE(writer_->add_event(2, 3, IpAddress::v4(address), 1).ok());
  auto reader = reopen();
  CapturedMessage got;
  EXPECT_EQ(reader->next(got), Read::end);
  EXPECT_EQ(reader->address_events(), 5u);
}

}  // namespace
}  // namespace dnstorm::capture::cdns
