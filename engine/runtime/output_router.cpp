#include "engine/runtime/output_router.hpp"

#include <algorithm>
#include <limits>

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

using plan::GroupingType;

namespace {

// A selection's share of its batch.
std::uint64_t bytes_of(const Event& event) {
  std::uint64_t bytes = event.batch->byte_size();
  if (event.selection)
    bytes = bytes * event.selection->size() / std::max(event.batch->row_count(), 1U);
  return std::max(bytes, std::uint64_t{1});  // rows without fields are rows, too
}

}  // namespace

OutputRouter::OutputRouter(const TaskWiring& task, const std::vector<SchemaPtr>& schemas,
                           Limits limits, SendEvent send, std::uint64_t seed)
    : rows_sent_(task.out_edges.size()),
      horizon_(task.origins.size(), std::numeric_limits<std::uint64_t>::max()),
      origins_(task.origins),
      rounds_ended_(task.origins.size()),
      limits_(limits),
      component_(task.component),
      task_index_(task.index),
      task_count_(task.count),
      direct_to_(task.streams.size()),
      tracker_(seed),
      send_(std::move(send)) {
  DNSTORM_ASSERT(limits.rounds > 0, "an edge without credits moves nothing", limits.rounds);
  for (const OutEdge& edge : task.out_edges) {
    edges_.push_back({edge, std::vector<UnderWay>(task.origins.size()), false, {}});
    credited_ = credited_ || !edge.feedback;
  }
  if (credited_) std::fill(horizon_.begin(), horizon_.end(), limits.rounds);
  for (std::size_t s = 0; s < task.streams.size(); ++s) {
    std::vector<Reader>& readers = streams_.emplace_back();
    for (const Subscription& subscription : task.streams[s]) {
      Reader reader;
      reader.subscription = subscription;
      if (topology::groups_by_key(subscription.grouping))
        reader.key = KeyReader(*schemas[s], subscription.fields);
      reader.partitions.resize(subscription.targets.size());
      reader.given.resize(subscription.targets.size());
      if (subscription.by_load) reader.dealer = dealer_of(subscription);
      if (subscription.custom) {
        const plan::CustomGrouping& custom = subscription.custom->grouping;
        reader.custom = custom.def->make(custom.options);
        reader.custom->prepare(subscription.custom->context);
      }
      readers.push_back(std::move(reader));
    }
  }
}

void OutputRouter::enter_round(Slot slot, std::uint64_t round) {
  if (slot != slot_) {
    // What is held belongs to the round that is left; its end will go as an event of its own.
    for (Edge& edge : edges_)
      if (edge.held) send(edge);
  }
  slot_ = slot;
  round_ = round;
  in_round_ = true;
  for (Early& rows : std::exchange(early_, {})) {
    tracker_.descend_from({&rows.anchor, 1});
    deliver(rows.stream, std::move(rows.batch), std::move(rows.selection));
    tracker_.descend_from({});
    if (rows.anchor) tracker_.ack(*rows.anchor);
  }
}

void OutputRouter::deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) {
  if (!in_round_) {
    // The piece is known from now on, whenever it leaves: its parents may be acked before.
    early_.push_back({stream, std::move(batch), std::move(selection), tracker_.piece()});
    return;
  }
  if (taps_ != nullptr && taps_->any_open()) [[unlikely]]
    taps_->show({component_, TapPlace::Side::output, static_cast<std::uint32_t>(stream)},
                task_index_, *batch, selection.get());
  if (hooks_ != nullptr) [[unlikely]]
    hooks_->emitted(stream, *batch, selection.get());
  for (Reader& reader : streams_[stream]) route(reader, direct_to_[stream], batch, selection);
}

void OutputRouter::ack(Lineage& input) {
  tracker_.ack(input);
  if (hooks_ != nullptr) [[unlikely]]
    hooks_->each([](TaskHook& hook) { hook.bolt_acked(1); });
}

void OutputRouter::fail(Lineage& input) {
  tracker_.fail(input);
  if (hooks_ != nullptr) [[unlikely]]
    hooks_->each([](TaskHook& hook) { hook.bolt_failed(1); });
}

void OutputRouter::route(Reader& reader, std::uint32_t direct_to, const BatchPtr& batch,
                         const SelectionPtr& selection) {
  const Subscription& to = reader.subscription;
  switch (to.grouping) {
    case GroupingType::all:
      for (EdgeIndex edge : to.targets) push(edge, to.input, batch, selection);
      break;
    case GroupingType::global:
      push(to.targets[0], to.input, batch, selection);
      break;
    case GroupingType::shuffle:
    case GroupingType::none:
      push(shuffle_target(reader), to.input, batch, selection);
      break;
    case GroupingType::local_or_shuffle:
      push(local_target(reader), to.input, batch, selection);
      break;
    case GroupingType::custom:
      deal(reader, batch, selection);
      break;
    case GroupingType::direct:
      if (direct_to >= to.first_task_id && direct_to - to.first_task_id < to.targets.size())
        push(to.targets[direct_to - to.first_task_id], to.input, batch, selection);
      break;
    case GroupingType::fields:
    case GroupingType::partial_key:
      if (to.targets.size() == 1)
        push(to.targets[0], to.input, batch, selection);
      else
        partition(reader, batch, selection);
      break;
  }
}

std::uint32_t OutputRouter::dealer_of(const Subscription& subscription) {
  std::uint32_t known = edges_[subscription.targets[0]].dealer;
  if (known != none) return known;
  auto dealer = static_cast<std::uint32_t>(dealers_.size());
  auto targets = static_cast<std::uint32_t>(subscription.targets.size());
  dealers_.push_back(
      {LoadShuffle(targets), subscription.targets, std::vector<Dealt>(origins_.size())});
  for (std::uint32_t t = 0; t < targets; ++t) {
    edges_[subscription.targets[t]].dealer = dealer;
    edges_[subscription.targets[t]].target = t;
  }
  return dealer;
}

// A shuffle deals out whole rounds: batches of one round dealt to several tasks would come together
// again in the order of the tasks, not of the source.
EdgeIndex OutputRouter::shuffle_target(const Reader& reader) {
  const Subscription& to = reader.subscription;
  return to.by_load ? target_by_load(dealers_[reader.dealer]) : target_of_round(to);
}

EdgeIndex OutputRouter::target_by_load(Dealer& dealer) {
  Dealt& dealt = dealer.dealt[slot_];
  if (dealt.round != round_) dealt = {round_, dealer.targets[dealer.shuffle.choose(sent_)]};
  return dealt.to;
}

// The same for all senders of the round.
EdgeIndex OutputRouter::target_of_round(const Subscription& subscription) const {
  return subscription.targets[(round_ + origins_[slot_]) % subscription.targets.size()];
}

// Rows stay with the task of the same number if there is one for
// each; otherwise that would leave tasks without work.
EdgeIndex OutputRouter::local_target(const Reader& reader) {
  const std::vector<EdgeIndex>& targets = reader.subscription.targets;
  return targets.size() == task_count_ ? targets[task_index_] : shuffle_target(reader);
}

void OutputRouter::partition(Reader& reader, const BatchPtr& batch, const SelectionPtr& selection) {
  Rows rows(*batch, selection.get());
  auto targets = static_cast<std::uint32_t>(reader.partitions.size());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    std::uint64_t hash = reader.key.hash(rows[i]);
    std::uint32_t target = reader.subscription.grouping == GroupingType::fields
                               ? task_of_group(key_group(hash), targets)
                               : less_used(reader, hash);
    reader.partitions[target].push_back(static_cast<std::uint16_t>(rows.index(i)));
  }
  push_parts(reader, batch);
}

void OutputRouter::deal(Reader& reader, const BatchPtr& batch, const SelectionPtr& selection) {
  Rows rows(*batch, selection.get());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    auto index = static_cast<std::uint16_t>(rows.index(i));
    reader.chosen.clear();
    reader.custom->choose(rows[i], reader.chosen);
    for (std::uint32_t target : reader.chosen) {
      DNSTORM_ASSERT(target < reader.partitions.size(),
                     "a custom grouping names a task that is not there", target,
                     reader.partitions.size());
      Selection& part = reader.partitions[target];
      if (part.empty() || part.back() != index) part.push_back(index);
    }
  }
  push_parts(reader, batch);
}

void OutputRouter::push_parts(Reader& reader, const BatchPtr& batch) {
  for (std::uint32_t t = 0; t < reader.partitions.size(); ++t) {
    Selection& part = reader.partitions[t];
    if (part.empty()) continue;
    bool whole = part.size() == batch->row_count();
    push(reader.subscription.targets[t], reader.subscription.input, batch,
         whole ? nullptr : std::make_shared<const Selection>(part));
    part.clear();
  }
}

// The power of two choices: a key has two tasks, the same two for every sender, and a row goes to
// the one that this sender has used less (Nasir et al., The Power of Both Choices, ICDE 2015).
std::uint32_t OutputRouter::less_used(Reader& reader, std::uint64_t hash) {
  auto targets = static_cast<std::uint32_t>(reader.given.size());
  std::uint32_t first = task_of_group(key_group(hash), targets);
  std::uint64_t apart = 1 + hash_number(hash) % (targets - 1);
  auto second = static_cast<std::uint32_t>((first + apart) % targets);
  std::uint32_t target = reader.given[second] < reader.given[first] ? second : first;
  ++reader.given[target];
  return target;
}

void OutputRouter::push(EdgeIndex index, std::uint32_t input, BatchPtr batch,
                        SelectionPtr selection) {
  Edge& edge = edges_[index];
  if (edge.held) send(edge);
  edge.newest.input = input;
  edge.newest.batch = std::move(batch);
  edge.newest.selection = std::move(selection);
  edge.newest.anchor = tracker_.piece();
  edge.under_way[slot_].bytes_open += bytes_of(edge.newest);
  if (receivers_ != nullptr && !edge.wiring.feedback) receivers_->push_back(edge.wiring.task_id);
  rows_sent_[index].add(edge.newest.row_count());
  edge.held = true;
}

void OutputRouter::end_round(const RoundEnd& end) {
  DNSTORM_ASSERT(round_ < horizon_[slot_], "a round ends that must not have begun", round_,
                 horizon_[slot_]);
  for (Edge& edge : edges_) {
    const auto& feedback = edge.wiring.feedback;
    if (feedback && !edge.held && !end.last && *feedback != origins_[slot_]) continue;
    close(edge, end);
  }
  in_round_ = false;
  rounds_ended_[slot_] = round_ + 1;
  if (credited_) update_horizon(slot_);
}

void OutputRouter::close(Edge& edge, const RoundEnd& end) {
  edge.newest.closes = true;
  edge.newest.watermark = end.watermark;
  edge.newest.checkpoint = end.checkpoint;
  edge.newest.last = end.last;
  edge.newest.idle = end.idle;
  send(edge);
  UnderWay& under_way = edge.under_way[slot_];
  std::uint64_t bytes = std::exchange(under_way.bytes_open, 0U);
  if (bytes == 0 || edge.wiring.feedback) return;
  under_way.bytes += bytes;
  under_way.rounds.emplace_back(round_, bytes);
}

void OutputRouter::send(Edge& edge) {
  Event event = std::exchange(edge.newest, Event{});
  edge.held = false;
  event.to = edge.wiring.to;
  event.edge = edge.wiring.in_edge;
  event.origin = origins_[slot_];
  event.round = round_;
  event.born = born_;
  event.sent = sent_;
  send_(std::move(event));
}

void OutputRouter::credit(EdgeIndex index, Slot slot, std::uint64_t rounds, TimeNs now) {
  Edge& edge = edges_[index];
  UnderWay& under_way = edge.under_way[slot];
  DNSTORM_ASSERT(rounds >= under_way.rounds_done, "credit is taken back", rounds,
                 under_way.rounds_done);
  under_way.rounds_done = rounds;
  while (!under_way.rounds.empty() && under_way.rounds.front().first < rounds) {
    under_way.bytes -= under_way.rounds.front().second;
    under_way.rounds.pop_front();
    if (edge.dealer != none) dealers_[edge.dealer].shuffle.done(edge.target, now);
  }
  update_horizon(slot);
}

void OutputRouter::update_horizon(Slot slot) {
  std::uint64_t slowest = std::numeric_limits<std::uint64_t>::max();
  bool full = false;
  for (const Edge& edge : edges_) {
    if (edge.wiring.feedback) continue;
    slowest = std::min(slowest, edge.under_way[slot].rounds_done);
    full = full || edge.under_way[slot].bytes >= limits_.bytes;
  }
  horizon_[slot] = slowest + limits_.rounds;
  if (full) horizon_[slot] = std::min(horizon_[slot], rounds_ended_[slot]);
}

EdgeIndex OutputRouter::slowest_edge(Slot slot) const {
  auto behind = [slot](const Edge& a, const Edge& b) {
    if (a.wiring.feedback || b.wiring.feedback) return !a.wiring.feedback;
    const UnderWay& first = a.under_way[slot];
    const UnderWay& second = b.under_way[slot];
    if (first.rounds_done != second.rounds_done) return first.rounds_done < second.rounds_done;
    return first.bytes > second.bytes;
  };
  return static_cast<EdgeIndex>(std::min_element(edges_.begin(), edges_.end(), behind) -
                                edges_.begin());
}

}  // namespace dnstorm::runtime
