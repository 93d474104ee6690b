#include "operators/spouts/pcap_live_spout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "capture/spool/spool.hpp"
#include "operators/spouts/drop_reporter.hpp"
#include "operators/spouts/packet_spout.hpp"

namespace dnstorm::operators {

namespace pcap = capture::pcap;
namespace spool = capture::spool;

namespace {

class LiveSpout final : public PacketSpout {
 public:
  LiveSpout(PcapLiveOptions options, std::shared_ptr<LiveGroups> groups)
      : PacketSpout(options.max_disorder),
        options_(std::move(options)),
        groups_(std::move(groups)) {}

  Result<void> open_source() override {
    drops_.emplace(*task_, options_.live.interfaces);
    left_ = &task_->counter("left_in_ring");
    if (!options_.spool.empty()) DNSTORM_CHECK(open_spool());
    options_.live.fanout = groups_->group(*task_);
    capture_ = DNSTORM_TRY(pcap::LiveCapture::open(options_.live));
    return {};
  }

  Result<Next> next(Emitter& out) override {
    std::uint64_t emitted = spool_ ? DNSTORM_TRY(through_spool(out)) : DNSTORM_TRY(direct(out));
    if (emitted == 0 && caught_up()) clock_.idle_until(task_->clock->wall_ns());
    publish_counts();
    TimeNs now = task_->clock->steady_ns();
    if (drops_->due(now)) {
      auto counts = DNSTORM_TRY(capture_->drops());
      // A loss has no time of its own: it counts where the watermark stands, or later.
      TimeNs seen = std::max(clock_.watermark(), last_time());
      drops_->report(counts, now, seen, out);
      if (spool_) {
        drops_->report_unwritten(spool_->unwritten(), seen, out);
        tell_of_spool(now);
      }
    }
    return emitted == 0 ? Next::idle : Next::more;
  }

  bool blocking() const override { return true; }

  // What is in the rings when a run is stopped was neither lost by the kernel nor counted.
  void close() override {
    if (capture_) {
      std::uint64_t left = 0;
      for (int polls = 0; polls < polls_at_end; ++polls) {
        auto polled = capture_->poll([&](const Packet&, std::size_t) { ++left; }, packets_at_end);
        if (!polled.ok() || *polled == 0) break;
      }
      left_->set(left);
      if (auto counts = capture_->drops(); counts.ok()) drops_->count(*counts);
    }
    if (spool_) tell_of_spool(task_->clock->steady_ns());
    capture_.reset();
    reader_.reset();
    spool_.reset();
  }

  Result<void> save(StateWriter& out) override {
    save_counts(out);
    out.put(reader_ ? reader_->position() : std::uint64_t{0});
    return {};
  }
  Result<void> restore(StateReader& in) override {
    restore_counts(in);
    auto position = in.get<std::uint64_t>();
    if (spool_) reader_.emplace(*spool_, position);
    return {};
  }

 private:
  static constexpr int polls_at_end = 100;
  static constexpr int packets_at_end = 1 << 20;
  // Of a call of next() that reads the spool: more than come in, so that it catches up.
  static constexpr std::uint64_t spool_rows_max = 4 * batch_rows_max;

  Result<void> open_spool() {
    spool::SpoolOptions wanted;
    // Each task has a ring of its own: they write side by side.
    wanted.folder = fmt::format("{}/task-{}", options_.spool, task_->task_index);
    wanted.limits = options_.spool_limits;
    wanted.limits.bytes /= task_->task_count;
    wanted.interfaces = options_.live.interfaces;
    spool_ = DNSTORM_TRY(spool::Spool::open(std::move(wanted)));
    reader_.emplace(*spool_, spool_->next());
    unwritten_ = &task_->counter("spool_unwritten");
    spool_lost_ = &task_->counter("spool_lost");
    spool_behind_ = &task_->counter("spool_behind");
    return {};
  }

  // A disk that takes nothing is told in the log, once a minute at most.
  void tell_of_spool(TimeNs now) {
    if (spool_->unwritten() == unwritten_told_ || now < next_told_) return;
    unwritten_told_ = spool_->unwritten();
    next_told_ = now + 60 * ns_per_s;
    fmt::print(stderr, "dnstorm: {}; {} packets so far are counted, but not in the spool\n",
               spool_->problem(), unwritten_told_);
  }

  bool caught_up() const { return !reader_ || reader_->position() >= spool_->next(); }

  Result<std::uint64_t> direct(Emitter& out) {
    return capture_->poll([&](const Packet& packet, std::size_t) { emit(packet, out); },
                          static_cast<int>(batch_rows_max));
  }

  // Everything is written first and read back from there, so that there is one way only, whether a
  // packet has just come or is replayed: what a killed run had emitted, the next one finds.
  Result<std::uint64_t> through_spool(Emitter& out) {
    bool was_behind = !caught_up();
    auto take = [&](const Packet& packet, std::size_t interface) {
      spool_->append(packet, interface);
    };
    DNSTORM_TRY(capture_->poll(take, static_cast<int>(batch_rows_max)));
    spool_->flush();
    std::uint64_t emitted = 0;
    Packet packet;
    while (emitted < spool_rows_max) {
      bool more = DNSTORM_TRY(reader_->next(packet));
      if (!more) break;
      packet.block = nullptr;  // rows of one stream are of one kind
      emit(packet, out);
      ++emitted;
    }
    // A disk that takes nothing: these are counted live or, if older ones wait, lost.
    std::uint64_t lost = 0;
    spool_->take_unwritten([&](const Packet& unwritten) {
      if (was_behind && !caught_up()) {
        ++lost;
        return;
      }
      emit(unwritten, out);
      ++emitted;
    });
    lost_count_ += lost;
    unwritten_->set(spool_->unwritten());
    spool_lost_->set(lost_count_ + reader_->lost());
    spool_behind_->set(spool_->next() - reader_->position());
    return emitted;
  }

  PcapLiveOptions options_;
  std::shared_ptr<LiveGroups> groups_;
  std::unique_ptr<pcap::LiveCapture> capture_;
  std::optional<DropReporter> drops_;
  std::unique_ptr<spool::Spool> spool_;
  std::optional<spool::SpoolReader> reader_;
  std::uint64_t lost_count_ = 0;
  std::uint64_t unwritten_told_ = 0;
  TimeNs next_told_ = time_min;
  Counter* left_ = nullptr;
  Counter* unwritten_ = nullptr;
  Counter* spool_lost_ = nullptr;
  Counter* spool_behind_ = nullptr;
};

Error wrong(std::string what, const char* option) {
  return {ErrorKind::config, std::move(what), option};
}

Result<void> read_spool_options(const Options& options, PcapLiveOptions& live) {
  live.spool = options.text("spool");
  live.spool_limits.bytes = static_cast<std::uint64_t>(options.integer("spool_bytes"));
  live.spool_limits.time = options.duration("spool_time");
  if (!live.spool.empty()) return {};
  for (const char* option : {"spool_bytes", "spool_time"})
    if (options.given(option))
      return wrong(fmt::format("option '{}' is of a spool: give its folder in 'spool'", option),
                   option);
  return {};
}

}  // namespace

std::shared_ptr<pcap::FanoutGroup> LiveGroups::group(const TaskContext& task) {
  std::lock_guard lock(mutex_);
  std::weak_ptr<pcap::FanoutGroup>& known = groups_[task.topology + '\0' + task.component];
  std::shared_ptr<pcap::FanoutGroup> group = known.lock();
  if (!group) known = group = std::make_shared<pcap::FanoutGroup>(task.task_count);
  return group;
}

Result<PcapLiveOptions> pcap_live_options(const Options& options) {
  PcapLiveOptions live;
  live.live.interfaces = options.list("interface");
  for (const std::string& name : live.live.interfaces)
    if (name.empty() || std::ranges::count(live.live.interfaces, name) != 1)
      return wrong(fmt::format("option 'interface' names '{}' twice or not at all", name),
                   "interface");
  live.live.filter = options.text("filter");
  live.live.snaplen = static_cast<int>(options.integer("snaplen"));
  live.live.buffer_bytes = static_cast<int>(options.integer("buffer"));
  live.live.promiscuous = options.flag("promiscuous");
  live.max_disorder = options.duration("max_disorder");
  DNSTORM_CHECK(read_spool_options(options, live));
  return live;
}

std::unique_ptr<Spout> make_pcap_live_spout(PcapLiveOptions options,
                                            std::shared_ptr<LiveGroups> groups) {
  return std::make_unique<LiveSpout>(std::move(options), std::move(groups));
}

}  // namespace dnstorm::operators
