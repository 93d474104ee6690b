// Rows as syslog messages (RFC 5424), the fields as structured data. Pure but for the text it adds
// to.
//
//   SyslogMessage form(settings, *input.schema, source);
//   form.append(text, row, time);
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/task_context.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

// Keywords as syslog.conf knows them, "local0"; severities also by their number, and longer
// ("error", "warning").
std::optional<int> syslog_facility(std::string_view name);
std::optional<int> syslog_severity(std::string_view name);

struct SyslogSettings {
  int facility = 1;                       // user
  int severity = 5;                       // of rows whose severity_field says none
  std::string severity_field = {};        // empty: none
  std::map<std::string, int> severities;  // by the text of that field, beside the keywords
  std::string host = "-";
  std::string app = "dnstorm";
  std::string process = "-";
  std::string data_id = {};         // of the structured data; empty: without
  std::string message_field = {};   // empty: the message lists the fields
  std::vector<std::string> fields;  // which, in their order; empty: all
  std::size_t max_bytes = 8192;     // of a message: structured data, then text, are cut for it
};

class SyslogMessage {
 public:
  // `source`: where rows are from, the MSGID.
  SyslogMessage(const SyslogSettings& settings, const Schema& schema, const std::string& source);

  void append(std::string& out, const RowView& row, TimeNs time) const;
  // A message about the rows rather than one of them.
  std::string plain(int severity, TimeNs time, std::string_view text) const;

 private:
  int severity_of(const RowView& row) const;
  std::string data_of(const RowView& row) const;
  std::string text_of(const RowView& row) const;

  SyslogSettings settings_;
  std::string source_;
  std::string head_;  // from the host to the MSGID
  std::vector<CellReader> cells_;
  std::optional<CellReader> severity_;
  std::optional<CellReader> message_;
};

// A name of printable ASCII, as RFC 5424 wants it of header fields: others become '_'.
std::string syslog_name(std::string_view text, std::size_t longest);

}  // namespace dnstorm::operators
