#include "cli/grafana/provisioning.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "cli/grafana/board_json.hpp"

namespace dnstorm::cli::grafana {

namespace {

YAML::Emitter& pair(YAML::Emitter& out, const char* key, const std::string& value) {
  return out << YAML::Key << key << YAML::Value << value;
}

void write_influxql(YAML::Emitter& out, const Source& source) {
  if (!source.user.empty()) {
    pair(out, "user", source.user);
    out << YAML::Key << "secureJsonData" << YAML::Value << YAML::BeginMap;
    pair(out, "password", "$INFLUX_PASSWORD") << YAML::EndMap;
  }
  out << YAML::Key << "jsonData" << YAML::Value << YAML::BeginMap;
  pair(out, "dbName", source.database);
  pair(out, "httpMode", "POST") << YAML::EndMap;
}

void write_flux(YAML::Emitter& out, const Source& source) {
  out << YAML::Key << "secureJsonData" << YAML::Value << YAML::BeginMap;
  pair(out, "token", "$INFLUX_TOKEN") << YAML::EndMap;
  out << YAML::Key << "jsonData" << YAML::Value << YAML::BeginMap;
  pair(out, "version", "Flux");
  pair(out, "organization", source.org);
  pair(out, "defaultBucket", source.bucket) << YAML::EndMap;
}

constexpr const char* head = "# Made by `dnstorm grafana`.\n";

}  // namespace

std::string datasource_yaml(const Source& source) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "apiVersion" << YAML::Value << 1 << YAML::Key
      << "datasources" << YAML::Value << YAML::BeginSeq << YAML::BeginMap;
  bool flux = source.language == Language::flux;
  pair(out, "name", flux ? "dnstorm (Flux)" : "dnstorm");
  pair(out, "uid", source_uid(source.language));
  pair(out, "type", "influxdb");
  pair(out, "access", "proxy");
  pair(out, "url", source.url);
  flux ? write_flux(out, source) : write_influxql(out, source);
  out << YAML::EndMap << YAML::EndSeq << YAML::EndMap;
  return head + std::string(out.c_str()) + "\n";
}

std::string provider_yaml(const std::string& folder) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "apiVersion" << YAML::Value << 1 << YAML::Key << "providers"
      << YAML::Value << YAML::BeginSeq << YAML::BeginMap;
  pair(out, "name", "dnstorm");
  pair(out, "folder", "dnstorm");
  pair(out, "folderUid", "dnstorm");
  pair(out, "type", "file");
  out << YAML::Key << "allowUiUpdates" << YAML::Value << false << YAML::Key << "options"
      << YAML::Value << YAML::BeginMap;
  pair(out, "path", folder);
  out << YAML::EndMap << YAML::EndMap << YAML::EndSeq << YAML::EndMap;
  return head + std::string(out.c_str()) + "\n";
}

}  // namespace dnstorm::cli::grafana
