#include "operators/season/hours.hpp"

#include <fmt/format.h>

namespace dnstorm::operators {

std::string name_of_slot(int hour_of_week) {
  static constexpr const char* days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  return fmt::format("{} {:02}:00", days[hour_of_week / 24 % 7], hour_of_week % 24);
}

}  // namespace dnstorm::operators
