#include "cluster/model/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ClusterConfig good(const std::string& text, const std::vector<ConfigOption>& options = {}) {
  auto config = parse_cluster_config({{"/etc/dnstorm/cluster.yaml", text}}, options);
  EXPECT_TRUE(config.ok()) << config.error().what;
  return config.ok() ? *config : ClusterConfig{};
}

std::string bad(const std::string& text, const std::vector<ConfigOption>& options = {}) {
  auto config = parse_cluster_config({{"c.yaml", text}}, options);
  EXPECT_FALSE(config.ok());
  if (config.ok()) return {};
  EXPECT_EQ(config.error().kind, ErrorKind::config);
  return config.error().what;
}

TEST(ClusterConfig, HasDefaultsForEverything) {
  ClusterConfig config = good("");
  EXPECT_EQ(config.coordinator_name(), "coordinator");
  EXPECT_EQ(config.coordinator_bind(), "tcp://127.0.0.1:7370");
  EXPECT_EQ(config.api, "127.0.0.1:7371");
  EXPECT_EQ(config.timeouts.node, 3 * ns_per_s);
  EXPECT_EQ(config.node.bind, "127.0.0.1");
  EXPECT_TRUE(config.node.ports.empty());
  EXPECT_FALSE(config.node.name.empty());
}

TEST(ClusterConfig, ReadsEveryKey) {
  ClusterConfig config = good(R"(
cluster: example
coordinators:
  - {name: c1, endpoint: "tcp://10.0.0.1:7370"}
  - {name: c2, endpoint: "tcp://[2001:db8::2]:7370"}
api: 0.0.0.0:7371
compression: 3
state: /var/lib/x
zookeeper: 10.0.0.1:2181,zoo.example:2181/dnstorm
checkpoints: shared
keys: keys
timeouts: {node: 5s, lease: 4s, launch: 90s, absence: 2m}
tls: {certificate: cert.pem, key: /etc/ssl/key.pem}
tokens: {ops: {file: ops.token}, ci: {env: DNSTORM_CI}}
coordinator: {name: c2, bind: "tcp://0.0.0.0:7370"}
node:
  name: fra1
  bind: 10.0.0.2
  ports: [7372, 7400-7499]
  labels: [capture, eu]
  cores: 1.5
  memory: 8GiB
  folder: /var/lib/node
)");
  EXPECT_EQ(config.compression, 3);
  EXPECT_EQ(config.name, "example");
  EXPECT_THAT(config.coordinators,
              ElementsAre(CoordinatorAddress{"c1", "tcp://10.0.0.1:7370"},
                          CoordinatorAddress{"c2", "tcp://[2001:db8::2]:7370"}));
  EXPECT_EQ(config.api, "0.0.0.0:7371");
  EXPECT_EQ(config.state, "/var/lib/x");
  EXPECT_EQ(config.zookeeper, "10.0.0.1:2181,zoo.example:2181/dnstorm");
  EXPECT_EQ(config.checkpoints, "/etc/dnstorm/shared");
  EXPECT_EQ(config.keys, "/etc/dnstorm/keys");
  EXPECT_EQ(config.timeouts.node, 5 * ns_per_s);
  EXPECT_EQ(config.timeouts.lease, 4 * ns_per_s);
  EXPECT_EQ(config.timeouts.launch, 90 * ns_per_s);
  EXPECT_EQ(config.timeouts.absence, 120 * ns_per_s);
  EXPECT_EQ(config.tls.certificate, "/etc/dnstorm/cert.pem");
  EXPECT_EQ(config.tls.key, "/etc/ssl/key.pem");
  EXPECT_EQ(config.tokens["ops"], (SecretSource{"/etc/dnstorm/ops.token", ""}));
  EXPECT_EQ(config.tokens["ci"], (SecretSource{"", "DNSTORM_CI"}));
  EXPECT_EQ(config.coordinator_name(), "c2");
  EXPECT_EQ(config.coordinator_bind(), "tcp://0.0.0.0:7370");
  EXPECT_EQ(config.node.name, "fra1");
  EXPECT_EQ(config.node.bind, "10.0.0.2");
  EXPECT_THAT(config.node.ports, ElementsAre(PortRange{7372, 7372}, PortRange{7400, 7499}));
  EXPECT_THAT(config.node.labels, ElementsAre("capture", "eu"));
  EXPECT_EQ(config.node.cores, 1.5);
  EXPECT_EQ(config.node.memory, 8ULL << 30);
  EXPECT_EQ(config.node.folder, "/var/lib/node");
}

TEST(ClusterConfig, LetsTheLaterFileWinKeyByKeyAndOptionsLast) {
  auto config = parse_cluster_config(
      {{"a.yaml", "node: {name: a, labels: [x, y], cores: 2}"}, {"b.yaml", "node: {labels: [z]}"}},
      {{"--name", "node.name", {"c"}}});
  ASSERT_TRUE(config.ok()) << config.error().what;
  EXPECT_EQ(config->node.name, "c");
  EXPECT_THAT(config->node.labels, ElementsAre("z"));
  EXPECT_EQ(config->node.cores, 2);
  EXPECT_THAT(good("node: {labels: [a]}", {{"--label", "node.labels", {"b", "c"}}}).node.labels,
              ElementsAre("b", "c"));
}

TEST(ClusterConfig, TellsAllProblemsWithTheirPlaces) {
  EXPECT_EQ(bad("clustr: x\n"
                "api: 7371\n"
                "timeouts:\n"
                "  node: 5\n"
                "  leese: 3s\n"
                "  launch: soon\n"
                "node:\n"
                "  ports: [7372, 9-8]\n"
                "  memory: 8 lots\n"),
            "c.yaml:1:1: a cluster file has no key 'clustr', did you mean 'cluster'?\n"
            "c.yaml:2:6: '7371': HOST:PORT belongs here; IPv6 addresses stand in brackets\n"
            "c.yaml:5:3: 'timeouts' has no key 'leese', did you mean 'lease'?\n"
            "c.yaml:6:11: 'soon': a time of 100ms or more belongs here: 500ms, 3s, 2m\n"
            "c.yaml:8:17: '9-8': a port, or the first and last of several, belongs here: 7372, "
            "7400-7499\n"
            "c.yaml:9:11: '8 lots': a size in whole numbers belongs here: 512MiB, 8GiB");
}

struct BadCase {
  const char* text;
  const char* sentence;
};

TEST(ClusterConfig, RefusesWhatCannotWork) {
  const BadCase cases[] = {
      {"a: [", "c.yaml:"},
      {"- a", "c.yaml:1:1: a cluster file is a map of keys and values"},
      {"node: x", "c.yaml:1:7: 'node' is a map of keys and values"},
      {"api: a:1\napi: b:1", "c.yaml:2:1: 'api' stands here twice"},
      {"api: [a]", "c.yaml:1:6: one value belongs here"},
      {"coordinators: []", "'coordinators' names one at least"},
      {"coordinators: [127.0.0.1:7370]", "an endpoint is tcp://HOST:PORT"},
      {"coordinators: [{name: a}]", "'endpoint' is missing"},
      {"coordinators: ['tcp://127.0.0.1:0']", "an endpoint is tcp://HOST:PORT"},
      {"coordinators: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2']\nzookeeper: a:1",
       "two of the name 'coordinator'"},
      {"coordinators: [{name: a, endpoint: 'tcp://[::1]:1'}, {name: b, endpoint: "
       "'tcp://[::1]:2'}]",
       "several coordinators need 'zookeeper'"},
      {"coordinators: [{name: a, endpoint: 'tcp://[::1]:1'}, {name: b, endpoint: "
       "'tcp://[::1]:2'}]\nzookeeper: 'a:1'",
       "several coordinators need 'checkpoints'"},
      {"coordinator: {name: other}", "c.yaml:1:21: 'coordinators' has no 'other'"},
      {"coordinators: ['tcp://10.0.0.1:7370']",
       "c.yaml:1:15: tcp://10.0.0.1:7370 is not a loopback address and there are no keys"},
      {"node: {bind: 10.0.0.2}", "c.yaml:1:14: 10.0.0.2 is not a loopback address"},
      {"node: {bind: eth0}", "an IP address of this machine belongs here"},
      {"node: {name: a/b}", "'a/b': a name has letters"},
      {"compression: 20", "a level from 0 (none) to 19 belongs here"},
      {"node: {cores: -1}", "a number of 0 or more belongs here"},
      {"zookeeper: a:1,", "HOST:PORT,HOST:PORT/PATH"},
      {"zookeeper: /x", "HOST:PORT,HOST:PORT/PATH"},
      {"tokens: {ops: 0123456789}", "c.yaml:1:15: secrets do not stand in this file"},
      {"tokens: {ops: {file: a, env: B}}", "either 'file' or 'env' belongs here"},
      {"tokens: {../x: {file: a}}", "'../x' is no name"},
      {"tls: {key: a}", "'tls' needs both 'certificate' and 'key'"},
  };
  for (const BadCase& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_THAT(bad(c.text), HasSubstr(c.sentence));
  }
}

TEST(ClusterConfig, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(bad("", {{"--bind", "node.bind", {"here"}}}), HasSubstr("--bind: 'here': an IP"));
  EXPECT_THAT(bad("", {{"--bind", "node.bind", {"10.0.0.1"}}}),
              HasSubstr("--bind: 10.0.0.1 is not a loopback address"));
}

TEST(ClusterConfig, SaysWhichFileIsMissing) {
  auto config = read_cluster_config({"/nonexistent/cluster.yaml"});
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().kind, ErrorKind::no_input);
  EXPECT_THAT(config.error().what, HasSubstr("/nonexistent/cluster.yaml: cannot read it"));
}

TEST(ClusterConfig, ReadsTheShippedExamples) {
  const std::string folder = DNSTORM_SOURCE "/configs/cluster/";
  for (const char* name : {"cluster.yaml", "several-coordinators.yaml", "one-machine.yaml"}) {
    auto config = read_cluster_config({folder + name});
    EXPECT_TRUE(config.ok()) << config.error().what;
  }
  auto config = read_cluster_config({folder + "cluster.yaml", folder + "node-fra1.yaml"});
  ASSERT_TRUE(config.ok()) << config.error().what;
  EXPECT_EQ(config->node.name, "fra1");
}

TEST(Secret, ComesFromAFileThatNobodyElseReads) {
  testing::TemporaryFolder folder;
  SecretSource source{folder.path_of("token"), ""};
  EXPECT_THAT(read_secret(source).error().what, HasSubstr("cannot read it"));
  std::ofstream(source.file) << " s3cret \n";
  ::chmod(source.file.c_str(), 0640);
  EXPECT_THAT(read_secret(source).error().what, HasSubstr("chmod 600"));
  ::chmod(source.file.c_str(), 0600);
  EXPECT_EQ(*read_secret(source), "s3cret");
  std::ofstream(source.file) << "\n";
  EXPECT_THAT(read_secret(source).error().what, HasSubstr("there is no secret in it"));
}

TEST(Secret, ComesFromTheEnvironment) {
  ::setenv("DNSTORM_TEST_SECRET", "abc", 1);
  EXPECT_EQ(*read_secret({"", "DNSTORM_TEST_SECRET"}), "abc");
  ::unsetenv("DNSTORM_TEST_SECRET");
  EXPECT_THAT(read_secret({"", "DNSTORM_TEST_SECRET"}).error().what, HasSubstr("is not set"));
}

TEST(Loopback, KnowsItsForms) {
  for (const char* here : {"tcp://127.0.0.1:1", "127.9.0.1:80", "[::1]:80", "localhost:80", "::1"})
    EXPECT_TRUE(is_loopback(here)) << here;
  for (const char* away : {"tcp://0.0.0.0:1", "10.0.0.1:80", "[::]:80", "[2001:db8::1]:1", "a:80"})
    EXPECT_FALSE(is_loopback(away)) << away;
}

}  // namespace
}  // namespace dnstorm::cluster
