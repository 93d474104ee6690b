#include "operators/sinks/syslog.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>

#include "operators/sinks/row_sending_bolt.hpp"
#include "operators/sinks/syslog_message.hpp"
#include "operators/sinks/syslog_socket.hpp"

namespace dnstorm::operators {

namespace {

Error option_error(std::string subject, std::string what) {
  return {ErrorKind::config, std::move(what), std::move(subject)};
}

Result<int> severity_named(const std::string& option, const std::string& name) {
  if (auto found = syslog_severity(name)) return *found;
  return option_error(option, fmt::format("'{}' is no severity; there are emerg, alert, crit, err, "
                                          "warning, notice, info and debug",
                                          name));
}

// ID@ENTERPRISE, or an id that IANA has registered; without what structured data is made of.
bool is_data_id(std::string_view id) {
  return id.size() <= 32 && std::none_of(id.begin(), id.end(), [](char c) {
           return c <= ' ' || c >= 0x7f || c == '=' || c == ']' || c == '"';
         });
}

std::string own_host() {
  char name[HOST_NAME_MAX + 1] = "";
  return ::gethostname(name, HOST_NAME_MAX) == 0 ? name : "-";
}

Result<SyslogSettings> settings_of(const Options& options) {
  SyslogSettings settings;
  auto facility = syslog_facility(options.text("facility"));
  if (!facility)
    return option_error("facility", fmt::format("'{}' is no facility; there are kern, user, "
                                                "daemon, auth, local0 to local7 and others",
                                                options.text("facility")));
  settings.facility = *facility;
  settings.severity = DNSTORM_TRY(severity_named("severity", options.text("severity")));
  settings.severity_field = options.text("severity_field");
  for (const std::string& text : options.list("severities")) {
    std::size_t equals = text.rfind('=');
    if (equals == std::string::npos)
      return option_error("severities", fmt::format("'{}' is not written as value=severity", text));
    settings.severities[text.substr(0, equals)] =
        DNSTORM_TRY(severity_named("severities", text.substr(equals + 1)));
  }
  if (settings.severity_field.empty() && !settings.severities.empty())
    return option_error("severities", "`severities` are of the values of a `severity_field`");
  settings.host = options.text("hostname").empty() ? own_host() : options.text("hostname");
  settings.app = options.text("app");
  settings.process = std::to_string(::getpid());
  settings.data_id = options.text("data_id");
  if (!is_data_id(settings.data_id))
    return option_error(
        "data_id", fmt::format("'{}' cannot be the name of structured data", settings.data_id));
  settings.message_field = options.text("message");
  settings.fields = options.list("fields");
  settings.max_bytes = static_cast<std::size_t>(options.integer("max_bytes"));
  return settings;
}

class SyslogSink final : public RowSendingBolt {
 public:
  SyslogSink(const Options& options, SyslogSurroundings surroundings)
      : options_(options), surroundings_(std::move(surroundings)) {}

  Result<void> prepare(const TaskContext& task) override {
    SyslogSettings form = DNSTORM_TRY(settings_of(options_));
    for (const Input& input : task.inputs) {
      forms_.emplace_back(form, *input.schema, default_measurement(input.component, input.stream));
      add_input(*input.schema);
    }
    auto held_back = [form = forms_.front(), clock = task.clock](std::uint64_t rows) {
      constexpr int warning = 4;
      return form.plain(warning, clock->wall_ns(),
                        fmt::format("{} messages were held back: too many a minute", rows));
    };
    RowSenderSettings settings = RowSenderSettings::of(options_);
    settings.who = "syslog";
    auto socket =
        std::make_unique<SyslogSocket>(DNSTORM_TRY(SyslogAddress::parse(options_.text("to"))),
                                       options_.duration("timeout"), held_back);
    start(std::move(settings), std::move(socket), surroundings_.make_pause(), task,
          surroundings_.note);
    return {};
  }

 private:
  void append(std::string& text, std::size_t input, const RowView& row, TimeNs end) const override {
    forms_[input].append(text, row, end);
  }

  Options options_;
  SyslogSurroundings surroundings_;
  std::vector<SyslogMessage> forms_;  // one an input
};

Result<Declaration> declare_syslog(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(SyslogAddress::parse(options.text("to")));
  DNSTORM_CHECK(settings_of(options));
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  declaration.reads = DNSTORM_TRY(row_reads(options.list("fields"), inputs));
  for (const char* option : {"severity_field", "message"}) {
    const std::string& name = options.text(option);
    for (std::size_t i = 0; !name.empty() && i < inputs.size(); ++i) {
      DNSTORM_CHECK(require_field(inputs[i], name, option));
      declaration.reads[i].push_back(name);
    }
  }
  return declaration;
}

std::vector<OptionSpec> message_specs() {
  return {
      {"to", OptionType::text, "/dev/log",
       "the daemon: udp://HOST:PORT, tcp://HOST:PORT, or a socket of this machine"},
      {"facility", OptionType::text, "daemon", "kern, user, daemon, auth, local0 to local7, ..."},
      {"severity", OptionType::text, "notice",
       "emerg, alert, crit, err, warning, notice, info or debug: of rows that do not say it"},
      {"severity_field", OptionType::text, "",
       "a field that says it: by such a word, or its number, or as `severities` have it"},
      {"severities", OptionType::list, "",
       "what values of that field mean, as value=severity: [SERVFAIL=err]"},
      {"message", OptionType::text, "",
       "a field with the text of the message; if not given, it lists the fields"},
      {"fields", OptionType::list, "",
       "the fields of a message, in this order; if not given, all there are"},
      {"data_id", OptionType::text, "dnstorm@32473",
       "name of the structured data, which holds the fields; empty: none"},
      {"hostname", OptionType::text, "", "HOSTNAME; if not given, that of this machine"},
      {"app", OptionType::text, "dnstorm", "APP-NAME"},
      {.name = "max_bytes",
       .type = OptionType::integer,
       .default_text = "8192",
       .help = "bytes of a message at most: without its data, then cut",
       .min = 480,
       .max = 65'000},
      {.name = "timeout",
       .type = OptionType::duration,
       .default_text = "5s",
       .help = "how long a connection or a message may take",
       .min = 1e8,
       .max = 600e9},
  };
}

}  // namespace

OperatorDef syslog_operator(SyslogSurroundings surroundings) {
  OperatorDef def;
  def.name = "syslog";
  def.kind = OperatorKind::sink;
  def.summary = "Sends rows to a syslog daemon (RFC 5424): for events.";
  def.options = message_specs();
  for (OptionSpec& spec : RowSenderSettings::specs()) def.options.push_back(std::move(spec));
  def.constructor = {"to"};
  def.example =
      "- id: log\n  className: syslog\n  properties:\n    to: udp://127.0.0.1:514\n"
      "    severity_field: rcode\n    severities: [SERVFAIL=err]\n";
  def.declare = declare_syslog;
  def.make_bolt = [surroundings = std::move(surroundings)](const Options& options) {
    return std::make_unique<SyslogSink>(options, surroundings);
  };
  return def;
}

OperatorDef syslog_operator() {
  return syslog_operator(
      {.make_pause = [] { return std::make_unique<SystemPause>(); }, .note = note_on_stderr()});
}

}  // namespace dnstorm::operators
