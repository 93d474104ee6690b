// Where every packet of a run went: the engine's counters, summed up for people, for the board and
// for
// `--summary`. A value.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "board/server/honesty.hpp"
#include "engine/plan/plan.hpp"
#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

// Sums the counters of all `pcap` and `dnstap` spouts and `decode` bolts.
board::Honesty account(const plan::Plan& plan, const runtime::RunStatus& status);

// Asserts, when a run has ended, that no packet is unaccounted for. Only a topology in which every
// packet goes to exactly one `decode` task can be judged; others are left alone.
void check_conservation(const plan::Plan& plan, const board::Honesty& honesty);

// One line: "1,000 packets: 990 parsed, 2 malformed (2 truncated_name), ...".
std::string summary_line(const board::Honesty& honesty);
// One JSON object with the same numbers and those of every component.
std::string summary_json(const board::Honesty& honesty, const runtime::RunStatus& status,
                         const std::vector<runtime::TaskLatency>& latencies);

}  // namespace dnstorm::cli
