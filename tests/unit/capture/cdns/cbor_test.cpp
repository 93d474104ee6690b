#include "capture/cdns/cbor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace dnstorm::capture::cdns {
namespace {

class BytesSource final : public file::Source {
 public:
  explicit BytesSource(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::uint8_t* to, std::size_t size) override {
    std::size_t n = std::min(size, bytes_.size() - at_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), n, to);
    at_ += n;
    return n;
  }
  std::uint64_t bytes_read() const override { return at_; }
  std::uint64_t bytes_total() const override { return bytes_.size(); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

file::Window window_of(std::vector<std::uint8_t> bytes) {
  return file::Window(std::make_unique<BytesSource>(std::move(bytes)));
}

TEST(Cbor, ReadsTheNumbersItWrites) {
  std::vector<std::uint8_t> bytes;
  const std::int64_t numbers[] = {0,
                                  23,
                                  24,
                                  255,
                                  256,
                                  65536,
                                  -1,
                                  -24,
                                  -25,
                                  1LL << 40,
                                  std::numeric_limits<std::int64_t>::min()};
  for (std::int64_t number : numbers) put_int(bytes, number);
  file::Window window = window_of(bytes);
  CborReader in(window);
  for (std::int64_t number : numbers) EXPECT_EQ(in.take_int(), number);
  EXPECT_TRUE(in.ok());
  in.take_int();
  EXPECT_EQ(in.error(), ReadFault::truncated);
}

TEST(Cbor, PutsStringsInPiecesTogether) {
  file::Window window = window_of({0x5f, 0x42, 1, 2, 0x41, 3, 0xff, 0x00});
  CborReader in(window);
  auto string = in.take_string();
  EXPECT_TRUE(std::ranges::equal(string, std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_EQ(in.take_uint(), 0u);
  EXPECT_TRUE(in.ok());
}

TEST(Cbor, SkipsWhateverIsNested) {
  // {_ 1: [2, "a"], -1: tag(null)}, then 7
  file::Window window =
      window_of({0xbf, 0x01, 0x82, 0x02, 0x61, 'a', 0x20, 0xc0, 0xf6, 0xff, 0x07});
  CborReader in(window);
  in.skip();
  EXPECT_EQ(in.take_uint(), 7u);
  EXPECT_TRUE(in.ok());
}

TEST(Cbor, RefusesWhatIsTooDeepOrTooLong) {
  file::Window deep = window_of(std::vector<std::uint8_t>(64, 0x81));
  CborReader in(deep);
  in.skip();
  EXPECT_EQ(in.error(), ReadFault::too_deep);
  file::Window large = window_of({0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  CborReader other(large);
  other.take_string();
  EXPECT_EQ(other.error(), ReadFault::string_too_long);
}

TEST(Cbor, FaultsByTheirReason) {
  file::Window text = window_of({0x61, 'a'});
  CborReader in(text);
  in.take_uint();
  EXPECT_EQ(in.error(), ReadFault::wrong_type);
  file::Window reserved = window_of({0x1c});
  CborReader other(reserved);
  other.take_uint();
  EXPECT_EQ(other.error(), ReadFault::bad_cbor);
}

}  // namespace
}  // namespace dnstorm::capture::cdns
