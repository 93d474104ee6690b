#include "cli/testing/row_file.hpp"

#include <gtest/gtest.h>

namespace dnstorm::cli {
namespace {

std::string shown(const std::string& text, const std::string& name) {
  auto rows = read_row_text(text, name, {4, 2, 0});
  if (!rows.ok()) return rows.error().what;
  std::string shown;
  for (const topology::TestRow& row : *rows) {
    for (const auto& [field, cell] : row.cells) shown += field + "=" + cell + ";";
    shown += "@" + format_duration(row.at) + "\n";
  }
  return shown;
}

TEST(RowFile, CsvWithQuotes) {
  EXPECT_EQ(shown("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n\n2,\n", "r.csv"),
            "a=1;b=x, \"y\"\nz;@0s\na=2;b=;@0s\n");
  EXPECT_EQ(shown("a,at\n1,5s\n", "r.csv"), "a=1;@5s\n");
}

TEST(RowFile, JsonLines) {
  EXPECT_EQ(shown("{\"a\": 1, \"b\": \"x\", \"at\": \"2s\"}\n\n{\"c\": true}\n", "r.jsonl"),
            "a=1;b=x;@2s\nc=true;@0s\n");
}

TEST(RowFile, MistakesHaveTheirLine) {
  EXPECT_EQ(shown("a,b\n1,2\n3\n", "r.csv"), "r.csv:3: 1 cells, and the first line names 2 fields");
  EXPECT_EQ(shown("a\n\"x\n", "r.csv"), "r.csv:2: a quote is not closed");
  EXPECT_EQ(shown("{\"a\": 1}\nnothing\n", "r.jsonl"), "r.jsonl:2: is no JSON object");
  EXPECT_EQ(shown("{\"a\": [1]}\n", "r.jsonl"), "r.jsonl:1: field 'a' has more than one value");
  EXPECT_EQ(shown("a,at\n1,soon\n", "r.csv"), "r.csv:2: 'at' is a time such as 5s, not 'soon'");
  EXPECT_EQ(shown("", "r.txt"), "r.txt: rows are in a .csv or a .jsonl file");
}

}  // namespace
}  // namespace dnstorm::cli
