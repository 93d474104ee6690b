#include "operators/spouts/dnstap_spout.hpp"

#include <charconv>

#include "capture/dnstap/frame_server.hpp"
#include "capture/dnstap/message.hpp"
#include "operators/spouts/event_clock.hpp"
#include "operators/spouts/packet_schema.hpp"
#include "operators/spouts/pcap_file_spout.hpp"
#include "operators/spouts/replay_clock.hpp"

namespace dnstorm::operators {

namespace dnstap = capture::dnstap;

namespace {

constexpr DurationNs wait_ns = 10 * ns_per_ms;  // as long as Spout::next may

// The counters of the receiving side, brought up to date from those of the server's thread.
class ReceiveCounters {
 public:
  void open(const TaskContext& task) {
    task_ = &task;
    for (std::size_t i = 1; i < dnstap::receive_fault_count; ++i)
      fault(i);  // so that they are there from the beginning
  }
  // `unread`: frames that were received and that nobody will take.
  void publish(const dnstap::ServerCounts& now, std::uint64_t unread) {
    set("frames_received", now.frames);
    set("bytes_received", now.bytes);
    set("dropped_frames", now.dropped + unread);
    set("connections", now.connections);
    set("connections_open", now.open);
    set("connections_finished", now.finished);
    set("connections_lost", now.lost);
    set("connections_refused", now.refused);
    set("cut_frames", now.cut_frames);
    set("handshake_timeouts", now.handshake_timeouts);
    set("tls_failures", now.tls_failures);
    set("unknown_controls", now.unknown_controls);
    for (std::size_t i = 1; i < dnstap::receive_fault_count; ++i) fault(i).set(now.faults[i]);
    for (std::size_t i = 0; i < now.senders.size(); ++i) {
      if (now.senders[i].frames == 0) continue;
      set(fmt::format("sender.{}.frames", i + 1), now.senders[i].frames);
      set(fmt::format("sender.{}.dropped", i + 1), now.senders[i].dropped);
    }
  }

 private:
  Counter& fault(std::size_t number) const {
    auto reason = to_string(static_cast<dnstap::ReceiveFault>(number));
    return task_->counter(fmt::format("connection_failed.{}", reason));
  }
  void set(std::string_view name, std::uint64_t value) const { task_->counter(name).set(value); }

  const TaskContext* task_ = nullptr;
};

Result<mode_t> parse_mode(const std::string& text) {
  unsigned mode = 0;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (problem != std::errc() || rest != text.data() + text.size() || mode > 0777)
    return Error{ErrorKind::config,
                 fmt::format("option 'socket_mode' is octal, such as 0660, not '{}'", text),
                 "socket_mode"};
  return static_cast<mode_t>(mode);
}

Result<dnstap::ServerOptions> server_options(const Options& options) {
  dnstap::ServerOptions server;
  server.unix_socket.path = options.text("socket");
  server.unix_socket.mode = DNSTORM_TRY(parse_mode(options.text("socket_mode")));
  server.unix_socket.owner = options.text("socket_owner");
  server.tcp = options.text("listen");
  server.tls.certificate = options.text("tls_certificate");
  server.tls.key = options.text("tls_key");
  server.tls.client_ca = options.text("tls_client_ca");
  server.queue_bytes = static_cast<std::size_t>(options.integer("queue"));
  server.block = options.text("when_full") == "block";
  server.connections_max = static_cast<std::uint32_t>(options.integer("max_senders"));
  server.end_after = static_cast<std::uint64_t>(options.integer("end_after"));
  return server;
}

class ServerSpout final : public Spout {
 public:
  ServerSpout(dnstap::ServerOptions server, DurationNs disorder)
      : options_(std::move(server)), disorder_(disorder), clock_(disorder) {}

  Result<void> open(const TaskContext& task) override {
    task_ = &task;
    if (task.outputs[0]) fields_ = PacketFields(*task.outputs[0]);
    captured_ = &task.counter("captured");
    captured_bytes_ = &task.counter("captured_bytes");
    moved_ = &task.counter("time_moved");
    first_time_ = &task.counter("first_packet_ns");
    last_time_ = &task.counter("last_packet_ns");
    counters_.open(task);
    server_ = DNSTORM_TRY(dnstap::FrameServer::start(options_));
    return {};
  }

  Result<Next> next(Emitter& out) override {
    bool drained = server_->queue().drained();
    auto chunk = server_->queue().take(wait_ns);
    if (chunk == nullptr) {
      clock_.idle_until(task_->clock->wall_ns());
      publish(0);
      return drained ? Next::end : Next::idle;
    }
    now_ = task_->clock->wall_ns();
    for (const auto& piece : chunk->frames) emit(*chunk, piece, out);
    publish(0);
    return Next::more;
  }

  TimeNs watermark() const override { return clock_.watermark(); }
  bool blocking() const override { return true; }
  // What is in the queue then is received and not worked on: dropped.
  void close() override {
    if (!server_) return;
    server_->stop();
    publish(server_->queue().waiting());
    server_.reset();
  }

 private:
  void emit(const dnstap::FrameChunk& chunk, const dnstap::FrameChunk::Piece& piece, Emitter& out) {
    dnstap::FrameHead head = dnstap::look(chunk.bytes(piece));
    TimeNs seen = time_of(head);
    TimeNs time = clock_.admit(seen);
    if (count_++ == 0) first_ = seen;
    last_ = seen;
    bytes_ += piece.size;
    if (!out.wanted()) return;
    RowWriter row = out.row_in(chunk.block, piece.size);
    row.set(fields_.time, time);
    row.set(fields_.link, link_dnstap);
    row.set(fields_.original_length, piece.size);
    if (fields_.hosts.present()) row.set(fields_.hosts, head.hosts);
    row.refer_bytes(fields_.bytes, piece.offset, piece.size);
  }

  // A frame without a time came now. So did one from the future: a wrong clock of one sender must
  // not close the windows of the others.
  TimeNs time_of(const dnstap::FrameHead& head) {
    TimeNs time = head.time.value_or(now_);
    if (time <= now_ + disorder_) return time;
    ++from_future_;
    return now_;
  }

  void publish(std::uint64_t unread) {
    captured_->set(count_);
    captured_bytes_->set(bytes_);
    moved_->set(clock_.moved() + from_future_);
    first_time_->set(static_cast<std::uint64_t>(first_));
    last_time_->set(static_cast<std::uint64_t>(last_));
    counters_.publish(server_->counts(), unread);
  }

  dnstap::ServerOptions options_;
  DurationNs disorder_;
  EventClock clock_;
  const TaskContext* task_ = nullptr;
  PacketFields fields_;
  std::unique_ptr<dnstap::FrameServer> server_;
  ReceiveCounters counters_;
  TimeNs now_ = 0;
  TimeNs first_ = 0;
  TimeNs last_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t from_future_ = 0;
  Counter* captured_ = nullptr;
  Counter* captured_bytes_ = nullptr;
  Counter* moved_ = nullptr;
  Counter* first_time_ = nullptr;
  Counter* last_time_ = nullptr;
};

// An empty value is none, so that `--set taps.file=` takes the file of a topology away.
bool has_file(const Options& options) {
  const auto& files = options.list("file");
  return !files.empty() && files != std::vector<std::string>{""};
}

Result<void> check(const Options& options) {
  bool listens = !options.text("socket").empty() || !options.text("listen").empty();
  if (has_file(options) == listens)
    return Error{ErrorKind::config, "needs either `file` or a place to listen: `socket`, `listen`",
                 listens ? "file" : ""};
  if (!ReplayClock::parse(options.text("speed")))
    return Error{ErrorKind::config,
                 fmt::format("option 'speed' is max, 1x, 10x ..., not '{}'", options.text("speed")),
                 "speed"};
  bool tls = !options.text("tls_certificate").empty();
  if (tls != !options.text("tls_key").empty())
    return Error{ErrorKind::config, "TLS needs both `tls_certificate` and `tls_key`",
                 tls ? "tls_certificate" : "tls_key"};
  if (tls && options.text("listen").empty())
    return Error{ErrorKind::config, "TLS is for `listen`, which is not given", "tls_certificate"};
  if (!tls && !options.text("tls_client_ca").empty())
    return Error{ErrorKind::config, "`tls_client_ca` needs `tls_certificate`", "tls_client_ca"};
  DNSTORM_CHECK(server_options(options));
  return {};
}

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>&) {
  DNSTORM_CHECK(check(options));
  Declaration declaration;
  const auto& files = options.list("file");
  declaration.restorable =
      has_file(options) && std::find(files.begin(), files.end(), "-") == files.end();
  declaration.outputs.push_back({"default", packet_fields()});
  declaration.single_task = true;
  return declaration;
}

std::vector<OptionSpec> option_specs() {
  return {
      {"file", OptionType::list, "",
       "dnstap files (plain, gzip, zstd, xz), read one after the other; - is standard input"},
      {"speed", OptionType::text, "max",
       "replay of files: max, or a multiple of the file's own speed such as 1x or 10x"},
      {"max_disorder", OptionType::duration, "3s",
       "how far frames may be out of order; windows close that much later. Servers collect frames "
       "for a second or more",
       false, 0, 3600e9},
      {"socket", OptionType::text, "", "path of a Unix socket to listen at"},
      {"socket_mode", OptionType::text, "0660", "its mode, octal"},
      {"socket_owner", OptionType::text, "", "its owner: USER, USER:GROUP or :GROUP"},
      {"listen", OptionType::text, "",
       "HOST:PORT to listen at for TCP; PORT alone: of the loopback interface"},
      {"tls_certificate", OptionType::text, "", "PEM file; TCP senders must speak TLS then"},
      {"tls_key", OptionType::text, "", "PEM file with its key"},
      {"tls_client_ca", OptionType::text, "",
       "PEM file; senders must show a certificate that one of these signed"},
      {"queue", OptionType::integer, "64Mi", "bytes of frames that may wait for the topology",
       false, 262144, 1 << 30},
      {"when_full",
       OptionType::choice,
       "drop",
       "what happens to frames that find no room: drop (and count) them, or block the senders",
       false,
       0,
       0,
       {"drop", "block"}},
      {"max_senders", OptionType::integer, "1024", "connections at once; others are refused", false,
       1, 65536},
      {"end_after", OptionType::integer, "0",
       "end when so many senders have come and gone; 0: never", false, 0, 1e9},
  };
}

PcapFileOptions file_options(const Options& options) {
  PcapFileOptions files;
  files.files = options.list("file");
  files.replay = *ReplayClock::parse(options.text("speed"));
  files.max_disorder = options.duration("max_disorder");
  return files;
}

}  // namespace

OperatorDef dnstap_operator() {
  OperatorDef def;
  def.name = "dnstap";
  def.kind = OperatorKind::spout;
  def.summary = "dnstap frames from files or from servers (Unix socket, TCP, TLS)";
  def.options = option_specs();
  def.constructor = {"file"};
  def.example =
      "- id: taps\n  className: dnstap\n  properties:\n    socket: /run/dnstorm/dnstap.sock\n"
      "    socket_owner: :unbound\n";
  def.declare = declare;
  def.make_spout = [](const Options& options) -> std::unique_ptr<Spout> {
    if (has_file(options)) return make_pcap_file_spout(file_options(options));
    return std::make_unique<ServerSpout>(*server_options(options),
                                         options.duration("max_disorder"));
  };
  return def;
}

}  // namespace dnstorm::operators
