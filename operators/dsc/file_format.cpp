#include "operators/dsc/file_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "capture/dns/base_encodings.hpp"

namespace dnstorm::operators {

namespace {

std::string base64(std::string_view bytes) {
  return capture::dns::base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::int64_t seconds(TimeNs time) { return time / ns_per_s; }

// NAME val="VALUE"
void append_xml_value(std::string& out, const std::string& name, const std::string& value) {
  bool plain = is_plain_value(value);
  out += fmt::format("<{} val=\"{}\"{}", name, plain ? value : base64(value),
                     plain ? "" : " base64=\"1\"");
}

void append_xml(std::string& out, const DscArray& array) {
  out += fmt::format("<array name=\"{}\" dimensions=\"2\" start_time=\"{}\" stop_time=\"{}\">\n",
                     array.name, seconds(array.start), seconds(array.stop));
  out += fmt::format("  <dimension number=\"1\" type=\"{}\"/>\n", array.dimension1);
  out += fmt::format("  <dimension number=\"2\" type=\"{}\"/>\n", array.dimension2);
  out += "  <data>\n";
  for (const DscArray::Row& row : array.rows) {
    out += "    ";
    append_xml_value(out, array.dimension1, row.key);
    out += ">\n";
    for (const auto& [key, count] : row.cells) {
      out += "      ";
      append_xml_value(out, array.dimension2, key);
      out += fmt::format(" count=\"{}\"/>\n", count);
    }
    out += fmt::format("    </{}>\n", array.dimension1);
  }
  out += "  </data>\n</array>\n";
}

std::string json_row(const DscArray& array, const DscArray::Row& row) {
  bool plain = is_plain_value(row.key);
  std::string out = fmt::format("    {{\n      \"{}\": \"{}\",\n", array.dimension1,
                                plain ? row.key : base64(row.key));
  if (!plain) out += "      \"base64\": true,\n";
  out += fmt::format("      \"{}\": [", array.dimension2);
  const char* before = "\n";
  for (const auto& [key, count] : row.cells) {
    bool plain_key = is_plain_value(key);
    out += fmt::format("{}        {{ \"val\": \"{}\",{} \"count\": {} }}", before,
                       plain_key ? key : base64(key), plain_key ? "" : " \"base64\": true,", count);
    before = ",\n";
  }
  out += row.cells.empty() ? "]\n    }" : "\n      ]\n    }";
  return out;
}

void append_json(std::string& out, const DscArray& array) {
  out += fmt::format(
      "{{\n  \"name\": \"{}\",\n  \"start_time\": {},\n  \"stop_time\": {},\n"
      "  \"dimensions\": [ \"{}\", \"{}\" ],\n  \"data\": [\n",
      array.name, seconds(array.start), seconds(array.stop), array.dimension1, array.dimension2);
  for (std::size_t i = 0; i < array.rows.size(); ++i) {
    if (i != 0) out += ",\n";
    out += json_row(array, array.rows[i]);
  }
  out += array.rows.empty() ? "  ]\n}" : "\n  ]\n}";
}

}  // namespace

bool is_plain_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == ':' || c == '-' ||
           c == '_';
  });
}

std::string dsc_xml(const std::vector<DscArray>& arrays) {
  std::string out = "<dscdata>\n";
  for (const DscArray& array : arrays) append_xml(out, array);
  return out + "</dscdata>\n";
}

std::string dsc_json(const std::vector<DscArray>& arrays) {
  std::string out = "[\n";
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    if (i != 0) out += ",\n";
    append_json(out, arrays[i]);
  }
  return out + "\n]\n";
}

}  // namespace dnstorm::operators
