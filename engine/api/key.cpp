#include "engine/api/key.hpp"

namespace dnstorm {

namespace {

std::string_view variable_bytes(const RowView& row, Type type, std::uint32_t offset) {
  if (type == Type::str) return row.get(FieldRef<Str>{offset});
  auto bytes = row.get(FieldRef<Bytes>{offset});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

KeyReader::KeyReader(const Schema& schema, const std::vector<std::string>& fields) {
  std::uint32_t total = 0;
  bool fixed = true;
  for (const std::string& name : fields) {
    auto index = schema.find(name);
    DNSTORM_ASSERT(index.has_value(), "a key names a field that the stream does not have", name);
    Type type = schema.field(*index).type;
    bool variable = type == Type::str || type == Type::bytes;
    parts_.push_back({type, schema.offset(*index), variable ? 0 : size_of(type)});
    fixed = fixed && !variable;
    total += size_of(type);
  }
  packs_ = fixed && total <= 8 && !parts_.empty();
}

std::uint64_t KeyReader::bytes_hash(const Part& part, const RowView& row) {
  auto bytes = row.get(FieldRef<Bytes>{part.offset});
  return hash_bytes(bytes.data(), bytes.size());
}

void KeyReader::append(const RowView& row, std::string& out) const {
  for (const Part& part : parts_) {
    if (part.width != 0) {
      out.append(reinterpret_cast<const char*>(row.data()) + part.offset, part.width);
      continue;
    }
    std::string_view bytes = variable_bytes(row, part.type, part.offset);
    auto size = static_cast<std::uint32_t>(bytes.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out.append(bytes);
  }
}

bool KeyReader::equals_parts(const RowView& row, std::string_view key) const {
  const char* at = key.data();
  for (const Part& part : parts_) {
    if (part.width != 0) {
      if (std::memcmp(at, row.data() + part.offset, part.width) != 0) return false;
      at += part.width;
      continue;
    }
    std::string_view bytes = variable_bytes(row, part.type, part.offset);
    std::uint32_t size = 0;
    std::memcpy(&size, at, sizeof size);
    at += sizeof size;
    if (size != bytes.size() || (size != 0 && std::memcmp(at, bytes.data(), size) != 0))
      return false;
    at += size;
  }
  return at == key.data() + key.size();
}

void KeyReader::restore(std::string_view key, RowWriter row,
                        const std::vector<std::uint32_t>& targets) const {
  const char* at = key.data();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    if (part.width != 0) {
      if (targets[i] != FieldRef<Str>::absent) std::memcpy(row.data() + targets[i], at, part.width);
      at += part.width;
      continue;
    }
    std::uint32_t size = 0;
    std::memcpy(&size, at, sizeof size);
    at += sizeof size;
    if (part.type == Type::str)
      row.set_str(FieldRef<Str>{targets[i]}, {at, size});
    else
      row.set_bytes(FieldRef<Bytes>{targets[i]}, {reinterpret_cast<const std::uint8_t*>(at), size});
    at += size;
  }
}

}  // namespace dnstorm
