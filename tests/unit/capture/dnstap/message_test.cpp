#include "capture/dnstap/message.hpp"

#include <gtest/gtest.h>

namespace dnstorm::capture::dnstap {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::span<const std::uint8_t> view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
// A payload of type MESSAGE around the bytes of a message.
Bytes payload(const Bytes& message) {
  Bytes out = {0x72, static_cast<std::uint8_t>(message.size())};
  out.insert(out.end(), message.begin(), message.end());
  out.insert(out.end(), {0x78, 0x01});
  return out;
}
DecodeError error_of(const Bytes& bytes) {
  Dnstap out;
  return decode(bytes, out);
}

TEST(DnstapMessage, EveryFieldComesBackFromItsEncoding) {
  const std::uint8_t four[] = {192, 0, 2, 1};
  std::uint8_t sixteen[16] = {0x20, 0x01, 0x0d, 0xb8};
  Dnstap m;
  m.type = MessageType::client_response;
  m.family = SocketFamily::inet6;
  m.protocol = SocketProtocol::doq;
  m.http_protocol = HttpProtocol::http3;
  m.has_query_time = m.has_response_time = m.has_query_port = m.has_response_port = true;
  m.query_port = 65535;
  m.response_port = 853;
  m.query_time = 1'700'000'000'123'456'789;
  m.response_time = 1'700'000'001'000'000'001;
  m.query_address = four;
  m.response_address = sixteen;
  m.query_message = view("query");
  m.response_message = view("response");
  m.query_zone = view(std::string_view("\7example\0", 9));
  m.identity = view("ns1");
  m.version = view("unbound 1.17.1");
  m.extra = view("");
  m.has_policy = true;
  m.policy = {"RPZ", view("rule"), view("value"), Policy::Action::local_data, Policy::Match::ns_ip};
  Bytes wire;
  encode(m, wire);
  Dnstap back;
  ASSERT_EQ(decode(wire, back), DecodeError::none);
  EXPECT_EQ(back.type, MessageType::client_response);
  EXPECT_EQ(back.family, SocketFamily::inet6);
  EXPECT_EQ(back.protocol, SocketProtocol::doq);
  EXPECT_EQ(back.http_protocol, HttpProtocol::http3);
  EXPECT_EQ(back.query_port, 65535);
  EXPECT_EQ(back.response_port, 853);
  EXPECT_EQ(back.query_time, m.query_time);
  EXPECT_EQ(back.response_time, m.response_time);
  EXPECT_EQ(back.time(), m.response_time);
  EXPECT_EQ(to_ip(back.query_address), parse_ip("192.0.2.1"));
  EXPECT_EQ(to_ip(back.response_address), parse_ip("2001:db8::"));
  EXPECT_EQ(text_of(back.query_message), "query");
  EXPECT_EQ(text_of(back.response_message), "response");
  EXPECT_EQ(back.query_zone.size(), 9u);
  EXPECT_EQ(text_of(back.identity), "ns1");
  EXPECT_EQ(text_of(back.version), "unbound 1.17.1");
  EXPECT_TRUE(back.extra.data() != nullptr && back.extra.empty());
  EXPECT_TRUE(back.has_policy);
  EXPECT_EQ(back.policy.type, "RPZ");
  EXPECT_EQ(text_of(back.policy.rule), "rule");
  EXPECT_EQ(text_of(back.policy.value), "value");
  EXPECT_EQ(back.policy.action, Policy::Action::local_data);
  EXPECT_EQ(back.policy.match, Policy::Match::ns_ip);
}

TEST(DnstapMessage, WhatIsMissingStaysMissing) {
  Dnstap m;
  m.type = MessageType::auth_query;
  Bytes wire;
  encode(m, wire);
  Dnstap back;
  ASSERT_EQ(decode(wire, back), DecodeError::none);
  EXPECT_EQ(back.identity.data(), nullptr);
  EXPECT_EQ(back.query_message.data(), nullptr);
  EXPECT_FALSE(back.has_query_time || back.has_response_time || back.has_policy);
  EXPECT_FALSE(back.has_query_port || back.has_response_port);
  EXPECT_EQ(back.family, SocketFamily::none);
  EXPECT_EQ(back.time(), 0);
}

TEST(DnstapMessage, LongMessagesHaveLongLengths) {
  for (std::size_t size : {100u, 127u, 128u, 16'000u, 65'535u}) {
    Bytes dns(size, 7);
    Dnstap m;
    m.type = MessageType::tool_query;
    m.query_message = dns;
    Bytes wire;
    encode(m, wire);
    Dnstap back;
    ASSERT_EQ(decode(wire, back), DecodeError::none) << size;
    EXPECT_EQ(back.query_message.size(), size);
  }
}

TEST(DnstapMessage, ATimeIsThatOfTheEvent) {
  Dnstap m;
  m.type = MessageType::client_query;
  m.has_response_time = true;
  m.response_time = 7;
  EXPECT_EQ(m.time(), 7);
  m.has_query_time = true;
  m.query_time = 5;
  EXPECT_EQ(m.time(), 5);
  m.type = MessageType::client_response;
  EXPECT_EQ(m.time(), 7);
  m.has_response_time = false;
  EXPECT_EQ(m.time(), 5);
}

TEST(DnstapMessage, UnknownFieldsAreSkipped) {
  // Field 100 as varint, fixed64, bytes, a group with a group in it, fixed32; then the type.
  Bytes unknown = {0xa0, 0x06, 0xff, 0xff, 0x01,              //
                   0xa1, 0x06, 1,    2,    3,    4, 5, 6, 7, 8,  //
                   0xa2, 0x06, 2,    9,    9,                 //
                   0xa3, 0x06, 0x0b, 0x08, 0x01, 0x0c, 0xa4, 0x06,  //
                   0xa5, 0x06, 1,    2,    3,    4};
  Bytes message = unknown;
  message.insert(message.end(), {0x08, 0x05});
  Bytes wire = payload(message);
  wire.insert(wire.begin(), unknown.begin(), unknown.end());
  Dnstap out;
  ASSERT_EQ(decode(wire, out), DecodeError::none);
  EXPECT_EQ(out.type, MessageType::client_query);
}

TEST(DnstapMessage, AKnownFieldOfAnotherWireTypeIsUnknown) {
  // socket_family as bytes.
  Dnstap out;
  ASSERT_EQ(decode(payload({0x12, 0x01, 0x02, 0x08, 0x01}), out), DecodeError::none);
  EXPECT_EQ(out.family, SocketFamily::none);
}

TEST(DnstapMessage, NumbersBeyondTheSchemaAreNone) {
  Dnstap out;
  ASSERT_EQ(decode(payload({0x08, 0x01, 0x10, 0x03, 0x18, 0x08}), out), DecodeError::none);
  EXPECT_EQ(out.family, SocketFamily::none);
  EXPECT_EQ(out.protocol, SocketProtocol::none);
}

TEST(DnstapMessage, EveryFaultHasItsReason) {
  EXPECT_EQ(error_of({}), DecodeError::missing_type);
  EXPECT_EQ(error_of({0x78, 0x01}), DecodeError::missing_message);
  EXPECT_EQ(error_of({0x78, 0x02}), DecodeError::unknown_type);
  EXPECT_EQ(error_of(payload({})), DecodeError::missing_type);
  EXPECT_EQ(error_of(payload({0x08, 0x0f})), DecodeError::unknown_type);
  EXPECT_EQ(error_of({0x0a, 0x05, 'a'}), DecodeError::truncated);
  EXPECT_EQ(error_of({0x78}), DecodeError::truncated);
  EXPECT_EQ(error_of({0x00, 0x01}), DecodeError::bad_field);
  EXPECT_EQ(error_of({0x0e}), DecodeError::bad_field);
  EXPECT_EQ(error_of({0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}),
            DecodeError::bad_varint);
  EXPECT_EQ(error_of({0x0c}), DecodeError::bad_group);
  EXPECT_EQ(error_of(Bytes(200, 0x0b)), DecodeError::bad_group);
}

TEST(DnstapMessage, NoPrefixIsReadBeyondItsEnd) {
  Dnstap m;
  m.type = MessageType::resolver_response;
  m.identity = view("identity");
  m.response_message = view("0123456789");
  m.has_response_time = true;
  m.response_time = 1'700'000'000'000'000'000;
  Bytes wire;
  encode(m, wire);
  for (std::size_t size = 0; size < wire.size(); ++size) {
    Bytes cut(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(size));
    cut.shrink_to_fit();
    EXPECT_NE(error_of(cut), DecodeError::none) << size;
  }
}

TEST(DnstapMessage, TimesThatNobodyCanHaveAreClamped) {
  // query_time_sec: ten bytes of varint, query_time_nsec: 0xffffffff.
  Dnstap out;
  ASSERT_EQ(decode(payload({0x08, 0x05, 0x40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                            0x01, 0x4d, 0xff, 0xff, 0xff, 0xff}),
                   out),
            DecodeError::none);
  EXPECT_GT(out.query_time, time_max - 3 * ns_per_s);
}

TEST(DnstapMessage, NamesGoBothWays) {
  for (std::uint8_t i = 1; i <= message_types; ++i) {
    auto type = static_cast<MessageType>(i);
    EXPECT_EQ(parse_message_type(type_text(type)), type);
    EXPECT_EQ(parse_message_type(type_short(type)), type);
    EXPECT_EQ(is_response(type), type_text(type).ends_with("_RESPONSE"));
  }
  EXPECT_EQ(kind_of(MessageType::auth_query), MessageKind::auth);
  EXPECT_EQ(kind_of(MessageType::auth_response), MessageKind::auth);
  EXPECT_EQ(kind_of(MessageType::client_response), MessageKind::client);
  EXPECT_EQ(kind_of(MessageType::update_query), MessageKind::update);
  EXPECT_EQ(parse_socket_protocol("DNSCryptTCP"), SocketProtocol::dnscrypt_tcp);
  EXPECT_EQ(parse_socket_family("INET6"), SocketFamily::inet6);
  EXPECT_EQ(parse_http_protocol("HTTP2"), HttpProtocol::http2);
  EXPECT_EQ(parse_policy_action("TRUNCATE"), Policy::Action::truncate);
  EXPECT_EQ(parse_policy_match("NS_NAME"), Policy::Match::ns_name);
  EXPECT_FALSE(parse_message_type(""));
  EXPECT_FALSE(parse_message_type("CLIENT"));
  EXPECT_TRUE(text(static_cast<SocketProtocol>(99)).empty());
}

}  // namespace
}  // namespace dnstorm::capture::dnstap
