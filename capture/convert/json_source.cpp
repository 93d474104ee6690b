// Messages out of JSON lines. With `wire` the message is what it was; without, its header and first
// question are built from the fields.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "capture/convert/detail/sources.hpp"
#include "capture/dns/base_encodings.hpp"
#include "capture/dns/writer.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

using nlohmann::json;

constexpr std::size_t line_bytes_max = 1u << 20;

class JsonSource final : public MessageSource {
 public:
  JsonSource(std::string name, file::Window window)
      : name_(std::move(name)), window_(std::move(window)) {}

  Read next(CapturedMessage& out) override {
    while (state_ == Read::message) {
      std::string_view line;
      if (!take_line(line)) break;
      ++lines_;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      std::string_view fault = take(line, out);
      if (fault.empty()) return Read::message;
      ++reasons_[std::string(fault)];
    }
    return state_;
  }
  const Error& error() const override { return error_; }
  Format format() const override { return Format::json; }
  const Reasons& left_out() override { return reasons_; }
  std::uint64_t bytes_read() const override { return window_.source().bytes_read(); }
  std::uint64_t bytes_total() const override { return window_.source().bytes_total(); }

 private:
  Read fail(Error error) {
    error_ = std::move(error);
    return state_ = Read::error;
  }

  // The view holds until the next call.
  bool take_line(std::string_view& line) {
    window_.skip(taken_);
    taken_ = 0;
    std::size_t wanted = 1;
    for (;;) {
      bool more = window_.need(wanted);
      auto* text = reinterpret_cast<const char*>(window_.data());
      std::string_view seen(text, std::min(window_.size(), line_bytes_max));
      std::size_t end = seen.find('\n');
      if (end != std::string_view::npos) {
        line = seen.substr(0, end);
        taken_ = end + 1;
        return true;
      }
      if (window_.size() >= line_bytes_max)
        return fail({ErrorKind::data,
                     fmt::format("{}: line {} is longer than {} bytes", name_, lines_ + 1,
                                 line_bytes_max),
                     name_}),
               false;
      if (!more) return last_line(seen, line);
      wanted = std::min(window_.size() * 2, line_bytes_max);
    }
  }
  bool last_line(std::string_view seen, std::string_view& line) {
    if (window_.failure()) return fail(Error(*window_.failure()).within(name_)), false;
    if (seen.empty()) {
      state_ = Read::end;
      return false;
    }
    line = seen;
    taken_ = seen.size();
    return true;
  }

  // Answers what is wrong with the line, or nothing.
  std::string_view take(std::string_view line, CapturedMessage& out) {
    object_ = json::parse(line, nullptr, false);
    if (!object_.is_object()) return "not_json";
    out = {};
    if (!take_time(out.time)) return "no_time";
    if (!take_address("src", out.has_src, out.src) || !take_address("dst", out.has_dst, out.dst))
      return "bad_address";
    out.response = boolean("qr");
    out.cut = boolean("cut");
    out.v6 = number("ip_version", 255, out.has_src && !out.src.is_v4() ? 6 : 4) == 6;
    auto client = static_cast<std::uint16_t>(number("client_port", 65535));
    auto server = static_cast<std::uint16_t>(number("server_port", 65535, 53));
    out.src_port = out.response ? server : client;
    out.dst_port = out.response ? client : server;
    out.ttl = static_cast<std::uint8_t>(number("ttl", 255));
    out.role = static_cast<cdns::Role>(number("role", 6, 6));
    if (!take_transport(out.transport)) return "bad_transport";
    auto wire = object_.find("wire");
    if (wire == object_.end()) return build(out);
    wire_.clear();
    if (!wire->is_string() || !dns::take_padded_base64(wire->get_ref<const std::string&>(), wire_))
      return "bad_wire";
    if (wire_.size() > 65535) return "too_long";
    out.wire = wire_;
    return {};
  }

  // Header and first question; counts of other sections are 0, since nothing follows.
  std::string_view build(CapturedMessage& out) {
    if (!object_.contains("id")) return "no_header";
    using W = dns::MessageWriter;
    unsigned flags = W::opcode(static_cast<unsigned>(number("opcode", 15))) |
                     static_cast<unsigned>(number("rcode", 15));
    for (auto [name, bit] : {std::pair{"qr", W::qr},
                             {"aa", W::aa},
                             {"tc", W::tc},
                             {"rd", W::rd},
                             {"ra", W::ra},
                             {"ad", W::ad},
                             {"cd", W::cd}})
      if (boolean(name)) flags |= bit;
    if (boolean("z")) flags |= 0x40U;
    writer_.begin(static_cast<std::uint16_t>(number("id", 65535)),
                  static_cast<std::uint16_t>(flags));
    auto name = object_.find("qname");
    if (name != object_.end()) {
      if (!name->is_string() || !dns::encode_name(name->get_ref<const std::string&>()))
        return "bad_name";
      writer_.question(name->get_ref<const std::string&>(),
                       static_cast<std::uint16_t>(number("qtype", 65535)),
                       static_cast<std::uint16_t>(number("qclass", 65535, 1)));
    }
    if (boolean("edns"))
      writer_.additional().edns(static_cast<std::uint16_t>(number("edns_size", 65535)),
                                boolean("do") ? W::edns_do : std::uint16_t{0},
                                static_cast<std::uint8_t>(number("full_rcode", 4095) >> 4U),
                                static_cast<std::uint8_t>(number("edns_version", 255)));
    out.wire = writer_.finish();
    return {};
  }

  bool take_time(TimeNs& time) const {
    auto found = object_.find("time_ns");
    if (found == object_.end() || !found->is_number_integer()) return false;
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{time_max})
      return false;
    time = found->get<TimeNs>();
    return true;
  }
  bool take_address(const char* name, bool& has, IpAddress& out) const {
    auto found = object_.find(name);
    if (found == object_.end()) return true;
    if (!found->is_string()) return false;
    auto address = parse_ip(found->get_ref<const std::string&>());
    if (!address) return false;
    has = true;
    out = *address;
    return true;
  }
  bool take_transport(cdns::Transport& out) const {
    static constexpr std::pair<std::string_view, cdns::Transport> names[] = {
        {"udp", cdns::Transport::udp},     {"tcp", cdns::Transport::tcp},
        {"tls", cdns::Transport::tls},     {"dtls", cdns::Transport::dtls},
        {"https", cdns::Transport::https}, {"other", cdns::Transport::other}};
    auto found = object_.find("transport");
    if (found == object_.end()) return true;
    if (!found->is_string()) return false;
    for (auto [text, transport] : names)
      if (found->get_ref<const std::string&>() == text) return out = transport, true;
    return false;
  }
  bool boolean(const char* name) const {
    auto found = object_.find(name);
    return found != object_.end() && found->is_boolean() && found->get<bool>();
  }
  // A field that is missing, or beyond `max`, is the default.
  std::uint64_t number(const char* name, std::uint64_t max, std::uint64_t otherwise = 0) const {
    auto found = object_.find(name);
    if (found == object_.end() || !found->is_number_unsigned()) return otherwise;
    auto value = found->get<std::uint64_t>();
    return value <= max ? value : otherwise;
  }

  std::string name_;
  file::Window window_;
  std::size_t taken_ = 0;
  std::uint64_t lines_ = 0;
  Read state_ = Read::message;
  Error error_;
  json object_;
  std::vector<std::uint8_t> wire_;
  dns::MessageWriter writer_;
  Reasons reasons_;
};

}  // namespace

Opened open_json(std::string name, file::Window window) {
  return std::unique_ptr<MessageSource>(
      std::make_unique<JsonSource>(std::move(name), std::move(window)));
}

}  // namespace dnstorm::capture::convert::detail
