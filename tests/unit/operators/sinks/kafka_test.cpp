// Against the cluster of brokers that librdkafka brings for tests, in this process: it speaks the
// protocol over sockets, and takes failures on order.
#include "operators/sinks/kafka.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <map>

#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextOptions;

constexpr int partitions = 3;
constexpr std::int16_t produce_request = 0;  // its number in the protocol

struct Record {
  std::string key;
  std::string value;
  std::int64_t time_ms = 0;
  bool has_key = false;
};

class Cluster {
 public:
  Cluster() {
    handle_ = make(RD_KAFKA_PRODUCER, {});
    cluster_ = rd_kafka_mock_cluster_new(handle_, 2);
    EXPECT_EQ(rd_kafka_mock_topic_create(cluster_, "dns", partitions, 2),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  ~Cluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void fail_next(rd_kafka_resp_err_t error, std::size_t times) {
    std::vector<rd_kafka_resp_err_t> errors(times, error);
    rd_kafka_mock_push_request_errors_array(cluster_, produce_request, times, errors.data());
  }
  void set_down(bool down) {
    for (int broker : {1, 2})
      if (down)
        rd_kafka_mock_broker_set_down(cluster_, broker);
      else
        rd_kafka_mock_broker_set_up(cluster_, broker);
  }

  // All that is in the topic, partition by partition.
  std::vector<std::vector<Record>> records() const {
    rd_kafka_t* reader = make(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers()},
                                                  {"group.id", "test"},
                                                  {"enable.partition.eof", "true"},
                                                  {"auto.offset.reset", "earliest"}});
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; ++i)
      rd_kafka_topic_partition_list_add(all, "dns", i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(reader, all);
    rd_kafka_topic_partition_list_destroy(all);
    std::vector<std::vector<Record>> out(partitions);
    for (int ended = 0; ended < partitions;) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(reader, 1000);
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        out[static_cast<std::size_t>(message->partition)].push_back(record_of(*message));
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
    return out;
  }
  std::vector<Record> all_records() const {
    std::vector<Record> out;
    for (const auto& partition : records())
      out.insert(out.end(), partition.begin(), partition.end());
    return out;
  }

 private:
  static void silent(const rd_kafka_t*, int, const char*, const char*) {}
  static rd_kafka_t* make(rd_kafka_type_t type,
                          const std::map<std::string, std::string>& settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char problem[256] = "";
    for (const auto& [name, value] : settings)
      EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), problem, sizeof problem),
                RD_KAFKA_CONF_OK)
          << problem;
    rd_kafka_conf_set_log_cb(conf, &silent);
    return rd_kafka_new(type, conf, problem, sizeof problem);
  }
  static Record record_of(const rd_kafka_message_t& message) {
    Record record;
    record.has_key = message.key != nullptr;
    if (record.has_key) record.key.assign(static_cast<const char*>(message.key), message.key_len);
    record.value.assign(static_cast<const char*>(message.payload), message.len);
    record.time_ms = rd_kafka_message_timestamp(&message, nullptr);
    return record;
  }

  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

class Kafka : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "librdkafka starts C11 threads, in which ThreadSanitizer crashes";
#endif
    cluster = std::make_unique<Cluster>();
  }
  std::unique_ptr<TaskHarness> task(TextOptions options) const {
    options.try_emplace("brokers", std::vector<std::string>{cluster->brokers()});
    options.try_emplace("topic", std::vector<std::string>{"dns"});
    return std::make_unique<TaskHarness>(kafka_operator(), options, testing::count_fields());
  }
  static testing::TextRow count_row(const std::string& qtype, int count, int window = 0) {
    return {fmt::format("{}s", window), fmt::format("{}s", window + 10), qtype, "0",
            std::to_string(count)};
  }
  static std::string json(const std::string& qtype, int count) {
    return fmt::format(R"({{"qtype":"{}","count":{}}})", qtype, count);
  }
  std::string prepare_error(TextOptions options) const {
    auto made = task(std::move(options));
    return made->prepared.ok() ? "" : made->prepared.error().what;
  }
  std::vector<std::string> values() const {
    std::vector<std::string> out;
    for (const Record& record : cluster->all_records()) out.push_back(record.value);
    std::sort(out.begin(), out.end());
    return out;
  }
  std::unique_ptr<Cluster> cluster;
};

TEST_F(Kafka, writes_rows_by_key_and_in_order) {
  auto sink = task({{"key", {"qtype"}}, {"fields", {"qtype", "count"}}});
  ASSERT_TRUE(sink->prepared.ok()) << sink->prepared.error().what;
  std::vector<testing::TextRow> rows;
  for (int i = 11; i > 0; --i)
    for (const char* qtype : {"1", "28", "15"}) rows.push_back(count_row(qtype, i, 20));
  sink->feed(rows);
  sink->finish();
  std::map<std::string, std::vector<std::string>> by_key;
  std::size_t keys = 0;
  for (const auto& partition : cluster->records()) {
    std::map<std::string, int> seen;
    for (const Record& record : partition) {
      EXPECT_EQ(record.time_ms, 20'000);
      by_key[record.key].push_back(record.value);
      seen[record.key] = 1;
    }
    keys += seen.size();
  }
  EXPECT_EQ(keys, 3) << "a key is in one partition";
  ASSERT_EQ(by_key["AAAA"].size(), 11);
  for (int i = 1; i <= 11; ++i) EXPECT_EQ(by_key["AAAA"][std::size_t(i) - 1], json("AAAA", i));
  EXPECT_EQ(sink->counter("rows_delivered"), 33);
  EXPECT_EQ(sink->counter("rows_undelivered"), 0);
}

TEST_F(Kafka, makes_keys_of_several_fields_or_none) {
  auto sink = task({{"key", {"qtype", "rcode"}}, {"fields", {"count"}}, {"source", {"true"}}});
  sink->feed({count_row("1", 7)});
  sink->finish();
  auto plain = task({{"fields", {"count"}}, {"compression", {"zstd"}}});
  plain->feed({count_row("1", 8)});
  plain->finish();
  std::vector<Record> records = cluster->all_records();
  ASSERT_EQ(records.size(), 2);
  if (!records[0].has_key) std::swap(records[0], records[1]);
  EXPECT_EQ(records[0].key, R"(["A","NOERROR"])");
  EXPECT_EQ(records[0].value, R"({"source":"input","count":7})");
  EXPECT_FALSE(records[1].has_key);
  EXPECT_EQ(records[1].value, R"({"count":8})");
}

TEST_F(Kafka, delivers_once_what_has_to_be_sent_again) {
  auto sink = task({{"fields", {"count"}}, {"settings", {"retry.backoff.ms=1"}}});
  cluster->fail_next(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3);
  for (int i = 0; i < 5; ++i) sink->feed({count_row("1", i)});
  sink->finish();
  EXPECT_THAT(values(), ElementsAre(R"({"count":0})", R"({"count":1})", R"({"count":2})",
                                    R"({"count":3})", R"({"count":4})"));
  EXPECT_EQ(sink->counter("rows_delivered"), 5);
}

TEST_F(Kafka, counts_by_reason_what_is_not_delivered) {
  auto sink = task({{"fields", {"count"}}, {"settings", {"message.max.bytes=1000"}}});
  cluster->fail_next(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 100);
  sink->feed({count_row("1", 1)});
  auto finished = sink->try_finish();
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(finished.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(finished.error().what, HasSubstr("kafka: 1 rows could not be delivered to the topic "
                                               "'dns' at " +
                                               cluster->brokers()));
  EXPECT_EQ(sink->counter("rows_undelivered"), 1);
  EXPECT_EQ(sink->counter("undelivered_topic_authorization_failed"), 1);
}

TEST_F(Kafka, counts_records_that_are_too_large) {
  std::vector<Field> fields = {{"time", Type::time, Role::time}, {"text", Type::str}};
  TaskHarness sink(kafka_operator(),
                   {{"brokers", {cluster->brokers()}},
                    {"topic", {"dns"}},
                    {"settings", {"message.max.bytes=1000"}}},
                   fields);
  sink.feed({{"1s", std::string(2000, 'x')}, {"2s", "fits"}});
  auto finished = sink.try_finish();
  EXPECT_THAT(finished.error().what, HasSubstr("kafka: 1 rows could not be delivered"));
  EXPECT_EQ(sink.counter("undelivered_msg_size_too_large"), 1);
  EXPECT_EQ(sink.counter("rows_delivered"), 1);
}

TEST_F(Kafka, holds_the_topology_up_when_its_queue_is_full) {
  auto sink = task({{"fields", {"count"}}, {"queue_rows", {"10"}}, {"linger", {"0"}}});
  for (int i = 0; i < 200; ++i) sink->feed({count_row("1", 100 + i)});
  sink->finish();
  EXPECT_GT(sink->counter("queue_full"), 0);
  EXPECT_EQ(sink->counter("rows_delivered"), 200);
  EXPECT_EQ(values().size(), 200);
}

TEST_F(Kafka, takes_a_checkpoint_when_the_cluster_has_all_before_it) {
  auto sink = task({{"fields", {"count"}}, {"linger", {"300ms"}}});
  sink->feed({count_row("1", 1), count_row("1", 2, 10)});
  sink->watermark(10 * ns_per_s);
  std::string state = sink->save();
  EXPECT_EQ(sink->counter("rows_delivered"), 1);
  EXPECT_THAT(values(), ElementsAre(R"({"count":1})"));
  sink.reset();
  auto next = task({{"fields", {"count"}}});
  ASSERT_TRUE(next->restore(state).ok());
  next->finish();
  EXPECT_THAT(values(), ElementsAre(R"({"count":1})", R"({"count":2})"));
}

TEST_F(Kafka, takes_no_checkpoint_over_what_was_not_delivered) {
  auto sink = task({{"fields", {"count"}}});
  cluster->fail_next(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 100);
  sink->feed({count_row("1", 1)});
  sink->watermark(10 * ns_per_s);
  auto saved = sink->try_save();
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(saved.error().what, HasSubstr("1 rows could not be delivered"));
}

TEST_F(Kafka, goes_on_with_open_windows) {
  testing::check_resumes(
      [this] {
        return task({{"fields", {"count"}}});
      },
      {testing::rows({count_row("1", 1)}), testing::until(10 * ns_per_s)});
}

TEST_F(Kafka, gives_up_at_the_end_and_says_so) {
  auto sink = task({{"drain_timeout", {"10ms"}}});
  ASSERT_TRUE(sink->prepared.ok());
  cluster->set_down(true);
  sink->feed({count_row("1", 1), count_row("1", 2)});
  auto finished = sink->try_finish();
  EXPECT_THAT(finished.error().what, HasSubstr("kafka: 2 rows could not be delivered"));
  EXPECT_EQ(sink->counter("rows_undelivered"), 2);
}

TEST_F(Kafka, says_at_the_start_what_is_wrong) {
  EXPECT_EQ(prepare_error({{"settings", {"sasl.password=env:DNSTORM_TEST_NO_SUCH"}}}),
            "kafka: `settings` is to come from the environment variable DNSTORM_TEST_NO_SUCH, "
            "which is not set");
  EXPECT_THAT(prepare_error({{"settings", {"no.such=1"}}}), HasSubstr("no.such"));
  TextOptions nobody = {{"brokers", {"127.0.0.1:1"}}, {"start_timeout", {"200ms"}}};
  EXPECT_THAT(prepare_error(nobody), HasSubstr("kafka: 127.0.0.1:1 does not answer ("));
  nobody["wait"] = {"true"};
  EXPECT_EQ(prepare_error(nobody), "");
}

TEST(KafkaOptions, are_checked_before_anything_runs) {
  auto error = [](TextOptions options) {
    options.try_emplace("brokers", std::vector<std::string>{"h"});
    options.try_emplace("topic", std::vector<std::string>{"t"});
    return testing::declare_error(kafka_operator(), options, {testing::count_fields()});
  };
  EXPECT_EQ(error({}), "");
  EXPECT_THAT(error({{"topic", {""}}}), HasSubstr("say where records go"));
  EXPECT_THAT(error({{"key", {"nothing"}}}), HasSubstr("nothing"));
  EXPECT_THAT(error({{"settings", {"acks=0"}}}), HasSubstr("'acks' is this sink's to set"));
  EXPECT_THAT(error({{"settings", {"acks"}}}), HasSubstr("not written as name=value"));
}

}  // namespace
}  // namespace dnstorm::operators
