#include "operators/sinks/point.hpp"

#include "operators/sinks/influx.hpp"
#include "operators/sinks/store.hpp"
#include "operators/sinks/text.hpp"
#include "operators/sinks/window_buffer.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::HasSubstr;

TEST(PointReads, names_the_fields_with_a_role) {
  auto declaration = declare(text_operator(), {{"fields", {"client"}}},
                             {testing::count_fields(), testing::message_fields()});
  ASSERT_TRUE(declaration.ok());
  EXPECT_THAT(declaration->reads,
              ::testing::ElementsAre(
                  ::testing::ElementsAre("window_start", "window_end", "qtype", "rcode", "count"),
                  ::testing::ElementsAre("time", "client")));
  EXPECT_TRUE(declaration->single_task);
}

TEST(PointReads, refuses_tags_from_an_open_set) {
  for (const OperatorDef& def : {store_operator(), influx_operator()}) {
    testing::TextOptions options = {{"unbounded_tags", {"false"}}};
    if (def.name == "influx") options["database"] = {"dns"};
    EXPECT_THAT(declare_error(def, options, {testing::unbounded_fields()}),
                HasSubstr("'qname' of 'input' comes from an open set"));
    options["unbounded_tags"] = {"true"};
    EXPECT_EQ(declare_error(def, options, {testing::unbounded_fields()}), "");
  }
  EXPECT_EQ(declare_error(text_operator(), {}, {testing::unbounded_fields()}), "");
}

TEST(PointReads, refuses_what_does_not_make_a_point) {
  EXPECT_THAT(declare_error(text_operator(), {}, {testing::message_fields()}),
              HasSubstr("have no value"));
  EXPECT_THAT(declare_error(text_operator(), {}, {{{"count", Type::u64, Role::value}}}),
              HasSubstr("have no time"));
  EXPECT_THAT(declare_error(text_operator(), {{"fields", {"clint"}}}, {testing::message_fields()}),
              HasSubstr("no input has a field 'clint'"));
  EXPECT_THAT(declare_error(text_operator(), {{"fields", {"qtype"}}}, {testing::count_fields()}),
              HasSubstr("is a tag or a time already"));
}

TEST(PointReads, refuses_tags_that_are_none) {
  for (const char* tag : {"server", "=ns1", "server="})
    EXPECT_THAT(declare_error(text_operator(), {{"tags", {tag}}}, {testing::count_fields()}),
                HasSubstr("is not written as name=value"));
  EXPECT_THAT(declare_error(text_operator(), {{"tags", {"a=1", "a=2"}}}, {testing::count_fields()}),
              HasSubstr("given twice"));
  EXPECT_THAT(declare_error(text_operator(), {{"tags", {"qtype=A"}}}, {testing::count_fields()}),
              HasSubstr("is a key"));
}

// One row of every type, read as tags and as fields.
class EveryType : public ::testing::Test {
 protected:
  static std::vector<Field> fields(Role role) {
    std::vector<Field> out = {{"time", Type::time, Role::time}};
    const std::pair<const char*, Type> types[] = {
        {"boolean", Type::boolean}, {"u8", Type::u8},   {"u16", Type::u16},    {"u32", Type::u32},
        {"u64", Type::u64},         {"i64", Type::i64}, {"f64", Type::f64},    {"when", Type::time},
        {"ip", Type::ip},           {"str", Type::str}, {"bytes", Type::bytes}};
    for (auto [name, type] : types) out.push_back({name, type, role});
    return out;
  }
  Point read(Role role, const std::string& u64) {
    Schema schema(fields(role));
    BatchBuilder builder(std::make_shared<const Schema>(schema));
    RowWriter row = builder.add_row();
    testing::TextRow cells = {"7",  "true", "255", "65535",     "4294967295", u64,
                              "-5", "2.5",  "1s",  "192.0.2.1", "a b",        "\x01\xff"};
    for (std::size_t i = 0; i < cells.size(); ++i)
      testing::write_cell(row, schema.field(i).type, schema.offset(i), cells[i]);
    batch_ = builder.seal();
    Input input{"every", "default", batch_->schema_ptr()};
    reader_ = std::make_unique<PointReader>(input, PointOptions{});
    return reader_->read(RowView(batch_->row(0), batch_->arena()));
  }
  BatchPtr batch_;
  std::unique_ptr<PointReader> reader_;
};

TEST_F(EveryType, as_tags) {
  EXPECT_EQ(read(Role::key, "18446744073709551615").series,
            "every,boolean=true,bytes=01ff,f64=2.5,i64=-5,ip=192.0.2.1,str=a\\ "
            "b,u16=65535,u32=4294967295,"
            "u64=18446744073709551615,u8=255,when=1970-01-01T00:00:01Z");
}

TEST_F(EveryType, as_fields) {
  Point point = read(Role::value, "12");
  auto value = [&](std::string_view name) {
    for (const PointField& field : point.fields)
      if (field.name == name) return field.value;
    return PointValue(std::string("missing"));
  };
  EXPECT_EQ(point.time, 7);
  EXPECT_EQ(point.end, 7);
  EXPECT_EQ(value("boolean"), PointValue(true));
  EXPECT_EQ(value("u8"), PointValue(std::int64_t{255}));
  EXPECT_EQ(value("u64"), PointValue(std::int64_t{12}));
  EXPECT_EQ(value("i64"), PointValue(std::int64_t{-5}));
  EXPECT_EQ(value("f64"), PointValue(2.5));
  EXPECT_EQ(value("when"), PointValue(std::int64_t{1'000'000'000}));
  EXPECT_EQ(value("ip"), PointValue(std::string("192.0.2.1")));
  EXPECT_EQ(value("str"), PointValue(std::string("a b")));
  EXPECT_EQ(value("bytes"), PointValue(std::string("01ff")));
}

TEST_F(EveryType, numbers_beyond_the_signed_range_stay_at_its_end) {
  Point point = read(Role::value, "18446744073709551615");
  EXPECT_EQ(point.fields[4].value, PointValue(std::int64_t{9'223'372'036'854'775'807}));
}

TEST(PointReader, leaves_out_empty_tags) {
  Schema schema({{"time", Type::time, Role::time},
                 {"zone", Type::str, Role::key},
                 {"n", Type::u64, Role::value}});
  BatchBuilder builder(std::make_shared<const Schema>(schema));
  builder.add_row();
  BatchPtr batch = builder.seal();
  Input input{"c", "late", batch->schema_ptr()};
  PointReader reader(input, PointOptions{});
  EXPECT_EQ(reader.read(RowView(batch->row(0), batch->arena())).series, "c_late");
}

TEST(NaturalOrder, compares_digits_as_numbers) {
  const std::vector<std::string> ordered = {
      "", "a", "a,rank=1", "a,rank=2", "a,rank=2,x=1", "a,rank=10", "a1", "a01b", "a1b", "a2", "b"};
  for (std::size_t i = 0; i < ordered.size(); ++i)
    for (std::size_t j = 0; j < ordered.size(); ++j)
      EXPECT_EQ(natural_less(ordered[i], ordered[j]), i < j) << ordered[i] << " | " << ordered[j];
}

Point point(std::string series, TimeNs time, TimeNs end, std::vector<PointField> fields) {
  Point out;
  out.series = std::move(series);
  out.time = time;
  out.end = end;
  out.fields = std::move(fields);
  return out;
}

TEST(WindowBuffer, gives_closed_windows_only_one_after_the_other) {
  WindowBuffer windows;
  for (TimeNs start : {20, 0, 10}) {
    windows.add(point("b", start, start + 10, {}));
    windows.add(point("a", start, start + 10, {}));
  }
  EXPECT_TRUE(windows.take(9).empty());
  std::vector<std::pair<std::string, TimeNs>> seen;
  for (const Point& p : windows.take(20)) seen.emplace_back(p.series, p.time);
  EXPECT_THAT(seen, ::testing::ElementsAre(std::pair("a", 0), std::pair("b", 0), std::pair("a", 10),
                                           std::pair("b", 10)));
  EXPECT_EQ(windows.size(), 2);
  EXPECT_EQ(windows.take(time_max).size(), 2);
}

TEST(MergeSame, unites_fields_and_lets_the_later_value_win) {
  std::vector<Point> points;
  points.push_back(point("a", 1, 2, {{"count", std::int64_t{1}}}));
  points.push_back(point("a", 1, 2, {{"size", 0.5}}));
  points.push_back(point("a", 1, 2, {{"count", std::int64_t{7}}}));
  points.push_back(point("a", 2, 3, {{"count", std::int64_t{9}}}));
  points.push_back(point("b", 2, 3, {{"count", std::int64_t{9}}}));
  EXPECT_EQ(merge_same(points), 1);
  ASSERT_EQ(points.size(), 3);
  EXPECT_EQ(points[0].fields.size(), 2);
  EXPECT_EQ(points[0].fields[0].value, PointValue(std::int64_t{7}));
  EXPECT_EQ(points[1].time, 2);
  EXPECT_EQ(points[2].series, "b");
}

}  // namespace
}  // namespace dnstorm::operators
