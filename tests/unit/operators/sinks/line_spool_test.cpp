#include "operators/sinks/line_spool.hpp"

#include <unistd.h>

#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/operators/sinks/sink_lines.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kept = LineSpool::Kept;
using testing::lines;

class LineSpoolTest : public ::testing::Test {
 protected:
  // The one before is gone as after a kill: nothing but the lock is given back.
  LineSpool& open() {
    spool.reset();
    auto opened =
        LineSpool::open(settings, [this](const std::string& text) { notes.push_back(text); });
    EXPECT_TRUE(opened.ok()) << opened.error().what;
    spool = std::move(opened).value();
    return *spool;
  }
  void put(int from, int to) { ASSERT_EQ(spool->append(lines(from, to)), Kept::yes); }
  // All that is in it, chunk by chunk.
  std::vector<std::string> drain() const {
    std::vector<std::string> out;
    while (auto chunk = spool->take()) {
      out.push_back(chunk->text);
      spool->done();
    }
    return out;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(settings.folder))
      out.push_back(entry.path().filename());
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string file(const std::string& name) const { return settings.folder + "/" + name; }
  static std::string text(int from, int to) { return lines(from, to).text; }

  TemporaryFolder folder;
  LineSpoolSettings settings{.folder = folder.path_of("spool")};
  std::vector<std::string> notes;
  std::unique_ptr<LineSpool> spool;
};

TEST_F(LineSpoolTest, gives_chunks_back_in_their_order) {
  open();
  EXPECT_TRUE(spool->empty());
  put(0, 3);
  put(3, 5);
  EXPECT_TRUE(spool->sync());
  EXPECT_EQ(spool->points(), 5);
  EXPECT_EQ(spool->take()->text, text(0, 3));
  spool->put_back();
  EXPECT_EQ(spool->take()->text, text(0, 3));
  spool->done();
  EXPECT_EQ(spool->points(), 2);
  put(5, 6);
  EXPECT_THAT(drain(), ElementsAre(text(3, 5), text(5, 6)));
  EXPECT_TRUE(spool->empty());
  EXPECT_EQ(spool->bytes(), 0);
}

TEST_F(LineSpoolTest, gives_several_chunks_at_once) {
  open();
  put(0, 3);
  put(3, 5);
  put(5, 6);
  put(6, 9);
  EXPECT_EQ(spool->take(6)->text, text(0, 6));
  spool->put_back();
  EXPECT_EQ(spool->take(5)->text, text(0, 5));
  spool->done();
  EXPECT_EQ(spool->points(), 4);
  EXPECT_EQ(spool->take(100)->text, text(5, 9));
  spool->done();
  EXPECT_TRUE(spool->empty());
}

TEST_F(LineSpoolTest, leaves_nothing_when_nothing_waits) {
  open();
  put(0, 3);
  drain();
  EXPECT_THAT(names(), IsEmpty());
  spool.reset();
  EXPECT_FALSE(std::filesystem::exists(settings.folder));
}

TEST_F(LineSpoolTest, goes_on_where_an_earlier_run_ended) {
  open();
  put(0, 3);
  put(3, 5);
  open();
  EXPECT_EQ(spool->points(), 5);
  spool->take();
  spool->done();
  put(5, 6);
  // What was done of a segment is not written down.
  open();
  EXPECT_THAT(drain(), ElementsAre(text(0, 3), text(3, 5), text(5, 6)));
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(LineSpoolTest, forgets_a_segment_that_is_done) {
  settings.bytes_max = 1 << 20;  // segments of 64 KiB
  open();
  for (int i = 0; i < 10; ++i) put(i * 1000, i * 1000 + 1000);  // 23 kB each
  EXPECT_GT(names().size(), 3);
  for (int i = 0; i < 5; ++i) {
    spool->take();
    spool->done();
  }
  std::size_t left = names().size();
  open();
  EXPECT_EQ(names().size(), left);
  EXPECT_LE(spool->points(), 7000);
  auto drained = drain();
  ASSERT_GE(drained.size(), 5);
  EXPECT_EQ(drained.back(), text(9000, 10'000));
}

TEST_F(LineSpoolTest, loses_its_oldest_points_when_it_is_full) {
  settings.bytes_max = 1 << 20;
  open();
  std::uint64_t put_points = 0;
  for (int i = 0; i < 100; ++i, put_points += 1000) put(i * 1000, i * 1000 + 1000);
  EXPECT_LE(spool->bytes(), settings.bytes_max);
  EXPECT_EQ(spool->dropped() + spool->points(), put_points);
  EXPECT_GT(spool->points(), 30'000);
  ASSERT_EQ(notes.size(), 1);
  EXPECT_THAT(notes[0], HasSubstr("is full (1048576 bytes): its oldest points are lost"));
  auto drained = drain();
  EXPECT_EQ(drained.front(),
            text(100'000 - 1000 * int(drained.size()), 101'000 - 1000 * int(drained.size())));
  EXPECT_EQ(drained.back(), text(99'000, 100'000));
}

TEST_F(LineSpoolTest, takes_no_more_when_it_is_full_if_told_so) {
  settings.bytes_max = 1 << 20;
  settings.drop_oldest = false;
  open();
  int kept = 0;
  while (spool->append(lines(kept * 1000, kept * 1000 + 1000)) == Kept::yes) ++kept;
  EXPECT_EQ(spool->append(lines(0, 1000)), Kept::dropped);
  EXPECT_EQ(spool->dropped(), 2000);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("its newest points are lost")));
  auto drained = drain();
  EXPECT_EQ(drained.size(), kept);
  EXPECT_EQ(drained.front(), text(0, 1000));
}

TEST_F(LineSpoolTest, counts_a_chunk_that_is_on_its_way_only_if_it_comes_back) {
  settings.bytes_max = 1 << 20;
  for (bool delivered : {true, false}) {
    open();
    put(0, 1000);
    spool->take();
    std::uint64_t put_points = 1000;
    for (int i = 1; i < 100; ++i, put_points += 1000) put(i * 1000, i * 1000 + 1000);
    delivered ? spool->done() : spool->put_back();
    EXPECT_EQ(spool->dropped() + spool->points(), put_points - (delivered ? 1000 : 0));
    drain();
  }
}

TEST_F(LineSpoolTest, tells_of_damage_and_delivers_what_lies_before_it) {
  open();
  put(0, 3);
  put(3, 5);
  put(5, 6);
  open();  // begins another file
  put(6, 8);
  spool.reset();
  std::string bytes = folder.read("spool/0000000001.lp");
  std::size_t second = bytes.find("#dnstorm", 1);
  bytes[second + 60] ^= 1;
  std::ofstream(file("0000000001.lp"), std::ios::binary) << bytes;
  open();
  EXPECT_THAT(notes, ElementsAre(HasSubstr(fmt::format(
                         "0000000001.lp is damaged from byte {} on: its last {} bytes are skipped, "
                         "the 3 points before them are delivered",
                         second, bytes.size() - second))));
  EXPECT_THAT(drain(), ElementsAre(text(0, 3), text(6, 8)));
  EXPECT_THAT(names(), ElementsAre("0000000001.lp.damaged"));
  EXPECT_EQ(folder.read("spool/0000000001.lp.damaged"), bytes);
}

TEST_F(LineSpoolTest, takes_what_was_written_before_a_kill_in_the_middle_of_a_write) {
  open();
  put(0, 3);
  put(3, 5);
  spool.reset();
  std::string whole = folder.read("spool/0000000001.lp");
  std::size_t second = whole.find("#dnstorm", 1);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(file("0000000001.lp"), std::ios::binary) << whole.substr(0, size);
    notes.clear();
    open();
    EXPECT_EQ(drain().size(), size < second ? 0 : 1) << size;
    EXPECT_EQ(notes.size(), size == 0 || size == second ? 0 : 1) << size;
    spool.reset();
    std::filesystem::create_directory(settings.folder);
  }
}

TEST_F(LineSpoolTest, tells_of_damage_that_comes_later) {
  open();
  put(0, 3);
  put(3, 5);
  std::ofstream(file("0000000001.lp"), std::ios::binary) << "x";
  EXPECT_THAT(drain(), IsEmpty());
  EXPECT_EQ(spool->dropped(), 5);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("is damaged from byte 0 on: 5 points are lost")));
  put(5, 6);
  EXPECT_THAT(drain(), ElementsAre(text(5, 6)));
}

TEST_F(LineSpoolTest, belongs_to_one_at_a_time) {
  open();
  auto second = LineSpool::open(settings, [](const std::string&) {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(second.error().what,
            "influx: `spool` " + settings.folder +
                ": another process has it: give each run a `spool` of its own");
}

TEST_F(LineSpoolTest, says_why_there_cannot_be_one) {
  settings.folder = "/nowhere/spool";
  auto opened = LineSpool::open(settings, [](const std::string&) {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::config);
  EXPECT_EQ(opened.error().what, "influx: `spool` /nowhere/spool: No such file or directory");
}

TEST_F(LineSpoolTest, says_what_the_disk_says) {
  open();
  std::filesystem::remove_all(settings.folder);
  EXPECT_EQ(spool->append(lines(0, 1)), Kept::no);
  EXPECT_THAT(spool->problem(), HasSubstr("0000000001.lp: No such file or directory"));
  EXPECT_TRUE(spool->empty());
}

TEST(SpoolFolder, is_named_after_what_it_is_for) {
  EXPECT_EQ(spool_folder("/var/spool", "my top/ology-db"),
            "/var/spool/dnstorm-spool-my_top_ology-db");
}

}  // namespace
}  // namespace dnstorm::operators
