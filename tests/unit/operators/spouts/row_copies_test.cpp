#include "operators/spouts/row_copies.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <string>

#include "operators/spouts/decode_schema.hpp"
#include "operators/spouts/message_values.hpp"

namespace dnstorm::operators {
namespace {

Field field(std::string name, Type type) { return {.name = std::move(name), .type = type}; }

// The bytes of a struct from 1 on, and a row of 0xff.
struct Bytes64 {
  std::array<std::byte, 64> from{}, row{};
  Bytes64() {
    for (std::size_t i = 0; i < from.size(); ++i) from[i] = std::byte(i + 1);
    row.fill(std::byte{0xff});
  }
  int at(std::size_t i) const { return static_cast<int>(row[i]); }
};

TEST(RowCopies, put_every_cell_into_its_place_and_leave_others_alone) {
  Schema schema({field("a", Type::u8), field("b", Type::u32), field("c", Type::u8)});
  RowCopies::Source sources[] = {{"c", 9}, {"b", 20}, {"z", 0}};
  Bytes64 bytes;
  RowCopies(schema, sources).run(bytes.from.data(), bytes.row.data());
  EXPECT_EQ(bytes.at(0), 21);
  EXPECT_EQ(bytes.at(3), 24);
  EXPECT_EQ(bytes.at(4), 0xff) << "a has no source";
  EXPECT_EQ(bytes.at(5), 10);
  EXPECT_EQ(bytes.at(6), 0xff);
}

TEST(RowCopies, are_one_where_cells_are_neighbours_here_and_there) {
  Schema schema({field("a", Type::ip), field("b", Type::u64), field("c", Type::u64)});
  RowCopies::Source together[] = {{"a", 0}, {"b", 16}, {"c", 24}};
  EXPECT_EQ(RowCopies(schema, together).size(), 2u);
  RowCopies::Source apart[] = {{"a", 0}, {"b", 24}, {"c", 16}};
  EXPECT_EQ(RowCopies(schema, apart).size(), 3u);
}

TEST(RowCopies, take_of_several_places_the_one_that_goes_on) {
  Schema schema({field("a", Type::u64), field("b", Type::u64)});
  RowCopies::Source sources[] = {{"a", 0}, {"a", 32}, {"b", 16}, {"b", 40}};
  RowCopies copies(schema, sources);
  EXPECT_EQ(copies.size(), 1u);
  EXPECT_TRUE(copies.reads(47, 1));
  EXPECT_FALSE(copies.reads(0, 32));
  EXPECT_FALSE(copies.reads(48, 8));
}

// Whatever is pruned, a field has the bytes that stand for it in MessageCells.
TEST(RowCopies, give_messages_the_same_values_whatever_else_is_read) {
  auto sources = message_cell_sources();
  std::array<std::byte, sizeof(MessageCells)> cells{};
  std::map<std::string, std::byte, std::less<>> marks;
  const std::vector<Field> all = message_fields();
  for (const Field& one : all) {
    std::byte mark{static_cast<unsigned char>(marks.size() + 1)};
    marks.emplace(one.name, mark);
    for (const RowCopies::Source& source : sources)
      if (source.field == one.name)
        for (std::size_t i = 0; i < size_of(one.type); ++i) cells[source.offset + i] = mark;
  }
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> keep;
    for (const Field& one : all)
      if (random() % 4 <= static_cast<unsigned>(round) % 4) keep.push_back(one.name);
    Schema schema = Schema(all).pruned(keep);
    std::vector<std::byte> row(schema.row_size());
    RowCopies(schema, sources).run(cells.data(), row.data());
    for (std::size_t i = 0; i < schema.size(); ++i) {
      const Field& one = schema.field(i);
      bool has = std::ranges::any_of(
          sources, [&](const RowCopies::Source& source) { return source.field == one.name; });
      for (std::size_t byte = 0; byte < size_of(one.type); ++byte)
        ASSERT_EQ(row[schema.offset(i) + byte], has ? marks[one.name] : std::byte{0}) << one.name;
    }
  }
}

}  // namespace
}  // namespace dnstorm::operators
