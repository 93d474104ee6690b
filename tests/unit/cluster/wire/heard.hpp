// What a hub in a test says, kept for the test's thread, which waits for what it needs.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cluster/wire/hub.hpp"

namespace dnstorm::cluster {

class Heard {
 public:
  HubHandlers handlers() {
    HubHandlers out;
    out.message = [this](HubMessage message) {
      note([&] { messages.push_back(std::move(message)); });
    };
    out.connected = [this](const HubPeer& peer) { note([&] { connected.insert(name(peer)); }); };
    out.disconnected = [this](const HubPeer& peer) { note([&] { connected.erase(name(peer)); }); };
    out.refused = [this](const HubPeer&, const std::string& why) {
      note([&] { refusals.push_back(why); });
    };
    return out;
  }

  // Until it holds; a minute is the end of the test's patience, not a measure.
  template <class Holds>
  void wait(Holds holds) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::minutes(1), [&] { return holds(*this); }));
  }
  HubMessage pop() {
    std::lock_guard lock(mutex_);
    HubMessage first = std::move(messages.at(0));
    messages.pop_front();
    return first;
  }
  std::string first_refusal() {
    std::lock_guard lock(mutex_);
    return refusals.at(0);
  }

  std::deque<HubMessage> messages;
  std::set<std::string> connected;  // "name->": came in; "name<-": was gone to
  std::vector<std::string> refusals;

 private:
  static std::string name(const HubPeer& peer) { return peer.name + (peer.inbound ? "->" : "<-"); }
  template <class Change>
  void note(Change change) {
    std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace dnstorm::cluster
