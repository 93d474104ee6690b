#include "cluster/wire/hub.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "tests/unit/cluster/wire/heard.hpp"

namespace dnstorm::cluster {
namespace {

HubOptions named(const std::string& name) {
  HubOptions options;
  options.identity = name;
  return options;
}

Frame text(std::string_view words) { return {Buffer::copy_of(words), {}}; }

struct TestHub {
  Heard heard;
  std::unique_ptr<Hub> hub;
  explicit TestHub(HubOptions options) { hub = Hub::start(options, heard.handlers()).value(); }
};

TEST(Hub, CarriesFramesBothWays) {
  TestHub centre(named("centre"));
  TestHub node(named("node"));
  auto endpoint = centre.hub->bind("tcp://127.0.0.1:0");
  ASSERT_TRUE(endpoint.ok());
  ASSERT_TRUE(node.hub->connect("centre", *endpoint, "").ok());
  node.heard.wait([](auto& h) { return h.connected.contains("centre<-"); });
  Frame frame = text("report");
  frame.parts.push_back(Buffer::copy_of(std::string(100'000, 'p')));
  node.hub->send({"centre", false}, frame);
  centre.heard.wait([](auto& h) { return !h.messages.empty(); });
  HubMessage message = centre.heard.pop();
  EXPECT_EQ(message.from, (HubPeer{"node", true}));
  EXPECT_EQ(message.frame.head.text(), "report");
  ASSERT_EQ(message.frame.parts.size(), 1u);
  EXPECT_EQ(message.frame.parts[0].text(), frame.parts[0].text());
  centre.hub->send(message.from, text("orders"));
  node.heard.wait([](auto& h) { return !h.messages.empty(); });
  EXPECT_EQ(node.heard.pop().frame.head.text(), "orders");
}

TEST(Hub, SaysWhoIsGoneAndWhoIsBack) {
  TestHub centre(named("centre"));
  std::string endpoint = *centre.hub->bind("tcp://127.0.0.1:0");
  for (int i = 0; i < 3; ++i) {
    TestHub node(named("node"));
    ASSERT_TRUE(node.hub->connect("centre", endpoint, "").ok());
    node.heard.wait([](auto& h) { return h.connected.contains("centre<-"); });
    node.hub->send({"centre", false}, text("here"));
    centre.heard.wait([](auto& h) { return h.connected.contains("node->"); });
    node.hub.reset();
    centre.heard.wait([](auto& h) { return !h.connected.contains("node->"); });
  }
  EXPECT_EQ(centre.hub->statistics().reconnects, 2u);
}

TEST(Hub, ComesBackToAPeerThatWasAway) {
  TestHub node(named("node"));
  std::string endpoint;
  {
    TestHub centre(named("centre"));
    endpoint = *centre.hub->bind("tcp://127.0.0.1:0");
    ASSERT_TRUE(node.hub->connect("centre", endpoint, "").ok());
    node.heard.wait([](auto& h) { return h.connected.contains("centre<-"); });
  }
  node.heard.wait([](auto& h) { return !h.connected.contains("centre<-"); });
  node.hub->send({"centre", false}, text("lost"));
  TestHub centre(named("centre"));
  ASSERT_TRUE(centre.hub->bind(endpoint).ok());
  node.heard.wait([](auto& h) { return h.connected.contains("centre<-"); });
  node.hub->send({"centre", false}, text("kept"));
  centre.heard.wait([](auto& h) { return !h.messages.empty(); });
  EXPECT_EQ(centre.heard.pop().frame.head.text(), "kept");
  EXPECT_EQ(node.hub->statistics().unsent, 1u);
}

// ZeroMQ tells of a connection while it is given up, to somebody who must still be there: or no
// connection of the process goes on.
TEST(Hub, GivesUpConnectionsInAnyState) {
  TestHub left(named("left"));
  TestHub centre(named("centre"));
  TestHub node(named("node"));
  std::string endpoint = *left.hub->bind("tcp://127.0.0.1:0");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(node.hub->connect("left", endpoint, "").ok());
    for (int turn = 0; turn < i % 50; ++turn) std::ignore = node.hub->connect("left", endpoint, "");
    node.hub->disconnect("left");
  }
  ASSERT_TRUE(node.hub->connect("centre", *centre.hub->bind("tcp://127.0.0.1:0"), "").ok());
  node.heard.wait([](auto& h) { return h.connected.contains("centre<-"); });
  node.hub->send({"centre", false}, text("report"));
  centre.heard.wait([](auto& h) { return !h.messages.empty(); });
  EXPECT_EQ(centre.heard.pop().frame.head.text(), "report");
}

TEST(Hub, KnowsPeersByTheirKeys) {
  HubOptions centre_options = named("centre");
  HubOptions node_options = named("node");
  centre_options.keys = make_curve_keys();
  node_options.keys = make_curve_keys();
  centre_options.allowed = {{"node", node_options.keys.public_key}};
  TestHub centre(centre_options);
  TestHub node(node_options);
  std::string endpoint = *centre.hub->bind("tcp://127.0.0.1:0");
  ASSERT_TRUE(node.hub->connect("centre", endpoint, centre_options.keys.public_key).ok());
  node.heard.wait([](auto& h) { return h.connected.contains("centre<-"); });
  node.hub->send({"centre", false}, text("report"));
  centre.heard.wait([](auto& h) { return !h.messages.empty(); });
  EXPECT_EQ(centre.heard.pop().user, "node");
}

TEST(Hub, LetsInWhoIsAllowedLater) {
  HubOptions centre_options = named("centre");
  HubOptions node_options = named("node");
  centre_options.keys = make_curve_keys();
  node_options.keys = make_curve_keys();
  TestHub centre(centre_options);
  TestHub node(node_options);
  std::string endpoint = *centre.hub->bind("tcp://127.0.0.1:0");
  ASSERT_TRUE(node.hub->connect("centre", endpoint, centre_options.keys.public_key).ok());
  node.heard.wait([](auto& h) { return !h.refusals.empty(); });
  EXPECT_NE(node.heard.first_refusal().find("does not know the public key"), std::string::npos);
  centre.hub->allow({{"node", node_options.keys.public_key}});
  node.heard.wait([](auto& h) { return h.connected.contains("centre<-"); });
}

TEST(Hub, ListensBeyondLoopbackOnlyWithKeys) {
  TestHub plain(named("node"));
  for (const char* open : {"tcp://0.0.0.0:0", "tcp://*:0", "tcp://10.1.2.3:0", "tcp://eth0:0"}) {
    auto refused = plain.hub->bind(open);
    ASSERT_FALSE(refused.ok()) << open;
    EXPECT_EQ(refused.error().kind, ErrorKind::config);
    EXPECT_NE(refused.error().what.find("dnstorm keygen"), std::string::npos);
  }
  HubOptions trusting = named("node");
  trusting.allow_plain = true;
  EXPECT_TRUE(TestHub(trusting).hub->bind("tcp://0.0.0.0:0").ok());
  HubOptions with_keys = named("node");
  with_keys.keys = make_curve_keys();
  EXPECT_TRUE(TestHub(with_keys).hub->bind("tcp://0.0.0.0:0").ok());
}

TEST(Hub, SaysThatAPortIsTaken) {
  TestHub first(named("first"));
  TestHub second(named("second"));
  std::string endpoint = *first.hub->bind("tcp://127.0.0.1:0");
  auto refused = second.hub->bind(endpoint);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  EXPECT_NE(refused.error().what.find("is another dnstorm running there?"), std::string::npos);
}

TEST(Hub, RefusesAKeyOnOneSideOnly) {
  TestHub node(named("node"));
  auto refused = node.hub->connect("centre", "tcp://127.0.0.1:1", make_curve_keys().public_key);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::config);
}

TEST(Keys, ComeInPairs) {
  CurveKeys keys = make_curve_keys();
  EXPECT_EQ(*public_of(keys.secret_key), keys.public_key);
  EXPECT_NE(make_curve_keys().secret_key, keys.secret_key);
  EXPECT_FALSE(public_of("short").ok());
  HubOptions options = named("node");
  options.keys = {keys.public_key, make_curve_keys().secret_key};
  EXPECT_FALSE(Hub::start(options, {}).ok());
}

}  // namespace
}  // namespace dnstorm::cluster
