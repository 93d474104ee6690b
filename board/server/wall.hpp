// One wall of cells: counts per key, and which key owns which cell (slot).
//
// Slots are stable so that the wall does not jump. A key gets a cell when it is among the first k
// of the warm keys (k = number of slots) and a cell is free or can be taken; an owner can lose its
// cell only when it has left the first 2k or was cold for `cold`, and only to such a key. Memory is
// bounded: at most 2 x tracked_max keys. Keys pushed out lose their count, so a key first seen
// after that carries `at_least`: its count is a lower bound and the page says so. Of a key that
// came when the wall was `settled_in` old and had forgotten none it is known when it was first
// seen. A plain value without a clock or a lock; Live owns it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "board/server/json.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::board {

struct WallLimits {
  std::size_t slots = 128;  // what a wall screen shows without scrolling; a frame may say otherwise
  std::size_t tracked_max = 4096;
  DurationNs cold = 60 * ns_per_s;
  DurationNs settled_in = 60 * ns_per_s;  // before that every key is new, and none is told to be
};

// Of one wall, whatever a topology asks for.
inline constexpr std::size_t wall_slots_max = 400;

// How a cell grew lately is kept in steps.
inline constexpr DurationNs trail_step = 5 * ns_per_s;
inline constexpr std::size_t trail_steps = 120;

// Longer keys are cut: a name of 255 octets is at most 1,016 characters in presentation format.
inline constexpr std::size_t key_bytes_max = 1'024;

class Wall {
 public:
  explicit Wall(WallLimits limits)
      : limits_(limits), slots_(limits.slots, nullptr), trails_(limits.slots) {}
  Wall(const Wall&) = delete;
  Wall& operator=(const Wall&) = delete;

  // Adds to the count of a key. What is not a positive finite number is not counted. `now` only
  // goes on; `clock` is what a clock on the wall says then.
  void add(std::string_view key, double increment, TimeNs now, TimeNs clock = 0);
  // Decides anew who owns the cells.
  void settle(TimeNs now);

  bool has_news() const { return news_; }
  bool has_free_slot() const { return owned_ < slots_.size(); }

  // `known` of a cell: 0: its count is exact; 1: it is a lower bound; more: it is exact, and that
  // is when the key was first seen, in ms of the clock.

  // Cells that changed owner since the last call: [slot, key, count, known, ...] flat.
  bool write_moves(JsonWriter& json);
  // {"add":[slot, increment, ...],"total":n,"keys":n,"overflow":b}
  void write_delta(JsonWriter& json);
  // {"slots":[[key, count, known] | null, ...],"total":n,"keys":n,"overflow":b} as of the last
  // delta.
  void write_state(JsonWriter& json) const;
  // "key":"...","step_ms":n,"bins":[...]: how much a cell grew in each of the last steps since it
  // has its owner, oldest first; the last one is not over. False if nobody owns it.
  bool write_trail(JsonWriter& json, std::size_t slot, TimeNs now) const;

  double total() const { return total_; }
  std::size_t tracked() const { return cells_.size(); }

 private:
  static constexpr std::uint32_t no_slot = UINT32_MAX;
  struct Cell {
    double count = 0;
    double pending = 0;  // counted, not yet told to the stream; only for owners of a slot
    TimeNs seen = 0;
    TimeNs since = 0;  // of the clock; 0: it is not known to be new
    std::uint32_t slot = no_slot;
    bool at_least = false;
    bool stays = false;  // scratch of settle()

    std::uint64_t known() const;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  // A ring of bins, of which the one at `step` is the newest.
  struct Trail {
    std::array<float, trail_steps> bins{};
    TimeNs step = 0;
    void advance(TimeNs now);
  };
  using Cells = std::unordered_map<std::string, Cell, Hash, std::equal_to<>>;
  using Entry = Cells::value_type;

  static bool before(const Entry* a, const Entry* b);
  bool is_warm(const Cell& cell, TimeNs now) const { return now - cell.seen <= limits_.cold; }
  Cell& cell_for(std::string_view key, TimeNs now, TimeNs clock);
  void prune(TimeNs now);
  std::vector<Entry*> warmest(TimeNs now, std::size_t n);
  std::vector<std::uint32_t> leaving() const;
  void give(std::uint32_t slot, Entry* entry);
  void write_sums(JsonWriter& json) const;

  WallLimits limits_;
  Cells cells_;
  std::vector<Entry*> slots_;
  std::vector<Trail> trails_;           // by slot
  std::vector<std::uint32_t> touched_;  // slots with a pending increment
  std::vector<std::uint32_t> moved_;    // slots with a new owner
  std::size_t owned_ = 0;
  double total_ = 0;
  TimeNs settled_at_ = time_min;  // time_min: nothing was counted yet
  bool overflow_ = false;
  bool news_ = false;  // something was counted since the last delta
};

}  // namespace dnstorm::board
