#include "capture/convert/base64.hpp"

#include <gtest/gtest.h>

namespace dnstorm::capture::convert {
namespace {

TEST(Base64, GivesTheVectorsOfTheRfc) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (auto [plain, coded] : vectors) {
    std::vector<std::uint8_t> bytes(plain.begin(), plain.end()), back;
    std::string text;
    put_base64(bytes, text);
    EXPECT_EQ(text, coded);
    EXPECT_TRUE(take_base64(coded, back));
    EXPECT_EQ(back, bytes);
  }
}

TEST(Base64, RefusesWhatIsNone) {
  std::vector<std::uint8_t> out;
  for (std::string_view text : {"A", "A===", "Zg=a", "Z!==", "=Zg="})
    EXPECT_FALSE(take_base64(text, out)) << text;
}

}  // namespace
}  // namespace dnstorm::capture::convert
