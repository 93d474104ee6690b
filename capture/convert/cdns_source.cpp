// Messages out of C-DNS files.
#include "capture/cdns/reader.hpp"
#include "capture/convert/detail/sources.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

class CdnsSource final : public MessageSource {
 public:
  explicit CdnsSource(std::unique_ptr<cdns::Reader> file) : file_(std::move(file)) {}

  Read next(CapturedMessage& out) override {
    switch (file_->next(out)) {
      case cdns::Read::message:
        return Read::message;
      case cdns::Read::error:
        return Read::error;
      case cdns::Read::end:
        break;
    }
    return Read::end;
  }
  const Error& error() const override { return file_->error(); }
  Format format() const override { return Format::cdns; }
  const Reasons& left_out() override {
    for (std::size_t i = 0; i < cdns::rebuilt_count; ++i) {
      auto what = static_cast<cdns::Rebuilt>(i);
      if (!has_message(what) && file_->count(what) != 0)
        reasons_[std::string(to_string(what))] = file_->count(what);
    }
    if (file_->address_events() != 0) reasons_["address_event"] = file_->address_events();
    return reasons_;
  }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_total() const override { return file_->bytes_total(); }

 private:
  std::unique_ptr<cdns::Reader> file_;
  Reasons reasons_;
};

}  // namespace

Opened open_cdns(std::string name, file::Window window) {
  auto file = DNSTORM_TRY(cdns::Reader::open(std::move(name), std::move(window)));
  return std::unique_ptr<MessageSource>(std::make_unique<CdnsSource>(std::move(file)));
}

}  // namespace dnstorm::capture::convert::detail
