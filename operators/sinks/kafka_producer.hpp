// Sends records to one topic of a Kafka cluster: an idempotent producer that waits for all replicas
// (acks=all). Every record that was handed over is reported: delivered, or not, and why. The only
// place that includes librdkafka is kafka_producer.cpp.
//
//   auto producer = DNSTORM_TRY(KafkaProducer::make(settings, counters, note));
//   DNSTORM_CHECK(producer->check_topic());
//   producer->send({key, value, time});   // waits while the queue is full
//   producer->flush(timeout);             // until all are reported, or that long
//
// The library has threads of its own that send; reports come in on the caller's thread, within
// these calls. Belongs to one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/telemetry/counter.hpp"
#include "operators/note.hpp"

namespace dnstorm::operators {

struct KafkaSettings {
  std::string brokers;  // HOST[:PORT],...
  std::string topic;
  std::size_t queue_rows = 100'000;
  std::size_t queue_bytes = 64 << 20;
  DurationNs linger = 5 * ns_per_ms;             // how long a record may wait for others
  DurationNs delivery_timeout = 300 * ns_per_s;  // of a record; the library tries again until then
  DurationNs start_timeout = 10 * ns_per_s;      // of check_topic()
  // The library's own settings beside those (TLS, SASL, compression, ...).
  std::vector<std::pair<std::string, std::string>> properties = {};
};

struct KafkaRecord {
  std::string_view key;  // without data: the record has none
  std::string_view value;
  TimeNs time = 0;
};

class KafkaProducer {
 public:
  // Settings that the library refuses are an Error of kind config. Connects to nobody yet.
  static Result<std::unique_ptr<KafkaProducer>> make(KafkaSettings settings, CounterSet& counters,
                                                     Note note);
  // Pure: whether a setting is left to whoever configures; those that the guarantees rest on are
  // not.
  static bool may_be_set(std::string_view property);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  // Asks the cluster for the topic. Kind unavailable: nobody answers; config: there is no such
  // topic.
  Result<void> check_topic();
  void send(const KafkaRecord& record);
  // Takes reports in without waiting.
  void poll();
  // True: all records are reported.
  bool flush(DurationNs timeout);
  // Reports what is left as undelivered.
  void give_up();
  std::uint64_t undelivered() const { return undelivered_.value(); }
  // Why the first one was not delivered; empty: all were.
  const std::string& first_failure() const { return first_failure_; }

 private:
  struct Library;
  KafkaProducer(KafkaSettings settings, CounterSet& counters, Note note);
  Result<void> start();
  Result<bool> has_topic(int timeout_ms);
  void report(int error, std::string_view text);

  const KafkaSettings settings_;
  CounterSet& counters_;
  Note note_;
  Counter& delivered_;
  Counter& undelivered_;
  Counter& queue_full_;
  std::map<std::string, Counter*> by_reason_;
  std::string first_failure_;
  std::set<std::string> told_;  // troubles, since a record was last taken
  std::unique_ptr<Library> library_;
};

}  // namespace dnstorm::operators
