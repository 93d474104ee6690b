#include "engine/api/bolt_state.hpp"

namespace dnstorm {

namespace {

Error damaged() { return {ErrorKind::data, "its state in the checkpoint cannot be read", {}}; }

void write_section(StateWriter& out, std::uint32_t state, std::uint32_t group,
                   std::string_view bytes) {
  out.put(state);
  out.put(group);
  out.put_bytes(bytes);
}

}  // namespace

void BoltState::write(StateWriter& out) const {
  out.put_bytes(whole);
  out.put(std::uint64_t{sections.size()});
  for (const Section& section : sections)
    write_section(out, section.state, section.group, section.bytes);
}

bool BoltState::read(StateReader& in) {
  whole = in.get_bytes();
  for (std::uint64_t left = in.get_count(2 * sizeof(std::uint32_t)); left != 0; --left) {
    Section section;
    section.state = in.get<std::uint32_t>();
    section.group = in.get<std::uint32_t>();
    section.bytes = in.get_bytes();
    if (!in.ok() || section.group >= key_groups) return false;
    sections.push_back(section);
  }
  return in.ok();
}

Result<void> save_bolt(Bolt& bolt, StateWriter& out) {
  StateWriter whole;
  DNSTORM_CHECK(bolt.save(whole));
  out.put_bytes(whole.take());
  StateWriter sections;
  std::uint64_t count = 0;
  std::uint32_t number = 0;
  for (const KeyedState* state : bolt.keyed_state()) {
    GroupSections groups;
    state->save_groups(groups);
    groups.take_each([&](std::uint32_t group, std::string_view bytes) {
      write_section(sections, number, group, bytes);
      ++count;
    });
    ++number;
  }
  out.put(count);
  out.put_raw(sections.take());
  return {};
}

Result<void> restore_bolt(Bolt& bolt, StateReader& in) {
  BoltState state;
  if (!state.read(in)) return damaged();
  StateReader whole(state.whole);
  DNSTORM_CHECK(bolt.restore(whole));
  if (!whole.ok()) return damaged();
  std::vector<KeyedState*> keyed = bolt.keyed_state();
  for (const BoltState::Section& section : state.sections) {
    StateReader bytes(section.bytes);
    if (section.state >= keyed.size() || !keyed[section.state]->restore_group(section.group, bytes))
      return damaged();
  }
  return {};
}

}  // namespace dnstorm
