#include "engine/api/keyed_state.hpp"

namespace dnstorm {

namespace {

// The fields that say which task a key belongs to.
std::vector<std::string> grouping_of(const TaskContext& task, const std::vector<std::string>& key) {
  if (task.inputs.empty()) return key;
  const std::vector<std::string>& first = task.inputs[0].grouped_by;
  for (const Input& input : task.inputs)
    if (input.grouped_by != first) return key;
  auto in_key = [&](const std::string& field) {
    return std::find(key.begin(), key.end(), field) != key.end();
  };
  bool contained = !first.empty() && std::all_of(first.begin(), first.end(), in_key);
  return contained ? first : key;
}

}  // namespace

KeyGrouping::KeyGrouping(const TaskContext& task, const std::vector<std::string>& key)
    : KeyGrouping(*task.inputs.at(0).schema, key, grouping_of(task, key)) {}

KeyGrouping::KeyGrouping(const Schema& schema, const std::vector<std::string>& key,
                         const std::vector<std::string>& grouped_by)
    : hashes_(key.size()) {
  for (const std::string& name : key) {
    auto index = schema.find(name);
    DNSTORM_ASSERT(index.has_value(), "a key names a field that the stream does not have", name);
    Type type = schema.field(*index).type;
    bool variable = type == Type::str || type == Type::bytes;
    parts_.push_back({type, variable ? 0 : size_of(type)});
  }
  for (const std::string& name : grouped_by) {
    auto at = std::find(key.begin(), key.end(), name);
    DNSTORM_ASSERT(at != key.end(), "a key is grouped by a field that it does not have", name);
    hashed_.push_back(static_cast<std::size_t>(at - key.begin()));
  }
}

// As KeyReader does it with the row that the key was packed from.
std::optional<std::uint32_t> KeyGrouping::group_of(std::string_view key) const {
  if (!hash_parts(key)) return std::nullopt;
  if (hashed_.size() == 1) return key_group(hashes_[hashed_[0]]);
  std::uint64_t hash = 0;
  for (std::size_t part : hashed_) hash = hash_combine(hash, hashes_[part]);
  return key_group(hash);
}

bool KeyGrouping::hash_parts(std::string_view key) const {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    std::uint32_t width = parts_[i].width;
    bool variable = width == 0;
    if (variable) {
      if (key.size() < sizeof width) return false;
      std::memcpy(&width, key.data(), sizeof width);
      key.remove_prefix(sizeof width);
    }
    if (key.size() < width) return false;
    hashes_[i] = variable ? hash_bytes(key.substr(0, width))
                          : KeyReader::fixed_hash(parts_[i].type, width,
                                                  reinterpret_cast<const std::byte*>(key.data()));
    key.remove_prefix(width);
  }
  return key.empty();
}

}  // namespace dnstorm
