// Messages as nobody sends them, matched in little memory, and what match calls unsolicited looked
// at by near_misses: every message is accounted for, and a checkpoint changes nothing.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/bolt_state.hpp"
#include "engine/api/registry.hpp"
#include "engine/base/assert.hpp"
#include "operators/match/match.hpp"
#include "operators/match/near_misses.hpp"

using namespace dnstorm;
using namespace dnstorm::operators;

namespace {

const std::vector<Field> message_fields = {
    {"time", Type::time}, {"qr", Type::boolean},      {"client", Type::ip},
    {"server", Type::ip}, {"client_port", Type::u16}, {"server_port", Type::u16},
    {"id", Type::u16},    {"transport", Type::u8},    {"qname", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},        {"size", Type::u32},
    {"txn", Type::u64}};

// One task of an operator whose output is kept.
class Task final : public Emitter::Outlet {
 public:
  Task(OperatorDef def, const RawOptions& raw, const std::vector<Field>& fields)
      : def_(std::move(def)), options_(Options::parse(def_.options, raw).value()) {
    Schema input(fields);
    Declaration declaration = def_.declare(options_, {{"input", "default", input}}).value();
    context_.inputs.push_back({"input", "default", std::make_shared<const Schema>(input)});
    context_.outputs.push_back(std::make_shared<const Schema>(declaration.outputs[0].fields));
    context_.counters = &counters_;
    emitter_ = std::make_unique<Emitter>(context_.outputs, *this);
    start();
  }
  void feed(BatchPtr batch) {
    bolt_->execute({0, std::move(batch), nullptr}, *emitter_);
    emitter_->flush();
  }
  void watermark(TimeNs now) {
    bolt_->watermark(now, *emitter_);
    emitter_->flush();
  }
  void go_through_checkpoint() {
    StateWriter out;
    DNSTORM_ASSERT(save_bolt(*bolt_, out).ok(), "a state is saved", def_.name);
    std::string state = out.take();
    start();
    StateReader in(state);
    DNSTORM_ASSERT(restore_bolt(*bolt_, in).ok(), "what was saved is restored", def_.name);
  }
  // Whatever the bytes are: a refusal or a task that works.
  void restore_anything(std::string_view bytes) {
    start();
    StateReader in(bytes);
    if (!restore_bolt(*bolt_, in).ok()) start();
  }
  std::vector<BatchPtr> take() { return std::exchange(batches_, {}); }
  const std::vector<Field>& output_fields() const { return context_.outputs[0]->fields(); }
  const SchemaPtr& input() const { return context_.inputs[0].schema; }
  std::uint64_t operator[](std::string_view name) const {
    for (const NamedValue& value : counters_.values())
      if (value.name == name) return value.value;
    return 0;
  }

 private:
  void start() {
    bolt_ = def_.make_bolt(options_);
    DNSTORM_ASSERT(bolt_->prepare(context_).ok(), "a task starts", def_.name);
  }
  void deliver(std::size_t, BatchPtr batch, SelectionPtr) override {
    batches_.push_back(std::move(batch));
  }
  OperatorDef def_;
  Options options_;
  TaskContext context_;
  CounterSet counters_;
  std::unique_ptr<Emitter> emitter_;
  std::unique_ptr<Bolt> bolt_;
  std::vector<BatchPtr> batches_;
};

// A message of 12 bytes, so that small changes of the input give messages that nearly match.
constexpr std::size_t message_size = 12;
void write(const Schema& s, RowWriter row, const std::uint8_t* b) {
  std::uint8_t host[4] = {192, 0, 2, b[1]};
  TimeNs times[] = {b[2] * ns_per_s, b[2] * ns_per_ms, time_max - b[2], time_min + b[2]};
  row.set(s.ref<std::int64_t>("time"), times[b[0] >> 6]);
  row.set(s.ref<bool>("qr"), (b[0] & 1) != 0);
  row.set(s.ref<IpAddress>("client"), IpAddress::v4(host));
  row.set(s.ref<std::uint16_t>("client_port"), std::uint16_t{b[3]});
  row.set(s.ref<std::uint16_t>("server_port"), std::uint16_t{b[4]});
  row.set(s.ref<std::uint16_t>("id"), std::uint16_t{b[5]});
  row.set(s.ref<std::uint8_t>("transport"), static_cast<std::uint8_t>(b[6] & 1));
  row.set_str(s.ref<Str>("qname"), std::string(b[7], static_cast<char>('a' + b[8] % 4)));
  row.set(s.ref<std::uint16_t>("qtype"), static_cast<std::uint16_t>(b[9] & 3));
  // Equal transactions have equal hashes, and others may.
  std::uint64_t txn = 0;
  if ((b[10] & 1) == 0)
    for (std::size_t i : {1U, 3U, 4U, 5U}) txn = txn << 8 | b[i];
  row.set(s.ref<std::uint64_t>("txn"), txn);
}

void check(const Task& match, const Task& near) {
  DNSTORM_ASSERT(match["queries"] == match["retransmissions"] + match["answered"] +
                                         match["unanswered"] + match["given_up"],
                 "every query ends", match["queries"]);
  DNSTORM_ASSERT(match["responses"] == match["answered"] + match["duplicates"] +
                                           match["unsolicited"] + match["mismatched"],
                 "every response ends", match["responses"]);
  DNSTORM_ASSERT(near["responses"] == match["unsolicited"] + match["mismatched"],
                 "all are looked at");
  DNSTORM_ASSERT(near["responses"] == near["unsolicited"] + near["other_id"] +
                                          near["other_client_port"] + near["other_server_port"] +
                                          near["other_question"],
                 "every stray response ends", near["responses"]);
}

void run(const std::uint8_t* data, std::size_t size, const RawOptions& options) {
  Task match(match_operator(), options, message_fields);
  Task near(near_misses_operator(), {{"memory", {{"4Mi"}, false}}}, match.output_fields());
  auto pass_on = [&] {
    for (BatchPtr& batch : match.take()) near.feed(std::move(batch));
  };
  TimeNs now = time_min;
  BatchBuilder builder(match.input());
  for (; size >= message_size; data += message_size, size -= message_size) {
    if ((data[0] & 2) == 0) {
      write(*match.input(), builder.add_row(), data);
      if (!builder.full() && size >= 2 * message_size) continue;
    }
    if (!builder.empty()) match.feed(builder.seal());
    pass_on();
    if ((data[0] & 4) != 0) match.go_through_checkpoint(), near.go_through_checkpoint();
    now = std::max(now, data[2] * ns_per_s);
    match.watermark(now);
    pass_on();
    near.watermark(now);
  }
  if (!builder.empty()) match.feed(builder.seal());
  match.watermark(time_max);
  pass_on();
  near.watermark(time_max);
  check(match, near);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  RawOptions tight = {{"memory", {{"16Mi"}, false}}, {"max_open", {{"256"}, false}}};
  if ((data[0] & 1) != 0) tight["skew"] = {{"2s"}, false};
  run(data + 1, size - 1, tight);
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Task(match_operator(), tight, message_fields).restore_anything(bytes);
  return 0;
}
