#include "operators/sinks/syslog.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "operators/sinks/syslog_message.hpp"
#include "operators/sinks/syslog_socket.hpp"
#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/operators/sinks/influx_fakes.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::JumpingPause;
using testing::TaskHarness;
using testing::TextOptions;

// -- messages ------------------------------------------------------------------------------------

std::vector<Field> event_fields() {
  return {{"time", Type::time, Role::time},
          {"level", Type::str},
          {.name = "qname", .type = Type::str, .unbounded = true},
          {"rcode", Type::u16, Role::plain, "rcode"}};
}

class Message : public ::testing::Test {
 protected:
  Message() {
    settings.host = "ns1";
    settings.process = "42";
    settings.data_id = "dns@32473";
    settings.fields = {"qname", "rcode"};
  }
  std::string of(const std::string& level, const std::string& name, const std::string& rcode) {
    BatchBuilder builder(schema);
    RowWriter row = builder.add_row();
    row.set(schema->ref<std::int64_t>("time"), time);
    row.set_str(schema->ref<Str>("level"), level);
    row.set_str(schema->ref<Str>("qname"), name);
    row.set(schema->ref<std::uint16_t>("rcode"), static_cast<std::uint16_t>(std::stoi(rcode)));
    BatchPtr batch = builder.seal();
    std::string text;
    for (RowView view : Rows(*batch, nullptr))
      SyslogMessage(settings, *schema, "alerts").append(text, view, time);
    return text;
  }
  SchemaPtr schema = std::make_shared<const Schema>(event_fields());
  SyslogSettings settings;
  TimeNs time = 1'500'000'123 * ns_per_s + 123'456'789;
};

TEST_F(Message, has_the_fields_as_structured_data_and_as_text) {
  EXPECT_EQ(of("", "example.com", "3"),
            "<13>1 2017-07-14T02:42:03.123456Z ns1 dnstorm 42 alerts "
            "[dns@32473 qname=\"example.com\" rcode=\"NXDOMAIN\"] "
            "alerts: qname=example.com rcode=NXDOMAIN");
}

TEST_F(Message, escapes_what_would_end_a_value_or_a_line) {
  settings.fields = {"qname"};
  EXPECT_THAT(of("", "a\"b\\c]d\ne\x7f\xff\xc3\xa4", "0"),
              ::testing::EndsWith("[dns@32473 qname=\"a\\\"b\\\\c\\]d\xef\xbf\xbd"
                                  "e\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4\"] "
                                  "alerts: qname=a\"b\\c]d\xef\xbf\xbd"
                                  "e\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4"));
}

TEST_F(Message, takes_severity_and_text_from_fields) {
  settings.severity_field = "level";
  settings.severities = {{"bad thing", 1}};
  settings.message_field = "qname";
  settings.facility = 16;
  settings.data_id = "";
  const std::pair<const char*, const char*> cases[] = {
      {"error", "<131>"}, {"WARN", "<132>"},      {"7", "<135>"}, {"emerg", "<128>"},
      {"8", "<133>"},     {"bad thing", "<129>"}, {"", "<133>"},  {"informational", "<134>"}};
  for (const auto& [level, priority] : cases)
    EXPECT_EQ(
        of(level, "a flood", "0"),
        priority + std::string("1 2017-07-14T02:42:03.123456Z ns1 dnstorm 42 alerts - a flood"))
        << level;
}

TEST_F(Message, makes_names_of_what_may_not_be_in_the_head) {
  settings.host = "two words\n";
  settings.app = std::string(100, 'x');
  settings.process = "";
  EXPECT_THAT(of("", "n", "0"), HasSubstr(" two_words_ " + std::string(48, 'x') + " - alerts ["));
}

TEST_F(Message, goes_without_data_then_is_cut_between_characters) {
  settings.fields = {"qname"};
  std::string name;
  for (int i = 0; i < 300; ++i) name += "\xc3\xa4";
  settings.max_bytes = 700;  // the text fits, or the data
  EXPECT_THAT(of("", name, "0"), HasSubstr(" alerts - alerts: qname=\xc3\xa4"));
  EXPECT_THAT(of("", name, "0"), ::testing::EndsWith("\xc3\xa4"));
  for (std::size_t bytes : {std::size_t{480}, std::size_t{481}}) {
    settings.max_bytes = bytes;
    std::string text = of("", name, "0");
    EXPECT_GE(text.size(), bytes - 1);
    EXPECT_LE(text.size(), bytes);
    EXPECT_THAT(text, ::testing::EndsWith("\xc3\xa4"));
  }
}

TEST(SyslogAddresses, are_read_or_refused) {
  using Kind = SyslogAddress::Kind;
  auto parsed = [](const std::string& text) { return SyslogAddress::parse(text).value(); };
  EXPECT_EQ(parsed("/dev/log").kind, Kind::local);
  EXPECT_EQ(parsed("udp://h").port, "514");
  EXPECT_EQ(parsed("tcp://h").port, "601");
  EXPECT_EQ(parsed("tcp://[::1]:5140").host, "::1");
  EXPECT_EQ(parsed("tcp://[::1]:5140").port, "5140");
  for (const char* text : {"h:514", "udp://", "udp://h:", "udp://h:x", "udp://h:70000",
                           "tcp://[::1", "udp://:514", "tcp://[::1]x", "http://h"})
    EXPECT_FALSE(SyslogAddress::parse(text).ok()) << text;
}

// -- sockets -------------------------------------------------------------------------------------

// What a daemon would open.
class Daemon {
 public:
  explicit Daemon(int type, std::uint16_t at_port = 0)
      : fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(at_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind_to(&address, sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    EXPECT_TRUE(type != SOCK_STREAM || ::listen(fd, 8) == 0);
  }
  explicit Daemon(const std::string& path) : fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    bind_to(&address, sizeof address);
  }
  ~Daemon() { ::close(fd); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  std::string datagram() const {
    char bytes[65'536];
    ssize_t size = ::recv(fd, bytes, sizeof bytes, 0);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

  int fd;
  std::uint16_t port = 0;

 private:
  void bind_to(const void* address, socklen_t size) const {
    EXPECT_EQ(::bind(fd, static_cast<const sockaddr*>(address), size), 0) << std::strerror(errno);
  }
};

// A message of a stream: its length, a blank, so many bytes.
std::string framed(int connection) {
  std::string digits;
  char c = 0;
  while (::recv(connection, &c, 1, 0) == 1 && c != ' ') digits += c;
  if (digits.empty()) return "";
  std::string message(std::stoul(digits), '\0');
  ::recv(connection, message.data(), message.size(), MSG_WAITALL);
  return message;
}

class Syslog : public ::testing::Test {
 protected:
  std::unique_ptr<TaskHarness> task(TextOptions options) {
    options["hostname"] = {"ns1"};
    options["app"] = {"test"};
    options.try_emplace("fields", std::vector<std::string>{"count"});
    OperatorDef def =
        syslog_operator({.make_pause = [] { return std::make_unique<JumpingPause>(); },
                         .note = [this](const std::string& text) { notes.push_back(text); }});
    return std::make_unique<TaskHarness>(std::move(def), options, testing::count_fields());
  }
  static std::vector<testing::TextRow> count_rows(int from, int to) {
    std::vector<testing::TextRow> rows;
    for (int i = from; i < to; ++i) rows.push_back({"0s", "10s", "28", "2", std::to_string(i)});
    return rows;
  }
  static std::string message(int count) {
    return fmt::format(
        "<29>1 1970-01-01T00:00:10Z ns1 test {} input "
        "[dnstorm@32473 count=\"{}\"] input: count={}",
        ::getpid(), count, count);
  }
  static std::string udp(const Daemon& daemon) {
    return fmt::format("udp://127.0.0.1:{}", daemon.port);
  }
  static std::string tcp(std::uint16_t port) { return fmt::format("tcp://127.0.0.1:{}", port); }

  TemporaryFolder folder;
  std::vector<std::string> notes;
};

TEST_F(Syslog, sends_datagrams_in_one_order) {
  Daemon daemon(SOCK_DGRAM);
  auto log = task({{"to", {udp(daemon)}}});
  ASSERT_TRUE(log->prepared.ok());
  std::vector<testing::TextRow> rows = count_rows(1, 12);
  std::reverse(rows.begin(), rows.end());
  log->feed(rows);
  log->finish();
  for (int i = 1; i < 12; ++i) EXPECT_EQ(daemon.datagram(), message(i));
  EXPECT_EQ(log->counter("rows_delivered"), 11);
}

TEST_F(Syslog, sends_to_a_socket_of_this_machine) {
  Daemon daemon(folder.path_of("log"));
  auto log = task({{"to", {folder.path_of("log")}}});
  log->feed(count_rows(1, 3));
  log->finish();
  EXPECT_EQ(daemon.datagram(), message(1));
  EXPECT_EQ(daemon.datagram(), message(2));
}

TEST_F(Syslog, counts_the_octets_of_messages_in_a_stream) {
  Daemon daemon(SOCK_STREAM);
  auto log = task({{"to", {tcp(daemon.port)}}});
  log->feed(count_rows(1, 4));
  log->finish();
  int connection = ::accept4(daemon.fd, nullptr, nullptr, SOCK_CLOEXEC);
  for (int i = 1; i < 4; ++i) EXPECT_EQ(framed(connection), message(i));
  ::close(connection);
}

TEST_F(Syslog, connects_anew_when_the_daemon_comes_back) {
  auto daemon = std::make_unique<Daemon>(SOCK_STREAM);
  std::uint16_t port = daemon->port;
  auto log = task({{"to", {tcp(port)}}});
  log->feed(count_rows(1, 2));
  log->watermark(10 * ns_per_s);
  int connection = ::accept4(daemon->fd, nullptr, nullptr, SOCK_CLOEXEC);
  EXPECT_EQ(framed(connection), message(1));
  while (log->counter("rows_delivered") < 1) std::this_thread::yield();
  ::close(connection);
  daemon.reset();
  log->feed(count_rows(2, 4));
  log->watermark(11 * ns_per_s);
  while (log->counter("retries") < 2) std::this_thread::yield();
  daemon = std::make_unique<Daemon>(SOCK_STREAM, port);
  connection = ::accept4(daemon->fd, nullptr, nullptr, SOCK_CLOEXEC);
  EXPECT_EQ(framed(connection), message(2));
  EXPECT_EQ(framed(connection), message(3));
  log->finish();
  ::close(connection);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("takes no rows now (Connection refused)"),
                                 HasSubstr("answers again")));
}

TEST_F(Syslog, gives_up_at_the_end_and_says_so) {
  auto log = task({{"to", {folder.path_of("nobody")}}});
  log->feed(count_rows(1, 3));
  auto finished = log->try_finish();
  EXPECT_EQ(finished.error().what,
            fmt::format("syslog: 2 rows could not be delivered to {}: No such file or directory",
                        folder.path_of("nobody")));
}

TEST_F(Syslog, tells_how_many_it_held_back) {
  Daemon daemon(SOCK_DGRAM);
  SyslogSocket socket(SyslogAddress::parse(udp(daemon)).value(), ns_per_s,
                      [](std::uint64_t rows) { return fmt::format("{} held back", rows); });
  std::string row = "a row";
  EXPECT_EQ(socket.deliver({&row, 1}, 7).outcome, RowReceiver::Outcome::taken);
  EXPECT_EQ(daemon.datagram(), "7 held back");
  EXPECT_EQ(daemon.datagram(), "a row");
  std::string large(70'000, 'x');
  EXPECT_EQ(socket.deliver({&large, 1}, 0).outcome, RowReceiver::Outcome::refused);
  EXPECT_EQ(socket.deliver({&row, 1}, 0).outcome, RowReceiver::Outcome::taken);
  EXPECT_EQ(daemon.datagram(), "a row");
}

TEST_F(Syslog, goes_on_with_what_was_not_sent) {
  auto first = task({{"to", {folder.path_of("log")}}});
  first->feed(count_rows(1, 3));
  first->watermark(10 * ns_per_s);
  std::string state = first->save();
  first.reset();
  Daemon daemon(folder.path_of("log"));
  auto second = task({{"to", {folder.path_of("log")}}});
  ASSERT_TRUE(second->restore(state).ok());
  second->finish();
  EXPECT_EQ(daemon.datagram(), message(1));
  EXPECT_EQ(daemon.datagram(), message(2));
}

TEST(SyslogOptions, are_checked_before_anything_runs) {
  auto error = [](const TextOptions& options) {
    return testing::declare_error(syslog_operator(), options, {testing::count_fields()});
  };
  EXPECT_EQ(error({}), "");
  EXPECT_THAT(error({{"to", {"host"}}}), HasSubstr("neither udp://HOST:PORT"));
  EXPECT_THAT(error({{"facility", {"local8"}}}), HasSubstr("'local8' is no facility"));
  EXPECT_THAT(error({{"severity", {"bad"}}}), HasSubstr("'bad' is no severity"));
  EXPECT_THAT(error({{"severity_field", {"none"}}}), HasSubstr("none"));
  EXPECT_THAT(error({{"severities", {"a=err"}}}), HasSubstr("of the values of a `severity_field`"));
  EXPECT_THAT(error({{"severity_field", {"rcode"}}, {"severities", {"a"}}}),
              HasSubstr("not written as value=severity"));
  EXPECT_THAT(error({{"data_id", {"a b"}}}), HasSubstr("cannot be the name of structured data"));
  EXPECT_THAT(error({{"message", {"text"}}}), HasSubstr("text"));
}

}  // namespace
}  // namespace dnstorm::operators
