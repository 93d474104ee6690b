// Messages into C-DNS files.
#include "capture/cdns/writer.hpp"
#include "capture/convert/detail/sinks.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

class CdnsSink final : public MessageSink {
 public:
  explicit CdnsSink(std::unique_ptr<cdns::Writer> writer) : writer_(std::move(writer)) {}

  Result<Refusal> put(const CapturedMessage& message) override {
    if (message.time < 0) return Refusal::bad_time;
    if (message.wire.size() > 65535) return Refusal::too_long;
    DNSTORM_CHECK(writer_->add(message));
    return Refusal::none;
  }
  Result<void> close() override {
    DNSTORM_CHECK(writer_->close());
    if (writer_->trailing() != 0) notes_["trailing_bytes_left_out"] = writer_->trailing();
    if (writer_->malformed() != 0) notes_["stored_as_malformed"] = writer_->malformed();
    return {};
  }
  const Reasons& notes() const override { return notes_; }

 private:
  std::unique_ptr<cdns::Writer> writer_;
  Reasons notes_;
};

}  // namespace

OpenedSink open_cdns_sink(const std::string& path) {
  auto writer = DNSTORM_TRY(cdns::Writer::open(path));
  return std::unique_ptr<MessageSink>(std::make_unique<CdnsSink>(std::move(writer)));
}

}  // namespace dnstorm::capture::convert::detail
