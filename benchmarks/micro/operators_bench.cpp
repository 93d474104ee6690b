// Operators alone: one task, fed with batches of rows as the decode bolt makes them, watermarks and
// emission included; the batch is in the cache, where whoever made it has left it. Two million rows
// over 20 s of event time: names by Zipf's law from 400,000, 50,000 clients, nine in ten queries
// answered after some milliseconds. `ns_per_row` is CPU time.
//   build/release/benchmarks/bench_operators
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/registry.hpp"
#include "operators/catalog.hpp"
#include "operators/shape/registered_domain.hpp"

namespace dnstorm::operators {
namespace {

constexpr std::size_t row_count = 2'000'000;
constexpr TimeNs time_step = 10 * ns_per_us;

const std::vector<Field>& message_fields() {
  static const std::vector<Field> fields = {{"time", Type::time},
                                            {"qr", Type::boolean},
                                            {"client", Type::ip},
                                            {"server", Type::ip},
                                            {"client_port", Type::u16},
                                            {"server_port", Type::u16},
                                            {"id", Type::u16},
                                            {"transport", Type::u8},
                                            {"qname", Type::str},
                                            {"qtype", Type::u16},
                                            {"rcode", Type::u16, Role::plain, "rcode"},
                                            {"size", Type::u16},
                                            {"txn", Type::u64}};
  return fields;
}

struct Message {
  TimeNs time = 0;
  bool response = false;
  std::uint32_t client = 0;
  std::uint16_t port = 0;
  std::uint16_t id = 0;
  std::uint32_t name = 0;
  std::uint16_t qtype = 1;
  std::uint16_t rcode = 0;
  bool operator>(const Message& other) const { return time > other.time; }
};

std::vector<std::string> make_names() {
  std::vector<std::string> names;
  const char* tops[] = {"com", "net", "org", "co.uk", "de", "cl"};
  for (std::size_t i = 0; i < 400'000; ++i)
    names.push_back(fmt::format("h{}.site{}.{}", i % 97, i / 5, tops[i % 6]));
  return names;
}

// Queries at an even pace, each answered but one in ten.
std::vector<Message> make_messages(std::size_t name_count) {
  std::mt19937_64 random(2026);
  std::vector<double> cumulated(name_count);
  double sum = 0;
  for (std::size_t i = 0; i < name_count; ++i)
    cumulated[i] = sum += 1.0 / static_cast<double>(i + 1);
  std::uniform_real_distribution<double> uniform(0, sum);
  std::priority_queue<Message, std::vector<Message>, std::greater<>> responses;
  std::vector<Message> messages;
  for (TimeNs now = 0; messages.size() < row_count; now += 2 * time_step) {
    while (!responses.empty() && responses.top().time <= now) {
      messages.push_back(responses.top());
      responses.pop();
    }
    Message query;
    query.time = now;
    query.client = static_cast<std::uint32_t>(random() % 50'000);
    query.port = static_cast<std::uint16_t>(random() | 1024);
    query.id = static_cast<std::uint16_t>(random());
    query.name = static_cast<std::uint32_t>(
        std::lower_bound(cumulated.begin(), cumulated.end(), uniform(random)) - cumulated.begin());
    const std::uint16_t types[] = {1, 1, 1, 1, 28, 28, 65, 12, 15, 16, 2, 43};
    query.qtype = types[random() % 12];
    messages.push_back(query);
    query.response = true;
    query.time = now + static_cast<TimeNs>(random() % (20 * ns_per_ms));
    query.rcode = random() % 8 == 0 ? 3 : 0;
    if (random() % 10 != 0) responses.push(query);
  }
  messages.resize(row_count);
  return messages;
}

IpAddress address(std::uint32_t number) {
  std::uint8_t bytes[4] = {10, static_cast<std::uint8_t>(number >> 16),
                           static_cast<std::uint8_t>(number >> 8),
                           static_cast<std::uint8_t>(number)};
  return IpAddress::v4(bytes);
}

class Traffic {
 public:
  Traffic() : names_(make_names()), messages_(make_messages(names_.size())) {
    for (const std::string& name : names_) hashes_.push_back(hash_bytes(name));
  }

  // The stream as it arrives when only these fields are read.
  std::vector<BatchPtr> batches(const SchemaPtr& schema) const {
    BatchBuilder builder(schema);
    std::vector<BatchPtr> all;
    for (const Message& m : messages_) {
      write(builder.add_row(), *schema, m);
      if (builder.full()) all.push_back(builder.seal());
    }
    if (!builder.empty()) all.push_back(builder.seal());
    return all;
  }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::uint64_t>& hashes() const { return hashes_; }
  const std::vector<Message>& messages() const { return messages_; }

  void write(RowWriter row, const Schema& s, const Message& m) const {
    row.set(s.ref<std::int64_t>("time"), m.time);
    row.set(s.ref<bool>("qr"), m.response);
    row.set(s.ref<IpAddress>("client"), address(m.client));
    row.set(s.ref<IpAddress>("server"), address(1));
    row.set(s.ref<std::uint16_t>("client_port"), m.port);
    row.set(s.ref<std::uint16_t>("server_port"), std::uint16_t{53});
    row.set(s.ref<std::uint16_t>("id"), m.id);
    row.set(s.ref<std::uint8_t>("transport"), std::uint8_t{17});
    row.set_str(s.ref<Str>("qname"), names_[m.name], hashes_[m.name]);
    row.set(s.ref<std::uint16_t>("qtype"), m.qtype);
    row.set(s.ref<std::uint16_t>("rcode"), m.rcode);
    row.set(s.ref<std::uint16_t>("size"), std::uint16_t{120});
    std::uint64_t txn = hash_combine(hash_number(m.client), std::uint64_t{m.port} << 16 | m.id);
    row.set(s.ref<std::uint64_t>("txn"), txn);
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::uint64_t> hashes_;
  std::vector<Message> messages_;
};

const Traffic& traffic() {
  static const Traffic all;
  return all;
}

class Nowhere final : public Emitter::Outlet {
 public:
  void deliver(std::size_t, BatchPtr batch, SelectionPtr) override {
    benchmark::DoNotOptimize(batch);
  }
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Brings a batch into the cache, where the operator before has just written it.
void warm(const Batch& batch) {
  std::uint64_t sum = 0;
  const std::byte* rows = batch.row(0);
  std::size_t row_bytes = std::size_t{batch.row_count()} * batch.schema().row_size();
  for (std::size_t i = 0; i < row_bytes; i += 64) sum += static_cast<std::uint64_t>(rows[i]);
  for (std::size_t i = 0; i < batch.byte_size() - row_bytes; i += 64)
    sum += static_cast<std::uint64_t>(batch.arena()[i]);
  benchmark::DoNotOptimize(sum);
}

using TextOptions = std::vector<std::pair<std::string, std::vector<std::string>>>;

// Runs the operator over all traffic. Nothing of the setting up is timed.
// `read`: the output fields that somebody reads; none: all.
void run(benchmark::State& state, const std::string& name, const TextOptions& texts,
         const std::vector<std::string>& read = {}) {
  OperatorRegistry registry;
  add_builtin_operators(registry);
  const OperatorDef& def = *registry.find(name);
  RawOptions raw;
  for (const auto& [option, values] : texts) raw[option] = {values, values.size() > 1, 0, 0};
  Options options = Options::parse(def.options, raw).value();
  Schema full(message_fields());
  Declaration declaration = def.declare(options, {{"decode", "default", full}}).value();
  CounterSet counters;
  TaskContext context;
  std::vector<std::string> kept = declaration.reads[0];
  if (declaration.outputs[0].extends_input) kept.insert(kept.end(), read.begin(), read.end());
  SchemaPtr input = std::make_shared<const Schema>(full.pruned(kept));
  context.inputs.push_back({"decode", "default", input});
  const StreamDecl& stream = declaration.outputs[0];
  Schema output(stream.fields);
  if (!read.empty()) output = output.pruned(read);
  context.outputs.push_back(stream.forwards_input ? input : std::make_shared<const Schema>(output));
  context.counters = &counters;
  std::vector<BatchPtr> batches = traffic().batches(input);
  auto time = input->ref<std::int64_t>("time");
  for (auto _ : state) {
    Nowhere nowhere;
    Emitter out(context.outputs, nowhere);
    std::unique_ptr<Bolt> bolt = def.make_bolt(options);
    if (!bolt->prepare(context)) state.SkipWithError("prepare fails");
    double seconds = 0;
    for (const BatchPtr& batch : batches) {
      warm(*batch);
      double before = cpu_seconds();
      bolt->execute({0, batch, nullptr}, out);
      out.flush();
      if (time.present())
        bolt->watermark(Rows(*batch)[batch->row_count() - 1].get(time) - 50 * ns_per_ms, out);
      seconds += cpu_seconds() - before;
    }
    double before = cpu_seconds();
    bolt->watermark(time_max, out);
    benchmark::DoNotOptimize(bolt->finish(out).ok());
    out.flush();
    state.SetIterationTime(seconds + cpu_seconds() - before);
  }
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * row_count / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void count_qtype(benchmark::State& state) { run(state, "count", {{"by", {"qtype"}}}); }
void count_qtype_rcode(benchmark::State& state) {
  run(state, "count", {{"by", {"qtype", "rcode"}}});
}
void count_client(benchmark::State& state) { run(state, "count", {{"by", {"client"}}}); }
void count_qname(benchmark::State& state) { run(state, "count", {{"by", {"qname"}}}); }
// Six seconds by so many steps: 1 is tumbling.
TextOptions sliding(const benchmark::State& state, const char* option, const char* field) {
  DurationNs slide = 6 * ns_per_s / state.range(0);
  return {{option, {field}}, {"window", {"6s"}}, {"slide", {format_duration(slide)}}};
}
void count_qtype_sliding(benchmark::State& state) {
  run(state, "count", sliding(state, "by", "qtype"));
}
void distinct_qname_sliding(benchmark::State& state) {
  run(state, "distinct", sliding(state, "of", "qname"));
}
void top_qname_sliding(benchmark::State& state) {
  run(state, "top", sliding(state, "of", "qname"));
}
void top_qname(benchmark::State& state) { run(state, "top", {{"of", {"qname"}}, {"k", {"20"}}}); }
void top_client(benchmark::State& state) { run(state, "top", {{"of", {"client"}}, {"k", {"20"}}}); }
void distinct_qname(benchmark::State& state) { run(state, "distinct", {{"of", {"qname"}}}); }
void distinct_qname_exact(benchmark::State& state) {
  run(state, "distinct", {{"of", {"qname"}}, {"exact", {"true"}}});
}
void filter_nxdomain(benchmark::State& state) {
  run(state, "filter", {{"where", {"qr == true and rcode == NXDOMAIN"}}});
}
void filter_expression(benchmark::State& state) {
  run(state, "filter", {{"expression", {"qr and rcode == 3"}}});
}
void map_number(benchmark::State& state) {
  run(state, "map", {{"set", {"class:u32 = size // 256 * 256"}}}, {"time", "class"});
}
void map_text(benchmark::State& state) {
  run(state, "map", {{"set", {"zone = suffix(qname, 2)"}}}, {"time", "zone"});
}
void match_all(benchmark::State& state) { run(state, "match", {}); }
void direction(benchmark::State& state) {
  run(state, "direction",
      {{"own", {"10.0.0.1", "2001:db8::/32"}}, {"from", {"client"}}, {"to", {"server"}}},
      {"time", "qr", "qtype", "direction"});
}
void anonymize_truncate(benchmark::State& state) {
  run(state, "anonymize", {{"addresses", {"client"}}}, {"time", "qr", "client", "qname"});
}
void match_latency(benchmark::State& state) {
  run(state, "match", {}, {"time", "latency_us", "status", "rcode"});
}

std::size_t resident_bytes() {
  std::size_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * 4096;
}

// Queries that nobody answers, from clients and ports that are never the same, within a second. All
// are accounted for, and the process grows by less than the limit.
void match_flood(benchmark::State& state) {
  constexpr std::size_t flood = 10'000'000;
  constexpr std::size_t limit = 64 << 20;
  OperatorRegistry registry;
  add_builtin_operators(registry);
  const OperatorDef& def = *registry.find("match");
  RawOptions raw = {{"memory", {{"64Mi"}, false}}, {"max_open", {{"100000000"}, false}}};
  Options options = Options::parse(def.options, raw).value();
  CounterSet counters;
  TaskContext context;
  SchemaPtr input = std::make_shared<const Schema>(message_fields());
  context.inputs.push_back({"decode", "default", input});
  Schema output(def.declare(options, {{"decode", "default", *input}}).value().outputs[0].fields);
  context.outputs.push_back(std::make_shared<const Schema>(output.pruned({"time", "status"})));
  context.counters = &counters;
  Nowhere nowhere;
  Emitter out(context.outputs, nowhere);
  BatchBuilder builder(input);
  for (auto _ : state) {
    malloc_trim(0);  // what other benchmarks have left
    std::size_t before = resident_bytes(), most = before;
    std::unique_ptr<Bolt> bolt = def.make_bolt(options);
    if (!bolt->prepare(context)) state.SkipWithError("prepare fails");
    double seconds = 0;
    for (std::size_t i = 0; i < flood;) {
      while (!builder.full()) {
        Message query;
        query.time = static_cast<TimeNs>(i * 100);
        query.client = static_cast<std::uint32_t>(i >> 4);
        query.port = static_cast<std::uint16_t>(i);
        traffic().write(builder.add_row(), *input, query);
        ++i;
      }
      BatchPtr batch = builder.seal();
      double begun = cpu_seconds();
      bolt->execute({0, batch, nullptr}, out);
      out.flush();
      seconds += cpu_seconds() - begun;
      if (i / batch_rows_max % 64 == 0) most = std::max(most, resident_bytes());
    }
    most = std::max(most, resident_bytes());
    bolt->watermark(time_max, out);
    out.flush();
    std::map<std::string, std::uint64_t> n;
    for (const NamedValue& value : counters.values()) n[value.name] = value.value;
    if (n["queries"] < flood || n["queries"] != n["unanswered"] + n["given_up"])
      state.SkipWithError("queries are not accounted for");
    if (most - before > limit) state.SkipWithError("memory is beyond its limit");
    state.SetIterationTime(seconds);
    state.counters["grown_bytes"] = static_cast<double>(most - before);
  }
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * flood / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void registered_domain(benchmark::State& state) {
  RegisteredDomain domains;
  const Traffic& all = traffic();
  for (auto _ : state)
    for (const Message& m : all.messages())
      benchmark::DoNotOptimize(domains.of(all.names()[m.name], all.hashes()[m.name]).name.size());
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * row_count / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK(count_qtype)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(count_qtype_rcode)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(count_client)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(count_qname)->Unit(benchmark::kMillisecond)->UseManualTime();
#define SLIDING(name) \
  BENCHMARK(name)->Arg(1)->Arg(10)->Arg(60)->Unit(benchmark::kMillisecond)->UseManualTime()
SLIDING(count_qtype_sliding);
SLIDING(distinct_qname_sliding);
SLIDING(top_qname_sliding);
BENCHMARK(top_qname)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(top_client)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(distinct_qname)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(distinct_qname_exact)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(filter_nxdomain)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(filter_expression)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(map_number)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(map_text)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(direction)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(anonymize_truncate)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(match_latency)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(match_all)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(match_flood)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(1);
BENCHMARK(registered_domain)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace dnstorm::operators

BENCHMARK_MAIN();
