#include "operators/multilang/shell_streams.hpp"

#include <gmock/gmock.h>

#include "operators/multilang/shell_options.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::TextOptions;

Result<std::vector<StreamDecl>> streams(TextOptions options) {
  options["command"] = {"x"};
  return shell_streams(Options::parse(shell_option_specs(), testing::raw_options(options)).value());
}
std::string problem(TextOptions options) {
  auto result = streams(std::move(options));
  return result.ok() ? "" : result.error().what;
}

TEST(ShellStreams, fields_are_text_unless_they_say) {
  auto made = streams({{"fields", {"word", "count:u64:value", "at:time", "seen:time"}},
                       {"streams", {"errors=word,reason", "one=true,word"}}});
  ASSERT_TRUE(made.ok()) << made.error().what;
  ASSERT_EQ(made->size(), 3u);
  const auto& fields = (*made)[0].fields;
  EXPECT_EQ(fields[0].type, Type::str);
  EXPECT_EQ(fields[1].type, Type::u64);
  EXPECT_EQ(fields[1].role, Role::value);
  EXPECT_EQ(fields[2].role, Role::time);
  EXPECT_EQ(fields[3].role, Role::plain) << "a row has one time";
  EXPECT_FALSE((*made)[0].direct);
  EXPECT_EQ((*made)[1].fields.size(), 2u);
  EXPECT_TRUE((*made)[2].direct);
  EXPECT_EQ((*made)[2].fields.size(), 1u);
}

TEST(ShellStreams, without_fields_there_is_no_default_stream) { EXPECT_TRUE(streams({})->empty()); }

TEST(ShellStreams, says_what_is_wrong) {
  EXPECT_EQ(problem({{"fields", {"word:string"}}}),
            "option 'fields': 'string' is no type of field 'word'; types are str, bool, u8, u16, "
            "u32, u64, i64, f64, ip, time");
  EXPECT_EQ(problem({{"fields", {"a:u8:count"}}}),
            "option 'fields': 'count' is no role of field 'a'; roles are time, window_end, key, "
            "value, plain");
  EXPECT_EQ(problem({{"fields", {"a", "a"}}}),
            "option 'fields': stream 'default' has two fields 'a'");
  EXPECT_EQ(problem({{"streams", {"a"}}}),
            "option 'streams': a stream is NAME=FIELD,FIELD, not 'a'");
  EXPECT_EQ(problem({{"fields", {"a"}}, {"streams", {"default=b"}}}),
            "option 'streams': there are two streams 'default'");
}

class Tuples : public ::testing::Test {
 protected:
  Tuples() {
    stream = (*streams({{"fields", {"s", "b:bool", "n:u8", "i:i64", "f:f64", "a:ip"}}})).at(0);
    schema = std::make_shared<const Schema>(stream.fields);
    reader.emplace(stream, schema.get(), false);
  }
  std::string problem(const std::string& values) { return reader->problem(Json::parse(values)); }
  StreamDecl stream;
  SchemaPtr schema;
  std::optional<TupleReader> reader;
};

TEST_F(Tuples, go_to_and_fro) {
  Json values = Json::parse(R"(["ä", true, 255, -3, 0.5, "192.0.2.1"])");
  ASSERT_EQ(reader->problem(values), "");
  BatchBuilder builder(schema);
  reader->write(values, 0, builder.add_row());
  BatchPtr batch = builder.seal();
  EXPECT_EQ(TupleWriter(*schema, {}).values(Rows(*batch)[0]), values);
}

TEST_F(Tuples, anything_is_text) {
  for (const char* text : {"null", "3", "[1, {\"a\": 2}]", "\"x\""})
    EXPECT_EQ(problem("[" + std::string(text) + R"(, true, 1, 1, 1, "::1"])"), "");
}

TEST_F(Tuples, say_what_does_not_fit) {
  EXPECT_EQ(problem("[1]"),
            "the child emits 1 values on stream 'default', which has 6 fields: [1]");
  EXPECT_EQ(problem(R"(["a", true, 256, 1, 1, "::1"])"),
            "the child emits 256 as 'n' of stream 'default', which is of type u8");
  EXPECT_NE(problem(R"(["a", 1, 2, 1, 1, "::1"])"), "");
  EXPECT_NE(problem(R"(["a", true, -2, 1, 1, "::1"])"), "");
  EXPECT_NE(problem(R"(["a", true, 2, 9223372036854775808, 1, "::1"])"), "");
  EXPECT_NE(problem(R"(["a", true, 2, 1, "1", "::1"])"), "");
  EXPECT_NE(problem(R"(["a", true, 2, 1, 1, "example.com"])"), "");
}

TEST_F(Tuples, fields_that_nobody_reads_are_left_out) {
  Schema pruned = schema->pruned({"n"});
  auto kept = std::make_shared<const Schema>(pruned);
  TupleReader reads(stream, kept.get(), false);
  BatchBuilder builder(kept);
  reads.write(Json::parse(R"(["a", true, 7, 1, 1, "::1"])"), 0, builder.add_row());
  BatchPtr batch = builder.seal();
  EXPECT_EQ(Rows(*batch)[0].get(kept->ref<std::uint8_t>("n")), 7);
}

}  // namespace
}  // namespace dnstorm::operators
