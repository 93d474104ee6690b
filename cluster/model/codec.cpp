#include "cluster/model/codec.hpp"

#include <fmt/format.h>

#include <array>

#include "cluster/model/detail/json_forms.hpp"

namespace dnstorm::cluster {

using nlohmann::json;

namespace {

// The first byte of a message.
constexpr std::array<char, 11> kinds{'R', 'S', 'L', 'O', 'P', 'A', 'N', 'T', 'F', 'K', 'M'};

// Bytes that are no UTF-8 (a name in an error text) are replaced: a message is never lost for them.
std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class T>
Result<T> read(std::string_view text) {
  try {
    return json::parse(text).template get<T>();
  } catch (const std::exception& problem) {
    return Error{ErrorKind::data, fmt::format("no message of this kind: {}", problem.what()), {}};
  }
}

// KIND, length of the JSON as eight hexadecimal digits, JSON, bytes.
std::string with_bytes(char kind, const json& about, const std::string& bytes) {
  std::string head = text_of(about);
  return fmt::format("{}{:08x}{}", kind, head.size(), head) + bytes;
}

std::string encode_bytes(const StatePart& part) {
  return with_bytes('S',
                    {{"topology", part.topology},
                     {"incarnation", part.incarnation},
                     {"number", part.number},
                     {"task", part.task}},
                    part.bytes);
}

std::string encode_bytes(const FeedNews& news) {
  return with_bytes('F',
                    {{"node", news.node},
                     {"topology", news.topology},
                     {"incarnation", news.incarnation},
                     {"sequence", news.sequence},
                     {"confirmed", news.confirmed},
                     {"left_out", news.left_out},
                     {"events_left_out", news.events_left_out},
                     {"points_left_out", news.points_left_out}},
                    news.bytes);
}

StatePart state_of(const json& head) {
  StatePart part;
  part.topology = head.value("topology", "");
  part.incarnation = head.value("incarnation", std::uint64_t{0});
  part.number = head.value("number", std::uint64_t{0});
  part.task = head.value("task", std::uint32_t{0});
  return part;
}

FeedNews feed_of(const json& head) {
  FeedNews news;
  news.node = head.value("node", "");
  news.topology = head.value("topology", "");
  news.incarnation = head.value("incarnation", std::uint64_t{0});
  news.sequence = head.value("sequence", std::uint64_t{0});
  news.confirmed = head.value("confirmed", std::uint64_t{0});
  news.left_out = head.value("left_out", std::uint64_t{0});
  news.events_left_out = head.value("events_left_out", std::uint64_t{0});
  news.points_left_out = head.value("points_left_out", std::uint64_t{0});
  return news;
}

// What of() makes of the head, with the bytes behind it.
template <class Make>
Result<Message> decode_bytes(std::string_view bytes, Make of) {
  constexpr std::size_t digits = 8;
  std::size_t size = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    char c = i < bytes.size() ? bytes[i] : 'x';
    int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) return Error{ErrorKind::data, "bytes without the length of their head", {}};
    size = size * 16 + static_cast<std::size_t>(value);
  }
  if (size > bytes.size() - digits) return Error{ErrorKind::data, "a head that is cut off", {}};
  auto head = read<json>(bytes.substr(digits, size));
  if (!head.ok()) return std::move(head.error());
  try {
    auto message = of(*head);
    message.bytes = bytes.substr(digits + size);
    return Message(std::move(message));
  } catch (const std::exception& problem) {
    return Error{ErrorKind::data, fmt::format("no head of bytes: {}", problem.what()), {}};
  }
}

template <class T>
Result<Message> decode_as(std::string_view text) {
  auto message = read<T>(text);
  if (!message.ok()) return std::move(message.error());
  return Message(std::move(*message));
}

template <class T>
std::string json_text(const T& value) {
  return text_of(json(value));
}

}  // namespace

std::string encode(const Message& message) {
  return std::visit(
      [&](const auto& value) {
        if constexpr (requires { encode_bytes(value); })
          return encode_bytes(value);
        else
          return kinds[message.index()] + json_text(value);
      },
      message);
}

Result<Message> decode(std::string_view bytes) {
  if (bytes.empty()) return Error{ErrorKind::data, "an empty message", {}};
  std::string_view rest = bytes.substr(1);
  switch (bytes.front()) {
    case 'R':
      return decode_as<Report>(rest);
    case 'S':
      return decode_bytes(rest, state_of);
    case 'L':
      return decode_as<LogLine>(rest);
    case 'O':
      return decode_as<Orders>(rest);
    case 'P':
      return decode_as<Ping>(rest);
    case 'A':
      return decode_as<Pong>(rest);
    case 'N':
      return decode_as<WorkerNews>(rest);
    case 'T':
      return decode_as<TapOrder>(rest);
    case 'F':
      return decode_bytes(rest, feed_of);
    case 'K':
      return decode_as<FeedAck>(rest);
    case 'M':
      return decode_as<MuteOrder>(rest);
    default:
      return Error{ErrorKind::data, "a message of unknown kind", {}};
  }
}

std::string to_json(const TopologyRecord& record) { return json_text(record); }
Result<TopologyRecord> record_from_json(std::string_view text) {
  return read<TopologyRecord>(text);
}

std::string to_json(const StoredState& state) {
  return text_of(json{{"serial", state.serial},
                      {"members_version", state.members_version},
                      {"members", state.members},
                      {"former", state.former},
                      {"lost", state.lost},
                      {"drained", state.drained}});
}

Result<StoredState> state_from_json(std::string_view text) {
  auto value = read<json>(text);
  if (!value.ok()) return std::move(value.error());
  try {
    StoredState state;
    state.serial = value->value("serial", std::uint64_t{0});
    state.members_version = value->value("members_version", std::uint64_t{0});
    state.members = value->value("members", std::vector<std::string>{});
    state.former = value->value("former", std::vector<MemberSet>{});
    state.lost = value->value("lost", std::vector<std::string>{});
    state.drained = value->value("drained", std::vector<std::string>{});
    return state;
  } catch (const std::exception& problem) {
    return Error{ErrorKind::data, fmt::format("no state of a cluster: {}", problem.what()), {}};
  }
}

std::string to_json(const CheckpointNote& note) { return json_text(note); }
Result<CheckpointNote> checkpoint_note_from_json(std::string_view text) {
  return read<CheckpointNote>(text);
}

std::string to_json(const WorkerOrder& order) { return json_text(order); }
Result<WorkerOrder> worker_order_from_json(std::string_view text) {
  return read<WorkerOrder>(text);
}

std::string to_json(const WorkerReport& report) { return json_text(report); }
Result<WorkerReport> worker_report_from_json(std::string_view text) {
  return read<WorkerReport>(text);
}

std::string to_json(const Submission& submission) { return json_text(submission); }
Result<Submission> submission_from_json(std::string_view text) { return read<Submission>(text); }

}  // namespace dnstorm::cluster
