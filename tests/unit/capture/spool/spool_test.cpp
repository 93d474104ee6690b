#include "capture/spool/spool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace dnstorm::capture::spool {
namespace {

namespace fs = std::filesystem;

class SpoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("dnstorm-spool-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<Spool> open(std::uint64_t bytes = 64 << 20) {
    auto spool = Spool::open({folder_, {bytes, 0}, {"eth0", "tun0"}});
    EXPECT_TRUE(spool.ok()) << spool.error().what;
    return std::move(*spool);
  }
  // Packets of a size, whose time is their number.
  static void write(Spool& spool, TimeNs from, TimeNs to, std::size_t size = 100) {
    std::vector<std::uint8_t> bytes(size, 7);
    for (TimeNs i = from; i < to; ++i) {
      bool tunnel = i % 2 != 0;
      spool.append({i, tunnel ? packet::LinkType::raw : packet::LinkType::ethernet,
                    static_cast<std::uint32_t>(size), bytes, nullptr},
                   tunnel ? 1 : 0);
    }
    spool.flush();
  }
  static std::vector<TimeNs> read(SpoolReader& reader) {
    std::vector<TimeNs> times;
    pcap::Packet packet;
    for (;;) {
      auto more = reader.next(packet);
      EXPECT_TRUE(more.ok()) << more.error().what;
      if (!more.ok() || !*more) return times;
      EXPECT_EQ(packet.link, packet.time % 2 ? packet::LinkType::raw : packet::LinkType::ethernet);
      times.push_back(packet.time);
    }
  }
  static std::vector<TimeNs> range(TimeNs from, TimeNs to) {
    std::vector<TimeNs> all;
    for (TimeNs i = from; i < to; ++i) all.push_back(i);
    return all;
  }
  std::uint64_t bytes_on_disk() const {
    std::uint64_t sum = 0;
    for (const auto& entry : fs::directory_iterator(folder_)) sum += entry.file_size();
    return sum;
  }

  fs::path folder_;
};

TEST_F(SpoolTest, a_reader_follows_the_writer) {
  auto spool = open();
  SpoolReader reader(*spool, 0);
  EXPECT_TRUE(read(reader).empty());
  write(*spool, 0, 10);
  EXPECT_EQ(read(reader), range(0, 10));
  write(*spool, 10, 25);
  EXPECT_EQ(read(reader), range(10, 25));
  EXPECT_EQ(reader.position(), 25u);
}

TEST_F(SpoolTest, goes_on_from_any_packet_over_segments_and_runs) {
  auto spool = open(1 << 20);
  write(*spool, 0, 2000);  // several segments of 64 KiB
  EXPECT_EQ(spool->overwritten(), 0u);
  spool.reset();
  spool = open(1 << 20);
  EXPECT_EQ(spool->next(), 2000u);
  write(*spool, 2000, 2010);
  for (std::uint64_t from : {0u, 1u, 470u, 1999u, 2000u, 2009u, 2010u}) {
    SpoolReader reader(*spool, from);
    EXPECT_EQ(read(reader), range(static_cast<TimeNs>(from), 2010)) << from;
    EXPECT_EQ(reader.lost(), 0u);
  }
}

TEST_F(SpoolTest, keeps_within_its_bytes_and_says_what_is_gone) {
  auto spool = open(1 << 20);
  write(*spool, 0, 20'000);
  EXPECT_LE(bytes_on_disk(), 1u << 20);
  SpoolReader reader(*spool, 5);
  auto times = read(reader);
  EXPECT_EQ(reader.lost() + 5 + times.size(), 20'000u);
  EXPECT_EQ(spool->overwritten(), reader.lost() + 5);
  EXPECT_EQ(times.back(), 19'999);
}

TEST_F(SpoolTest, a_segment_that_was_cut_is_kept_up_to_the_cut) {
  pid_t child = fork();
  if (child == 0) {
    auto spool = open();
    write(*spool, 0, 100);
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  fs::path part = folder_ / "s0000000001_0.part";
  ASSERT_TRUE(fs::exists(part));
  fs::resize_file(part, fs::file_size(part) - 5);
  auto spool = open();
  EXPECT_EQ(spool->next(), 99u);
  write(*spool, 99, 120);
  SpoolReader reader(*spool, 0);
  EXPECT_EQ(read(reader), range(0, 120));
}

TEST_F(SpoolTest, a_full_disk_is_counted_and_the_packets_are_handed_back) {
  auto spool = open();
  write(*spool, 0, 10);
  // A bound on file sizes stands for the disk: writes fail with EFBIG.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  write(*spool, 10, 200);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(spool->unwritten(), 190u);
  EXPECT_THAT(spool->problem(), ::testing::HasSubstr("cannot write the spool"));
  std::vector<TimeNs> handed;
  spool->take_unwritten([&](const pcap::Packet& packet) {
    EXPECT_EQ(packet.link, packet.time % 2 ? packet::LinkType::raw : packet::LinkType::ethernet);
    handed.push_back(packet.time);
  });
  EXPECT_EQ(handed, range(10, 200));
  write(*spool, 200, 210);
  SpoolReader reader(*spool, 0);
  auto times = read(reader);
  EXPECT_EQ(times.size(), 20u);
  EXPECT_EQ(times.back(), 209);
}

TEST_F(SpoolTest, a_folder_that_is_gone_is_counted_and_the_packets_are_handed_back) {
  auto spool = open();
  write(*spool, 0, 10);
  spool->close();  // the next packet needs a new file
  fs::rename(folder_, folder_.string() + ".away");
  write(*spool, 10, 30);
  write(*spool, 30, 40);
  EXPECT_EQ(spool->unwritten(), 30u);
  EXPECT_THAT(spool->problem(), ::testing::HasSubstr("No such file or directory"));
  std::size_t handed = 0;
  spool->take_unwritten([&](const pcap::Packet&) { ++handed; });
  EXPECT_EQ(handed, 30u);
  fs::rename(folder_.string() + ".away", folder_);
  write(*spool, 40, 50);
  SpoolReader reader(*spool, 0);
  EXPECT_EQ(read(reader).size(), 20u);
}

TEST_F(SpoolTest, a_segment_that_cannot_be_renamed_is_read_under_its_old_name) {
  auto spool = open();
  write(*spool, 0, 10);
  std::string name;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().extension() == ".part") name = entry.path().filename();
  // A folder stands where the file is to go.
  fs::create_directories(folder_ / (name.substr(0, name.size() - 5) + "_10_0_9.pcapng"));
  spool->close();
  EXPECT_TRUE(fs::exists(folder_ / name));
  write(*spool, 10, 20);
  SpoolReader reader(*spool, 0);
  EXPECT_EQ(read(reader), range(0, 20));
}

TEST_F(SpoolTest, a_position_behind_the_end_is_lost_packets) {
  auto spool = open();
  write(*spool, 0, 10);
  SpoolReader reader(*spool, 15);
  EXPECT_EQ(reader.lost(), 5u);
  EXPECT_EQ(reader.position(), 10u);
}

TEST_F(SpoolTest, belongs_to_one_writer) {
  auto spool = open();
  auto second = Spool::open({folder_, {}, {"eth0"}});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace dnstorm::capture::spool
