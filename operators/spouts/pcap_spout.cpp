#include "operators/spouts/pcap_spout.hpp"

#include "capture/pcap/filter.hpp"
#include "capture/pcap/live.hpp"
#include "capture/pcap/reader.hpp"
#include "operators/spouts/event_clock.hpp"
#include "operators/spouts/packet_file.hpp"
#include "operators/spouts/packet_schema.hpp"
#include "operators/spouts/replay_clock.hpp"
#include "operators/spouts/wait.hpp"

namespace dnstorm::operators {

namespace pcap = capture::pcap;

namespace {

// What the two sources share: the output row, the event clock and the counters.
class PacketSpout : public Spout {
 public:
  explicit PacketSpout(const Options& options) : clock_(options.duration("max_disorder")) {}

  Result<void> open(const TaskContext& task) override {
    task_ = &task;
    if (task.outputs[0]) fields_ = PacketFields(*task.outputs[0]);
    captured_ = &task.counter("captured");
    captured_bytes_ = &task.counter("captured_bytes");
    moved_ = &task.counter("time_moved");
    first_time_ = &task.counter("first_packet_ns");
    last_time_ = &task.counter("last_packet_ns");
    return open_source();
  }
  TimeNs watermark() const override { return clock_.watermark(); }

 protected:
  virtual Result<void> open_source() = 0;

  void emit(const pcap::Packet& packet, Emitter& out) {
    TimeNs time = clock_.admit(packet.time);
    note(packet);
    if (!out.wanted()) return;
    if (packet.block == nullptr) {
      RowWriter row = out.row();
      fill(row, packet, time);
      row.set_bytes(fields_.bytes, packet.bytes);
      return;
    }
    std::size_t size = packet.bytes.size();
    RowWriter row = out.row_in(*packet.block, size);
    fill(row, packet, time);
    auto offset = static_cast<std::uint32_t>(packet.bytes.data() - packet.block->get());
    row.refer_bytes(fields_.bytes, offset, static_cast<std::uint32_t>(size));
  }
  // Counts a packet, whether it is emitted or not.
  void note(const pcap::Packet& packet) {
    ++captured_count_;
    if (first_ == 0) first_ = packet.time;
    last_ = packet.time;
    byte_count_ += packet.bytes.size();
  }
  void publish_counts() {
    captured_->set(captured_count_);
    first_time_->set(static_cast<std::uint64_t>(first_));
    last_time_->set(static_cast<std::uint64_t>(last_));
    captured_bytes_->set(byte_count_);
    moved_->set(clock_.moved());
  }

  void save_counts(StateWriter& out) const {
    clock_.save(out);
    out.put(captured_count_);
    out.put(byte_count_);
    out.put(first_);
    out.put(last_);
  }
  void restore_counts(StateReader& in) {
    clock_.restore(in);
    captured_count_ = in.get<std::uint64_t>();
    byte_count_ = in.get<std::uint64_t>();
    first_ = in.get<TimeNs>();
    last_ = in.get<TimeNs>();
  }

  const TaskContext* task_ = nullptr;
  EventClock clock_;

 private:
  void fill(RowWriter& row, const pcap::Packet& packet, TimeNs time) const {
    row.set(fields_.time, time);
    row.set(fields_.link, static_cast<std::uint16_t>(packet.link));
    row.set(fields_.original_length, packet.original_length);
  }

  PacketFields fields_;
  std::uint64_t captured_count_ = 0;
  std::uint64_t byte_count_ = 0;
  TimeNs first_ = 0;
  TimeNs last_ = 0;
  Counter* first_time_ = nullptr;
  Counter* last_time_ = nullptr;
  Counter* captured_ = nullptr;
  Counter* captured_bytes_ = nullptr;
  Counter* moved_ = nullptr;
};

class FileSpout final : public PacketSpout {
 public:
  FileSpout(const Options& options, std::string filter)
      : PacketSpout(options),
        files_(options.list("file")),
        filter_text_(std::move(filter)),
        replay_(*ReplayClock::parse(options.text("speed"))) {}

  Result<void> open_source() override {
    filtered_ = &task_->counter("filtered.bpf");
    bytes_read_ = &task_->counter("file_bytes_read");
    bytes_total_ = &task_->counter("file_bytes_total");
    // A filter that cannot be right is told before the first packet.
    if (!filter_text_.empty())
      filter_ =
          DNSTORM_TRY(pcap::BpfFilter::compile(filter_text_, capture::packet::LinkType::ethernet));
    return open_next_file();
  }

  Result<Next> next(Emitter& out) override {
    auto outcome = pull(out);
    // Also after an error: what was emitted before it counts.
    publish_counts();
    filtered_->set(filtered_count_);
    bytes_read_->set(bytes_before_ + reader_->bytes_read());
    return outcome;
  }

  bool blocking() const override { return replay_.paced(); }
  void close() override { reader_.reset(); }
  // The position is a number of packets: what is compressed cannot be entered at an offset.
  Result<void> save(StateWriter& out) override {
    save_counts(out);
    out.put(filtered_count_);
    out.put(taken_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    restore_counts(in);
    filtered_count_ = in.get<std::uint64_t>();
    auto taken = in.get<std::uint64_t>();
    while (taken_ < taken) {
      bool more = DNSTORM_TRY(fetch());
      if (!more)
        return Error{ErrorKind::data,
                     fmt::format("{} has only {} packets, and the checkpoint was taken after {}: "
                                 "it is not the file of that run",
                                 files_.back(), taken_, taken),
                     "file"};
      pending_ = false;
      ++taken_;
    }
    return {};
  }

 private:
  Result<void> open_next_file() {
    if (reader_) bytes_before_ += reader_->bytes_read();
    reader_ = DNSTORM_TRY(open_packet_file(files_[file_]));
    reader_->lend_blocks();
    ++file_;
    bytes_total_->set(bytes_before_ + reader_->bytes_total());
    return {};
  }

  Result<Next> pull(Emitter& out) {
    std::uint64_t read = 0;
    std::size_t bytes = 0;
    while (read < batch_rows_max && bytes < batch_bytes_max) {
      if (!pending_) {
        bool more = DNSTORM_TRY(fetch());
        if (!more) return Next::end;
      }
      if (replay_.paced() && !due(read == 0)) return read == 0 ? Next::idle : Next::more;
      pending_ = false;
      ++taken_;
      ++read;
      bytes += packet_.bytes.size() + 32;
      if (DNSTORM_TRY(passes_filter()))
        emit(packet_, out);
      else
        filter_out();
    }
    return Next::more;
  }

  // The next packet into packet_; false at the end of the last file.
  Result<bool> fetch() {
    for (;;) {
      switch (reader_->next(packet_)) {
        case pcap::Read::packet:
          pending_ = true;
          return true;
        case pcap::Read::error:
          return reader_->error();
        case pcap::Read::end:
          if (file_ == files_.size()) return false;
          DNSTORM_CHECK(open_next_file());
      }
    }
  }

  // Whether the packet's time has come; waits a little if not and it is the first of its batch.
  bool due(bool first) {
    TimeNs now = task_->clock->steady_ns();
    if (!replay_.started()) replay_.start(packet_.time, now);
    DurationNs left = replay_.until(packet_.time, now);
    if (left == 0) return true;
    // The packet at hand is the next one there is: nothing older than the replay's present follows.
    clock_.idle_until(std::min(replay_.event_now(now), packet_.time));
    if (!first) return false;  // those before it are not to wait with it
    wait_a_little(left);
    return false;
  }

  // A filter belongs to a link type; a capture file may hold several.
  Result<bool> passes_filter() {
    if (filter_text_.empty()) return true;
    if (!filter_ || filter_->link() != packet_.link)
      filter_ = DNSTORM_TRY(pcap::BpfFilter::compile(filter_text_, packet_.link));
    return filter_->matches(packet_);
  }
  void filter_out() {
    note(packet_);
    ++filtered_count_;
    clock_.admit(packet_.time);
  }

  std::vector<std::string> files_;
  std::string filter_text_;
  ReplayClock replay_;
  std::unique_ptr<pcap::FileReader> reader_;
  std::optional<pcap::BpfFilter> filter_;
  std::size_t file_ = 0;
  std::uint64_t bytes_before_ = 0;  // of the files that are done
  pcap::Packet packet_;
  bool pending_ = false;     // packet_ is read, but not yet emitted
  std::uint64_t taken_ = 0;  // packets emitted or filtered out
  std::uint64_t filtered_count_ = 0;
  Counter* filtered_ = nullptr;
  Counter* bytes_read_ = nullptr;
  Counter* bytes_total_ = nullptr;
};

class LiveSpout final : public PacketSpout {
 public:
  explicit LiveSpout(const Options& options) : PacketSpout(options) {
    live_.interface = options.text("interface");
    live_.filter = options.text("filter");
    live_.snaplen = static_cast<int>(options.integer("snaplen"));
    live_.buffer_bytes = static_cast<int>(options.integer("buffer"));
    live_.promiscuous = options.flag("promiscuous");
  }

  Result<void> open_source() override {
    dropped_kernel_ = &task_->counter("dropped_kernel");
    dropped_interface_ = &task_->counter("dropped_interface");
    capture_ = DNSTORM_TRY(pcap::LiveCapture::open(live_));
    return {};
  }

  Result<Next> next(Emitter& out) override {
    std::uint64_t count = DNSTORM_TRY(capture_->poll(
        [&](const pcap::Packet& packet) { emit(packet, out); }, static_cast<int>(batch_rows_max)));
    if (count == 0) clock_.idle_until(task_->clock->wall_ns());
    publish_counts();
    DNSTORM_CHECK(read_drops(count == 0));
    return count == 0 ? Next::idle : Next::more;
  }

  bool blocking() const override { return true; }
  void close() override { capture_.reset(); }

 private:
  // The kernel is asked when there is time, and at least every hundred batches.
  Result<void> read_drops(bool idle) {
    if (!idle && ++batches_ % 100 != 0) return {};
    pcap::Drops drops = DNSTORM_TRY(capture_->drops());
    dropped_kernel_->set(drops.dropped_kernel);
    dropped_interface_->set(drops.dropped_interface);
    return {};
  }

  pcap::LiveOptions live_;
  std::unique_ptr<pcap::LiveCapture> capture_;
  std::uint64_t batches_ = 0;
  Counter* dropped_kernel_ = nullptr;
  Counter* dropped_interface_ = nullptr;
};

// An empty value is none, so that `--set packets.file=` takes the file of a topology away.
bool has_file(const Options& options) {
  const auto& files = options.list("file");
  return !files.empty() && files != std::vector<std::string>{""};
}

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>&) {
  bool live = !options.text("interface").empty();
  if (has_file(options) == live)
    return Error{ErrorKind::config, "needs either `file` or `interface`", live ? "interface" : ""};
  if (!ReplayClock::parse(options.text("speed")))
    return Error{ErrorKind::config,
                 fmt::format("option 'speed' is max, 1x, 10x ..., not '{}'", options.text("speed")),
                 "speed"};
  Declaration declaration;
  const auto& files = options.list("file");
  declaration.restorable = !live && std::find(files.begin(), files.end(), "-") == files.end();
  declaration.outputs.push_back({"default", packet_fields()});
  declaration.single_task = true;
  return declaration;
}

}  // namespace

std::unique_ptr<Spout> make_file_spout(const Options& options, const std::string& filter) {
  return std::make_unique<FileSpout>(options, filter);
}

OperatorDef pcap_operator() {
  OperatorDef def;
  def.name = "pcap";
  def.kind = OperatorKind::spout;
  def.summary = "captured packets from files or from an interface";
  def.options = {
      {"file", OptionType::list, "",
       "capture or dnstap files (plain, gzip, zstd, xz), read one after the other; - is "
       "standard input"},
      {"interface", OptionType::text, "", "network interface to capture from; any: all"},
      {"filter", OptionType::text, "",
       "BPF filter (pcap-filter(7)); what it keeps out of a file is counted as filtered"},
      {"speed", OptionType::text, "max",
       "replay of files: max, or a multiple of the capture's own speed such as 1x or 10x"},
      {"max_disorder", OptionType::duration, "1s",
       "how far packets may be out of order; windows close that much later", false, 0, 3600e9},
      {"snaplen", OptionType::integer, "65535", "bytes kept of a live packet", false, 64, 262144},
      {"buffer", OptionType::integer, "32Mi", "bytes of the kernel's ring for live packets", false,
       65536, 2147483647},
      {"promiscuous", OptionType::flag, "true", "see packets that are not for this host"},
  };
  def.constructor = {"file"};
  def.example = "- id: packets\n  className: pcap\n  properties:\n    file: capture.pcap\n";
  def.declare = declare;
  def.make_spout = [](const Options& options) -> std::unique_ptr<Spout> {
    if (!options.text("interface").empty()) return std::make_unique<LiveSpout>(options);
    return make_file_spout(options, options.text("filter"));
  };
  return def;
}

}  // namespace dnstorm::operators
