#include "cli/top_screen.hpp"

// Its macros (move, erase, timeout, ...) would rename what has nothing to do with it.
#define NCURSES_NOMACROS 1
#include <curses.h>

#include <cctype>
#include <clocale>
#include <cstdio>
#include <utility>

#include "cli/stop_signal.hpp"

namespace dnstorm::cli {

namespace {

int end_of_line(const std::string& text, std::size_t at) {
  std::size_t end = text.find('\n', at);
  return static_cast<int>((end == std::string::npos ? text.size() : end) - at);
}

}  // namespace

Result<TopScreen> TopScreen::open() {
  // Names may have letters beyond ASCII.
  std::setlocale(LC_CTYPE, "");
  SCREEN* screen = newterm(nullptr, stdout, stdin);
  if (screen == nullptr)
    return Error{ErrorKind::unavailable,
                 "top: this terminal cannot be written over (is TERM set?): use --once", ""};
  // Ctrl-C comes as a signal, which stop_requested() knows of.
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  curs_set(0);
  return TopScreen(screen);
}

TopScreen::TopScreen(TopScreen&& other) noexcept : screen_(std::exchange(other.screen_, nullptr)) {}

TopScreen::~TopScreen() {
  if (screen_ == nullptr) return;
  endwin();
  delscreen(static_cast<SCREEN*>(screen_));
}

void TopScreen::show(const std::string& text, const std::string& status) {
  const int lines = getmaxy(stdscr), columns = getmaxx(stdscr);
  werase(stdscr);
  int line = 0;
  for (std::size_t at = 0; at < text.size() && line + 1 < lines; ++line) {
    const int length = end_of_line(text, at);
    // The headings of a table are what begins in capitals; they stand out.
    const bool heading = line == 0 || (at >= 2 && text[at - 2] == '\n');
    if (heading) wattron(stdscr, A_BOLD);
    mvwaddnstr(stdscr, line, 0, text.c_str() + at, length);
    if (heading) wattroff(stdscr, A_BOLD);
    at += static_cast<std::size_t>(length) + 1;
  }
  wattron(stdscr, A_REVERSE);
  mvwaddnstr(stdscr, lines - 1, 0, status.c_str(), columns - 1);
  wattroff(stdscr, A_REVERSE);
  wrefresh(stdscr);
}

char TopScreen::wait(int milliseconds) {
  wtimeout(stdscr, milliseconds);
  const int key = wgetch(stdscr);
  if (stop_requested()) return 'q';
  switch (key) {
    case ERR:
      return 0;
    case KEY_DOWN:
      return 'j';
    case KEY_UP:
      return 'k';
    default:
      return key > 0 && key < 0x80 ? static_cast<char>(std::tolower(key)) : '?';
  }
}

}  // namespace dnstorm::cli
