#include "engine/base/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

namespace dnstorm {
namespace {

// "LINE: [cells]" of each record, then what is wrong.
std::string records(std::string_view text) {
  CsvReader reader(text);
  std::vector<std::string> cells;
  std::string all;
  for (;;) {
    auto more = reader.next(cells);
    if (!more.ok()) return all + fmt::format("{}: {}", reader.line(), more.error().what);
    if (!*more) return all;
    all += fmt::format("{}: {}\n", reader.line(), cells);
  }
}

TEST(Csv, parts_cells_and_records) {
  EXPECT_EQ(records(""), "");
  EXPECT_EQ(records("a,b\n1,2\r\n"), "1: [\"a\", \"b\"]\n2: [\"1\", \"2\"]\n");
  EXPECT_EQ(records("a,\n,b"), "1: [\"a\", \"\"]\n2: [\"\", \"b\"]\n");
  EXPECT_EQ(records("a\n\n\r\nb\n"), "1: [\"a\"]\n4: [\"b\"]\n") << "empty lines are none";
}

TEST(Csv, keeps_what_stands_in_quotes) {
  EXPECT_EQ(records("\"a,b\",\"say \"\"no\"\"\",\"\"\n"),
            "1: [\"a,b\", \"say \\\"no\\\"\", \"\"]\n");
  EXPECT_EQ(records("\"two\nlines\",x\nnext"), "1: [\"two\\nlines\", \"x\"]\n3: [\"next\"]\n");
  EXPECT_EQ(records("5\" disk,x"), "1: [\"5\\\" disk\", \"x\"]\n") << "a quote within a cell";
}

TEST(Csv, says_where_a_quote_is_not_closed) {
  EXPECT_EQ(records("a\n\n\"b\nc"), "1: [\"a\"]\n3: a quote is not closed");
}

}  // namespace
}  // namespace dnstorm
