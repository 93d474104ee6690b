// What does not need a plug-in; those that do are in tests/e2e/plugin_test.py, which builds some.
#include "engine/plugin/loader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace dnstorm::plugin {
namespace {

TEST(Loader, RefusesWhatIsNoSharedLibrary) {
  std::string file = testing::TempDir() + "plugin_loader_test.so";
  std::ofstream(file) << "this is a text and no library";
  OperatorRegistry registry;
  Loader loader(registry);
  auto loaded = loader.load(file);
  std::filesystem::remove(file);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::config);
  EXPECT_EQ(loaded.error().what, "plug-in '" + file + "' is not a shared library");
}

TEST(Loader, RefusesWhatIsNoFile) {
  OperatorRegistry registry;
  Loader loader(registry);
  EXPECT_EQ(loader.load("/").error().what, "plug-in '/' is not a file");
  EXPECT_EQ(loader.load("./nowhere.so").error().what, "plug-in './nowhere.so' is not a file");
}

}  // namespace
}  // namespace dnstorm::plugin
