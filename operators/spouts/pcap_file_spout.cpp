#include "operators/spouts/pcap_file_spout.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "capture/pcap/filter.hpp"
#include "capture/pcap/folder_watch.hpp"
#include "engine/api/batch.hpp"
#include "engine/base/file_identity.hpp"
#include "engine/base/parse_time.hpp"
#include "operators/spouts/packet_file.hpp"
#include "operators/spouts/packet_spout.hpp"
#include "operators/spouts/wait.hpp"

namespace dnstorm::operators {

namespace pcap = capture::pcap;

namespace {

class FileSpout final : public PacketSpout {
 public:
  explicit FileSpout(PcapFileOptions options)
      : PacketSpout(options.max_disorder), options_(std::move(options)) {}

  Result<void> open_source() override {
    filtered_bpf_ = &task_->counter("filtered.bpf");
    filtered_time_ = &task_->counter("filtered.time");
    bytes_read_ = &task_->counter("file_bytes_read");
    bytes_total_ = &task_->counter("file_bytes_total");
    files_damaged_ = &task_->counter("files_damaged");
    // A filter that cannot be right is told before the first packet.
    if (!options_.filter.empty())
      filter_ = DNSTORM_TRY(
          pcap::BpfFilter::compile(options_.filter, capture::packet::LinkType::ethernet));
    if (watches()) watch_ = DNSTORM_TRY(open_watch());
    auto order = watches() ? pcap::FileOrder::files : options_.order;
    queue_.emplace(DNSTORM_TRY(pcap::FileQueue::open(own_files(), order, open_packet_file)));
    return {};
  }

  Result<Next> next(Emitter& out) override {
    auto outcome = pull(out);
    // Also after an error: what was emitted before it counts.
    publish_counts();
    filtered_bpf_->set(filtered_bpf_count_);
    filtered_time_->set(filtered_time_count_);
    bytes_read_->set(queue_->bytes_read());
    bytes_total_->set(watches() ? 0 : queue_->bytes_total());
    return outcome;
  }

  bool blocking() const override { return options_.replay.paced() || watches(); }
  void close() override {
    queue_.reset();
    watch_.reset();
  }

  // The position is a number of packets of each file: what is compressed cannot be entered at an
  // offset.
  Result<void> save(StateWriter& out) override {
    save_counts(out);
    out.put(filtered_bpf_count_);
    out.put(filtered_time_count_);
    // The packet at hand has been read, but not yet given away.
    std::vector<pcap::FileQueue::Position> positions =
        pending_ ? queue_->positions_before_last() : queue_->positions();
    out.put(std::uint64_t{positions.size()});
    for (const auto& file : positions) {
      out.put_bytes(file.path);
      out.put(file.taken);
      out.put(file.done);
      auto known = known_.find(file.path);
      FileIdentity identity = known == known_.end() ? FileIdentity{} : known->second;
      out.put(identity.inode);
      out.put(identity.size);
      out.put(identity.changed);
    }
    return {};
  }

  Result<void> restore(StateReader& in) override {
    restore_counts(in);
    filtered_bpf_count_ = in.get<std::uint64_t>();
    filtered_time_count_ = in.get<std::uint64_t>();
    std::vector<pcap::FileQueue::Position> saved(in.get_count(41));
    std::vector<FileIdentity> identities(saved.size());
    for (std::size_t i = 0; i < saved.size(); ++i) {
      saved[i].path = in.get_bytes();
      saved[i].taken = in.get<std::uint64_t>();
      saved[i].done = in.get<bool>();
      identities[i].inode = in.get<std::uint64_t>();
      identities[i].size = in.get<std::uint64_t>();
      identities[i].changed = in.get<TimeNs>();
    }
    if (!in.ok()) return {};  // told by whoever handed the state out
    if (watches()) return restore_watched(std::move(saved), identities);
    if (saved.size() != queue_->size())
      return Error{ErrorKind::data,
                   fmt::format("the checkpoint was taken of {} files, and there are {}: they are "
                               "not the files of that run",
                               saved.size(), queue_->size()),
                   "file"};
    return queue_->seek(saved);
  }

 private:
  bool watches() const { return !options_.watch.empty(); }
  // Several tasks, where one process stands for several nodes: each has its share of the files.
  std::vector<std::string> own_files() const {
    std::vector<std::string> own;
    for (std::size_t i = task_->task_index; i < options_.files.size(); i += task_->task_count)
      own.push_back(options_.files[i]);
    return own;
  }
  Result<std::unique_ptr<pcap::FolderWatch>> open_watch() const {
    return std::make_unique<pcap::FolderWatch>(
        DNSTORM_TRY(pcap::FolderWatch::open(options_.watch)));
  }

  // Files may have got other names since (x.pcap -> x.pcap.1), or be gone; what is there and was
  // not known then comes behind them.
  Result<void> restore_watched(std::vector<pcap::FileQueue::Position> saved,
                               const std::vector<FileIdentity>& identities) {
    auto there = DNSTORM_TRY(watch_->changes(0)).complete;
    std::map<FileIdentity, std::string> names;
    for (const std::string& path : there)
      if (auto identity = FileIdentity::of(path)) names.emplace(*identity, path);
    std::vector<pcap::FileQueue::Position> kept;
    for (std::size_t i = 0; i < saved.size(); ++i) {
      auto name = names.find(identities[i]);
      if (name != names.end()) saved[i].path = name->second;
      if (name == names.end() && saved[i].done) continue;
      queue_->add(saved[i].path);
      known_.insert_or_assign(saved[i].path, identities[i]);
      kept.push_back(std::move(saved[i]));
    }
    DNSTORM_CHECK(queue_->seek(kept));
    for (std::string& path : there) take(std::move(path));
    return {};
  }

  void take(std::string path) {
    if (hash_bytes(path) % task_->task_count != task_->task_index) return;
    auto identity = FileIdentity::of(path).value_or(FileIdentity{});
    if (known_.emplace(path, identity).second) queue_->add(std::move(path));
  }

  // True: there may be packets now.
  Result<bool> look_for_files() {
    if (!watches()) return false;
    constexpr DurationNs longest_wait = 10 * ns_per_ms;
    auto changes = DNSTORM_TRY(watch_->changes(longest_wait));
    for (const std::string& path : changes.gone) {
      queue_->forget(path);
      known_.erase(path);
    }
    for (const auto& renamed : changes.renamed) {
      queue_->rename(renamed.from, renamed.to);
      if (auto known = known_.extract(renamed.from)) {
        known.key() = renamed.to;
        known_.insert(std::move(known));
      }
    }
    bool came = !changes.complete.empty();
    for (std::string& path : changes.complete) take(std::move(path));
    return came;
  }

  Result<Next> pull(Emitter& out) {
    std::uint64_t read = 0;
    std::size_t bytes = 0;
    while (read < batch_rows_max && bytes < batch_bytes_max) {
      if (!pending_) {
        bool more = DNSTORM_TRY(fetch());
        if (!more) return at_end(read);
      }
      ++read;
      bytes += packet_.bytes.size() + 32;
      if (packet_.time < options_.from || packet_.time >= options_.to) {
        pending_ = false;
        note(packet_);
        ++filtered_time_count_;
        continue;
      }
      if (options_.replay.paced() && !due(read == 1)) return read == 1 ? Next::idle : Next::more;
      pending_ = false;
      if (DNSTORM_TRY(passes_filter()))
        emit(packet_, out);
      else
        filter_out();
    }
    return Next::more;
  }

  Result<Next> at_end(std::uint64_t read) {
    if (!watches()) return Next::end;
    if (read != 0) return Next::more;
    bool more = DNSTORM_TRY(look_for_files());
    return more ? Next::more : Next::idle;
  }

  // The next packet into packet_; false at the end of the last file. In a watched folder a damaged
  // file ends nothing but itself.
  Result<bool> fetch() {
    for (;;) {
      switch (queue_->next(packet_)) {
        case pcap::Read::packet:
          pending_ = true;
          return true;
        case pcap::Read::end:
          return false;
        case pcap::Read::error:
          if (!watches()) return queue_->error();
          files_damaged_->add();
      }
    }
  }

  // Whether the packet's time has come; waits a little if not and it is the first of its batch.
  bool due(bool first) {
    TimeNs now = task_->clock->steady_ns();
    ReplayClock& replay = options_.replay;
    if (!replay.started()) replay.start(packet_.time, now);
    DurationNs left = replay.until(packet_.time, now);
    if (left == 0) return true;
    // The packet at hand is the next one there is: nothing older than the replay's present follows.
    clock_.idle_until(std::min(replay.event_now(now), packet_.time));
    if (!first) return false;  // those before it are not to wait with it
    wait_a_little(left);
    return false;
  }

  // A filter belongs to a link type; a capture file may hold several.
  Result<bool> passes_filter() {
    if (options_.filter.empty()) return true;
    if (!filter_ || filter_->link() != packet_.link)
      filter_ = DNSTORM_TRY(pcap::BpfFilter::compile(options_.filter, packet_.link));
    return filter_->matches(packet_);
  }
  void filter_out() {
    note(packet_);
    ++filtered_bpf_count_;
    clock_.admit(packet_.time);
  }

  PcapFileOptions options_;
  std::optional<pcap::FileQueue> queue_;
  std::unique_ptr<pcap::FolderWatch> watch_;
  // Files of the watched folder that the queue has had.
  std::map<std::string, FileIdentity> known_;
  std::optional<pcap::BpfFilter> filter_;
  pcap::Packet packet_;
  bool pending_ = false;  // packet_ is read, but not yet emitted
  std::uint64_t filtered_bpf_count_ = 0, filtered_time_count_ = 0;
  Counter* filtered_bpf_ = nullptr;
  Counter* filtered_time_ = nullptr;
  Counter* bytes_read_ = nullptr;
  Counter* bytes_total_ = nullptr;
  Counter* files_damaged_ = nullptr;
};

Result<TimeNs> time_option(const Options& options, const std::string& name, TimeNs otherwise) {
  const std::string& text = options.text(name);
  if (text.empty()) return otherwise;
  if (auto time = parse_time(text)) return *time;
  return Error{ErrorKind::config,
               fmt::format("option '{}' is a time such as 2026-11-21T19:19:17Z or seconds since "
                           "1970, not '{}'",
                           name, text),
               name};
}

}  // namespace

Result<PcapFileOptions> pcap_file_options(const Options& options) {
  PcapFileOptions file;
  file.files = options.list("file");
  file.watch = options.text("watch");
  // An empty value is none, so that `--set packets.file=` takes the file of a topology away.
  if (file.files == std::vector<std::string>{""}) file.files.clear();
  file.order = options.text("order") == "files" ? pcap::FileOrder::files : pcap::FileOrder::time;
  file.filter = options.text("filter");
  file.max_disorder = options.duration("max_disorder");
  auto replay = ReplayClock::parse(options.text("speed"));
  if (!replay)
    return Error{ErrorKind::config,
                 fmt::format("option 'speed' is max, 1x, 10x ..., not '{}'", options.text("speed")),
                 "speed"};
  file.replay = *replay;
  file.from = DNSTORM_TRY(time_option(options, "from", time_min));
  file.to = DNSTORM_TRY(time_option(options, "to", time_max));
  if (file.from >= file.to)
    return Error{ErrorKind::config, "option 'from' is a time before 'to'", "from"};
  return file;
}

std::unique_ptr<Spout> make_pcap_file_spout(PcapFileOptions options) {
  return std::make_unique<FileSpout>(std::move(options));
}

}  // namespace dnstorm::operators
