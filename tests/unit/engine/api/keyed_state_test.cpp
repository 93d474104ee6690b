#include "engine/api/keyed_state.hpp"

#include <gmock/gmock.h>

#include <random>

#include "engine/api/bolt_state.hpp"

namespace dnstorm {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const SchemaPtr schema = std::make_shared<const Schema>(std::vector<Field>{{"word", Type::str},
                                                                           {"u8", Type::u8},
                                                                           {"u32", Type::u32},
                                                                           {"time", Type::time},
                                                                           {"ip", Type::ip},
                                                                           {"raw", Type::bytes}});

TaskContext context(std::vector<std::string> grouped_by = {}) {
  TaskContext task;
  task.inputs.push_back({"source", "default", schema, std::move(grouped_by)});
  return task;
}

// A key of the field `word`.
std::string word(std::string_view text) {
  BatchBuilder builder(schema);
  builder.add_row().set_str(schema->ref<Str>("word"), text);
  BatchPtr batch = builder.seal();
  std::string key;
  KeyReader(*schema, {"word"}).append(Rows(*batch)[0], key);
  return key;
}

std::map<std::uint32_t, std::string> sections_of(const KeyedState& state) {
  GroupSections out;
  state.save_groups(out);
  std::map<std::uint32_t, std::string> sections;
  out.take_each([&](std::uint32_t group, std::string bytes) { sections[group] = bytes; });
  return sections;
}

void restore(KeyedState& state, const std::map<std::uint32_t, std::string>& sections) {
  for (const auto& [group, bytes] : sections) {
    StateReader in(bytes);
    EXPECT_TRUE(state.restore_group(group, in)) << group;
  }
}

TEST(KeyGrouping, IsThatOfTheFieldsGroupingByWhichRowsCame) {
  const std::vector<std::string> key = {"u8", "word", "ip", "raw", "u32", "time"};
  std::mt19937_64 dice(3);
  BatchBuilder builder(schema);
  for (int i = 0; i < 500; ++i) {
    RowWriter row = builder.add_row();
    std::string text = "n" + std::to_string(dice() % 50) + std::string(dice() % 3, 'x');
    row.set_str(schema->ref<Str>("word"), text);
    row.set(schema->ref<std::uint8_t>("u8"), static_cast<std::uint8_t>(dice()));
    row.set(schema->ref<std::uint32_t>("u32"), static_cast<std::uint32_t>(dice()));
    row.set(schema->ref<std::int64_t>("time"), static_cast<std::int64_t>(dice()));
    row.set(schema->ref<IpAddress>("ip"), *parse_ip(fmt::format("192.0.2.{}", dice() % 256)));
    row.set_bytes(schema->ref<Bytes>("raw"),
                  {reinterpret_cast<const std::uint8_t*>(text.data()), text.size() / 2});
  }
  BatchPtr batch = builder.seal();
  for (const std::vector<std::string>& grouped_by :
       std::vector<std::vector<std::string>>{{"word"},
                                             {"u8"},
                                             {"u32"},
                                             {"time"},
                                             {"ip"},
                                             {"raw"},
                                             {"ip", "u8"},
                                             {"raw", "word"},
                                             key}) {
    KeyGrouping grouping(context(grouped_by), key);
    KeyReader reader(*schema, key);
    KeyReader router(*schema, grouped_by);
    for (RowView row : Rows(*batch)) {
      std::string packed;
      reader.append(row, packed);
      ASSERT_EQ(grouping.group_of(packed), key_group(router.hash(row))) << grouped_by[0];
    }
  }
}

TEST(KeyGrouping, IsByTheWholeKeyWhereTheGroupingSaysNothing) {
  KeyReader whole(*schema, {"word"});
  for (const std::vector<std::string>& other :
       std::vector<std::vector<std::string>>{{}, {"u8"}, {"word", "u8"}})
    EXPECT_EQ(KeyGrouping(context(other), {"word"}).group_of(word("a")),
              key_group(hash_bytes("a")));
  EXPECT_EQ(KeyGrouping(context(), {}).group_of(""), 0u);
}

TEST(KeyGrouping, TellsBytesThatAreNoKey) {
  KeyGrouping grouping(context(), {"word", "u8"});
  std::string key = word("abc") + "x";
  EXPECT_TRUE(grouping.group_of(key));
  for (std::size_t size = 0; size < key.size(); ++size)
    EXPECT_FALSE(grouping.group_of(key.substr(0, size))) << size;
  EXPECT_FALSE(grouping.group_of(key + "y"));
}

TEST(MapState, KeepsAValueForEachKey) {
  MapState<std::uint32_t> state;
  state.prepare(context(), {"word"});
  state.at(word("a")) = 7;
  ++state.at(word("b"));
  EXPECT_EQ(*state.find(word("a")), 7u);
  EXPECT_EQ(*state.find(word("b")), 1u);
  EXPECT_EQ(state.find(word("c")), nullptr);
  EXPECT_EQ(state.size(), 2u);
  EXPECT_TRUE(state.erase(word("a")));
  EXPECT_FALSE(state.erase(word("a")));
  state.clear();
  EXPECT_EQ(state.size(), 0u);
}

// What tasks emit one after the other is what one task would emit.
TEST(MapState, GoesThroughKeysByGroup) {
  MapState<int> state;
  state.prepare(context(), {"word"});
  for (int i = 0; i < 1000; ++i) state.at(word("n" + std::to_string(i))) = i;
  KeyGrouping grouping(context(), {"word"});
  std::pair<std::uint32_t, std::string> before;
  std::size_t seen = 0;
  state.each([&](std::string_view key, int) {
    std::pair<std::uint32_t, std::string> now(*grouping.group_of(key), key);
    if (seen++ != 0) {
      EXPECT_LT(before, now);
    }
    before = now;
  });
  EXPECT_EQ(seen, 1000u);
}

struct Span {
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool operator==(const Span&) const = default;
};

template <class Value>
void comes_back(const Value& value) {
  MapState<Value> state;
  state.prepare(context(), {"word"});
  state.at(word("a")) = value;
  state.at(word("b")) = Value{};
  MapState<Value> restored;
  restored.prepare(context(), {"word"});
  restore(restored, sections_of(state));
  ASSERT_EQ(restored.size(), 2u);
  EXPECT_EQ(*restored.find(word("a")), value);
  EXPECT_EQ(*restored.find(word("b")), Value{});
}

TEST(MapState, BringsBackValuesOfEveryKind) {
  comes_back<std::uint16_t>(77);
  comes_back(-0.25);
  comes_back(true);
  comes_back(std::string("two\0words", 9));
  comes_back(Span{-3, 9});
}

TEST(MapState, PartsItsKeysByGroup) {
  CounterState state;
  state.prepare(context(), {"word"});
  for (int i = 0; i < 2000; ++i) state.add(word("n" + std::to_string(i % 700)));
  auto sections = sections_of(state);
  EXPECT_GT(sections.size(), 100u);
  std::size_t keys = 0;
  std::uint64_t sum = 0;
  for (const auto& section : sections) {
    CounterState part;
    part.prepare(context(), {"word"});
    restore(part, {section});
    keys += part.size();
    part.each([&](std::string_view key, std::uint64_t count) {
      EXPECT_EQ(count, state.count(key));
      sum += count;
    });
  }
  EXPECT_EQ(keys, 700u);
  EXPECT_EQ(sum, 2000u);
}

TEST(CounterState, AddsUpPartsOfAKey) {
  CounterState a;
  CounterState b;
  CounterState both;
  for (CounterState* state : {&a, &b, &both}) state->prepare(context(), {"word"});
  EXPECT_EQ(a.add(word("x"), 3), 3u);
  EXPECT_EQ(b.add(word("x")), 1u);
  EXPECT_EQ(b.add(word("x")), 2u);
  b.add(word("y"));
  restore(both, sections_of(a));
  restore(both, sections_of(b));
  EXPECT_EQ(both.count(word("x")), 5u);
  EXPECT_EQ(both.count(word("y")), 1u);
  EXPECT_EQ(both.count(word("z")), 0u);
}

// The largest numbers seen, two of them: the smallest sketch there is.
struct Largest {
  explicit Largest(std::size_t size) : kept(size) {}
  void add(std::uint32_t value) {
    kept.push_back(value);
    std::sort(kept.rbegin(), kept.rend());
    kept.pop_back();
  }
  void merge(const Largest& other) {
    for (std::uint32_t value : other.kept) add(value);
  }
  void save(StateWriter& out) const {
    for (std::uint32_t value : kept) out.put(value);
  }
  bool restore(StateReader& in) {
    for (std::uint32_t& value : kept) value = in.get<std::uint32_t>();
    return in.ok();
  }
  std::vector<std::uint32_t> kept;
};

TEST(SketchState, MergesPartsOfAKey) {
  auto make = [] { return Largest(2); };
  SketchState<Largest> a(make);
  SketchState<Largest> b(make);
  for (auto* state : {&a, &b}) state->prepare(context(), {"word"});
  for (std::uint32_t value : {5u, 9u, 1u}) a.at(word("x")).add(value);
  for (std::uint32_t value : {7u, 2u}) b.at(word("x")).add(value);
  restore(b, sections_of(a));
  EXPECT_THAT(b.at(word("x")).kept, ElementsAre(9u, 7u));
}

TEST(MapState, RefusesAKeyTwiceIfValuesCannotBeMerged) {
  MapState<std::uint32_t> state;
  state.prepare(context(), {"word"});
  state.at(word("x")) = 1;
  auto sections = sections_of(state);
  StateReader in(sections.begin()->second);
  EXPECT_FALSE(state.restore_group(sections.begin()->first, in));
}

TEST(MapState, RefusesBytesThatAreDamagedOrOfAnotherGroup) {
  CounterState state;
  state.prepare(context(), {"word"});
  state.add(word("x"));
  auto [group, bytes] = *sections_of(state).begin();
  auto takes = [&](std::uint32_t as, const std::string& what) {
    CounterState fresh;
    fresh.prepare(context(), {"word"});
    StateReader in(what);
    return fresh.restore_group(as, in);
  };
  EXPECT_TRUE(takes(group, bytes));
  EXPECT_FALSE(takes((group + 1) % key_groups, bytes));
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_FALSE(takes(group, bytes.substr(0, size))) << size;
}

class TwoStates final : public Bolt {
 public:
  Result<void> prepare(const TaskContext& task) override {
    rows.prepare(task, {"word"});
    spans.prepare(task, {"word"});
    return {};
  }
  void execute(const InputBatch&, Emitter&) override {}
  Result<void> save(StateWriter& out) override {
    out.put(reached);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    reached = in.get<TimeNs>();
    return {};
  }
  std::vector<KeyedState*> keyed_state() override { return {&rows, &spans}; }

  TimeNs reached = 0;
  CounterState rows;
  MapState<Span> spans;
};

TEST(BoltState, IsWhatSaveWritesAndASectionForEachGroupOfEachState) {
  TwoStates bolt;
  ASSERT_TRUE(bolt.prepare(context()).ok());
  bolt.reached = 77;
  bolt.rows.add(word("a"), 5);
  bolt.spans.at(word("a")) = {1, 2};
  StateWriter out;
  ASSERT_TRUE(save_bolt(bolt, out).ok());
  std::string bytes = out.take();

  BoltState parts;
  StateReader parsed(bytes);
  ASSERT_TRUE(parts.read(parsed));
  EXPECT_TRUE(parsed.at_end());
  EXPECT_EQ(parts.whole.size(), sizeof(TimeNs));
  ASSERT_EQ(parts.sections.size(), 2u);
  EXPECT_EQ(parts.sections[0].group, key_group(hash_bytes("a")));
  EXPECT_EQ(parts.sections[1].state, 1u);
  StateWriter again;
  parts.write(again);
  EXPECT_EQ(again.take(), bytes);

  TwoStates restored;
  ASSERT_TRUE(restored.prepare(context()).ok());
  StateReader in(bytes);
  ASSERT_TRUE(restore_bolt(restored, in).ok());
  EXPECT_EQ(restored.reached, 77);
  EXPECT_EQ(restored.rows.count(word("a")), 5u);
  EXPECT_EQ(*restored.spans.find(word("a")), (Span{1, 2}));
}

TEST(BoltState, RefusesWhatIsCutOff) {
  TwoStates bolt;
  ASSERT_TRUE(bolt.prepare(context()).ok());
  bolt.rows.add(word("a"), 5);
  StateWriter out;
  ASSERT_TRUE(save_bolt(bolt, out).ok());
  std::string bytes = out.take();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    TwoStates restored;
    ASSERT_TRUE(restored.prepare(context()).ok());
    std::string part = bytes.substr(0, size);
    StateReader in(part);
    auto result = restore_bolt(restored, in);
    ASSERT_FALSE(result.ok()) << size;
    EXPECT_EQ(result.error().kind, ErrorKind::data);
  }
}

}  // namespace
}  // namespace dnstorm
