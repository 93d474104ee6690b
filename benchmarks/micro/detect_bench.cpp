// Detectors alone: one task, fed with batches of responses (or queries) as decode makes them, at
// 100,000 a second of event time, watermarks included; the batch is in the cache, where decode has
// left it. Two million rows over 20 s: names by Zipf's law from 400,000, clients by Zipf's law from
// 50,000, an eighth NXDOMAIN; and the same with an attack that makes up half of the rows.
// `ns_per_row` is CPU time, `grown_mib` what the process grew by.
//   build/release/benchmarks/bench_detect
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "operators/detect/amplification.hpp"
#include "operators/detect/dga.hpp"
#include "operators/detect/newly_observed.hpp"
#include "operators/detect/nxdomain_flood.hpp"
#include "operators/detect/random_subdomain.hpp"
#include "operators/detect/tunnel.hpp"
#include "operators/detect/typosquat.hpp"
#include "operators/detect/volume_anomaly.hpp"
#include "operators/detect/zone_scan.hpp"

namespace dnstorm::operators {
namespace {

constexpr std::size_t row_count = 2'000'000;
constexpr TimeNs time_step = 10 * ns_per_us;
constexpr std::size_t name_count = 400'000;
constexpr std::size_t client_count = 50'000;

const std::vector<Field>& message_fields() {
  static const std::vector<Field> fields = {
      {"time", Type::time},        {"qr", Type::boolean},   {"client", Type::ip},
      {"server", Type::ip},        {"transport", Type::u8}, {"size", Type::u32},
      {"rcode", Type::u8},         {"qname", Type::str},    {"qtype", Type::u16},
      {"qname_length", Type::u16}, {"domain", Type::str},   {"tld", Type::str}};
  return fields;
}

struct Name {
  std::string text;
  std::uint64_t hash = 0;
  std::string domain;
  std::uint64_t domain_hash = 0;
};

class Zipf {
 public:
  explicit Zipf(std::size_t count) : cumulated_(count) {
    for (std::size_t i = 0; i < count; ++i)
      cumulated_[i] = sum_ += 1.0 / static_cast<double>(i + 1);
  }
  std::size_t operator()(std::mt19937_64& dice) const {
    std::uniform_real_distribution<double> uniform(0, sum_);
    return static_cast<std::size_t>(
        std::lower_bound(cumulated_.begin(), cumulated_.end(), uniform(dice)) - cumulated_.begin());
  }

 private:
  std::vector<double> cumulated_;
  double sum_ = 0;
};

IpAddress address(std::size_t number) {
  std::uint64_t mixed = hash_number(number);
  std::uint8_t bytes[4] = {10, static_cast<std::uint8_t>(mixed >> 16),
                           static_cast<std::uint8_t>(mixed >> 8), static_cast<std::uint8_t>(mixed)};
  return IpAddress::v4(bytes);
}

Name make_name(std::size_t i) {
  const char* tops[] = {"com", "net", "org", "co.uk", "de", "cl"};
  std::string domain = fmt::format("site{}.{}", i / 5, tops[i % 6]);
  std::string text = fmt::format("h{}.{}", i % 97, domain);
  return {text, hash_bytes(text), domain, hash_bytes(domain)};
}

struct Message {
  Name name;
  std::size_t client = 0;
  std::uint8_t rcode = 0;
  std::uint32_t size = 0;
};

class Traffic {
 public:
  explicit Traffic(bool attack) : attack_(attack) {
    for (std::size_t i = 0; i < name_count; ++i) names_.push_back(make_name(i));
  }
  std::vector<BatchPtr> batches(const SchemaPtr& schema, bool responses) const {
    std::mt19937_64 dice(2026);
    BatchBuilder builder(schema);
    std::vector<BatchPtr> all;
    for (std::size_t i = 0; i < row_count; ++i) {
      write(builder.add_row(), *schema, static_cast<TimeNs>(i) * time_step, responses,
            message(dice, i));
      if (builder.full()) all.push_back(builder.seal());
    }
    if (!builder.empty()) all.push_back(builder.seal());
    return all;
  }

 private:
  Message message(std::mt19937_64& dice, std::size_t i) const {
    if (attack_ && i % 2 == 0) {
      std::string text = fmt::format("x{:x}.victim.example", dice());
      return {{text, hash_bytes(text), "victim.example", hash_bytes("victim.example")},
              i % 1000,
              3,
              1000};
    }
    return {names_[name_zipf_(dice)], client_zipf_(dice),
            static_cast<std::uint8_t>(dice() % 8 == 0 ? 3 : 0),
            static_cast<std::uint32_t>(100 + dice() % 900)};
  }
  static void write(RowWriter row, const Schema& s, TimeNs time, bool response, const Message& m) {
    row.set(s.ref<std::int64_t>("time"), time);
    row.set(s.ref<bool>("qr"), response);
    row.set(s.ref<IpAddress>("client"), address(m.client));
    row.set(s.ref<IpAddress>("server"), address(m.client % 4));
    row.set(s.ref<std::uint8_t>("transport"), std::uint8_t{17});
    row.set(s.ref<std::uint32_t>("size"), m.size);
    row.set(s.ref<std::uint8_t>("rcode"), m.rcode);
    row.set_str(s.ref<Str>("qname"), m.name.text, m.name.hash);
    row.set(s.ref<std::uint16_t>("qtype"), std::uint16_t{1});
    row.set(s.ref<std::uint16_t>("qname_length"),
            static_cast<std::uint16_t>(m.name.text.size() + 2));
    row.set_str(s.ref<Str>("domain"), m.name.domain, m.name.domain_hash);
    row.set_str(s.ref<Str>("tld"), "com");
  }

  bool attack_;
  std::vector<Name> names_;
  Zipf name_zipf_{name_count};
  Zipf client_zipf_{client_count};
};

const Traffic& traffic(bool attack) {
  static const Traffic clean(false), attacked(true);
  return attack ? attacked : clean;
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

double resident_mib() {
  std::size_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

// Brings a batch into the cache.
void warm(const Batch& batch) {
  std::uint64_t sum = 0;
  const std::byte* rows = batch.row(0);
  std::size_t row_bytes = std::size_t{batch.row_count()} * batch.schema().row_size();
  for (std::size_t i = 0; i < row_bytes; i += 64) sum += static_cast<std::uint64_t>(rows[i]);
  for (std::size_t i = 0; i < batch.byte_size() - row_bytes; i += 64)
    sum += static_cast<std::uint64_t>(batch.arena()[i]);
  benchmark::DoNotOptimize(sum);
}

// Runs the detector over all traffic. Nothing of the setting up is timed.
void run(benchmark::State& state, const OperatorDef& def, const RawOptions& raw, bool responses,
         bool attack) {
  Options options = Options::parse(def.options, raw).value();
  Schema full(message_fields());
  Declaration declaration = def.declare(options, {{"decode", "default", full}}).value();
  CounterSet counters;
  TaskContext context;
  SchemaPtr input = std::make_shared<const Schema>(full.pruned(declaration.reads[0]));
  context.inputs.push_back({"decode", "default", input});
  context.outputs.push_back(std::make_shared<const Schema>(Schema(declaration.outputs[0].fields)));
  context.counters = &counters;
  std::vector<BatchPtr> batches = traffic(attack).batches(input, responses);
  auto time = input->ref<std::int64_t>("time");
  double grown = 0, events = 0;
  for (auto _ : state) {
    malloc_trim(0);
    double before_mib = resident_mib();
    Nowhere nowhere;
    Emitter out(context.outputs, nowhere);
    std::unique_ptr<Bolt> bolt = def.make_bolt(options);
    if (!bolt->prepare(context)) state.SkipWithError("prepare fails");
    double seconds = 0;
    for (const BatchPtr& batch : batches) {
      warm(*batch);
      double before = cpu_seconds();
      bolt->execute({0, batch, nullptr}, out);
      bolt->watermark(Rows(*batch)[batch->row_count() - 1].get(time) - 50 * ns_per_ms, out);
      out.flush();
      seconds += cpu_seconds() - before;
    }
    grown = std::max(grown, resident_mib() - before_mib);
    double before = cpu_seconds();
    bolt->watermark(time_max, out);
    out.flush();
    state.SetIterationTime(seconds + cpu_seconds() - before);
    events = static_cast<double>(out.rows_emitted());
  }
  state.counters["grown_mib"] = grown;
  state.counters["events"] = events;
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * row_count / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

struct Detector {
  std::string name;  // of the benchmark
  OperatorDef def;
  RawOptions options = {};
  bool responses = true;  // or queries
};

std::vector<Detector> detectors() {
  return {
      {"random_subdomain", random_subdomain_operator()},
      {"nxdomain_flood_network", nxdomain_flood_operator()},
      {"nxdomain_flood_domain", nxdomain_flood_operator(), {{"by", {{"domain"}, false}}}},
      {"amplification", amplification_operator()},
      {"zone_scan", zone_scan_operator()},
      {"volume_anomaly", volume_anomaly_operator(), {}, false},
      {"tunnel", tunnel_operator()},
      {"dga", dga_operator()},
      {"typosquat", typosquat_operator(), {{"protect", {{"example.com"}, true}}}},
      {"newly_observed", newly_observed_operator()},
  };
}

}  // namespace
}  // namespace dnstorm::operators

int main(int argc, char** argv) {
  using namespace dnstorm::operators;
  for (const Detector& detector : detectors())
    for (bool attack : {false, true})
      benchmark::RegisterBenchmark((detector.name + (attack ? "/attack" : "/clean")).c_str(),
                                   [detector, attack](benchmark::State& state) {
                                     run(state, detector.def, detector.options, detector.responses,
                                         attack);
                                   })
          ->Unit(benchmark::kMillisecond)
          ->UseManualTime();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
