#include "operators/detect/event.hpp"

#include <fmt/format.h>

#include <cmath>

#include "operators/labels.hpp"

namespace dnstorm::operators {

namespace {

// Bytes that JSON does not take as they are become the code point of the same number: nothing is
// lost, whatever a name holds.
void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out.append({'\\', c});
    else if (byte < 0x20 || byte >= 0x7f)
      out += fmt::format("\\u{:04x}", byte);
    else
      out += c;
  }
  out += '"';
}

}  // namespace

Severity severity_of(double score) {
  if (score >= 20) return Severity::critical;
  if (score >= 5) return Severity::high;
  if (score >= 2) return Severity::medium;
  return score >= 1 ? Severity::low : Severity::info;
}

std::string_view to_string(EventState state) {
  switch (state) {
    case EventState::opened:
      return "opened";
    case EventState::updated:
      return "updated";
    case EventState::closed:
      return "closed";
  }
  return "closed";
}

std::string evidence_json(std::initializer_list<std::pair<std::string_view, double>> numbers) {
  std::string out = "{";
  for (const auto& [name, number] : numbers) {
    if (out.size() > 1) out += ',';
    append_json_text(out, name);
    double value = std::isfinite(number) ? number : 0;
    // Four digits are more than any estimate is worth, and keep the text short.
    if (std::abs(value) >= 1000)
      out += fmt::format(":{:.0f}", value);
    else
      out += fmt::format(":{:.4g}", value);
  }
  return out + "}";
}

std::string samples_json(const Sample* samples, std::size_t count) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) {
    const Sample& sample = samples[i];
    if (i != 0) out += ',';
    append_json_text(
        out, fmt::format("{} {} {} {} {}", format_time(sample.time), format_ip(sample.client),
                         sample.qname.empty() ? "." : sample.qname,
                         label_text("qtype", sample.qtype), label_text("rcode", sample.rcode)));
  }
  return out + "]";
}

std::uint64_t event_id(std::string_view detector, std::string_view key, TimeNs start) {
  std::uint64_t hash = hash_combine(hash_bytes(detector), hash_bytes(key));
  return hash_combine(hash, static_cast<std::uint64_t>(start));
}

std::vector<Field> event_fields() {
  auto key = [](std::string name, std::string help) {
    return Field{
        .name = std::move(name), .type = Type::str, .role = Role::key, .help = std::move(help)};
  };
  auto value = [](std::string name, Type type, std::string help) {
    return Field{.name = std::move(name),
                 .type = type,
                 .role = Role::value,
                 .unbounded = true,
                 .help = std::move(help)};
  };
  Field severity = value("severity", Type::u8, "info, low, medium, high, critical");
  severity.labels = "severity";
  return {
      {.name = "time", .type = Type::time, .role = Role::time, .help = "when it was known"},
      {.name = "id",
       .type = Type::u64,
       .role = Role::key,
       .unbounded = true,
       .help = "the same in all rows of an event"},
      key("detector", "who found it"),
      key("state", "opened, updated or closed"),
      std::move(severity),
      value("score", Type::f64, "how many times the threshold was reached"),
      key("key_kind", "what the key is: domain, client, network, server, ..."),
      value("key", Type::str, "whom or what it is about"),
      value("start", Type::time, "begin of the first window in alarm"),
      value("end", Type::time, "end of the last window in alarm"),
      value("evidence", Type::str, "JSON object of numbers"),
      value("samples", Type::str, "JSON array of messages: TIME CLIENT QNAME QTYPE RCODE"),
      value("advice", Type::str, "what to do"),
  };
}

EventWriter::EventWriter(const Schema& s)
    : time_(s.ref<std::int64_t>("time")),
      start_(s.ref<std::int64_t>("start")),
      end_(s.ref<std::int64_t>("end")),
      id_(s.ref<std::uint64_t>("id")),
      detector_(s.ref<Str>("detector")),
      state_(s.ref<Str>("state")),
      key_kind_(s.ref<Str>("key_kind")),
      key_(s.ref<Str>("key")),
      evidence_(s.ref<Str>("evidence")),
      samples_(s.ref<Str>("samples")),
      advice_(s.ref<Str>("advice")),
      severity_(s.ref<std::uint8_t>("severity")),
      score_(s.ref<double>("score")) {}

void EventWriter::write(const Event& event, Emitter& out) const {
  RowWriter row = out.row();
  row.set(time_, event.time);
  row.set(start_, event.start);
  row.set(end_, event.end);
  row.set(id_, event.id != 0 ? event.id : event_id(event.detector, event.key, event.start));
  row.set_str(detector_, event.detector);
  row.set_str(state_, to_string(event.state));
  row.set_str(key_kind_, event.key_kind);
  row.set_str(key_, event.key);
  row.set_str(evidence_, event.finding.evidence);
  row.set_str(samples_, event.samples);
  row.set_str(advice_, event.advice);
  row.set(severity_, static_cast<std::uint8_t>(event.finding.severity));
  row.set(score_, event.finding.score);
}

}  // namespace dnstorm::operators
