#include "operators/spouts/pcap_file_spout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "capture/file/tree.hpp"
#include "capture/pcap/filter.hpp"
#include "capture/pcap/folder_watch.hpp"
#include "engine/api/batch.hpp"
#include "engine/base/file_identity.hpp"
#include "operators/spouts/packet_file.hpp"
#include "operators/spouts/packet_files.hpp"
#include "operators/spouts/packet_spout.hpp"
#include "operators/spouts/wait.hpp"

namespace dnstorm::operators {

namespace pcap = capture::pcap;

namespace {

class FileSpout final : public PacketSpout {
 public:
  explicit FileSpout(PcapFileOptions options)
      : PacketSpout(options.max_disorder),
        options_(std::move(options)),
        readers_(options_.readers.value_or(
            std::ranges::any_of(options_.files, capture::file::is_folder) ? usual_readers : 0)) {}

  Result<void> open_source() override {
    filtered_bpf_ = &task_->counter("filtered.bpf");
    filtered_time_ = &task_->counter("filtered.time");
    bytes_read_ = &task_->counter("file_bytes_read");
    bytes_total_ = &task_->counter("file_bytes_total");
    files_total_ = &task_->counter("files_total");
    files_done_ = &task_->counter("files_done");
    files_damaged_ = &task_->counter("files_damaged");
    // A filter that cannot be right is told before the first packet.
    if (!options_.filter.empty())
      filter_ = DNSTORM_TRY(
          pcap::BpfFilter::compile(options_.filter, capture::packet::LinkType::ethernet));
    if (watches()) watch_ = DNSTORM_TRY(open_watch());
    auto order = watches() ? pcap::FileOrder::files : options_.order;
    DNSTORM_CHECK(find_files());
    pcap::FileQueue::Reading reading;
    reading.leave_damaged = options_.leave_damaged;
    reading.seek_follows = from_folders_ && task_->resuming;
    if (readers_ != 0)
      reading.ahead = std::make_shared<pcap::ReadAhead>(readers_, options_.read_ahead);
    auto queue = pcap::FileQueue::open(files_, order, open_packet_file, std::move(reading));
    if (!queue.ok()) return with_advice(std::move(queue.error()));
    queue_.emplace(std::move(*queue));
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
    files_done_->set(queue_->files_done());
    files_total_->set(watches() ? 0 : queue_->size());
    files_damaged_->set(files_damaged_count_);
    return outcome;
  }

  // It waits for the threads that read ahead, too.
  bool blocking() const override { return options_.replay.paced() || watches() || readers_ != 0; }
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
    out.put(files_damaged_count_);
    if (from_folders_) return save_folder_positions(positions, out), Result<void>{};
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
    files_damaged_count_ = in.get<std::uint64_t>();
    if (from_folders_) return restore_in_folders(in);
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
  Result<void> find_files() {
    PacketFiles found = DNSTORM_TRY(find_packet_files(options_.files, options_.pattern));
    from_folders_ = found.from_folders;
    for (const Error& error : found.unreadable) DNSTORM_CHECK(leave(error));
    for (std::size_t i = task_->task_index; i < found.files.size(); i += task_->task_count)
      files_.push_back(std::move(found.files[i]));
    return {};
  }
  Error with_advice(Error error) const {
    if (from_folders_ && error.kind != ErrorKind::unavailable)
      error.what += "; `pattern` chooses files of a folder, `damaged: leave` goes on without one";
    return error;
  }
  // Goes on without a file, if that is wanted. Too many open files are not the file's fault.
  Result<void> leave(const Error& error) {
    if (!watches() && (!options_.leave_damaged || error.kind == ErrorKind::unavailable))
      return with_advice(error);
    ++files_damaged_count_;
    if (!watches()) options_.note(fmt::format("left: {}", error.what));
    return {};
  }
  Result<void> restore_in_folders(StateReader& in) {
    auto restored = DNSTORM_TRY(restore_folder_positions(files_, in));
    if (!in.ok()) return {};  // told by whoever handed the state out
    if (restored.gone != 0) {
      DNSTORM_CHECK(leave({ErrorKind::data,
                           fmt::format("{} files are gone since the checkpoint that had not been "
                                       "read",
                                       restored.gone),
                           "file"}));
      files_damaged_count_ += restored.gone - 1;
    }
    return queue_->seek(restored.positions);
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
      if (past_the_end()) return Next::end;
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

  // Merged files have nothing for us behind that time, and a lake may have years of it.
  bool past_the_end() const {
    return from_folders_ && options_.order == pcap::FileOrder::time &&
           packet_.time >= options_.to && packet_.time - options_.to > options_.max_disorder;
  }

  Result<Next> at_end(std::uint64_t read) {
    if (!watches()) return Next::end;
    if (read != 0) return Next::more;
    bool more = DNSTORM_TRY(look_for_files());
    return more ? Next::more : Next::idle;
  }

  // The next packet into packet_; false at the end of the last file.
  Result<bool> fetch() {
    for (;;) {
      switch (queue_->next(packet_)) {
        case pcap::Read::packet:
          pending_ = true;
          return true;
        case pcap::Read::end:
          return false;
        case pcap::Read::error:
          DNSTORM_CHECK(leave(queue_->error()));
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

  static constexpr unsigned usual_readers = 2;

  PcapFileOptions options_;
  unsigned readers_;
  std::vector<std::string> files_;  // of this task
  bool from_folders_ = false;
  std::optional<pcap::FileQueue> queue_;
  std::unique_ptr<pcap::FolderWatch> watch_;
  // Files of the watched folder that the queue has had.
  std::map<std::string, FileIdentity> known_;
  std::optional<pcap::BpfFilter> filter_;
  pcap::Packet packet_;
  bool pending_ = false;  // packet_ is read, but not yet emitted
  std::uint64_t filtered_bpf_count_ = 0, filtered_time_count_ = 0;
  std::uint64_t files_damaged_count_ = 0;
  Counter* filtered_bpf_ = nullptr;
  Counter* filtered_time_ = nullptr;
  Counter* bytes_read_ = nullptr;
  Counter* bytes_total_ = nullptr;
  Counter* files_total_ = nullptr;
  Counter* files_done_ = nullptr;
  Counter* files_damaged_ = nullptr;
};

}  // namespace

std::unique_ptr<Spout> make_pcap_file_spout(PcapFileOptions options) {
  return std::make_unique<FileSpout>(std::move(options));
}

}  // namespace dnstorm::operators
