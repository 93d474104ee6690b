#include "operators/count/key_index.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace dnstorm::operators {

namespace {

// Sparse, so that few keys seldom collide.
constexpr std::size_t slots_usual = 1024;
constexpr std::size_t slots_compact = 64;

// Empties a table; one that has become far too large for its content is halved, so that a burst of
// keys does not make every later clear() slow.
template <class Slot>
void reset(std::vector<Slot>& slots, std::size_t slots_min, std::size_t used, std::uint64_t& mask) {
  if (slots.size() > slots_min && used < slots.size() / 16)
    slots = std::vector<Slot>(slots.size() / 2);
  else
    std::fill(slots.begin(), slots.end(), Slot{});
  mask = slots.size() - 1;
}

std::uint64_t load_number(const char* at, std::uint32_t width) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, width);
  return value;
}

bool is_variable(Type type) { return type == Type::str || type == Type::bytes; }

}  // namespace

KeyIndex::KeyIndex(const Schema& schema, const std::vector<std::string>& fields, bool compact)
    : slots_min_(compact ? slots_compact : slots_usual) {
  KeyReader reader(schema, fields);
  std::uint32_t width = 0;
  for (const std::string& name : fields)
    width += size_of(schema.field(schema.find(name).value()).type);
  if (fields.empty()) return;
  if (!reader.packs()) {
    form_ = Form::hashed;
    hashed_.resize(slots_min_);
  } else if (width <= 2 && !compact) {
    form_ = Form::direct;
    direct_.resize(std::size_t{1} << (8 * width));
  } else {
    form_ = Form::packed;
    packed_.resize(slots_min_);
  }
  mask_ = slots_min_ - 1;
}

void KeyIndex::clear() {
  switch (form_) {
    case Form::none:
      break;
    case Form::direct:
      for (std::uint64_t cell : direct_used_) direct_[cell] = 0;
      direct_used_.clear();
      break;
    case Form::packed:
      reset(packed_, slots_min_, count(), mask_);
      break;
    case Form::hashed:
      reset(hashed_, slots_min_, count(), mask_);
      break;
  }
  keys_.clear();
  key_ends_.clear();
}

std::uint32_t KeyIndex::add_key(const RowView& row, const KeyReader& reader) {
  DNSTORM_ASSERT(key_ends_.size() < 0xffffffffU, "a window has more than 4,294,967,294 keys");
  if (form_ == Form::direct) direct_used_.push_back(reader.pack(row));
  reader.append(row, keys_);
  key_ends_.push_back(keys_.size());
  return count() - 1;
}

std::uint32_t KeyIndex::add_packed(std::uint64_t at, std::uint64_t key, const RowView& row,
                                   const KeyReader& reader) {
  std::uint32_t number = add_key(row, reader);
  packed_[at] = {key, number + 1};
  if (std::size_t{number + 1U} * 2 > packed_.size()) grow_packed();
  return number;
}

std::uint32_t KeyIndex::add_hashed(std::uint64_t at, std::uint64_t hash, const RowView& row,
                                   const KeyReader& reader) {
  std::size_t key_at = keys_.size();
  std::uint32_t number = add_key(row, reader);
  hashed_[at] = {hash, key_at, static_cast<std::uint32_t>(keys_.size() - key_at), number + 1};
  if (std::size_t{number + 1U} * 2 > hashed_.size()) grow_hashed();
  return number;
}

void KeyIndex::grow_packed() {
  std::vector<PackedSlot> old = std::exchange(packed_, std::vector<PackedSlot>(packed_.size() * 2));
  mask_ = packed_.size() - 1;
  for (const PackedSlot& slot : old) {
    if (slot.next == 0) continue;
    std::uint64_t at = hash_number(slot.key) & mask_;
    while (packed_[at].next != 0) at = (at + 1) & mask_;
    packed_[at] = slot;
  }
}

void KeyIndex::grow_hashed() {
  std::vector<HashedSlot> old = std::exchange(hashed_, std::vector<HashedSlot>(hashed_.size() * 2));
  mask_ = hashed_.size() - 1;
  for (const HashedSlot& slot : old) {
    if (slot.next == 0) continue;
    std::uint64_t at = slot.hash & mask_;
    while (hashed_[at].next != 0) at = (at + 1) & mask_;
    hashed_[at] = slot;
  }
}

std::vector<std::uint64_t> KeyIndex::codes() const {
  std::vector<std::uint64_t> codes(count());
  if (form_ == Form::direct) return direct_used_;
  for (const PackedSlot& slot : packed_)
    if (slot.next != 0) codes[slot.next - 1] = slot.key;
  for (const HashedSlot& slot : hashed_)
    if (slot.next != 0) codes[slot.next - 1] = slot.hash;
  return codes;
}

std::optional<std::uint32_t> KeyIndex::restore_key(StateReader& in, const KeyOrder& order) {
  auto code = in.get<std::uint64_t>();
  std::string_view key = in.get_bytes();
  if (!in.ok() || !order.holds(key)) return std::nullopt;
  if (form_ == Form::direct && code >= direct_.size()) return std::nullopt;
  return number_of(code, key);
}

std::uint32_t KeyIndex::append_key(std::string_view key) {
  keys_ += key;
  key_ends_.push_back(keys_.size());
  return count() - 1;
}

std::uint32_t KeyIndex::number_of(std::uint64_t code, std::string_view key) {
  switch (form_) {
    case Form::none:
      return count() == 0 ? append_key(key) : 0;
    case Form::direct:
      if (direct_[code] == 0) {
        direct_[code] = append_key(key) + 1;
        direct_used_.push_back(code);
      }
      return direct_[code] - 1;
    case Form::packed:
      return number_of_packed(code, key);
    case Form::hashed:
      break;
  }
  return number_of_hashed(code, key);
}

std::uint32_t KeyIndex::number_of_packed(std::uint64_t code, std::string_view key) {
  std::uint64_t at = hash_number(code) & mask_;
  for (; packed_[at].next != 0; at = (at + 1) & mask_)
    if (packed_[at].key == code) return packed_[at].next - 1;
  std::uint32_t number = append_key(key);
  packed_[at] = {code, number + 1};
  if (std::size_t{number + 1U} * 2 > packed_.size()) grow_packed();
  return number;
}

std::uint32_t KeyIndex::number_of_hashed(std::uint64_t code, std::string_view key) {
  std::uint64_t at = code & mask_;
  for (; hashed_[at].next != 0; at = (at + 1) & mask_) {
    const HashedSlot& slot = hashed_[at];
    if (slot.hash == code && key == std::string_view(keys_).substr(slot.key_at, slot.key_size))
      return slot.next - 1;
  }
  std::size_t key_at = keys_.size();
  std::uint32_t number = append_key(key);
  hashed_[at] = {code, key_at, static_cast<std::uint32_t>(key.size()), number + 1};
  if (std::size_t{number + 1U} * 2 > hashed_.size()) grow_hashed();
  return number;
}

KeyOrder::KeyOrder(const Schema& schema, const std::vector<std::string>& fields) {
  for (const std::string& name : fields)
    types_.push_back(schema.field(schema.find(name).value()).type);
}

int KeyOrder::compare(std::string_view a, std::string_view b) const {
  const char* x = a.data();
  const char* y = b.data();
  for (Type type : types_) {
    if (is_variable(type)) {
      std::string_view s(x + 4, load_number(x, 4));
      std::string_view t(y + 4, load_number(y, 4));
      if (int order = s.compare(t)) return order;
      x = s.data() + s.size();
      y = t.data() + t.size();
      continue;
    }
    std::uint32_t width = size_of(type);
    if (width > 8) {
      if (int order = std::memcmp(x, y, width)) return order;
    } else {
      std::uint64_t m = load_number(x, width);
      std::uint64_t n = load_number(y, width);
      bool is_signed = type == Type::i64 || type == Type::time;
      if (is_signed) m ^= 1ULL << 63, n ^= 1ULL << 63;
      if (m != n) return m < n ? -1 : 1;
    }
    x += width;
    y += width;
  }
  return 0;
}

bool KeyOrder::holds(std::string_view key) const {
  for (Type type : types_) {
    std::uint64_t width = size_of(type);
    if (is_variable(type)) {
      if (key.size() < 4) return false;
      width = 4 + load_number(key.data(), 4);
    }
    if (key.size() < width) return false;
    key.remove_prefix(width);
  }
  return key.empty();
}

// Eight bytes of the first field, ordered as the field is: most comparisons end here, without
// touching the keys themselves.
std::uint64_t KeyOrder::prefix(std::string_view key) const {
  if (types_.empty()) return 0;
  if (is_variable(types_[0]) || size_of(types_[0]) > 8) {
    std::uint32_t from = is_variable(types_[0]) ? 4 : 0;
    std::size_t size = is_variable(types_[0]) ? load_number(key.data(), 4) : 16;
    std::uint64_t bytes =
        load_number(key.data() + from, static_cast<std::uint32_t>(std::min<std::size_t>(8, size)));
    return __builtin_bswap64(bytes);
  }
  std::uint64_t value = load_number(key.data(), size_of(types_[0]));
  bool is_signed = types_[0] == Type::i64 || types_[0] == Type::time;
  return is_signed ? value ^ 1ULL << 63 : value;
}

std::vector<std::uint32_t> KeyOrder::sorted(const KeyIndex& index) const {
  struct Entry {
    std::uint64_t prefix;
    std::uint32_t number;
  };
  std::vector<Entry> entries(index.count());
  for (std::uint32_t i = 0; i < index.count(); ++i) entries[i] = {prefix(index.key(i)), i};
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return compare(index.key(a.number), index.key(b.number)) < 0;
  });
  std::vector<std::uint32_t> numbers(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) numbers[i] = entries[i].number;
  return numbers;
}

std::vector<std::uint32_t> key_targets(const Schema& schema,
                                       const std::vector<std::string>& fields) {
  std::vector<std::uint32_t> targets;
  for (const std::string& name : fields) {
    auto index = schema.find(name);
    targets.push_back(index ? schema.offset(*index) : FieldRef<Str>::absent);
  }
  return targets;
}

}  // namespace dnstorm::operators
