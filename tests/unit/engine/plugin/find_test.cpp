#include "engine/plugin/find.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace dnstorm::plugin {
namespace {

using testing::ElementsAre;

TEST(Find, APathIsSeenFromTheFolder) {
  SearchPath search{"/opt/a", "/usr/lib/dnstorm/plugins"};
  EXPECT_THAT(candidates("lib/x.so", "topologies", search), ElementsAre("topologies/lib/x.so"));
  EXPECT_THAT(candidates("./x.so", "", search), ElementsAre("././x.so"));
  EXPECT_THAT(candidates("/srv/x.so", "topologies", search), ElementsAre("/srv/x.so"));
}

TEST(Find, ABareNameGoesThroughAllFolders) {
  EXPECT_THAT(candidates("x.so", "t", {"/opt/a::b:", "/usr/lib/dnstorm/plugins"}),
              ElementsAre("t/x.so", "/opt/a/x.so", "b/x.so", "/usr/lib/dnstorm/plugins/x.so"));
}

TEST(Find, ABareNameNeverReachesTheLinkerAsSuch) {
  EXPECT_THAT(candidates("x.so", "", {}), ElementsAre("./x.so"));
}

TEST(Find, TheFirstThatIsThereIsTaken) {
  auto folder = std::filesystem::path(testing::TempDir()) / "plugin_find_test";
  std::filesystem::create_directories(folder / "path");
  std::ofstream(folder / "path" / "x.so") << "x";
  SearchPath search{(folder / "nowhere").string() + ":" + (folder / "path").string(), ""};
  EXPECT_EQ(*find("x.so", folder, search), (folder / "path" / "x.so").string());
  std::ofstream(folder / "x.so") << "x";
  EXPECT_EQ(*find("x.so", folder, search), (folder / "x.so").string());
  std::filesystem::remove_all(folder);
}

TEST(Find, SaysWhereItLooked) {
  auto bare = find("no.so", "/nowhere", {"/opt/a", "/inst"});
  ASSERT_FALSE(bare.ok());
  EXPECT_EQ(bare.error().kind, ErrorKind::config);
  EXPECT_EQ(bare.error().what,
            "there is no plug-in 'no.so'; looked for /nowhere/no.so, /opt/a/no.so, /inst/no.so "
            "(DNSTORM_PLUGIN_PATH may name more folders)");
  EXPECT_EQ(find("a/no.so", "/nowhere", {"/opt/a", "/inst"}).error().what,
            "there is no plug-in 'a/no.so'; looked for /nowhere/a/no.so");
}

}  // namespace
}  // namespace dnstorm::plugin
