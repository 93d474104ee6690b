// /api/data/events of the board: what the page Security asks for (docs/detection.md has the
// interface).
//
//   GET  ?detector=&severity=&state=&text=&top=&skip=&limit=    events, the newest first
//   GET  /ID            one with its evidence, its samples and how its detector is set
//   GET  /ID/packets    the packets behind it, as pcap
//   POST /mute?detector=&key=&until=&by=&why=      POST /unmute?rule=
//
// Thread-safe. Packets are looked for twice at a time at most, so that those who look for them take
// not all the threads that answer pages.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>

#include "cli/event_log.hpp"
#include "cli/event_packets.hpp"
#include "cli/event_sources.hpp"
#include "engine/base/http_api.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cli {

struct EventTokens {
  std::string control;  // of who may mute; empty: nobody from other machines
  std::string tap;      // of who may see packets; the same
  // Says who may mute instead: what is answered to who may not.
  std::function<std::optional<ApiAnswer>(const ApiRequest&)> refuse_change = {};
};

class EventDesk {
 public:
  using Search = std::function<Result<EventPackets>(const LoggedEvent&, const EventSources&)>;

  // `log` and `clock` outlive it. `search`: where packets come from, packets_of() if not given.
  EventDesk(const EventLog& log, EventSources sources, const Clock& clock, EventTokens tokens = {},
            Search search = {});

  ApiAnswer answer(const ApiRequest& request) const;

 private:
  static constexpr int searches_max = 2;

  TimeNs now() const;
  // What holds, as far as the files can be read.
  std::vector<MuteRule> mutes() const;
  ApiAnswer list(const ApiRequest& request) const;
  ApiAnswer one(const std::string& id) const;
  ApiAnswer packets(const ApiRequest& request, const std::string& id) const;
  ApiAnswer search_answer(const LoggedEvent& event) const;
  ApiAnswer change_mutes(const ApiRequest& request) const;
  Result<void> mute(const ApiRequest& request) const;
  Result<void> unmute(const ApiRequest& request) const;

  const EventLog& log_;
  const EventSources sources_;
  const Clock& clock_;
  const EventTokens tokens_;
  const Search search_;
  mutable std::mutex mute_files_mutex_;  // a file is read, changed and written as a whole
  mutable std::counting_semaphore<searches_max> searches_{searches_max};
};

}  // namespace dnstorm::cli
