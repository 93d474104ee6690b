// The control messages as bytes: JSON (nlohmann-json), with keys named as the fields are. A reader
// passes over what it does not know and keeps the default for what is missing; what has the wrong
// type, is too large or is no JSON is an error of kind `data`. Never throws.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "cluster/model/checkpoint_note.hpp"
#include "cluster/model/feed_news.hpp"
#include "cluster/model/mute_order.hpp"
#include "cluster/model/orders.hpp"
#include "cluster/model/record.hpp"
#include "cluster/model/report.hpp"
#include "cluster/model/tap_order.hpp"

namespace dnstorm::cluster {

using Message = std::variant<Report, StatePart, LogLine, Orders, Ping, Pong, WorkerNews, TapOrder,
                             FeedNews, FeedAck, MuteOrder>;

// One message as one frame of bytes: a kind, the JSON, and behind it the bytes of a StatePart or a
// FeedNews as they are.
std::string encode(const Message& message);
Result<Message> decode(std::string_view bytes);

std::string to_json(const TopologyRecord& record);
Result<TopologyRecord> record_from_json(std::string_view text);
std::string to_json(const StoredState& state);  // all but the topologies
Result<StoredState> state_from_json(std::string_view text);
std::string to_json(const CheckpointNote& note);
Result<CheckpointNote> checkpoint_note_from_json(std::string_view text);
// Between a node and its worker.
std::string to_json(const WorkerOrder& order);
Result<WorkerOrder> worker_order_from_json(std::string_view text);
std::string to_json(const WorkerReport& report);
Result<WorkerReport> worker_report_from_json(std::string_view text);
std::string to_json(const Submission& submission);
Result<Submission> submission_from_json(std::string_view text);

}  // namespace dnstorm::cluster
