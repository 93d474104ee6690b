#include "cluster/model/worker_words.hpp"

#include "engine/base/assert.hpp"

namespace dnstorm::cluster {

namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::size_t head_bytes = length_bytes + 1;

}  // namespace

std::string to_bytes(const Word& word) {
  DNSTORM_ASSERT(word.bytes.size() <= word_bytes_max, "a word between node and worker is too long",
                 word.bytes.size());
  std::string bytes;
  bytes.reserve(head_bytes + word.bytes.size());
  for (std::size_t i = 0; i < length_bytes; ++i)
    bytes += static_cast<char>(word.bytes.size() >> (8 * i) & 0xff);
  bytes += static_cast<char>(word.kind);
  return bytes + word.bytes;
}

std::optional<Word> WordReader::next() {
  if (broken_ || bytes_.size() - read_ < head_bytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i)
    length |= std::size_t{static_cast<unsigned char>(bytes_[read_ + i])} << (8 * i);
  auto kind = static_cast<std::uint8_t>(bytes_[read_ + length_bytes]);
  broken_ = length > word_bytes_max || kind < static_cast<std::uint8_t>(WordKind::order) ||
            kind > static_cast<std::uint8_t>(WordKind::mutes);
  if (broken_ || bytes_.size() - read_ - head_bytes < length) return std::nullopt;
  Word word{static_cast<WordKind>(kind), bytes_.substr(read_ + head_bytes, length)};
  read_ += head_bytes + length;
  // What is read is let go now and then: moving the rest each time would cost its square.
  if (read_ > bytes_.size() / 2) {
    bytes_.erase(0, read_);
    read_ = 0;
  }
  return word;
}

}  // namespace dnstorm::cluster
