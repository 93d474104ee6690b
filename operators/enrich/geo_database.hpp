// Where addresses are and whose they are, out of files in MaxMind's format (libmaxminddb): country,
// city, number and name of the autonomous system, from whichever file has them. Files are mapped,
// watched and read again when they have changed; if a new one is broken the old one stays in use.
// What was found is kept for each address. One instance a task; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/ip.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

struct GeoRecord {
  bool known = false;                  // some file has the address
  std::string country, city, as_name;  // "unknown" where no file says it
  std::uint64_t country_hash = 0, city_hash = 0, as_name_hash = 0;
  std::uint32_t asn = 0;  // 0: unknown
};

class GeoDatabase {
 public:
  GeoDatabase();
  ~GeoDatabase();
  GeoDatabase(const GeoDatabase&) = delete;
  GeoDatabase& operator=(const GeoDatabase&) = delete;

  // Fails with kind `no_input` or `data` if a file cannot be read.
  Result<void> open(const std::vector<std::string>& paths);
  // Valid until the next call.
  const GeoRecord& find(const IpAddress& address);

  enum class Change : std::uint8_t { none, renewed, broken };
  // Looks whether files have changed and reads those anew.
  Change renew();

 private:
  struct File;
  // Places of different addresses are kept apart by the address itself.
  struct Cached {
    bool used = false;
    IpAddress address;
    std::uint32_t record = 0;
  };
  std::uint32_t look_up(const IpAddress& address);
  void clear();

  std::vector<std::unique_ptr<File>> files_;
  std::vector<GeoRecord> records_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_entries_;  // of all files, hashed
  std::vector<Cached> cache_;
};

}  // namespace dnstorm::operators
