// What a single coordinator must not forget, in one SQLite file: WAL, synchronous FULL, so a call
// that has returned survives a power cut. One process at a time has it: a second one is refused
// with a sentence. Belongs to one thread.
//
// A failed write has changed nothing; after a full disk the next one works once there is room.
#pragma once

#include <memory>
#include <string>

#include "cluster/model/record.hpp"

namespace dnstorm::cluster {

class SqliteStore final : public Store {
 public:
  // Makes the file, and the folder it is in, if there is none.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path);
  ~SqliteStore() override;

  // A number higher than all before it: of the leadership that begins (Coordinator::lead).
  Result<std::uint64_t> begin_term();
  Result<StoredState> load() override;
  Result<void> save_cluster(const StoredState& state) override;
  Result<void> save(const TopologyRecord& record) override;
  Result<void> remove(const std::string& topology) override;

 private:
  struct State;
  explicit SqliteStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster
