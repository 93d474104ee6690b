#include "operators/enrich/lookup.hpp"

#include <gmock/gmock.h>

#include "operators/enrich/lookup_table.hpp"
#include "tests/unit/operators/task_harness.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;
using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> messages = {{"client", Type::ip},
                                     {"qname", Type::str},
                                     {"qtype", Type::u16, Role::plain, "qtype"},
                                     {"time", Type::time}};

std::string write(const TemporaryFolder& folder, const std::string& name, std::string_view text) {
  return folder.write(name, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

struct Looked {
  std::vector<std::string> rows;
  std::uint64_t missed;
};
Looked looked_up(std::string_view text, TextOptions options, const std::vector<TextRow>& rows,
                 std::vector<std::string> read = {}) {
  TemporaryFolder folder;
  options["file"] = {write(folder, "file", text)};
  TaskHarness task(lookup_operator(), options, messages, {.read_outputs = std::move(read)});
  EXPECT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  if (!task.prepared.ok()) return {};
  task.feed(rows);
  return {task.take(), task.counter("missed")};
}

TextRow row(const std::string& client, const std::string& qname, const std::string& qtype) {
  return {client, qname, qtype, "0s"};
}

TEST(Lookup, finds_texts_numbers_and_addresses) {
  const std::vector<TextRow> rows = {row("192.0.2.1", "a.example", "28"),
                                     row("2001:db8::1", "B.example", "1")};
  EXPECT_THAT(looked_up("name,site,rank\na.example,\"fra, eu\",7\nb.example,ams,8\n",
                        {{"of", {"qname"}},
                         {"add", {"site", "place:u32 = rank"}},
                         {"missing", {"site=none"}},
                         {"found", {"known"}}},
                        rows, {"site", "place", "known"})
                  .rows,
              ElementsAre("fra, eu 7 true", "none 0 false"))
      << "texts are compared byte by byte";
  auto [by_type, missed] =
      looked_up("AAAA,what\nA,four\n28,six\n",
                {{"of", {"qtype"}}, {"column", {"AAAA"}}, {"add", {"what:str:key"}}}, rows,
                {"qtype", "what"});
  EXPECT_THAT(by_type, ElementsAre("28 six", "1 four"));
  EXPECT_EQ(missed, 0U);
  EXPECT_THAT(looked_up("ip,n\n192.0.2.1,1\n2001:DB8:0::1,2\n",
                        {{"of", {"client"}}, {"add", {"n:u8"}}}, rows, {"n"})
                  .rows,
              ElementsAre("1", "2"));
}

TEST(Lookup, gives_an_empty_cell_the_value_of_a_miss) {
  EXPECT_THAT(looked_up("name,site,rank\na,,\n",
                        {{"of", {"qname"}}, {"add", {"site", "rank:u8"}}, {"missing", {"rank=9"}}},
                        {row("::1", "a", "1")}, {"site", "rank"})
                  .rows,
              ElementsAre(" 9"));
}

TEST(Lookup, finds_the_longest_key_that_a_name_stands_under) {
  const std::vector<TextRow> rows = {
      row("::1", "example.com", "1"),       row("::1", "www.example.com", "1"),
      row("::1", "notexample.com", "1"),    row("::1", "a.shop.example.com", "1"),
      row("::1", "a\\.example.com", "1"),   row("::1", ".", "1"),
      row("::1", "x\\\\.example.com", "1"),
  };
  TextOptions options = {{"of", {"qname"}}, {"match", {"name"}}, {"add", {"n"}}};
  EXPECT_THAT(
      looked_up("name,n\nExample.COM.,1\nshop.example.com,2\ncom,3\n", options, rows, {"n"}).rows,
      ElementsAre("1", "1", "3", "2", "3", "", "1"));
  EXPECT_THAT(looked_up("name,n\n.,0\n", options, rows, {"n"}).missed, 0U);
}

TEST(Lookup, finds_the_longest_prefix_of_an_address) {
  const std::vector<TextRow> rows = {row("192.0.2.1", "", "1"), row("192.0.2.129", "", "1"),
                                     row("192.0.3.1", "", "1"), row("2001:db8::1", "", "1"),
                                     row("2001:db8:1::1", "", "1")};
  EXPECT_THAT(
      looked_up("net,n\n192.0.2.0/24,a\n192.0.2.128/25,b\n2001:db8::/32,c\n2001:db8::1,d\n",
                {{"of", {"client"}}, {"match", {"network"}}, {"add", {"n"}}, {"missing", {"n=-"}}},
                rows, {"n"})
          .rows,
      ElementsAre("a", "b", "-", "d", "c"));
  EXPECT_THAT(looked_up("net,n\n0.0.0.0/0,v4\n::/0,all\n192.0.2.0/23,x\n",
                        {{"of", {"client"}}, {"match", {"network"}}, {"add", {"n"}}}, rows, {"n"})
                  .rows,
              ElementsAre("x", "x", "x", "all", "all"));
}

TEST(Lookup, tells_whether_a_list_has_it) {
  const std::string list =
      "# comment\n\nexample.com  # with a remark\r\nexample.net\nexample.com\n";
  EXPECT_THAT(looked_up(list, {{"of", {"qname"}}, {"format", {"list"}}, {"match", {"name"}}},
                        {row("::1", "a.example.com", "1"), row("::1", "example.org", "1")},
                        {"qname", "found"})
                  .rows,
              ElementsAre("a.example.com true", "example.org false"));
  EXPECT_THAT(looked_up(list, {{"of", {"qname"}}, {"format", {"list"}}, {"found", {"listed"}}},
                        {row("::1", "example.net", "1")}, {"listed"})
                  .rows,
              ElementsAre("true"));
}

TEST(Lookup, adds_behind_the_fields_of_the_input) {
  TextOptions options = {
      {"file", {"f"}}, {"of", {"qname"}}, {"add", {"site:str:key"}}, {"found", {"known"}}};
  auto declaration = declare(lookup_operator(), options, {messages}).value();
  const auto& fields = declaration.outputs[0].fields;
  ASSERT_EQ(fields.size(), 6U);
  EXPECT_EQ(fields[4].name, "site");
  EXPECT_EQ(fields[4].role, Role::key);
  EXPECT_EQ(fields[5].name, "known");
  EXPECT_THAT(declaration.reads[0], ElementsAre("qname"));
}

TEST(Lookup, says_which_line_is_wrong) {
  struct Case {
    const char* text;
    const char* error;
  };
  const Case cases[] = {
      {"", "f.csv:1: is empty; the first line names the columns"},
      {"ip,rank\n", "f.csv: there is no column 'site'; the first line names ip, rank"},
      {"ip,site,rank\n192.0.2.1,a\n", "f.csv:2: 2 cells, and the first line names 3 columns"},
      {"ip,site,rank\n\n\"192.0.2.1\",\"a\nb\",1\n192.0.2.2,c,300\n",
       "f.csv:5: '300' is no u8, the type of 'rank'"},
      {"ip,site,rank\n192.0.2.0/24,a,1\n", "f.csv:2: '192.0.2.0/24' is no ip"},
      {"ip,site,rank\n192.0.2.1,a,1\n::1,b,2\n192.0.2.1,c,3\n",
       "f.csv:4: key '192.0.2.1' stands in line 2 already"},
      {"ip,site,rank\n192.0.2.1,\"a,1\n", "f.csv:2: a quote is not closed"},
  };
  LookupSpec spec;
  spec.path = "f.csv";
  spec.key = {"client", Type::ip};
  spec.columns = {{"site", {"site", Type::str}, ""}, {"rank", {"rank", Type::u8}, ""}};
  for (const Case& c : cases) {
    auto table = LookupTable::parse(spec, c.text);
    ASSERT_FALSE(table.ok()) << c.text;
    EXPECT_EQ(table.error().what, c.error);
  }
  spec.match = LookupMatch::network;
  for (const char* net : {"192.0.2.1/24", "192.0.2.0/33", "x/8", "192.0.2.0/"})
    EXPECT_EQ(LookupTable::parse(spec, fmt::format("ip,site,rank\n{},a,1\n", net)).error().what,
              fmt::format("f.csv:2: '{}' is no address or prefix such as 192.0.2.0/24", net));
}

TEST(Lookup, does_not_start_without_its_file) {
  TaskHarness task(lookup_operator(),
                   {{"file", {"/no/such/file.csv"}}, {"of", {"qname"}}, {"add", {"site"}}},
                   messages);
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_EQ(task.prepared.error().what,
            "/no/such/file.csv: cannot be read: No such file or directory");
  EXPECT_EQ(task.prepared.error().kind, ErrorKind::no_input);
  TemporaryFolder folder;
  TaskHarness other(lookup_operator(),
                    {{"file", {folder.path().string()}}, {"of", {"qname"}}, {"add", {"site"}}},
                    messages);
  EXPECT_FALSE(other.prepared.ok()) << "a folder is no file";
}

TEST(Lookup, reads_a_changed_file_anew_if_it_is_told_to) {
  TemporaryFolder folder;
  std::string path = write(folder, "f", "name,site\na,one\n");
  TaskHarness task(lookup_operator(),
                   {{"file", {path}}, {"of", {"qname"}}, {"add", {"site"}}, {"reload", {"10s"}}},
                   messages, {.read_outputs = {"site"}});
  auto look = [&] {
    task.feed({row("::1", "a", "1")});
    return task.take().at(0);
  };
  EXPECT_EQ(look(), "one");
  write(folder, "f", "name,site\na,another\n");
  EXPECT_EQ(look(), "one") << "it does not look yet";
  task.clock.now += 10 * ns_per_s;
  EXPECT_EQ(look(), "another");
  write(folder, "f", "name,site\na,1,2\n");
  for (int i = 0; i < 2; ++i) {
    task.clock.now += 10 * ns_per_s;
    EXPECT_EQ(look(), "another") << "a wrong file is not taken";
  }
  std::filesystem::remove(path);
  task.clock.now += 10 * ns_per_s;
  EXPECT_EQ(look(), "another") << "nor one that is gone";
  EXPECT_EQ(task.counter("reloads"), 1U);
  EXPECT_EQ(task.counter("broken_files"), 1U) << "and counted once";
}

TEST(Lookup, refuses_with_one_clear_sentence) {
  struct Case {
    TextOptions options;
    const char* error;
  };
  const Case cases[] = {
      {{{"of", {"qnam"}}, {"add", {"a"}}},
       "stream 'default' of 'input' has no field 'qnam', did you mean 'qname'?"},
      {{{"of", {"time"}}, {"add", {"a"}}},
       "field 'time' is of type time, which cannot be looked up"},
      {{{"of", {"qname"}}, {"match", {"network"}}, {"add", {"a"}}},
       "field 'qname' is of type string; match: network needs ip"},
      {{{"of", {"client"}}, {"match", {"name"}}, {"add", {"a"}}},
       "field 'client' is of type ip; match: name needs string"},
      {{{"of", {"qname"}}},
       "nothing is added: `add` names columns, `found` a field that says whether the key was "
       "found"},
      {{{"of", {"qname"}}, {"add", {"a:int"}}},
       "option 'add': 'int' is no type of field 'a'; types are str, bool, u8, u16, u32, u64, i64, "
       "f64, "
       "ip, time"},
      {{{"of", {"qname"}}, {"add", {"a:time"}}}, "in 'a:time', a time cannot be read from a file"},
      {{{"of", {"qname"}}, {"add", {"a ="}}},
       "option 'add': a field is NAME, NAME:TYPE or NAME:TYPE:ROLE, not 'a ='"},
      {{{"of", {"qname"}}, {"add", {"qtype"}}},
       "lookup adds a field 'qtype', and the stream has one already"},
      {{{"of", {"qname"}}, {"add", {"a:u8"}}, {"missing", {"b=1"}}},
       "'b' is none of the fields that are added"},
      {{{"of", {"qname"}}, {"add", {"a:u8"}}, {"missing", {"a"}}},
       "'a' is not written as NAME=VALUE"},
      {{{"of", {"qname"}}, {"add", {"a:u8"}}, {"missing", {"a=x"}}},
       "'x' is no u8, the type of 'a'"},
      {{{"of", {"qname"}}, {"add", {"a"}}, {"format", {"list"}}},
       "a list has keys only, so `add` has no meaning"},
  };
  for (Case c : cases) {
    c.options["file"] = {"f"};
    EXPECT_EQ(declare_error(lookup_operator(), c.options, {messages}), c.error);
  }
}

}  // namespace
}  // namespace dnstorm::operators
