#include "operators/detect/detect_key.hpp"

#include <fmt/format.h>

#include "engine/api/state.hpp"

namespace dnstorm::operators {

namespace {

std::string part_text(Type type, StateReader& in) {
  switch (type) {
    case Type::str:
    case Type::bytes: {
      std::string text;
      for (auto left = in.get<std::uint32_t>(); left != 0 && in.ok(); --left)
        text += in.get<char>();
      return text.empty() ? "." : text;
    }
    case Type::ip: {
      IpAddress address;
      for (std::uint8_t& byte : address.bytes) byte = in.get<std::uint8_t>();
      return format_ip(address);
    }
    case Type::boolean:
    case Type::u8:
      return fmt::format("{}", in.get<std::uint8_t>());
    case Type::u16:
      return fmt::format("{}", in.get<std::uint16_t>());
    case Type::u32:
      return fmt::format("{}", in.get<std::uint32_t>());
    case Type::u64:
      return fmt::format("{}", in.get<std::uint64_t>());
    case Type::i64:
    case Type::time:
      return fmt::format("{}", in.get<std::int64_t>());
    case Type::f64:
      return fmt::format("{}", in.get<double>());
  }
  return "?";
}

}  // namespace

void FieldsKey::bind(const Schema& schema) {
  types_.clear();
  for (const std::string& name : fields_) types_.push_back(schema.field(*schema.find(name)).type);
}

std::string FieldsKey::text(std::string_view key) const {
  if (types_.empty()) return "all";
  StateReader in(key);
  std::string text;
  for (Type type : types_) {
    if (!text.empty()) text += ' ';
    text += part_text(type, in);
  }
  return text;
}

NetworkKey::Reader::Words NetworkKey::Reader::mask_of(unsigned bits) {
  IpAddress mask;
  for (unsigned bit = 0; bit < bits; ++bit)
    mask.bytes[bit / 8] |= static_cast<std::uint8_t>(0x80U >> bit % 8);
  Words words;
  std::memcpy(&words, mask.bytes.data(), sizeof words);
  return words;
}

std::string NetworkKey::text(std::string_view key) const {
  IpAddress address;
  if (key.size() != address.bytes.size()) return "?";
  std::memcpy(address.bytes.data(), key.data(), key.size());
  return fmt::format("{}/{}", format_ip(address), address.is_v4() ? v4_ : v6_);
}

}  // namespace dnstorm::operators
