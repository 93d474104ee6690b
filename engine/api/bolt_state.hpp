// What a checkpoint keeps of a bolt's task: what Bolt::save() has written, and a section for each
// key group of each of its keyed states. Between the engine and a bolt; operators do not need it.
#pragma once

#include <string_view>
#include <vector>

#include "engine/api/bolt.hpp"
#include "engine/api/keyed_state.hpp"

namespace dnstorm {

// Views of bytes that belong to somebody else.
struct BoltState {
  struct Section {
    std::uint32_t state = 0;  // index into Bolt::keyed_state()
    std::uint32_t group = 0;
    std::string_view bytes;
  };
  std::string_view whole;  // of Bolt::save()
  std::vector<Section> sections;

  void write(StateWriter& out) const;
  // False: the bytes are not those of write(). The views last as long as the bytes.
  bool read(StateReader& in);
};

Result<void> save_bolt(Bolt& bolt, StateWriter& out);
// After prepare(), into a bolt without state.
Result<void> restore_bolt(Bolt& bolt, StateReader& in);

}  // namespace dnstorm
