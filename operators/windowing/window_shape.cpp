#include "operators/windowing/window_shape.hpp"

#include <numeric>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

WindowShape::WindowShape(DurationNs length, DurationNs slide)
    : length_(length), slide_(slide), pane_(std::gcd(length, slide)) {
  DNSTORM_ASSERT(slide <= length && (slide > 0 || length == 0), "windows of an impossible shape",
                 length, slide);
}

}  // namespace dnstorm::operators
