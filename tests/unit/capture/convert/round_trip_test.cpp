// What goes into a file of one format and on into one of another comes out as it was, but for what
// docs/convert.md says that a format does not keep.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "capture/convert/message_file.hpp"
#include "capture/dns/base_encodings.hpp"
#include "capture/dns/message.hpp"
#include "capture/dns/writer.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::capture::convert {
namespace {

using cdns::Role;
using cdns::Transport;
using dns::MessageWriter;
using ::testing::IsEmpty;
using Wire = std::vector<std::uint8_t>;

constexpr Format formats[] = {Format::pcap, Format::pcapng, Format::dnstap, Format::cdns,
                              Format::json};

// With bytes of its own.
struct Message {
  CapturedMessage fields;
  Wire wire;
};

std::string text_of(const CapturedMessage& m) {
  auto end = [](bool has, const IpAddress& address, std::uint16_t port) {
    return fmt::format("{}:{}", has ? format_ip(address) : "?", port);
  };
  return fmt::format("{} {}>{} v{} ttl {} transport {} role {} {} {}", m.time,
                     end(m.has_src, m.src, m.src_port), end(m.has_dst, m.dst, m.dst_port),
                     m.v6 ? 6 : 4, m.ttl, static_cast<int>(m.transport), static_cast<int>(m.role),
                     m.response ? "response" : "query", dns::hex(m.wire));
}

dns::ParseError parse(const Message& message, dns::Message& out) {
  return dns::parse(message.wire, out);
}

bool in_capture(Format format) { return format == Format::pcap || format == Format::pcapng; }

void keep_in_capture(CapturedMessage& m) {
  std::uint8_t zero[16] = {};
  IpAddress any = m.v6 ? IpAddress::v6(zero) : IpAddress::v4(zero);
  if (!m.has_src) m.src = any;
  if (!m.has_dst) m.dst = any;
  m.has_src = m.has_dst = true;
  if (m.transport != Transport::udp && m.transport != Transport::tcp)
    (m.response ? m.src_port : m.dst_port) = 53;
  m.transport = is_stream(m.transport) ? Transport::tcp : Transport::udp;
  if (m.ttl == 0) m.ttl = 64;
  m.role = Role::none;
}

// What the format keeps of it.
Message kept(Format format, Message message) {
  CapturedMessage& m = message.fields;
  if (in_capture(format)) keep_in_capture(m);
  if (format == Format::dnstap) {
    m.ttl = 0;
    if (m.role == Role::none) m.role = Role::client;
    if (m.transport == Transport::dtls || m.transport == Transport::other)
      m.transport = Transport::udp;
  }
  if (format == Format::cdns) {
    dns::Message parsed;
    if (parse(message, parsed) != dns::ParseError::none) {
      m.ttl = 0;
      m.role = Role::none;
    } else {
      message.wire.resize(message.wire.size() - parsed.trailing_bytes);
    }
  }
  return message;
}

class Messages {
 public:
  void add(Wire wire, Transport transport = Transport::udp, bool v6 = false) {
    auto low = static_cast<std::uint8_t>(all_.size());
    std::uint8_t client[16] = {0x20, 1, 0xd, 0xb8, 5}, server[16] = {0x20, 1, 0xd, 0xb8, 53};
    client[15] = low;
    CapturedMessage m;
    m.time = 1'700'000'000 * ns_per_s + static_cast<TimeNs>(all_.size()) * 1'000'001;
    m.response = wire.size() >= 4 && (wire[2] & 0x80U) != 0;
    IpAddress asker = v6 ? IpAddress::v6(client) : parse_ip(fmt::format("192.0.2.{}", low)).value();
    IpAddress answerer = v6 ? IpAddress::v6(server) : parse_ip("198.51.100.53").value();
    m.src = m.response ? answerer : asker;
    m.dst = m.response ? asker : answerer;
    m.has_src = m.has_dst = true;
    m.v6 = v6;
    std::uint16_t port = transport == Transport::https ? 443 : 53;
    m.src_port = m.response ? port : 4711;
    m.dst_port = m.response ? 4711 : port;
    m.ttl = m.response ? 61 : 0;
    m.transport = transport;
    all_.push_back({m, std::move(wire)});
  }
  CapturedMessage& last() { return all_.back().fields; }
  std::vector<Message> take() { return std::move(all_); }

 private:
  std::vector<Message> all_;
};

Wire wire_of(MessageWriter& w) {
  auto wire = w.finish();
  return {wire.begin(), wire.end()};
}
Wire query(std::uint16_t id) {
  MessageWriter w;
  return wire_of(w.begin(id, MessageWriter::rd)
                     .question("wWw.Example.com", 28)
                     .additional()
                     .edns(1232, MessageWriter::edns_do));
}
Wire answer(std::uint16_t id) {
  MessageWriter w;
  return wire_of(w.begin(id, MessageWriter::qr | MessageWriter::aa | 3)
                     .question("a\\\".\\000b.example", 16)
                     .a("a.example", 300, {192, 0, 2, 80})
                     .authority()
                     .ns("example", 3600, "ns.elsewhere"));
}

// More than a segment, and than two.
Wire long_answer(std::uint16_t id) {
  MessageWriter w;
  w.begin(id, MessageWriter::qr).question("example", 1);
  for (std::uint8_t i = 0; i < 250; ++i)
    for (std::uint8_t j = 0; j < 10; ++j) w.a("example", 300, {192, 0, i, j});
  return wire_of(w);
}

std::vector<Message> well_formed() {
  Messages all;
  for (Transport transport : {Transport::udp, Transport::tcp, Transport::tls, Transport::dtls,
                              Transport::https, Transport::other})
    for (bool v6 : {false, true}) {
      all.add(query(7), transport, v6);
      all.add(answer(8), transport, v6);
    }
  for (const Wire& wire : {query(14), long_answer(14), answer(15), query(16), answer(16)}) {
    all.add(wire, Transport::tcp);  // of one connection
    (all.last().response ? all.last().dst : all.last().src) = parse_ip("192.0.2.200").value();
  }
  for (unsigned role = 0; role < 6; ++role) {
    all.add(query(9));
    all.last().role = static_cast<Role>(role);
  }
  all.add(query(10));
  all.last().has_src = false;
  all.add(answer(11));
  all.last().has_src = all.last().has_dst = false;
  all.add(query(12));
  all.last().time = 0;
  all.add(query(13));
  all.last().time = 4'294'967'295 * ns_per_s;
  return all.take();
}

Wire bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }
Wire operator+(Wire left, const Wire& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Over UDP, where a capture takes whatever is in a datagram.
std::vector<Message> hostile() {
  Messages all;
  Wire head = bytes({0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}), tail = bytes({0, 1, 0, 1});
  all.add({});
  all.add(bytes({0}));
  all.add(bytes({0, 1, 0x80}));     // no whole flags
  all.add(bytes({0, 1, 0x80, 0}));  // a response, as far as it goes
  all.add(Wire(11, 0xff));
  all.add(Wire(12, 0xff));
  all.add(head);                             // no question
  all.add(head + bytes({0xc0, 12}) + tail);  // a pointer to itself
  all.add(head + bytes({0xc0, 40}) + tail);  // one ahead
  all.add(head + bytes({0x80, 1}) + tail);   // no kind of label
  all.add(head + bytes({5, 'a'}));           // a label beyond the end
  Wire long_name;
  for (int i = 0; i < 5; ++i) long_name = long_name + bytes({63}) + Wire(63, 'x');
  all.add(head + long_name + bytes({0}) + tail);
  Wire lying = answer(3);
  lying[7] = 200;  // answers
  all.add(lying);
  Wire cut = answer(4);
  cut.resize(cut.size() - 5);
  all.add(cut);
  all.add(query(5) + Wire(9, 0xee));  // bytes behind the message
  std::minstd_rand random(7);
  for (std::size_t size : {40U, 500U, 65'507U}) {
    Wire noise(size);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random() >> 8U);
    all.add(noise);
  }
  return all.take();
}

class RoundTrip : public ::testing::Test {
 protected:
  std::string write(const std::vector<Message>& messages, Format to) {
    std::string path = folder_.path_of(fmt::format("{}.{}", files_++, to_string(to)));
    auto sink = open_sink(path, to).value();
    for (const Message& message : messages) {
      CapturedMessage fields = message.fields;
      fields.wire = message.wire;
      auto refusal = sink->put(fields);
      EXPECT_TRUE(refusal.ok() && *refusal == Refusal::none) << text_of(fields);
    }
    EXPECT_TRUE(sink->close().ok());
    return path;
  }
  static std::vector<Message> read(const std::string& path) {
    auto source = open_source(path).value();
    std::vector<Message> all;
    CapturedMessage message;
    Read last;
    while ((last = source->next(message)) == Read::message)
      all.push_back({message, {message.wire.begin(), message.wire.end()}});
    EXPECT_EQ(last, Read::end) << source->error().what;
    EXPECT_THAT(source->left_out(), IsEmpty());
    EXPECT_EQ(source->bytes_read(), source->bytes_total());
    return all;
  }
  // Formats tell of messages in orders of their own.
  static std::vector<std::string> texts(const std::vector<Message>& messages) {
    std::vector<std::string> all;
    for (const Message& message : messages) {
      CapturedMessage fields = message.fields;
      fields.wire = message.wire;
      all.push_back(text_of(fields));
    }
    std::ranges::sort(all);
    return all;
  }
  static std::vector<std::string> left_out(const std::vector<std::string>& of,
                                           const std::vector<std::string>& in) {
    std::vector<std::string> rest;
    std::ranges::set_difference(of, in, std::back_inserter(rest));
    return rest;
  }
  void goes_through_each_pair(const std::vector<Message>& messages) {
    for (Format first : formats)
      for (Format second : formats) {
        SCOPED_TRACE(fmt::format("{} -> {}", to_string(first), to_string(second)));
        std::vector<Message> want;
        for (const Message& message : messages) want.push_back(kept(second, kept(first, message)));
        std::vector<Message> between = read(write(messages, first));
        std::vector<std::string> got = texts(read(write(between, second)));
        EXPECT_THAT(left_out(texts(want), got), IsEmpty()) << "missing";
        EXPECT_THAT(left_out(got, texts(want)), IsEmpty()) << "nobody wrote it";
      }
  }
  testing::TemporaryFolder folder_;
  int files_ = 0;
};

TEST_F(RoundTrip, OfWellFormedMessages) { goes_through_each_pair(well_formed()); }
TEST_F(RoundTrip, OfHostileMessages) { goes_through_each_pair(hostile()); }

TEST_F(RoundTrip, OfTheCutMarkThroughJson) {
  std::vector<Message> messages = well_formed();
  messages.resize(1);
  messages[0].fields.cut = true;
  EXPECT_TRUE(read(write(messages, Format::json))[0].fields.cut);
}

TEST_F(RoundTrip, RefusesWhatDoesNotFit) {
  CapturedMessage early, late, long_one, longest;
  early.time = -1;
  late.time = 4'294'967'296 * ns_per_s;
  Wire wire(65'536), datagram(65'508);
  longest.wire = wire;
  long_one.wire = datagram;
  for (Format format : formats) {
    auto sink = open_sink(folder_.path_of("refused"), format).value();
    auto put = [&](const CapturedMessage& message) { return sink->put(message).value(); };
    bool capture = in_capture(format), json = format == Format::json;
    SCOPED_TRACE(to_string(format));
    EXPECT_EQ(put(early), json ? Refusal::none : Refusal::bad_time);
    EXPECT_EQ(put(late), capture ? Refusal::bad_time : Refusal::none);
    EXPECT_EQ(put(long_one), capture ? Refusal::too_long : Refusal::none);
    EXPECT_EQ(put(longest), capture || format == Format::cdns ? Refusal::too_long : Refusal::none);
    EXPECT_TRUE(sink->close().ok());
  }
}

// Wherever a file ends: what it gives has been in it, and the rest is an error and no end, or the
// cut lies between two messages.
TEST_F(RoundTrip, OfEveryCutGivesWhatTheWholeHas) {
  std::vector<Message> messages = well_formed();
  messages.resize(6);
  for (Format format : formats) {
    SCOPED_TRACE(to_string(format));
    std::string path = write(messages, format);
    std::vector<std::string> whole = texts(read(path));
    std::size_t size = std::filesystem::file_size(path), most = 0;
    ASSERT_GT(size, 0u);
    while (--size > 0) {
      std::filesystem::resize_file(path, size);
      auto source = open_source(path, format);
      if (!source.ok()) {
        EXPECT_EQ(source.error().kind, ErrorKind::data) << size;
        continue;
      }
      std::vector<Message> got;
      CapturedMessage message;
      Read last;
      while ((last = (*source)->next(message)) == Read::message)
        got.push_back({message, {message.wire.begin(), message.wire.end()}});
      EXPECT_TRUE(std::ranges::includes(whole, texts(got))) << size;
      if (last == Read::error) {
        EXPECT_EQ((*source)->error().kind, ErrorKind::data) << size;
      }
      most = std::max(most, got.size());
    }
    // C-DNS has them in one block, which is whole or not.
    EXPECT_GE(most, format == Format::cdns ? 0 : messages.size() - 1);
  }
}

}  // namespace
}  // namespace dnstorm::capture::convert
