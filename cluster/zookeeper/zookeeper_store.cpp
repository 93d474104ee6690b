#include "cluster/zookeeper/zookeeper_store.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "cluster/model/codec.hpp"
#include "cluster/model/path_name.hpp"
#include "cluster/zookeeper/detail/client.hpp"
#include "cluster/zookeeper/detail/paths.hpp"

namespace dnstorm::cluster {

using detail::SessionState;
using detail::ZooClient;
using Change = ZooClient::Change;

namespace {

constexpr DurationNs session_timeout = 4 * ns_per_s;
constexpr auto connect_timeout = std::chrono::seconds(3);
// What a server takes in one request, with room for the rest of it (jute.maxbuffer).
constexpr std::size_t data_max = 1'000'000;

}  // namespace

struct ZooKeeperStore::State {
  std::string servers;
  detail::ZooAddress address;
  std::uint64_t term = 0;
  std::mutex mutex;
  std::condition_variable changed;
  SessionState session = SessionState::disconnected;
  std::unique_ptr<ZooClient> client;  // last: its thread uses what stands above

  Error error(const std::string& what, ErrorKind kind = ErrorKind::unavailable) const {
    return {kind, fmt::format("ZooKeeper {}: {}", servers, what), "zookeeper"};
  }

  Result<void> connect() {
    std::unique_lock lock(mutex);
    if (client && session == SessionState::expired) {
      lock.unlock();  // its thread may be waiting for it
      client.reset();
      lock.lock();
    }
    bool fresh = !client;
    if (fresh) {
      session = SessionState::disconnected;
      client = DNSTORM_TRY(ZooClient::open(
          address.servers, session_timeout,
          [this](SessionState now) {
            std::lock_guard guard(mutex);
            session = now;
            changed.notify_all();
          },
          [] {}));
    }
    if (!changed.wait_for(lock, connect_timeout,
                          [this] { return session != SessionState::disconnected; }))
      return error("does not answer");
    if (session == SessionState::expired) return error("the session has expired");
    if (fresh)
      for (const std::string& folder : detail::folders(address.root)) client->make_folder(folder);
    return {};
  }

  // A change under the leader's term.
  Result<int> change(Change what, const std::string& path, const std::string& data) {
    if (term == 0) return error("this coordinator does not lead", ErrorKind::internal);
    if (data.size() > data_max)
      return error(fmt::format("a topology of {} bytes does not fit, {} are the most: submit it "
                               "without the files that it does not need",
                               data.size(), data_max),
                   ErrorKind::data);
    DNSTORM_CHECK(connect());
    int code = client->wait_change(detail::leader_path(address.root),
                                   static_cast<std::int32_t>(term), what, path, data);
    if (detail::is_bad_version(code))
      return error(fmt::format("another coordinator leads, term {} is over", term));
    return code;
  }

  Result<void> done(int code, std::string_view doing) const {
    if (code == 0) return {};
    return error(fmt::format("cannot {}: {}", doing, detail::code_text(code)));
  }

  Result<void> put(const std::string& path, const std::string& data) {
    int code = DNSTORM_TRY(change(Change::set, path, data));
    if (detail::is_no_node(code)) code = DNSTORM_TRY(change(Change::make, path, data));
    return done(code, "write");
  }

  std::string topology_path(const std::string& id) const {
    return detail::topologies_path(address.root) + "/" + path_name(id);
  }

  Result<StoredState> load() {
    // Goes through ZooKeeper's leader, so what is read behind it on this connection is not older.
    int led = DNSTORM_TRY(change(Change::none, "", ""));
    DNSTORM_CHECK(done(led, "read"));
    StoredState state;
    std::string text;
    DNSTORM_CHECK(done(client->wait_get(detail::cluster_path(address.root), text), "read"));
    if (!text.empty()) state = DNSTORM_TRY(state_from_json(text));
    std::vector<std::string> names;
    const std::string folder = detail::topologies_path(address.root);
    DNSTORM_CHECK(done(client->wait_children(folder, names), "read"));
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      DNSTORM_CHECK(done(client->wait_get(folder + "/" + name, text), "read"));
      auto record = record_from_json(text);
      if (!record.ok()) return std::move(record.error()).within("topology " + name);
      state.topologies.push_back(std::move(*record));
    }
    return state;
  }
};

ZooKeeperStore::ZooKeeperStore(const std::string& servers) : state_(std::make_unique<State>()) {
  state_->servers = servers;
  state_->address = detail::parse_zoo_address(servers);
}
ZooKeeperStore::~ZooKeeperStore() = default;

void ZooKeeperStore::lead(std::uint64_t term) { state_->term = term; }

Result<StoredState> ZooKeeperStore::load() { return state_->load(); }

Result<void> ZooKeeperStore::save_cluster(const StoredState& state) {
  return state_->put(detail::cluster_path(state_->address.root), to_json(state));
}

Result<void> ZooKeeperStore::save(const TopologyRecord& record) {
  return state_->put(state_->topology_path(record.id), to_json(record));
}

Result<void> ZooKeeperStore::remove(const std::string& topology) {
  int code = DNSTORM_TRY(state_->change(Change::remove, state_->topology_path(topology), ""));
  return detail::is_no_node(code) ? Result<void>() : state_->done(code, "remove");
}

}  // namespace dnstorm::cluster
