#include "engine/plugin/check.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

namespace dnstorm::plugin {
namespace {

using testing::HasSubstr;

PluginEntry own_entry() {
  return {{'d', 'n', 's', 't', 'o', 'r', 'm', '\0'},
          plugin_api_version,
          plugin_toolchain,
          api_digest,
          nullptr};
}

std::string refusal(const PluginEntry& entry) {
  auto checked = check_entry(entry);
  if (checked.ok()) return "";
  EXPECT_EQ(checked.error().kind, ErrorKind::config);
  return checked.error().what;
}

Elf64_Ehdr library_head() {
  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_type = ET_DYN;
  head.e_shoff = 1000;
  head.e_shnum = 10;
  head.e_shentsize = 64;
  return head;
}

std::string library_flaw(const Elf64_Ehdr& head, std::uint64_t file_size) {
  auto checked = check_library({reinterpret_cast<const char*>(&head), sizeof head}, file_size);
  return checked.ok() ? "" : checked.error().what;
}

TEST(Library, IsToldByItsHead) {
  EXPECT_EQ(library_flaw(library_head(), 1640), "");
  Elf64_Ehdr head = library_head();
  head.e_type = ET_REL;
  EXPECT_EQ(library_flaw(head, 1640), "is not a shared library");
  head = library_head();
  head.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(library_flaw(head, 1640), "is for another kind of machine");
  head = library_head();
  head.e_ident[0] = '#';
  EXPECT_EQ(library_flaw(head, 1640), "is not a shared library");
  EXPECT_EQ(check_library("\x7f"
                          "ELF",
                          4)
                .error()
                .what,
            "is not a shared library");
  EXPECT_EQ(check_library("", 0).error().what, "is not a shared library");
}

TEST(Library, ThatIsCutOffIsRefused) {
  EXPECT_EQ(library_flaw(library_head(), 1639), "is cut off");
  EXPECT_EQ(library_flaw(library_head(), 999), "is cut off");
  Elf64_Ehdr without_sections = library_head();
  without_sections.e_shoff = without_sections.e_shnum = 0;
  EXPECT_EQ(library_flaw(without_sections, 500), "");
}

TEST(Entry, OfTheSameBuildIsTaken) { EXPECT_EQ(refusal(own_entry()), ""); }

TEST(Entry, OfSomebodyElseIsRefused) {
  PluginEntry entry = own_entry();
  entry.magic[0] = 'D';
  EXPECT_THAT(refusal(entry), HasSubstr("that DNSTORM_PLUGIN did not make"));
}

TEST(Entry, OfAnotherVersionIsRefusedBeforeAnythingElseIsRead) {
  PluginEntry entry = own_entry();
  entry.api_version = plugin_api_version + 1;
  entry.toolchain = nullptr;
  entry.digest = nullptr;
  EXPECT_EQ(refusal(entry),
            fmt::format("was built against version {} of the plug-in interface and this dnstorm "
                        "has version {}; build it against the headers of this dnstorm",
                        plugin_api_version + 1, plugin_api_version));
}

TEST(Entry, OfAnotherCompilerIsRefused) {
  PluginEntry entry = own_entry();
  entry.toolchain = "C++ ABI 1002, libstdc++ 12 (string ABI 1), plain containers";
  EXPECT_THAT(refusal(entry), HasSubstr("was built with C++ ABI 1002,"));
  EXPECT_THAT(refusal(entry), HasSubstr(plugin_toolchain));
}

TEST(Entry, OfOtherSourcesIsRefused) {
  PluginEntry entry = own_entry();
  entry.digest = "0123456789abcdef";
  EXPECT_EQ(refusal(entry),
            fmt::format("was built against another dnstorm (interface 0123456789abcdef, here {}); "
                        "build it against the headers of this dnstorm",
                        api_digest));
}

OperatorDef whole() {
  OperatorDef def;
  def.name = "x";
  def.options = {{"of", OptionType::text, "", "what"}};
  def.declare = [](const Options&, const std::vector<InputDecl>&) -> Result<Declaration> {
    return Declaration{};
  };
  def.make_bolt = [](const Options&) -> std::unique_ptr<Bolt> { return nullptr; };
  return def;
}

std::string flaw(const OperatorDef& def) {
  auto checked = check_operator(def);
  return checked.ok() ? "" : checked.error().what;
}

TEST(Operator, ThatIsWholeIsTaken) {
  EXPECT_EQ(flaw(whole()), "");
  OperatorDef called = whole();
  called.constructor = {"of"};
  called.methods = {{"withOf", {"of"}}};
  EXPECT_EQ(flaw(called), "");
}

TEST(Operator, ThatLacksSomethingIsRefused) {
  OperatorDef def = whole();
  def.name = "";
  EXPECT_EQ(flaw(def), "has an operator without a name");
  def = whole();
  def.declare = nullptr;
  EXPECT_EQ(flaw(def), "has an operator 'x' without 'declare'");
  def = whole();
  def.make_bolt = nullptr;
  EXPECT_EQ(flaw(def), "has an operator 'x' without 'make_bolt'");
  def = whole();
  def.kind = OperatorKind::spout;
  EXPECT_EQ(flaw(def), "has an operator 'x' without 'make_spout'");
  def = whole();
  def.constructor = {"by"};
  EXPECT_EQ(flaw(def),
            "has an operator 'x' whose constructor sets 'by', which is none of its options");
  def = whole();
  def.methods = {{"withBy", {"of", "by"}}};
  EXPECT_EQ(flaw(def),
            "has an operator 'x' whose method withBy sets 'by', which is none of its options");
}

TEST(Operator, ThatThrowsFailsInOneSentence) {
  OperatorDef def = whole();
  def.declare = [](const Options&, const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    if (inputs.empty()) throw std::runtime_error("no input");
    Declaration declaration;
    declaration.single_task = true;
    return declaration;
  };
  OperatorDef safe = contained(def);
  EXPECT_EQ(safe.name, "x");
  EXPECT_EQ(safe.declare({}, {}).error().what, "failed when it was asked what it gives: no input");
  EXPECT_TRUE(safe.declare({}, {InputDecl{}})->single_task);
}

GroupingDef grouping() {
  GroupingDef def;
  def.name = "g";
  def.options = {{"of", OptionType::text, "client", "for tests"}};
  def.constructor = {"of"};
  def.declare = [](const Options&, const InputDecl&) { return GroupingDeclaration{}; };
  def.make = [](const Options&) { return std::unique_ptr<Grouping>(); };
  return def;
}

TEST(Grouping, ThatIsNotWholeIsRefused) {
  auto flaw = [](const GroupingDef& def) {
    auto checked = check_grouping(def);
    return checked.ok() ? "" : checked.error().what;
  };
  EXPECT_EQ(flaw(grouping()), "");
  GroupingDef def = grouping();
  def.name = "";
  EXPECT_EQ(flaw(def), "has a grouping without a name");
  def = grouping();
  def.make = nullptr;
  EXPECT_EQ(flaw(def), "has a grouping 'g' without 'make'");
  def = grouping();
  def.declare = nullptr;
  EXPECT_EQ(flaw(def), "has a grouping 'g' without 'declare'");
  def = grouping();
  def.constructor = {"by"};
  EXPECT_EQ(flaw(def),
            "has a grouping 'g' whose constructor sets 'by', which is none of its options");
}

TEST(Grouping, ThatThrowsFailsInOneSentence) {
  GroupingDef def = grouping();
  def.declare = [](const Options&, const InputDecl&) -> Result<GroupingDeclaration> {
    throw std::runtime_error("no field");
  };
  EXPECT_EQ(contained(def).declare({}, InputDecl{}).error().what,
            "failed when it was asked what it gives: no field");
}

}  // namespace
}  // namespace dnstorm::plugin
