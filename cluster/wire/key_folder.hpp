// The folder of keys of a machine: its own NAME.key, which only its owner reads, and NAME.pub of
// everybody who may take part in the cluster. Both hold one key as text and a line's end. Functions
// without state; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/wire/keys.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cluster {

struct KeyFolder {
  CurveKeys own;                               // empty: the cluster uses no keys
  std::map<std::string, std::string> allowed;  // public keys by name, one's own among them

  // The key of somebody to connect to; "" where none are used. Fails if it is not in the folder.
  Result<std::string> key_of(const std::string& name) const;
};

// What `own_name` needs to take part. Fails with a sentence if its key is missing, is none, is open
// to others, or if two names have one key.
Result<KeyFolder> load_keys(const std::string& folder, const std::string& own_name);

// New keys for all of these: NAME.key with mode 0600, and NAME.pub. Makes the folder. Keys that are
// there already are replaced with `force`, else nothing at all is written.
Result<void> write_keys(const std::string& folder, const std::vector<std::string>& names,
                        bool force);

}  // namespace dnstorm::cluster
