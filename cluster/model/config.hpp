// cluster.yaml: what coordinators, nodes and the commands that talk to them need to know. One file
// does for all roles; what differs from machine to machine may stand in a file of its own that is
// read behind it, or in options of the command line. Keys that are not set have the defaults of the
// structs below. configs/cluster/ has examples, docs/cluster.md tells of each key.
//
// Values and functions without state. Secrets are never in the file: it names a file or an
// environment variable.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

// Where a secret is; one of the two is set.
struct SecretSource {
  std::string file;         // its content, without blanks around it
  std::string environment;  // the name of a variable
  bool operator==(const SecretSource&) const = default;
  bool given() const { return !file.empty() || !environment.empty(); }
};
// The secret itself. Fails if it is not there, is empty, or the file is open to others.
Result<std::string> read_secret(const SecretSource& source);

// A coordinator as nodes know it.
struct CoordinatorAddress {
  std::string name;      // of its key: `keys`/NAME.pub
  std::string endpoint;  // tcp://HOST:PORT
  bool operator==(const CoordinatorAddress&) const = default;
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool operator==(const PortRange&) const = default;
};

// `coordinator:` of the machine that one runs on.
struct CoordinatorConfig {
  std::string name;  // of its key, and in logs; default: of the first of `coordinators`
  std::string bind;  // tcp://ADDRESS:PORT; default: the endpoint that `coordinators` has for `name`
};

// `node:` of the machine that one runs on.
struct NodeConfig {
  std::string name;                // default: the machine's name up to the first dot
  std::string bind = "127.0.0.1";  // the address for data and pings
  std::vector<PortRange> ports;    // to take ports from, in this order; empty: any free ones
  std::vector<std::string> labels;
  double cores = 0;          // that topologies may take; 0: not limited
  std::uint64_t memory = 0;  // bytes, likewise
  std::string folder = "/var/lib/dnstorm/node";
};

struct ClusterTimeouts {
  DurationNs node = 3 * ns_per_s;      // silent for so long, a node is lost
  DurationNs lease = 3 * ns_per_s;     // for so long a node may go on without an answer
  DurationNs worker = 6 * ns_per_s;    // one that says nothing for so long is killed
  DurationNs launch = 60 * ns_per_s;   // until a worker that was started is ready
  DurationNs absence = 60 * ns_per_s;  // a lost node is waited for before a topology does without
};

struct TlsFiles {
  std::string certificate;  // PEM; empty: no TLS
  std::string key;
};

struct ClusterConfig {
  std::string name = "dnstorm";
  std::vector<CoordinatorAddress> coordinators{{"coordinator", "tcp://127.0.0.1:7370"}};
  std::string api = "127.0.0.1:7371";                  // HTTP of a coordinator: ADDRESS:PORT
  std::string state = "/var/lib/dnstorm/coordinator";  // folder: its SQLite file, checkpoints
  std::string zookeeper;    // HOST:PORT,...[/PATH]; empty: one coordinator, with SQLite
  // A folder or redis://HOST:PORT/DATABASE that all coordinators reach; empty: in `state`.
  std::string checkpoints;
  SecretSource redis_password;  // for `checkpoints`
  std::string keys;         // folder of NAME.key and NAME.pub; empty: no encryption, loopback only
  int compression = 0;      // of rows between machines: zstd's level; 0: none
  ClusterTimeouts timeouts;
  TlsFiles tls;                                // of the API
  std::map<std::string, SecretSource> tokens;  // by name: who may change anything
  CoordinatorConfig coordinator;
  NodeConfig node;

  // Of `coordinator`, with the defaults worked out.
  std::string coordinator_name() const;
  std::string coordinator_bind() const;
};

// A file, or what stands in its place.
struct ConfigText {
  std::string file;  // for messages; relative paths in the text count from its folder
  std::string text;
};
// An option of the command line that has the last word over all files: `--label a --label b` is
// {"--label", "node.labels", {"a", "b"}}.
struct ConfigOption {
  std::string option;
  std::string key;
  std::vector<std::string> values;
};

// Later ones win, key by key; lists are replaced as a whole. Fails with kind `config` and all
// problems at once, one a line: "cluster.yaml:3:9: sentence".
Result<ClusterConfig> parse_cluster_config(const std::vector<ConfigText>& files,
                                           const std::vector<ConfigOption>& options = {});
// Reads the files first. None: the defaults.
Result<ClusterConfig> read_cluster_config(const std::vector<std::string>& files,
                                          const std::vector<ConfigOption>& options = {});

// Whether a name may be that of a node, a key, a label: letters, digits, '.', '_' and '-', at most
// 63, a letter or a digit first. So it can stand in paths, URLs and messages as it is.
bool is_cluster_name(std::string_view name);
// tcp://127.0.0.1:1, 127.0.0.1:80, [::1]:80, localhost:80.
bool is_loopback(std::string_view endpoint);

}  // namespace dnstorm::cluster
