// A terminal that is written over from above, and its keys (ncurses, here and nowhere else). One at
// a time, one thread; the destructor gives the terminal back as it was.
#pragma once

#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::cli {

class TopScreen {
 public:
  // Fails with kind `unavailable` on a terminal that cannot be written over.
  static Result<TopScreen> open();
  TopScreen(TopScreen&& other) noexcept;
  TopScreen& operator=(TopScreen&&) = delete;
  ~TopScreen();

  // The first lines as far as there is room; `status` at the bottom.
  void show(const std::string& text, const std::string& status);
  // Waits for a key, or so long: the key, in lower case; 'q' also if the user wants to end
  // otherwise (Ctrl-C), arrows as 'j' and 'k'; 0: none. A terminal of another size is a key, too,
  // that nobody knows.
  char wait(int milliseconds);

 private:
  explicit TopScreen(void* screen) : screen_(screen) {}
  void* screen_;  // ncurses' SCREEN
};

}  // namespace dnstorm::cli
