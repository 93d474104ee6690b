#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "capture/convert/message_file.hpp"
#include "capture/dnstap/frame_file.hpp"
#include "capture/dnstap/message.hpp"

namespace dnstorm::capture::convert {
namespace {

std::string text_of(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

class DnstapSink : public testing::Test {
 protected:
  ~DnstapSink() override { std::filesystem::remove(path_); }

  // Writes one message and reads its frame.
  dnstap::Dnstap written(const CapturedMessage& message, const SinkOptions& options) {
    auto sink = open_sink(path_, Format::dnstap, options);
    EXPECT_TRUE(sink.ok());
    EXPECT_EQ(*(*sink)->put(message), Refusal::none);
    EXPECT_TRUE((*sink)->close().ok());
    auto opened = dnstap::FrameFile::open(path_);
    EXPECT_TRUE(opened.ok());
    file_ = std::move(*opened);
    dnstap::Frame frame;
    EXPECT_EQ(file_->next(frame), dnstap::Read::frame);
    dnstap::Dnstap out;
    EXPECT_EQ(dnstap::decode(frame.bytes, out), dnstap::DecodeError::none);
    return out;
  }

  const std::string path_ = (std::filesystem::temp_directory_path() /
                             ("dnstorm-sink-" + std::to_string(::getpid()) + ".fstrm"))
                                .string();
  std::unique_ptr<dnstap::FrameFile> file_;
};

TEST_F(DnstapSink, SaysWhoWroteTheFrame) {
  CapturedMessage message;
  dnstap::Dnstap frame = written(message, {.identity = "ns1.example", .version = "1.2"});
  EXPECT_EQ(text_of(frame.identity), "ns1.example");
  EXPECT_EQ(text_of(frame.version), "1.2");
}

TEST_F(DnstapSink, LeavesOutWhatNobodySaid) {
  dnstap::Dnstap frame = written({}, {});
  EXPECT_EQ(frame.identity.data(), nullptr);
  EXPECT_EQ(frame.version.data(), nullptr);
  EXPECT_EQ(frame.type, dnstap::MessageType::client_query);
}

TEST_F(DnstapSink, TakesTheRoleOfTheMessage) {
  CapturedMessage message;
  message.role = cdns::Role::auth;
  message.transport = cdns::Transport::tcp;
  message.response = true;
  dnstap::Dnstap frame = written(message, {});
  EXPECT_EQ(frame.type, dnstap::MessageType::auth_response);
  EXPECT_EQ(frame.protocol, dnstap::SocketProtocol::tcp);
}

}  // namespace
}  // namespace dnstorm::capture::convert
