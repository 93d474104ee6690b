#include "operators/shape/map.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;

const std::vector<Field> messages = {{"time", Type::time, Role::time},
                                     {"client", Type::ip, Role::plain, "", true},
                                     {"qtype", Type::u16, Role::plain, "qtype"},
                                     {"size", Type::u32},
                                     {"qname", Type::str, Role::plain, "", true},
                                     {"tc", Type::boolean}};

std::vector<std::string> mapped(const TextOptions& options,
                                const std::vector<std::string>& read = {}) {
  TaskHarness task(map_operator(), options, messages, {.read_outputs = read});
  EXPECT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  task.feed({{"1s", "192.0.2.1", "28", "700", "www.example.com", "false"},
             {"2s", "2001:db8::1", "1", "90", ".", "true"}});
  return task.take();
}

TEST(Map, adds_fields_behind_those_of_the_input) {
  EXPECT_THAT(mapped({{"set", {"class:u32 = size // 256 * 256", "zone:str = suffix(qname, 2)"}}}),
              ElementsAre("1s 192.0.2.1 28 700 www.example.com false 512 example.com",
                          "2s 2001:db8::1 1 90 . true 0 ."));
}

TEST(Map, replaces_a_field_where_it_stands) {
  EXPECT_THAT(mapped({{"set", {"size:str = size > 512 and 'large' or 'small'"}},
                      {"drop", {"time", "client"}}}),
              ElementsAre("28 large www.example.com false", "1 small . true"));
  auto declaration =
      declare(map_operator(), {{"set", {"time:time = time + 1", "qtype:u16 = 1", "tc:u8 = 1"}}},
              {messages})
          .value();
  EXPECT_EQ(declaration.outputs[0].fields[0].role, Role::time) << "of the same type: it stays so";
  EXPECT_EQ(declaration.outputs[0].fields[2].labels, "qtype");
  EXPECT_EQ(declaration.outputs[0].fields[5].type, Type::u8);
}

TEST(Map, renames_even_in_a_ring) {
  EXPECT_THAT(
      mapped({{"rename", {"tc = qname", "qname=tc", "source = client"}}}),
      ElementsAre("1s 192.0.2.1 28 700 www.example.com false", "2s 2001:db8::1 1 90 . true"));
  auto declaration =
      declare(map_operator(), {{"rename", {"asker = client"}}, {"keep", {"time"}}}, {messages})
          .value();
  ASSERT_EQ(declaration.outputs[0].fields.size(), 2U);
  EXPECT_EQ(declaration.outputs[0].fields[1].name, "asker");
  EXPECT_TRUE(declaration.outputs[0].fields[1].unbounded) << "it is what it was";
}

TEST(Map, gives_a_new_field_the_name_of_one_that_left) {
  EXPECT_THAT(mapped({{"rename", {"asker = client"}},
                      {"set", {"client:str = client .. '/' .. qtype"}},
                      {"keep", {"client"}}}),
              ElementsAre("192.0.2.1 192.0.2.1/28", "2001:db8::1 2001:db8::1/1"));
}

TEST(Map, computes_only_what_is_read) {
  TextOptions options = {{"set", {"broken:u8 = qname + 1", "half:u32 = size // 2"}}};
  EXPECT_THAT(mapped(options, {"half", "tc"}), ElementsAre("false 350", "true 45"));
  TaskHarness task(map_operator(), options, messages, {.read_outputs = {"half"}});
  task.feed({{"1s", "::1", "1", "8", "a", "true"}});
  EXPECT_EQ(task.counter("expression_failed"), 0U);
}

TEST(Map, has_every_type) {
  EXPECT_THAT(mapped({{"set",
                       {"a:bool = size > 100", "b:u8 = 255", "c:u64 = 2.0^63", "d:i64 = -size",
                        "e:f64 = size / 8", "f:time = time * 2", "g:ip = '192.0.2.7'"}},
                      {"keep", {"qtype"}}}),
              ElementsAre("28 true 255 9223372036854775808 -700 87.5 2s 192.0.2.7",
                          "1 false 255 9223372036854775808 -90 11.25 4s 192.0.2.7"));
}

TEST(Map, leaves_fields_empty_and_counts_why) {
  TaskHarness task(map_operator(),
                   {{"set",
                     {"a:u8 = size", "b:f64 = size / 0", "c:ip = qname", "d:str = nil",
                      "e:bool = 1", "f:i64 = 0.5", "g:u64 = -1", "h:str = ('x'):rep(70000)",
                      "i:str = size", "j:u8 = qname + 1", "k:str = ('x'):rep(1 << 24)"}},
                    {"drop", {"time", "client", "qtype", "qname", "tc"}}},
                   messages);
  task.feed({{"1s", "192.0.2.1", "28", "700", "www.example.com", "false"}});
  EXPECT_THAT(task.take(), ElementsAre("700 0 0 ::  false 0 0   0 "));
  EXPECT_EQ(task.counter("expression_unfit"), 9U);
  EXPECT_EQ(task.counter("expression_failed"), 1U);
  EXPECT_EQ(task.counter("expression_limited"), 1U);
}

TEST(Map, refuses_with_one_clear_sentence) {
  struct Case {
    TextOptions options;
    const char* error;
  };
  const Case cases[] = {
      {{{"set", {"half"}}},
       "'half' is not written as NAME:TYPE = EXPRESSION, as in: kibibytes:u32 = size // 1024"},
      {{{"set", {"half:u32 ="}}},
       "'half:u32 =' is not written as NAME:TYPE = EXPRESSION, as in: kibibytes:u32 = size // "
       "1024"},
      {{{"set", {"u32 half = size"}}},
       "option 'set': a field is NAME, NAME:TYPE or NAME:TYPE:ROLE, not 'u32 half'"},
      {{{"set", {"half:int = size"}}},
       "option 'set': 'int' is no type of field 'half'; types are str, bool, u8, u16, u32, u64, "
       "i64, "
       "f64, ip, time"},
      {{{"set", {"a:u32 = 1", "a:u8 = 2"}}}, "field 'a' is set twice"},
      {{{"set", {"a:u32 = sise"}}},
       "in the expression 'sise': there is no field or function 'sise', did you mean 'size'?"},
      {{{"rename", {"a"}}}, "'a' is not written as NEW = OLD"},
      {{{"rename", {"a = b = c"}}}, "'a = b = c' is not written as NEW = OLD"},
      {{{"rename", {"a = clint"}}},
       "stream 'default' of 'input' has no field 'clint', did you mean 'client'?"},
      {{{"rename", {"a = tc", "b = tc"}}}, "field 'tc' is given two new names"},
      {{{"rename", {"a = tc", "a = qtype"}}}, "two fields are renamed to 'a'"},
      {{{"rename", {"size = tc"}}}, "there would be two fields 'size'; drop one, or rename it too"},
      {{{"rename", {"a = tc"}}, {"set", {"a:u8 = 1"}}},
       "field 'a' is set, and another is renamed to it"},
      {{{"rename", {"a = tc"}}, {"drop", {"tc"}}}, "field 'tc' is renamed and dropped"},
      {{{"keep", {"tc"}}, {"drop", {"tc"}}},
       "fields are kept or dropped: give one of `keep` and `drop`"},
      {{{"drop", {"time", "client", "qtype", "size", "qname", "tc"}}}, "no field is left"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(declare_error(map_operator(), c.options, {messages}), c.error);
  EXPECT_EQ(declare_error(map_operator(), {}, {messages, messages}),
            "map passes one stream on, and 2 come in; use one for each");
}

TEST(Map, says_what_it_reads_and_what_a_field_is_for) {
  auto declaration = declare(map_operator(),
                             {{"set", {"share:f64:value = size / 512", "kind:str:key = qname"}},
                              {"rename", {"asker = client"}}},
                             {messages})
                         .value();
  EXPECT_THAT(declaration.reads[0], ElementsAre("size", "qname", "client"));
  EXPECT_TRUE(declaration.outputs[0].extends_input);
  const auto& fields = declaration.outputs[0].fields;
  EXPECT_EQ(fields[6].role, Role::value);
  EXPECT_EQ(fields[7].role, Role::key);
  EXPECT_FALSE(fields[7].unbounded) << "a key may become a tag";
  EXPECT_THAT(declaration.partition_by, IsEmpty());
}

}  // namespace
}  // namespace dnstorm::operators
