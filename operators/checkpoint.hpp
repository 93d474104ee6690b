// What save() and restore() of operators share. A state comes from a file: what is read is checked
// before anything relies on it, and a state that cannot be is refused.
#pragma once

#include "engine/base/result.hpp"

namespace dnstorm::operators {

inline Error damaged_state() {
  return {ErrorKind::data, "its state in the checkpoint cannot be read", {}};
}

}  // namespace dnstorm::operators
