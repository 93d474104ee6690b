// Which answers a name has had in this window: nearly every one brings the addresses that the name
// had a moment ago, and there is nothing in them to count. For each key group of the name; bounded:
// the answers met last. A group's window ends with its first row of a later one, and not with a
// watermark, which comes at other rows when a capture is read at another speed.
//
//   AnswerSet set; for (...) set.add(address, ttl);
//   if (answers.is_enough(name_hash, set, time)) ...   // so often in the window, no TTL less
//
// One other answer in 2^32 is taken for one that has been there. Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "engine/base/ip.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

// The addresses of an answer, whatever their order.
struct AnswerSet {
  std::uint64_t hash = 0;
  std::uint32_t size = 0;
  std::uint32_t ttl = ~std::uint32_t{0};  // the least
  void add(const IpAddress& address, std::uint32_t its_ttl) {
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), address.bytes.data(), sizeof words);
    hash += hash_combine(words[0], words[1]);
    ++size;
    ttl = std::min(ttl, its_ttl);
  }
};

class RepeatedAnswers {
 public:
  // `width`: of windows; `enough`: so many of its addresses are let through in one, at least.
  RepeatedAnswers(DurationNs width, std::uint32_t enough) : width_(width), enough_(enough) {}

  // That the answer has been let through with so many addresses. One with a lower TTL than those
  // had is let through, too, and so is what comes late.
  bool is_enough(std::uint64_t name_hash, const AnswerSet& set, TimeNs time) {
    Group& group = groups_[key_group(name_hash)];
    if (time >= group.window.end) turn(group, time);
    if (time < group.window.start) return false;
    std::uint64_t hash = name_hash + set.hash;
    auto mark = static_cast<std::uint32_t>(hash >> 32);
    // Two places, so that answers which come in turn do not drive each other out.
    Answer* places = &group.answers[2 * hash & (answers_max - 1)];
    if (places[0].mark != mark && places[1].mark != mark) {
      places[1] = places[0];
      places[0] = {mark, most, 0};
    }
    Answer& answer = places[0].mark == mark ? places[0] : places[1];
    auto ttl = static_cast<std::uint16_t>(std::min(set.ttl, std::uint32_t{most}));
    if (answer.addresses >= enough_ && ttl >= answer.ttl) return true;
    answer.addresses =
        static_cast<std::uint16_t>(std::min(answer.addresses + set.size, std::uint32_t{most}));
    answer.ttl = std::min(answer.ttl, ttl);
    return false;
  }

  bool idle(std::uint32_t group) const { return groups_[group].answers.empty(); }
  void save_group(std::uint32_t number, StateWriter& out) const {
    const Group& group = groups_[number];
    out.put(group.window.start);
    out.put(group.window.end);
    out.put(static_cast<std::uint64_t>(
        std::count_if(group.answers.begin(), group.answers.end(), is_used)));
    for (std::uint16_t place = 0; place < group.answers.size(); ++place) {
      const Answer& answer = group.answers[place];
      if (!is_used(answer)) continue;
      out.put(place);
      out.put(answer.mark);
      out.put(answer.ttl);
      out.put(answer.addresses);
    }
  }
  bool restore_group(std::uint32_t number, StateReader& in) {
    Group& group = groups_[number];
    group.window.start = in.get<TimeNs>();
    group.window.end = in.get<TimeNs>();
    if (group.window.end != time_min) group.answers.assign(answers_max, {});
    for (std::uint64_t left = in.get_count(saved_bytes); left != 0; --left) {
      auto place = in.get<std::uint16_t>();
      if (place >= group.answers.size()) return false;
      Answer& answer = group.answers[place];
      answer.mark = in.get<std::uint32_t>();
      answer.ttl = in.get<std::uint16_t>();
      answer.addresses = in.get<std::uint16_t>();
    }
    return in.ok();
  }

 private:
  static constexpr std::size_t answers_max = 128;  // of a key group
  static constexpr std::uint16_t most = 65535;
  static constexpr std::size_t saved_bytes = 10;
  struct Answer {
    std::uint32_t mark = 0;  // bits of the hash of the name and its addresses
    std::uint16_t ttl = 0;   // the least that it had; `most`: that or more
    std::uint16_t addresses = 0;
  };
  static bool is_used(const Answer& answer) { return answer.addresses != 0; }
  struct Group {
    WindowBounds window{time_min, time_min};
    std::vector<Answer> answers;
  };
  void turn(Group& group, TimeNs time) {
    group.answers.assign(answers_max, {});
    group.window = window_of(time, width_);
  }

  DurationNs width_;
  std::uint32_t enough_;
  std::array<Group, key_groups> groups_;
};

}  // namespace dnstorm::operators
