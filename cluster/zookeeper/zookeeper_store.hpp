// What coordinators must not forget, in ZooKeeper: the znodes cluster and topologies/ID below the
// path of the address, as JSON. Each write is one transaction with a check that the term is still
// that of the leader which writes: what one that has lost its lead still writes is refused, however
// late it comes. Belongs to one thread; calls wait for ZooKeeper, for three seconds or so where it
// does not answer.
//
// A write that fails may have been done all the same if the connection broke; load() says.
#pragma once

#include <memory>
#include <string>

#include "cluster/model/record.hpp"

namespace dnstorm::cluster {

class ZooKeeperStore final : public Store {
 public:
  // `servers`: HOST:PORT,HOST:PORT/PATH. Connects with the first call.
  explicit ZooKeeperStore(const std::string& servers);
  ~ZooKeeperStore() override;

  // The term of the lead that was gained (ElectionEvent): what follows is written in it.
  void lead(std::uint64_t term);

  Result<StoredState> load() override;
  Result<void> save_cluster(const StoredState& state) override;
  Result<void> save(const TopologyRecord& record) override;
  Result<void> remove(const std::string& topology) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster
