#include "operators/sinks/kafka_producer.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace dnstorm::operators {

namespace {

constexpr int poll_ms = 100;
constexpr std::string_view reason_prefix = "undelivered_";

struct HandleCloser {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};

// What the guarantees rest on, and what has an option of its own.
constexpr std::array<std::string_view, 21> fixed = {"acks",
                                                    "request.required.acks",
                                                    "enable.idempotence",
                                                    "max.in.flight",
                                                    "max.in.flight.requests.per.connection",
                                                    "message.send.max.retries",
                                                    "retries",
                                                    "bootstrap.servers",
                                                    "metadata.broker.list",
                                                    "queue.buffering.max.messages",
                                                    "queue.buffering.max.kbytes",
                                                    "queue.buffering.max.ms",
                                                    "linger.ms",
                                                    "message.timeout.ms",
                                                    "delivery.timeout.ms",
                                                    "transactional.id",
                                                    "delivery.report.only.error",
                                                    "plugin.library.paths",
                                                    "queuing.strategy",
                                                    "compression.codec",
                                                    "compression.type"};

int milliseconds(DurationNs time) { return static_cast<int>(time / ns_per_ms); }

// The library's messages repeat what it reports as errors.
void drop_log(const rd_kafka_t*, int, const char*, const char*) {}

std::string kilobytes(std::size_t bytes) {
  return std::to_string(std::max<std::size_t>(1, bytes / 1024));
}

// The library copies; its interface has no const.
void set_bytes(rd_kafka_vu_t& part, rd_kafka_vtype_t type, std::string_view bytes) {
  part.vtype = type;
  part.u.mem.ptr = const_cast<char*>(bytes.data());
  part.u.mem.size = bytes.size();
}

rd_kafka_resp_err_t enqueue(rd_kafka_t* handle, const std::string& topic,
                            const KafkaRecord& record) {
  std::array<rd_kafka_vu_t, 5> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[1].u.i = RD_KAFKA_MSG_F_COPY;
  set_bytes(parts[2], RD_KAFKA_VTYPE_KEY, record.key);
  set_bytes(parts[3], RD_KAFKA_VTYPE_VALUE, record.value);
  parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  parts[4].u.i64 = std::max<TimeNs>(record.time, 0) / ns_per_ms;
  rd_kafka_error_t* problem = rd_kafka_produceva(handle, parts.data(), parts.size());
  if (problem == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_resp_err_t error = rd_kafka_error_code(problem);
  rd_kafka_error_destroy(problem);
  return error;
}

}  // namespace

struct KafkaProducer::Library {
  std::unique_ptr<rd_kafka_t, HandleCloser> handle;

  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    static_cast<KafkaProducer*>(self)->report(message->err, rd_kafka_err2str(message->err));
  }
  // Nobody answers, a name is unknown, a password is wrong: it tries again by itself.
  static void on_trouble(rd_kafka_t*, int error, const char* text, void* self) {
    auto& producer = *static_cast<KafkaProducer*>(self);
    std::string name = rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error));
    if (!producer.told_.insert(std::move(name)).second) return;
    producer.note_(fmt::format("kafka: {}: {}", producer.settings_.brokers, text));
  }
};

bool KafkaProducer::may_be_set(std::string_view property) {
  return std::find(fixed.begin(), fixed.end(), property) == fixed.end();
}

KafkaProducer::KafkaProducer(KafkaSettings settings, CounterSet& counters, Note note)
    : settings_(std::move(settings)),
      counters_(counters),
      note_(std::move(note)),
      delivered_(counters.counter("rows_delivered")),
      undelivered_(counters.counter("rows_undelivered")),
      queue_full_(counters.counter("queue_full")),
      library_(std::make_unique<Library>()) {}

// Records that have no report yet are in no checkpoint either.
KafkaProducer::~KafkaProducer() {
  if (library_->handle)
    rd_kafka_purge(library_->handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::make(KafkaSettings settings,
                                                           CounterSet& counters, Note note) {
  std::unique_ptr<KafkaProducer> made(
      new KafkaProducer(std::move(settings), counters, std::move(note)));
  DNSTORM_CHECK(made->start());
  return made;
}

Result<void> KafkaProducer::start() {
  std::unique_ptr<rd_kafka_conf_t, HandleCloser> conf(rd_kafka_conf_new());
  std::vector<std::pair<std::string, std::string>> all = {
      {"bootstrap.servers", settings_.brokers},
      {"client.id", "dnstorm"},
      {"acks", "all"},
      {"enable.idempotence", "true"},
      // A broker closes connections that it thinks idle: that is no trouble.
      {"log.connection.close", "false"},
      // Equal keys go where the Java client sends them.
      {"partitioner", "murmur2_random"},
      {"queue.buffering.max.messages", std::to_string(settings_.queue_rows)},
      {"queue.buffering.max.kbytes", kilobytes(settings_.queue_bytes)},
      {"queue.buffering.max.ms", std::to_string(milliseconds(settings_.linger))},
      {"message.timeout.ms", std::to_string(milliseconds(settings_.delivery_timeout))}};
  all.insert(all.end(), settings_.properties.begin(), settings_.properties.end());
  char problem[512] = "";
  for (const auto& [name, value] : all)
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), problem, sizeof problem) !=
        RD_KAFKA_CONF_OK)
      return Error{ErrorKind::config, fmt::format("kafka: {}", problem), "settings"};
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &Library::on_report);
  rd_kafka_conf_set_error_cb(conf.get(), &Library::on_trouble);
  rd_kafka_conf_set_log_cb(conf.get(), &drop_log);
  library_->handle.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), problem, sizeof problem));
  if (!library_->handle)
    return Error{ErrorKind::config, fmt::format("kafka: {}", problem), "settings"};
  (void)conf.release();  // the handle's now
  return {};
}

// False: not yet; a cluster that makes topics when they are asked for needs a moment.
Result<bool> KafkaProducer::has_topic(int timeout_ms) {
  rd_kafka_t* handle = library_->handle.get();
  std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> topic(
      rd_kafka_topic_new(handle, settings_.topic.c_str(), nullptr), &rd_kafka_topic_destroy);
  if (!topic)
    return Error{ErrorKind::config,
                 fmt::format("kafka: '{}' cannot be a topic: {}", settings_.topic,
                             rd_kafka_err2str(rd_kafka_last_error())),
                 "topic"};
  const rd_kafka_metadata_t* found = nullptr;
  auto error = rd_kafka_metadata(handle, 0, topic.get(), &found, timeout_ms);
  rd_kafka_poll(handle, 0);  // tells of what is wrong with a connection
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Error{ErrorKind::unavailable,
                 fmt::format("kafka: {} does not answer ({}): start it, correct `brokers`, or set "
                             "`wait: true` to begin without it",
                             settings_.brokers, rd_kafka_err2str(error)),
                 "brokers"};
  if (found->topic_cnt == 1) error = found->topics[0].err;
  rd_kafka_metadata_destroy(found);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  if (error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
      error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    return false;
  return Error{ErrorKind::permission,
               fmt::format("kafka: {} does not let us write to the topic '{}' ({})",
                           settings_.brokers, settings_.topic, rd_kafka_err2str(error)),
               "topic"};
}

Result<void> KafkaProducer::check_topic() {
  SystemClock clock;
  TimeNs until = clock.steady_ns() + settings_.start_timeout;
  do {
    DurationNs left = std::max<DurationNs>(until - clock.steady_ns(), poll_ms * ns_per_ms);
    if (DNSTORM_TRY(has_topic(milliseconds(left)))) return {};
    rd_kafka_poll(library_->handle.get(), poll_ms);
  } while (clock.steady_ns() < until);
  return Error{ErrorKind::config,
               fmt::format("kafka: {} has no topic '{}': create it or correct `topic`",
                           settings_.brokers, settings_.topic),
               "topic"};
}

void KafkaProducer::send(const KafkaRecord& record) {
  rd_kafka_t* handle = library_->handle.get();
  bool waited = false;
  while (true) {
    rd_kafka_resp_err_t error = enqueue(handle, settings_.topic, record);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      report(error, rd_kafka_err2str(error));
      break;
    }
    // Room comes with reports: of what is delivered, or of what has waited too long.
    if (!waited) queue_full_.add();
    waited = true;
    rd_kafka_poll(handle, poll_ms);
  }
  rd_kafka_poll(handle, 0);
}

void KafkaProducer::poll() { rd_kafka_poll(library_->handle.get(), 0); }

bool KafkaProducer::flush(DurationNs timeout) {
  return rd_kafka_flush(library_->handle.get(), milliseconds(timeout)) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
}

void KafkaProducer::give_up() {
  rd_kafka_purge(library_->handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  while (rd_kafka_outq_len(library_->handle.get()) > 0)
    rd_kafka_poll(library_->handle.get(), poll_ms);
}

void KafkaProducer::report(int error, std::string_view text) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (!told_.empty()) note_(fmt::format("kafka: {} takes records again", settings_.brokers));
    told_.clear();
    delivered_.add();
    return;
  }
  // The names of the library's own errors begin with '_'.
  std::string name = rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error));
  name.erase(0, name.find_first_not_of('_'));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  Counter*& reason = by_reason_[name];
  if (reason == nullptr) reason = &counters_.counter(std::string(reason_prefix) + name);
  reason->add();
  undelivered_.add();
  if (!first_failure_.empty()) return;
  first_failure_ = text;
  note_(fmt::format("kafka: {} does not take a record for '{}': {}", settings_.brokers,
                    settings_.topic, text));
}

}  // namespace dnstorm::operators
