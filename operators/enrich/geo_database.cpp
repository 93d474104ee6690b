#include "operators/enrich/geo_database.hpp"

#include <fmt/format.h>
#include <maxminddb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/api/key.hpp"
#include "engine/base/file_identity.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t places = 65536;         // of the cache of addresses
constexpr std::size_t records_max = 100'000;  // then all is forgotten
constexpr std::size_t text_max = 256;
const std::string unknown = "unknown";

void set_text(MMDB_entry_s& entry, std::string& text, const char* const* path) {
  MMDB_entry_data_s data = {};
  if (text != unknown || MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS) return;
  if (!data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size == 0) return;
  text.assign(data.utf8_string, std::min<std::size_t>(data.data_size, text_max));
}

void set_number(MMDB_entry_s& entry, std::uint32_t& number, const char* const* path) {
  MMDB_entry_data_s data = {};
  if (number != 0 || MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data) return;
  if (data.type == MMDB_DATA_TYPE_UINT32) number = data.uint32;
  if (data.type == MMDB_DATA_TYPE_UINT16) number = data.uint16;
}

// The first file that says something is believed.
void add_to(GeoRecord& record, MMDB_entry_s& entry) {
  static const char* const country[] = {"country", "iso_code", nullptr};
  static const char* const registered[] = {"registered_country", "iso_code", nullptr};
  static const char* const city[] = {"city", "names", "en", nullptr};
  static const char* const asn[] = {"autonomous_system_number", nullptr};
  static const char* const as_name[] = {"autonomous_system_organization", nullptr};
  set_text(entry, record.country, country);
  set_text(entry, record.country, registered);
  set_text(entry, record.city, city);
  set_text(entry, record.as_name, as_name);
  set_number(entry, record.asn, asn);
  record.known = true;
}

}  // namespace

struct GeoDatabase::File {
  explicit File(std::string its_path)
      : path(std::move(its_path)), identity(FileIdentity::of(path)) {}
  ~File() {
    if (opened) MMDB_close(&database);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  Result<void> open() {
    int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database);
    opened = status == MMDB_SUCCESS;
    if (opened) return {};
    if (status == MMDB_FILE_OPEN_ERROR)
      return Error{
          ErrorKind::no_input,
          fmt::format("{}: cannot be opened: {}; geo needs databases of your own, none comes "
                      "with dnstorm",
                      path, std::strerror(errno)),
          "files"};
    return Error{
        ErrorKind::data,
        fmt::format("{}: no database in MaxMind's format: {}", path, MMDB_strerror(status)),
        "files"};
  }

  MMDB_lookup_result_s look_up(const IpAddress& address) {
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s found = {};
    sockaddr_in v4 = {};
    sockaddr_in6 v6 = {};
    if (address.is_v4()) {
      v4.sin_family = AF_INET;
      std::memcpy(&v4.sin_addr, address.bytes.data() + 12, 4);
      found = MMDB_lookup_sockaddr(&database, reinterpret_cast<sockaddr*>(&v4), &status);
    } else if (database.metadata.ip_version == 6) {
      v6.sin6_family = AF_INET6;
      std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
      found = MMDB_lookup_sockaddr(&database, reinterpret_cast<sockaddr*>(&v6), &status);
    }
    if (status != MMDB_SUCCESS) found.found_entry = false;
    return found;
  }

  std::string path;
  std::optional<FileIdentity> identity;
  bool opened = false;
  MMDB_s database = {};
};

GeoDatabase::GeoDatabase() : cache_(places) {}
GeoDatabase::~GeoDatabase() = default;

Result<void> GeoDatabase::open(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    auto file = std::make_unique<File>(path);
    DNSTORM_CHECK(file->open());
    files_.push_back(std::move(file));
  }
  clear();
  return {};
}

void GeoDatabase::clear() {
  records_.clear();
  by_entries_.clear();
  std::fill(cache_.begin(), cache_.end(), Cached{});
}

const GeoRecord& GeoDatabase::find(const IpAddress& address) {
  std::uint64_t hash = KeyReader::fixed_hash(
      Type::ip, sizeof address, reinterpret_cast<const std::byte*>(address.bytes.data()));
  Cached& place = cache_[hash % places];
  if (!place.used || place.address != address) {
    if (records_.size() >= records_max) clear();
    place = {true, address, look_up(address)};
  }
  return records_[place.record];
}

// Addresses with the same entries in all files share a record.
std::uint32_t GeoDatabase::look_up(const IpAddress& address) {
  std::vector<MMDB_lookup_result_s> found;
  std::uint64_t entries = 0;
  for (auto& file : files_) {
    found.push_back(file->look_up(address));
    std::uint64_t entry =
        found.back().found_entry ? std::uint64_t{found.back().entry.offset} + 1 : 0;
    entries = hash_combine(entries, entry);
  }
  auto [known, fresh] = by_entries_.emplace(entries, static_cast<std::uint32_t>(records_.size()));
  if (!fresh) return known->second;
  GeoRecord record;
  record.country = record.city = record.as_name = unknown;
  for (auto& one : found)
    if (one.found_entry) add_to(record, one.entry);
  record.country_hash = hash_bytes(record.country);
  record.city_hash = hash_bytes(record.city);
  record.as_name_hash = hash_bytes(record.as_name);
  records_.push_back(std::move(record));
  return known->second;
}

GeoDatabase::Change GeoDatabase::renew() {
  Change change = Change::none;
  for (auto& file : files_) {
    auto now = FileIdentity::of(file->path);
    // Gone for a moment, while it is being replaced.
    if (!now || now == file->identity) continue;
    auto fresh = std::make_unique<File>(file->path);
    if (fresh->open().ok()) {
      file = std::move(fresh);
      clear();
      change = std::max(change, Change::renewed);
    } else {
      file->identity = now;  // said once
      change = Change::broken;
    }
  }
  return change;
}

}  // namespace dnstorm::operators
