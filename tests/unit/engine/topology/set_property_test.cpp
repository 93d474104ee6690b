#include <gtest/gtest.h>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {
namespace {

using testing::ElementsAre;

class SetProperty : public testing::Test {
 protected:
  SetProperty() {
    topology_.spouts.resize(1);
    topology_.spouts[0].id = "packets";
    topology_.spouts[0].properties["file"] = {{"old"}, false, 3, 4};
    topology_.bolts.resize(2);
    topology_.bolts[0].id = "count";
    topology_.bolts[1].id = "count.by";
  }
  std::string error(std::string_view assignment) {
    auto result = set_property(topology_, assignment);
    return result.ok() ? "none" : result.error().what;
  }
  Topology topology_;
};

TEST_F(SetProperty, StandsAboveTheFileAndHasNoPlace) {
  ASSERT_TRUE(set_property(topology_, "packets.file=/tmp/a=b.pcap").ok());
  const RawOption& file = topology_.spouts[0].overrides.at("file");
  EXPECT_THAT(file.values, ElementsAre("/tmp/a=b.pcap"));
  EXPECT_EQ(file.line, 0);
}

TEST_F(SetProperty, ValueIsYaml) {
  ASSERT_TRUE(set_property(topology_, "count.by=[qname, \"a, b\"]").ok());
  EXPECT_THAT(topology_.bolts[0].overrides.at("by").values, ElementsAre("qname", "a, b"));
  EXPECT_TRUE(topology_.bolts[0].overrides.at("by").is_list);
  ASSERT_TRUE(set_property(topology_, "count.title=").ok());
  EXPECT_THAT(topology_.bolts[0].overrides.at("title").values, ElementsAre(""));
}

TEST_F(SetProperty, LongestIdWins) {
  ASSERT_TRUE(set_property(topology_, "count.by.window=5s").ok());
  EXPECT_THAT(topology_.bolts[1].overrides.at("window").values, ElementsAre("5s"));
  EXPECT_TRUE(topology_.bolts[0].overrides.empty());
}

TEST_F(SetProperty, SaysWhatIsWrong) {
  EXPECT_EQ(error("packet.file=x"),
            "no component 'packet' to set a property of, did you mean 'packets'?");
  EXPECT_EQ(error("zzz.file=x"),
            "no component 'zzz' to set a property of; known are packets, count, count.by");
  for (const char* bad : {"packets.file", "packets=x", ".file=x", "packets.=x", "=", ""})
    EXPECT_EQ(error(bad), fmt::format("'{}' is not of the form component.property=value", bad));
  EXPECT_EQ(error("packets.file=[a"), "packets.file=[a: YAML: end of sequence flow not found");
  EXPECT_EQ(error("packets.file={a: b}"),
            "packets.file={a: b}: 'file' takes a value or a list of values, not a map");
  EXPECT_EQ(set_property(topology_, "x.y=z").error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace dnstorm::topology
