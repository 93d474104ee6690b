#include "capture/dnstap/text_document.hpp"

#include <gtest/gtest.h>

#include "capture/dnstap/frame_file.hpp"

namespace dnstorm::capture::dnstap {
namespace {

const std::string head =
    "type: MESSAGE\nidentity: \"a\\x41\\\"\"\nversion: plain words\nmessage:\n";
const std::string query =
    "  query_message: |\n    ;; ->>HEADER<<- opcode: QUERY, rcode: NOERROR, id: 7\n"
    "    ;; flags: rd ; QUERY: 1\n\n    ;; QUESTION SECTION:\n    ;example.\tIN\tA\n\n";

class Document : public ::testing::Test {
 protected:
  DecodeError read(const std::string& text) {
    bytes_.clear();
    EXPECT_TRUE(document_.read(text, bytes_));
    return decode(bytes_, frame);
  }
  Dnstap frame;
  TextDocument document_;
  std::vector<std::uint8_t> bytes_;
};

TEST_F(Document, HasEveryField) {
  ASSERT_EQ(
      read(head +
           "  type: CLIENT_RESPONSE\n  query_time: !!timestamp 2026-11-21 17:42:30.5\n"
           "  response_time: !!timestamp 2026-11-21T17:42:31Z\n  message_size: 32b\n"
           "  socket_family: INET6\n  socket_protocol: DOH\n  http_protocol: HTTP2\n"
           "  query_address: \"2001:db8::1\"\n  response_address: 192.0.2.1\n"
           "  query_port: 43494\n  response_port: 53\n  query_zone: \"example.\"\n"
           "  policy:\n    type: RPZ\n    rule: x.rpz.\n    action: NXDOMAIN\n    match: QNAME\n"
           "  response_message_data:\n    opcode: QUERY\n    - 'x'\n" +
           query),
      DecodeError::none);
  EXPECT_EQ(frame.type, MessageType::client_response);
  EXPECT_EQ(format_time(frame.query_time), "2026-11-21T17:42:30.5Z");
  EXPECT_EQ(frame.response_time - frame.query_time, ns_per_s / 2);
  EXPECT_EQ(frame.family, SocketFamily::inet6);
  EXPECT_EQ(frame.protocol, SocketProtocol::doh);
  EXPECT_EQ(frame.http_protocol, HttpProtocol::http2);
  EXPECT_EQ(format_ip(*to_ip(frame.query_address)), "2001:db8::1");
  EXPECT_EQ(format_ip(*to_ip(frame.response_address)), "192.0.2.1");
  EXPECT_EQ(frame.query_port, 43494);
  EXPECT_EQ(frame.query_zone.size(), 9U);
  EXPECT_EQ(std::string(frame.identity.begin(), frame.identity.end()), "aA\"");
  EXPECT_EQ(std::string(frame.version.begin(), frame.version.end()), "plain words");
  EXPECT_EQ(frame.policy.type, "RPZ");
  EXPECT_EQ(frame.policy.action, Policy::Action::nxdomain);
  EXPECT_EQ(frame.query_message.size(), 25U);
  EXPECT_EQ(frame.response_message.data(), nullptr);
}

TEST_F(Document, WithoutAMessageTextHasTheFields) {
  ASSERT_EQ(read(head + "  type: AUTH_QUERY\n  # parse failed\n"), DecodeError::none);
  EXPECT_EQ(frame.type, MessageType::auth_query);
  EXPECT_EQ(frame.query_message.data(), nullptr);
}

TEST_F(Document, ThatCannotBeReadSaysWhy) {
  EXPECT_EQ(read("identity: x\n"), DecodeError::missing_type);
  EXPECT_EQ(read("type: OTHER\n"), DecodeError::unknown_type);
  EXPECT_EQ(read("type: MESSAGE\n"), DecodeError::missing_message);
  EXPECT_EQ(read(head), DecodeError::missing_type);
  EXPECT_EQ(read(head + "  type: NEW_QUERY\n"), DecodeError::unknown_type);
  EXPECT_EQ(read(head + "  nothing\n"), DecodeError::text_syntax);
  EXPECT_EQ(read(head + "  type: AUTH_QUERY\n" + query + query), DecodeError::text_syntax);
  for (const char* bad : {"query_port: 65536", "query_address: 1.2.3", "query_zone: a..b",
                          "query_time: 2026-13-01 00:00:00", "query_time: !!timestamp yesterday"})
    EXPECT_EQ(read(head + "  " + bad + "\n"), DecodeError::text_value) << bad;
  EXPECT_EQ(read(head + "  type: AUTH_QUERY\n  query_message: |\n    what\n"),
            DecodeError::text_message);
}

TEST_F(Document, OfCommentsAloneIsNone) {
  EXPECT_FALSE(document_.read("\n# nothing\n", bytes_));
  EXPECT_TRUE(bytes_.empty());
}

class MemorySource final : public file::Source {
 public:
  MemorySource(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(std::uint8_t* to, std::size_t size) override {
    std::size_t n = std::min({size, text_.size() - at_, piece_});
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), n, to);
    at_ += n;
    return n;
  }
  std::uint64_t bytes_read() const override { return at_; }
  std::uint64_t bytes_total() const override { return text_.size(); }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

std::vector<DecodeError> frames_of(const std::string& text, std::size_t piece = 1U << 20U) {
  std::vector<DecodeError> frames;
  auto file =
      FrameFile::open("memory", file::Window(std::make_unique<MemorySource>(text, piece))).value();
  file->lend_blocks();
  Frame frame;
  Read read;
  while ((read = file->next(frame)) == Read::frame) {
    Dnstap message;
    frames.push_back(decode(frame.bytes, message));
    EXPECT_NE(frame.block, nullptr);
  }
  EXPECT_EQ(read, Read::end);
  EXPECT_EQ(file->next(frame), Read::end);
  return frames;
}

const std::string whole = head + "  type: AUTH_QUERY\n" + query;

TEST(TextFile, GivesAFrameForEachDocument) {
  const std::vector<DecodeError> expected = {DecodeError::none, DecodeError::text_syntax,
                                             DecodeError::none};
  std::string text = "---\n" + whole + "---\n" + head + "  bad\n---\r\n" + whole;
  EXPECT_EQ(frames_of(text), expected);
  EXPECT_EQ(frames_of(text, 1), expected);
  EXPECT_EQ(frames_of(text + "---\n"), expected);
}

TEST(TextFile, HoldsNoMoreThanTheLongestDocument) {
  std::string text = head +
                     "  type: AUTH_QUERY\n  junk: " + std::string(3 * text_document_max, 'x') +
                     "\n---\n" + whole;
  EXPECT_EQ(frames_of(text), (std::vector{DecodeError::text_too_long, DecodeError::none}));
}

}  // namespace
}  // namespace dnstorm::capture::dnstap
