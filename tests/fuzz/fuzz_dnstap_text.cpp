// dnstap as YAML text: documents out of a file, and the DNS messages that their text says.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "capture/dns/message.hpp"
#include "capture/dns/message_parse.hpp"
#include "capture/dnstap/frame_file.hpp"
#include "capture/dnstap/message.hpp"
#include "engine/base/assert.hpp"

using namespace dnstorm;
using namespace dnstorm::capture;
using namespace dnstorm::capture::dnstap;

namespace {

// Gives at most `piece` bytes a call, as a pipe does.
class PieceSource final : public file::Source {
 public:
  PieceSource(std::span<const std::uint8_t> bytes, std::size_t piece)
      : bytes_(bytes), piece_(piece) {}
  Result<std::size_t> read(std::uint8_t* to, std::size_t size) override {
    std::size_t n = std::min({size, bytes_.size() - at_, piece_});
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), n, to);
    at_ += n;
    return n;
  }
  std::uint64_t bytes_read() const override { return at_; }
  std::uint64_t bytes_total() const override { return bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

// The frames of a file, one behind the other.
std::vector<std::uint8_t> frames_of(std::span<const std::uint8_t> bytes, std::size_t piece,
                                    bool lend) {
  std::vector<std::uint8_t> all;
  auto file = FrameFile::open("input", file::Window(std::make_unique<PieceSource>(bytes, piece)));
  if (!file.ok()) return all;
  if (lend) (*file)->lend_blocks();
  Frame frame;
  while ((*file)->next(frame) == Read::frame) {
    all.insert(all.end(), frame.bytes.begin(), frame.bytes.end());
    Dnstap message;
    decode(frame.bytes, message);
    DNSTORM_ASSERT(
        message.query_message.size() <= 65535 && message.response_message.size() <= 65535,
        "a message is no longer than DNS allows");
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::span<const std::uint8_t> bytes(data, size);
  auto whole = frames_of(bytes, size, false);
  DNSTORM_ASSERT(whole == frames_of(bytes, 5, true), "pieces do not matter", whole.size());

  dns::MessageParser parser;
  parser.begin();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    parser.line(line);
  }
  if (auto wire = parser.finish()) {
    dns::Message message;
    dns::parse(*wire, message);
    DNSTORM_ASSERT(message.header_ok, "what was made of text has a header");
  }
  return 0;
}
