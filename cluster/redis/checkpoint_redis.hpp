// Checkpoints in a Redis server that all coordinators reach: a hash for each topology,
// "dnstorm:CLUSTER:checkpoints:TOPOLOGY", from a checkpoint's number to its bytes. How safe they
// are there is what the server's `appendonly` and `appendfsync` say. A connection that is lost is
// made anew with the next call.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/store/checkpoints.hpp"

struct redisContext;

namespace dnstorm::cluster {

// redis://HOST[:PORT][/DATABASE]; IPv6 addresses stand in brackets.
struct RedisAddress {
  std::string host;
  int port = 6379;
  int database = 0;
};
std::optional<RedisAddress> parse_redis_address(const std::string& address);

class CheckpointRedis final : public Checkpoints {
 public:
  // An error: the address is none, or the server does not answer. `password` may be empty.
  static Result<std::unique_ptr<CheckpointRedis>> open(const std::string& address,
                                                       const std::string& cluster,
                                                       std::string password);
  ~CheckpointRedis() override;

  Result<void> write(const std::string& topology, const StoredCheckpoint& checkpoint) override;
  Result<Found> read(const std::string& topology, std::uint64_t last = UINT64_MAX) override;
  Result<void> remove(const std::string& topology) override;

 private:
  struct Reply;
  CheckpointRedis(RedisAddress server, std::string address, std::string prefix,
                  std::string password);
  Result<void> connect();
  Result<Reply> ask(const std::vector<std::string>& words);
  Result<Reply> ask_once(const std::vector<std::string>& words);
  Result<std::vector<std::uint64_t>> numbers(const std::string& key);  // descending
  std::string key(const std::string& topology) const { return prefix_ + topology; }
  Error error(const std::string& what) const;

  struct Close {
    void operator()(redisContext* connection) const;
  };
  RedisAddress server_;
  std::string address_;  // for messages
  std::string prefix_;
  std::string password_;
  std::unique_ptr<redisContext, Close> connection_;
};

}  // namespace dnstorm::cluster
