#include "operators/sinks/webhook.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "operators/sinks/json_text.hpp"
#include "operators/sinks/row_sending_bolt.hpp"
#include "operators/sinks/row_text.hpp"
#include "operators/sinks/secret.hpp"

namespace dnstorm::operators {

namespace {

using Outcome = RowReceiver::Outcome;
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t reason_bytes_max = 300;

Error option_error(std::string subject, std::string what) {
  return {ErrorKind::config, std::move(what), std::move(subject)};
}

// name=value, the names parted once.
Result<NamedTexts> named_texts(const Options& options, const std::string& option) {
  NamedTexts out;
  for (const std::string& text : options.list(option)) {
    std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      return option_error(option, fmt::format("'{}' is not written as name=value", text));
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

bool is_token(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::strchr("\"(),/:;<=>?@[\\]{}", c) == nullptr;
  });
}

Result<void> check_header(const std::string& option, const std::string& name,
                          const std::string& value) {
  if (!is_token(name))
    return option_error(option, fmt::format("'{}' cannot be the name of a header", name));
  if (value.find_first_of("\r\n") != std::string::npos || value.find('\0') != std::string::npos)
    return option_error(option, fmt::format("the value of {} has a line end", name));
  return {};
}

Result<void> check_url(const Options& options, const std::string& url) {
  bool https = url.starts_with("https://");
  if (!https && !url.starts_with("http://"))
    return option_error(
        "url", fmt::format("`url` is '{}', which begins with neither http:// nor https://", url));
  if (url.size() == std::strlen(https ? "https://" : "http://") ||
      url.find_first_of(" \t\r\n") != std::string::npos)
    return option_error("url", fmt::format("`url` is '{}', which names no host", url));
  if (url.substr(0, url.find('/', 8)).find('@') != std::string::npos)
    return option_error("url", "`url` holds a password: use `token` or `headers`");
  bool own_authority = !options.text("ca_file").empty();
  if (!https && (options.flag("insecure") || own_authority))
    return option_error("url", "`ca_file` and `insecure` are for a `url` with https://");
  if (options.flag("insecure") && own_authority)
    return option_error("insecure", "`ca_file` and `insecure` exclude each other");
  return {};
}

// With its secrets: what every request has.
Result<HttpRequest> request_of(const Options& options) {
  HttpRequest request;
  request.url = DNSTORM_TRY(secret("webhook", "url", options.text("url")));
  DNSTORM_CHECK(check_url(options, request.url));
  request.ca_file = options.text("ca_file");
  request.insecure = options.flag("insecure");
  request.timeout = options.duration("timeout");
  if (!request.ca_file.empty() && access(request.ca_file.c_str(), R_OK) != 0)
    return option_error(
        "ca_file", fmt::format("webhook: `ca_file` {}: {}", request.ca_file, std::strerror(errno)));
  request.headers.push_back("Content-Type: application/json");
  NamedTexts headers = DNSTORM_TRY(named_texts(options, "headers"));
  for (auto& [name, text] : headers) text = DNSTORM_TRY(secret("webhook", "headers", text));
  std::string token = DNSTORM_TRY(secret("webhook", "token", options.text("token")));
  for (const auto& [name, value] : headers) {
    DNSTORM_CHECK(check_header("headers", name, value));
    request.headers.push_back(name + ": " + value);
  }
  DNSTORM_CHECK(check_header("token", "Authorization", token));
  if (!token.empty()) request.headers.push_back("Authorization: Bearer " + token);
  return request;
}

// The part of a URL that may be told: a path or a query is often what lets one in.
std::string shown_url(const std::string& url) {
  std::size_t path = url.find_first_of("/?", url.find("://") + 3);
  return url.substr(0, path);
}

class WebhookReceiver final : public RowReceiver {
 public:
  WebhookReceiver(std::unique_ptr<HttpTransport> http, HttpRequest request, bool lists)
      : http_(std::move(http)), request_(std::move(request)), lists_(lists) {}

  Answer deliver(std::span<const std::string> rows, std::uint64_t held_back) override {
    std::string body;
    if (lists_) body = '[';
    for (const std::string& row : rows) {
      if (body.size() > 1) body += ',';
      body += row;
    }
    if (lists_) body += ']';
    HttpRequest request = request_;
    request.body = body;
    if (held_back > 0) request.headers.push_back(fmt::format("X-Dnstorm-Held-Back: {}", held_back));
    return judge_webhook(http_->exchange(request));
  }
  std::string name() const override { return shown_url(request_.url); }

 private:
  std::unique_ptr<HttpTransport> http_;
  HttpRequest request_;
  bool lists_;
};

class WebhookSink final : public RowSendingBolt {
 public:
  WebhookSink(const Options& options, WebhookSurroundings surroundings)
      : options_(options), surroundings_(std::move(surroundings)) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs) {
      std::string source;
      if (options_.flag("source")) source = default_measurement(input.component, input.stream);
      forms_.emplace_back(RowFormat::json, *input.schema, options_.list("fields"), source);
      add_input(*input.schema);
    }
    NamedTexts constants = DNSTORM_TRY(named_texts(options_, "constants"));
    for (const auto& [name, value] : constants) {
      append_json_string(constants_, name);
      constants_ += ':';
      append_json_string(constants_, value);
      constants_ += ',';
    }
    HttpRequest request = DNSTORM_TRY(request_of(options_));
    RowSenderSettings settings = RowSenderSettings::of(options_);
    settings.who = "webhook";
    settings.batch_rows = static_cast<std::size_t>(options_.integer("batch"));
    auto receiver = std::make_unique<WebhookReceiver>(surroundings_.make_transport(),
                                                      std::move(request), settings.batch_rows > 1);
    start(std::move(settings), std::move(receiver), surroundings_.make_pause(), task,
          surroundings_.note);
    return {};
  }

 private:
  void append(std::string& text, std::size_t input, const RowView& row, TimeNs) const override {
    forms_[input].append(text, row);
    text.pop_back();  // its line end
    text.insert(1, constants_);
  }

  Options options_;
  WebhookSurroundings surroundings_;
  std::vector<RowText> forms_;  // one an input
  std::string constants_;       // as they stand in front of a row's fields
};

Result<Declaration> declare_webhook(const Options& options, const std::vector<InputDecl>& inputs) {
  const std::string& url = options.text("url");
  if (!url.starts_with("env:") && !url.starts_with("file:")) DNSTORM_CHECK(check_url(options, url));
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  declaration.reads = DNSTORM_TRY(row_reads(options.list("fields"), inputs));
  NamedTexts constants = DNSTORM_TRY(named_texts(options, "constants"));
  for (const auto& [name, value] : constants)
    for (const InputDecl& input : inputs) {
      auto fields = DNSTORM_TRY(row_fields(input, options.list("fields")));
      if (std::count(fields.begin(), fields.end(), name) != 0 ||
          (name == "source" && options.flag("source")))
        return option_error("constants", fmt::format("'{}' of '{}' has that name already: choose "
                                                     "another one",
                                                     name, input.component));
    }
  NamedTexts headers = DNSTORM_TRY(named_texts(options, "headers"));
  for (const auto& [name, value] : headers) DNSTORM_CHECK(check_header("headers", name, value));
  return declaration;
}

std::vector<OptionSpec> request_specs() {
  return {
      {.name = "url",
       .type = OptionType::text,
       .default_text = "",
       .help = "where rows are POSTed to; env:NAME and file:PATH keep it out of the file",
       .required = true},
      {"fields", OptionType::list, "",
       "the fields of a row, in this order; if not given, all there are"},
      {"constants", OptionType::list, "", "fields that every row begins with, as name=value"},
      {"source", OptionType::flag, "false", "a field `source`: the component of the row"},
      {.name = "batch",
       .type = OptionType::integer,
       .default_text = "1",
       .help = "1: a request a row, an object; more: an array of up to so many rows",
       .min = 1,
       .max = 100'000},
      {"token", OptionType::text, "",
       "bearer token; env:NAME takes it from the environment, file:PATH from a file"},
      {"headers", OptionType::list, "", "further headers, as Name=value; env: and file: too"},
      {"ca_file", OptionType::text, "",
       "certificates (PEM) that vouch for an https server; if not given, the system's"},
      {"insecure", OptionType::flag, "false", "take any certificate of an https server"},
      {.name = "timeout",
       .type = OptionType::duration,
       .default_text = "10s",
       .help = "how long one request may take",
       .min = 1e8,
       .max = 600e9},
  };
}

}  // namespace

RowReceiver::Answer judge_webhook(const HttpAnswer& answer) {
  int status = answer.status;
  if (status / 100 == 2) return {};
  std::string reason = status == 0 ? answer.failure : fmt::format("HTTP {}", status);
  std::string body = answer.body.substr(0, reason_bytes_max);
  for (char& c : body)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  if (status != 0 && !body.empty()) reason += ": " + body;
  if (status == 0 || status == 408 || status == 425 || status == 429 || status >= 500)
    return {Outcome::again, reason, answer.retry_after};
  if (status == 400 || status == 409 || status == 413 || status == 415 || status == 422)
    return {Outcome::refused, reason};
  return {Outcome::stop, reason};
}

OperatorDef webhook_operator(WebhookSurroundings surroundings) {
  OperatorDef def;
  def.name = "webhook";
  def.kind = OperatorKind::sink;
  def.summary = "POSTs rows as JSON to a URL: for events.";
  def.options = request_specs();
  for (OptionSpec& spec : RowSenderSettings::specs()) def.options.push_back(std::move(spec));
  def.constructor = {"url"};
  def.example =
      "- id: alert\n  className: webhook\n  properties:\n    url: https://alerts.example/dns\n"
      "    token: env:ALERT_TOKEN\n    per_minute_max: 30\n";
  def.declare = declare_webhook;
  def.make_bolt = [surroundings = std::move(surroundings)](const Options& options) {
    return std::make_unique<WebhookSink>(options, surroundings);
  };
  return def;
}

OperatorDef webhook_operator() {
  return webhook_operator({.make_transport = make_http_client,
                           .make_pause = [] { return std::make_unique<SystemPause>(); },
                           .note = note_on_stderr()});
}

}  // namespace dnstorm::operators
