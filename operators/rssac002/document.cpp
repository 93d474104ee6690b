#include "operators/rssac002/document.hpp"

#include <fmt/format.h>

namespace dnstorm::operators {

namespace {

// All four stand in the document, empty ones too.
void add_sizes(std::string& out, const std::vector<RssacFigure>& lines) {
  for (const char* section :
       {"udp-request-sizes", "udp-response-sizes", "tcp-request-sizes", "tcp-response-sizes"}) {
    std::string body;
    for (const RssacFigure& line : lines)
      if (line.section == section && line.count != 0)
        body += fmt::format("  {}: {}\n", line.item, line.count);
    out +=
        body.empty() ? fmt::format("{}: {{}}\n", section) : fmt::format("{}:\n{}", section, body);
  }
}

}  // namespace

std::string rssac_yaml(const RssacDocument& document) {
  std::string out =
      fmt::format("---\nversion: {}\nservice: {}\nstart-period: {}\nmetric: {}\n", document.version,
                  document.service, format_time(document.day), document.metric);
  if (!document.complete())
    out += fmt::format("# incomplete: counted from {} until {}\n", format_time(document.from),
                       format_time(document.until));
  for (const RssacFigure& line : document.lines)
    if (line.error != 0)
      out += fmt::format("# {} is estimated, relative standard error {:.2f} %\n", line.item,
                         100 * line.error);
  if (document.metric == rssac_metric_name(RssacMetric::traffic_sizes)) {
    add_sizes(out, document.lines);
    return out;
  }
  for (const RssacFigure& line : document.lines)
    out += fmt::format("{}: {}\n", line.item, line.count);
  return out;
}

std::string rssac_path(const RssacDocument& document, const std::string& name) {
  std::string date = format_time(document.day).substr(0, 10);
  std::string year = date.substr(0, 4);
  std::string month = date.substr(5, 2);
  return fmt::format("{}/{}/{}/{}-{}{}{}-{}.yaml{}", year, month, document.metric, name, year,
                     month, date.substr(8, 2), document.metric,
                     document.complete() ? "" : ".incomplete");
}

std::string rssac_file_name(const std::string& service) {
  constexpr std::string_view root = ".root-servers.net";
  if (service.size() == root.size() + 1 && service.ends_with(root))
    return service.substr(0, 1) + "-root";
  return service;
}

}  // namespace dnstorm::operators
