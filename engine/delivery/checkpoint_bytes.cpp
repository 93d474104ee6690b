#include "engine/delivery/checkpoint_bytes.hpp"

#include "engine/api/batch.hpp"
#include "engine/api/state.hpp"

namespace dnstorm::delivery {

namespace {

constexpr std::uint64_t magic = 0x4b48'4353'4e44'0003;  // "DNSCHK", version 3
constexpr std::uint64_t version_mask = 0xffff;

}  // namespace

std::string checkpoint_bytes(const Checkpoint& checkpoint, std::uint64_t fingerprint,
                             const TaskLayout& layout, std::string_view note) {
  StateWriter out;
  out.put(magic);
  out.put(fingerprint);
  out.put(checkpoint.number);
  out.put(std::uint64_t{layout.size()});
  for (const ComponentTasks& component : layout) {
    out.put_bytes(component.id);
    out.put(component.tasks);
  }
  out.put(std::uint64_t{checkpoint.states.size()});
  for (const std::string& state : checkpoint.states) out.put_bytes(state);
  if (!note.empty()) out.put_bytes(note);
  std::string bytes = out.take();
  StateWriter hash;
  hash.put(hash_bytes(bytes));
  return bytes + hash.take();
}

std::optional<CheckpointContent> checkpoint_of(std::string_view bytes) {
  constexpr std::size_t hash_size = sizeof(std::uint64_t);
  if (bytes.size() < hash_size) return std::nullopt;
  std::string_view body = bytes.substr(0, bytes.size() - hash_size);
  StateReader hash(bytes.substr(body.size()));
  if (hash.get<std::uint64_t>() != hash_bytes(body)) return std::nullopt;
  StateReader in(body);
  auto found = in.get<std::uint64_t>();
  if ((found & ~version_mask) != (magic & ~version_mask)) return std::nullopt;
  CheckpointContent decoded;
  decoded.other_version = found != magic;
  if (decoded.other_version) return decoded;
  decoded.fingerprint = in.get<std::uint64_t>();
  decoded.checkpoint.number = in.get<std::uint64_t>();
  for (std::uint64_t left = in.get_count(sizeof(std::uint64_t)); left != 0; --left) {
    std::string id(in.get_bytes());
    decoded.layout.push_back({std::move(id), in.get<std::uint32_t>()});
  }
  std::uint64_t tasks = in.get_count(sizeof(std::uint64_t));
  for (std::uint64_t t = 0; t < tasks; ++t) decoded.checkpoint.states.emplace_back(in.get_bytes());
  if (in.ok() && !in.at_end()) decoded.note = in.get_bytes();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return decoded;
}

}  // namespace dnstorm::delivery
