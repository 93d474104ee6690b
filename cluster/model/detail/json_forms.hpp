// How the values of messages look as JSON: keys named as the fields are. What is missing keeps its
// default, what is not known is passed over.
#pragma once

#include <nlohmann/json.hpp>

#include "cluster/model/checkpoint_note.hpp"
#include "cluster/model/feed_news.hpp"
#include "cluster/model/orders.hpp"
#include "cluster/model/record.hpp"
#include "cluster/model/report.hpp"
#include "cluster/model/tap_order.hpp"

namespace dnstorm::cluster {

// Found by argument-dependent look-up, so not in an anonymous namespace.
NLOHMANN_JSON_SERIALIZE_ENUM(WorkerState, {{WorkerState::starting, "starting"},
                                           {WorkerState::prepared, "prepared"},
                                           {WorkerState::running, "running"},
                                           {WorkerState::finished, "finished"},
                                           {WorkerState::failed, "failed"},
                                           {WorkerState::stopped, "stopped"}})
NLOHMANN_JSON_SERIALIZE_ENUM(WorkerPhase, {{WorkerPhase::prepare, "prepare"},
                                           {WorkerPhase::run, "run"},
                                           {WorkerPhase::drain, "drain"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Wanted, {{Wanted::active, "active"},
                                      {Wanted::inactive, "inactive"},
                                      {Wanted::killed, "killed"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Submission, name, file, text, files, properties,
                                                set)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PlanChoices, nodes_by_label, executors)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Assignment, incarnation, choices, node_of_executor,
                                                per_node)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(EdgeRows, from, to, sent, rows)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(WorkerReport, topology, incarnation, state,
                                                endpoint, pid, checkpoint, error, rows)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Report, protocol, version, node, session, home,
                                                start, sequence, leader, wall, content, unchanged,
                                                host, endpoint, labels, cores, memory, term, orders,
                                                members, fenced, workers, submissions)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(LogLine, wall, node, topology, level, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(WorkerNews, node, topology, incarnation, kind, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Member, name, endpoint, key)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Members, version, all)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Peer, node, endpoint, key)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(WorkerOrder, topology, submission, assignment,
                                                phase, active, restore, checkpoint, saved, peers)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(WorkerUpdate, topology, incarnation, phase, active,
                                                checkpoint, saved)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Orders, protocol, term, version, answers, session,
                                                content, unchanged, lease, base, members, fenced,
                                                workers, updates, ended, submissions, refused)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TapOrder, id, topology, edge, where, rate)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FeedAck, topology, incarnation, sequence)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MuteOrder, topology, rules)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Ping, node, sequence)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Pong, node, sequence)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(NodeProcess, session, home, start)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MemberSet, version, names)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TopologyRecord, id, submission, submitted, wanted,
                                                kill_at, executors, assignment, processes, ended,
                                                finished, next, checkpoint, checkpoint_assignment)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PlaceRule, label, node, per_node, apart_from)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ComponentShape, id, tasks, executors, spout, rule,
                                                reads)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CheckpointNote, layout, assignment)

}  // namespace dnstorm::cluster
