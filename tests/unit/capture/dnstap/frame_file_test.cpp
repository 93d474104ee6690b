#include "capture/dnstap/frame_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "capture/dnstap/message.hpp"

namespace dnstorm::capture::dnstap {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

std::span<const std::uint8_t> view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct Content {
  std::vector<std::string> frames;
  std::string error;
  std::uint64_t foreign = 0;
  std::uint64_t unknown_controls = 0;
  bool stopped = false;
};

class FrameFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string form = (fs::temp_directory_path() / "dnstorm-XXXXXX").string();
    folder_ = mkdtemp(form.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name = "a.fstrm") const { return folder_ / name; }
  std::string write(const Bytes& bytes, const std::string& name = "a.fstrm") const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
    return path(name);
  }
  std::string frames(const std::string& name, const std::vector<std::string>& texts) const {
    auto writer = FrameFileWriter::open(path(name)).value();
    for (const std::string& text : texts) EXPECT_TRUE(writer->write(view(text)).ok());
    EXPECT_EQ(writer->frames(), texts.size());
    EXPECT_TRUE(writer->close().ok());
    return path(name);
  }
  static Content read(const std::string& path) {
    auto file = FrameFile::open(path);
    Content content;
    if (!file.ok()) {
      content.error = file.error().what;
      return content;
    }
    Frame frame;
    Read read;
    while ((read = (*file)->next(frame)) == Read::frame) {
      content.frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
      content.foreign += !frame.dnstap;
    }
    if (read == Read::error) content.error = (*file)->error().what;
    EXPECT_EQ((*file)->next(frame), read);
    EXPECT_EQ((*file)->frames(), content.frames.size());
    content.unknown_controls = (*file)->unknown_controls();
    content.stopped = (*file)->stopped();
    return content;
  }
  static Bytes bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  fs::path folder_;
};

TEST_F(FrameFiles, GiveBackWhatWasWritten) {
  for (const char* name : {"a.fstrm", "a.fstrm.gz", "a.fstrm.zst"}) {
    Content content = read(frames(name, {"one", "two", std::string(200'000, 'x')}));
    EXPECT_THAT(content.frames, ElementsAre("one", "two", std::string(200'000, 'x'))) << name;
    EXPECT_EQ(content.error, "");
    EXPECT_TRUE(content.stopped);
    EXPECT_EQ(content.foreign, 0u);
  }
}

TEST_F(FrameFiles, StandOneAfterTheOther) {
  Bytes all = bytes(frames("a", {"one"}));
  Bytes more = bytes(frames("b", {"two"}));
  all.insert(all.end(), more.begin(), more.end());
  EXPECT_THAT(read(write(all)).frames, ElementsAre("one", "two"));
}

TEST_F(FrameFiles, MayLackTheStop) {
  Bytes all = bytes(frames("a", {"one"}));
  all.resize(all.size() - 12);
  Content content = read(write(all));
  EXPECT_THAT(content.frames, ElementsAre("one"));
  EXPECT_EQ(content.error, "");
  EXPECT_FALSE(content.stopped);
}

TEST_F(FrameFiles, GiveWhatComesBeforeACut) {
  Bytes all = bytes(frames("a", {"one", "two"}));
  all.resize(all.size() - 13);
  Content content = read(write(all));
  EXPECT_THAT(content.frames, ElementsAre("one"));
  EXPECT_THAT(content.error, HasSubstr("cut off in frame 2"));
}

TEST_F(FrameFiles, OfAnotherContentTypeAreCountedAndRefused) {
  Bytes all;
  put_control(all, ControlType::start, "test:hello\n");
  put_frame(all, view("one"));
  put_control(all, ControlType::stop);
  Content content = read(write(all));
  EXPECT_THAT(content.frames, ElementsAre("one"));
  EXPECT_EQ(content.foreign, 1u);
  EXPECT_THAT(content.error, HasSubstr("content type 'test:hello?', not 'protobuf:dnstap.Dnstap'"));
}

TEST_F(FrameFiles, MayNameNoContentTypeAndUnknownControls) {
  Bytes all;
  put_control(all, ControlType::start);
  put_control(all, static_cast<ControlType>(4096), "whatever");
  put_frame(all, view("one"));
  put_control(all, ControlType::stop);
  Content content = read(write(all));
  EXPECT_THAT(content.frames, ElementsAre("one"));
  EXPECT_EQ(content.unknown_controls, 1u);
  EXPECT_EQ(content.foreign, 0u);
}

TEST_F(FrameFiles, AreDamagedWhereAFrameIsOutOfPlace) {
  Bytes start, stop, data;
  put_control(start, ControlType::start);
  put_control(stop, ControlType::stop);
  put_frame(data, view("x"));
  auto joined = [&](std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return read(write(all)).error;
  };
  EXPECT_THAT(joined({start, stop, data}), HasSubstr("outside START and STOP"));
  EXPECT_THAT(joined({start, start}), HasSubstr("type 2 is out of place"));
  EXPECT_THAT(joined({start, stop, stop}), HasSubstr("type 3 is out of place"));
  EXPECT_THAT(joined({start, {0xff, 0, 0, 0}}), HasSubstr("a frame of 4278190080 bytes"));
  EXPECT_THAT(joined({start, {0, 0, 0, 0, 0, 0, 0, 1, 9}}), HasSubstr("do not fit"));
}

TEST_F(FrameFiles, ThatAreNoneAreRefused) {
  EXPECT_THAT(read(write({})).error, HasSubstr("is empty"));
  EXPECT_THAT(read(write(Bytes(100, 'x'))).error, HasSubstr("does not begin with START"));
  EXPECT_THAT(read(path("nothing")).error, HasSubstr("cannot be opened"));
  EXPECT_FALSE(FrameFile::is_frame_file(path("nothing")));
  EXPECT_FALSE(FrameFile::is_frame_file(write(Bytes(100, 'x'))));
  EXPECT_TRUE(FrameFile::is_frame_file(frames("a.gz", {"one"})));
}

TEST_F(FrameFiles, LendTheBlocksOfTheirFrames) {
  auto file = FrameFile::open(frames("a", {"one", std::string(300'000, 'x'), "two"})).value();
  file->lend_blocks();
  Frame frame;
  ASSERT_EQ(file->next(frame), Read::frame);
  Frame first = frame;
  Block held = *first.block;
  while (file->next(frame) == Read::frame) ASSERT_NE(frame.block, nullptr);
  EXPECT_EQ(std::string(first.bytes.begin(), first.bytes.end()), "one");
  EXPECT_GE(first.bytes.data(), held.get());
}

// The frames by type that the notes beside the files tell; the e2e tests look at the rest.
TEST(RealDnstap, FilesHoldTheFramesOfTheirNotes) {
  const char* data = std::getenv("DNSTORM_DATA");
  if (data == nullptr || !fs::exists(fs::path(data) / "dnstap"))
    GTEST_SKIP() << "DNSTORM_DATA names no folder with dnstap/";
  struct Known {
    const char* file;
    std::uint64_t frames, undecodable, client_queries;
    bool ok;
  };
  for (const Known& known : {Known{"fault-cut.fstrm", 599, 0, 88, false},
                             Known{"fault-garbage.fstrm", 600, 67, 78, true},
                             Known{"fault-unknownctl.fstrm", 600, 0, 88, true},
                             Known{"fault-unknownfields.fstrm", 600, 0, 88, true},
                             Known{"fstrm-other-content-type.fstrm", 10, 10, 0, false},
                             Known{"lab-mix.fstrm", 12009, 0, 2512, true},
                             Known{"lab-mix-auth-knot.fstrm", 4814, 0, 0, true}}) {
    auto file = FrameFile::open(fs::path(data) / "dnstap" / known.file).value();
    Frame frame;
    Dnstap message;
    std::uint64_t undecodable = 0, client_queries = 0;
    Read read;
    while ((read = file->next(frame)) == Read::frame) {
      bool ok = frame.dnstap && decode(frame.bytes, message) == DecodeError::none;
      undecodable += !ok;
      client_queries += ok && message.type == MessageType::client_query;
    }
    EXPECT_EQ(read == Read::end, known.ok) << known.file;
    EXPECT_EQ(file->frames(), known.frames) << known.file;
    EXPECT_EQ(undecodable, known.undecodable) << known.file;
    EXPECT_EQ(client_queries, known.client_queries) << known.file;
  }
}

}  // namespace
}  // namespace dnstorm::capture::dnstap
