// Security events: the one schema that all detectors write, and what they say of a key in a window.
//
//   EventWriter writer(*task.outputs[0]);                  // in Bolt::prepare
//   writer.write(event, out);                              // in Bolt::watermark
//
// An event opens, is told of again now and then, and closes: a row each, with the same id. Pure
// functions and values; not thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/emitter.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::operators {

// Label table `severity`.
enum class Severity : std::uint8_t { info, low, medium, high, critical };
inline constexpr std::uint8_t severities = 5;

// `score`: how many times the threshold was reached. 1: low, from 2, 5 and 20 on one more.
Severity severity_of(double score);

enum class EventState : std::uint8_t { opened, updated, closed };
std::string_view to_string(EventState state);

// What a detector says of a key in a window: it is not as it should be.
struct Finding {
  double score = 1;
  Severity severity = Severity::low;
  std::string evidence = {};  // evidence_json()
};

// {"distinct":812,"share":0.93}: numbers in their shortest form, 0 for what is none.
std::string evidence_json(std::initializer_list<std::pair<std::string_view, double>> numbers);

// A row that made a key conspicuous, as it was.
struct Sample {
  TimeNs time = 0;
  IpAddress client;
  std::string qname;
  std::uint16_t qtype = 0;
  std::uint16_t rcode = 0;
  friend auto operator<=>(const Sample&, const Sample&) = default;
};
// ["TIME CLIENT QNAME QTYPE RCODE",...]
std::string samples_json(const Sample* samples, std::size_t count);

struct Event {
  TimeNs time = 0;       // of this row: when it was known
  std::uint64_t id = 0;  // 0: event_id() of it
  std::string_view detector;
  EventState state = EventState::opened;
  std::string_view key_kind;  // domain, client, network, server, name, total, ...
  std::string key;
  TimeNs start = 0;
  TimeNs end = 0;
  Finding finding;
  std::string samples;
  std::string_view advice;
};

// The same for all rows of an event, and in every run over the same input.
std::uint64_t event_id(std::string_view detector, std::string_view key, TimeNs start);

std::vector<Field> event_fields();

class EventWriter {
 public:
  EventWriter() = default;
  explicit EventWriter(const Schema& schema);
  void write(const Event& event, Emitter& out) const;

 private:
  FieldRef<std::int64_t> time_, start_, end_;
  FieldRef<std::uint64_t> id_;
  FieldRef<Str> detector_, state_, key_kind_, key_, evidence_, samples_, advice_;
  FieldRef<std::uint8_t> severity_;
  FieldRef<double> score_;
};

}  // namespace dnstorm::operators
