#include "cluster/zookeeper/election.hpp"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "cluster/model/loop.hpp"
#include "cluster/zookeeper/detail/client.hpp"
#include "cluster/zookeeper/detail/paths.hpp"

namespace dnstorm::cluster {

using detail::SessionState;
using detail::ZooClient;

namespace {

ZooAnswer answer_of(int code) {
  if (code == 0) return ZooAnswer::done;
  return detail::is_no_node(code) ? ZooAnswer::gone : ZooAnswer::failed;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

struct Election::State {
  State(ElectionOptions o, const Clock& c, Listener l)
      : options(std::move(o)),
        address(detail::parse_zoo_address(options.servers)),
        clock(c),
        listener(std::move(l)),
        loop(c, [this] { return on_time(); }) {}

  ElectionOptions options;
  detail::ZooAddress address;
  const Clock& clock;
  Listener listener;
  std::atomic<TimeNs> lead_until = time_min;
  // Of the loop's thread.
  ElectionMachine machine;
  std::unique_ptr<ZooClient> client;
  std::uint64_t session = 0;  // counts clients
  TimeNs open_at = time_min;  // when to try again to make a client
  Loop loop;

  TimeNs on_time() {
    TimeNs now = clock.steady_ns();
    if (!client && now >= open_at) open(now);
    machine.tick(now);
    act();
    return client ? machine.next_time() : std::min(machine.next_time(), open_at);
  }

  void open(TimeNs now) {
    std::uint64_t number = ++session;
    auto opened = ZooClient::open(
        address.servers, options.session_timeout,
        [this, number](SessionState state) {
          loop.post([this, number, state] {
            if (number == session) session_is(state);
          });
        },
        [this] { loop.post([this] { machine.changed(clock.steady_ns()); }); });
    open_at = now + ns_per_s;
    if (opened.ok())
      client = std::move(*opened);
    else
      listener({ElectionEvent::Kind::trouble, 0, opened.error().what});
  }

  void session_is(SessionState state) {
    TimeNs now = clock.steady_ns();
    switch (state) {
      case SessionState::connected:
        return machine.connected(client->timeout(), now);
      case SessionState::disconnected:
        return machine.disconnected(now);
      case SessionState::expired:
        return machine.expired(now);
    }
  }

  // An answer comes back to the loop's thread: `take` is called with the time.
  template <class F>
  void answered(F take) {
    loop.post([this, take = std::move(take)] { take(machine, clock.steady_ns()); });
  }

  std::string path(const std::string& node) const {
    return detail::election_path(address.root) + "/" + node;
  }
  // How this session's candidate is known again, also if the answer to its making was lost.
  std::string candidate() const {
    return fmt::format("{:016x}-{}-", static_cast<std::uint64_t>(client->session()), options.name);
  }

  void run(const EnterElection& action) {
    for (const std::string& folder : detail::folders(address.root)) client->make_folder(folder);
    std::string prefix = candidate();
    client->children(detail::election_path(address.root),
                     [this, action, prefix](int code, std::vector<std::string> names) {
                       for (const std::string& name : names)
                         if (name.starts_with(prefix)) return entered(action.round, 0, name);
                       if (code != 0) return entered(action.round, code, {});
                       loop.post([this, action, prefix] { make_candidate(action.round, prefix); });
                     });
  }
  void make_candidate(std::uint64_t round, const std::string& prefix) {
    // A name of a session that is no more would be found by nobody again.
    if (!client || prefix != candidate()) return;
    client->make_candidate(path(prefix), [this, round](int code, const std::string& made) {
      entered(round, code, last_part(made));
    });
  }
  void entered(std::uint64_t round, int code, const std::string& node) {
    answered([round, code, node](ElectionMachine& m, TimeNs now) {
      m.entered(round, answer_of(code), node, now);
    });
  }

  void run(const ListCandidates& action) {
    client->children(
        detail::election_path(address.root),
        [this, action](int code, std::vector<std::string> names) {
          answered([action, code, names = std::move(names)](ElectionMachine& m, TimeNs now) {
            m.listed(action.round, answer_of(code), names, now);
          });
        });
  }

  void run(const WatchCandidate& action) {
    client->exists(path(action.node), true, [this, action](int code) {
      answered([action, code](ElectionMachine& m, TimeNs now) {
        m.watched(action.round, answer_of(code), now);
      });
    });
  }

  void run(const TakeLead& action) {
    client->set_guarded(path(action.node), detail::leader_path(address.root), options.name,
                        [this, action](int code, std::int32_t version) {
                          answered([action, code, version](ElectionMachine& m, TimeNs now) {
                            m.taken(action.round, answer_of(code),
                                    static_cast<std::uint64_t>(version), now);
                          });
                        });
  }

  void run(const ProbeCandidate& action) {
    client->exists(path(action.node), false, [this, action](int code) {
      answered([action, code](ElectionMachine& m, TimeNs now) {
        m.probed(action.round, answer_of(code), action.sent, now);
      });
    });
  }

  void run(const BeginSession&) {
    client.reset();
    open_at = clock.steady_ns();
  }

  void run(const ElectionEvent& event) { listener(event); }

  void act() {
    for (auto actions = machine.take_actions(); !actions.empty(); actions = machine.take_actions())
      for (const ElectionAction& action : actions) {
        lead_until = machine.lead_until();
        // What is asked of a session that has just ended is asked again of the next one.
        std::visit(
            [this](const auto& what) {
              using Action = std::decay_t<decltype(what)>;
              if (client || std::is_same_v<Action, ElectionEvent>) run(what);
            },
            action);
      }
    lead_until = machine.lead_until();
  }
};

Election::Election(std::unique_ptr<State> state) : state_(std::move(state)) {}

std::unique_ptr<Election> Election::start(ElectionOptions options, const Clock& clock,
                                          Listener listener) {
  auto state = std::make_unique<State>(std::move(options), clock, std::move(listener));
  state->loop.start();
  return std::unique_ptr<Election>(new Election(std::move(state)));
}

Election::~Election() {
  state_->loop.stop();
  state_->client.reset();
}

TimeNs Election::lead_until() const { return state_->lead_until; }

}  // namespace dnstorm::cluster
