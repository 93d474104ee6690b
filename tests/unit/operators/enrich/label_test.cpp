#include "operators/enrich/label.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> messages = {{"time", Type::time, Role::time},
                                     {"qr", Type::boolean, Role::plain, "qr"},
                                     {"qname", Type::str, Role::plain, "", true},
                                     {"qtype", Type::u16, Role::key, "qtype"},
                                     {"rcode", Type::u8, Role::plain, "rcode"},
                                     {"code", Type::u32},
                                     {"large", Type::u64, Role::plain, "transport"}};

const std::vector<TextRow> rows = {{"1s", "true", "a.example", "28", "3", "23", "17"},
                                   {"2s", "false", ".", "65280", "0", "99999", "5000000000"}};

std::vector<std::string> labelled(const TextOptions& options,
                                  const std::vector<std::string>& read = {}) {
  TaskHarness task(label_operator(), options, messages, {.read_outputs = read});
  task.feed(rows);
  return task.take();
}

TEST(Label, replaces_all_numbers_that_have_names) {
  EXPECT_THAT(labelled({}), ElementsAre("1s response a.example AAAA NXDOMAIN 23 udp",
                                        "2s query . TYPE65280 NOERROR 99999 5000000000"));
}

TEST(Label, puts_names_beside) {
  EXPECT_THAT(labelled({{"of", {"qtype", "code"}}, {"how", {"beside"}}, {"tables", {"code=rcode"}}},
                       {"qtype", "code_name", "qtype_name"}),
              ElementsAre("28 AAAA BADCOOKIE", "65280 TYPE65280 99999"));
  EXPECT_THAT(
      labelled({{"of", {"rcode"}}, {"how", {"beside"}}, {"suffix", {"_text"}}}, {"rcode_text"}),
      ElementsAre("NXDOMAIN", "NOERROR"));
}

TEST(Label, takes_another_table_than_the_field_has) {
  EXPECT_THAT(labelled({{"of", {"rcode"}}, {"tables", {"rcode = match_status"}}}, {"rcode"}),
              ElementsAre("duplicate", "answered"));
}

TEST(Label, reads_a_replaced_field_only_if_its_name_is_read) {
  auto replaced = declare(label_operator(), {}, {messages}).value();
  EXPECT_THAT(replaced.reads[0], IsEmpty());
  EXPECT_TRUE(replaced.outputs[0].extends_input);
  const Field& qtype = replaced.outputs[0].fields[3];
  EXPECT_EQ(qtype.type, Type::str);
  EXPECT_EQ(qtype.role, Role::key);
  EXPECT_EQ(qtype.labels, "");
  EXPECT_THAT(labelled({}, {"time", "rcode"}), ElementsAre("1s NXDOMAIN", "2s NOERROR"));
  auto beside = declare(label_operator(), {{"of", {"rcode"}}, {"how", {"beside"}}}, {messages});
  EXPECT_THAT(beside.value().reads[0], ElementsAre("rcode"));
}

TEST(Label, refuses_with_one_clear_sentence) {
  struct Case {
    TextOptions options;
    const char* error;
  };
  const Case cases[] = {
      {{{"of", {"qtipe"}}},
       "stream 'default' of 'input' has no field 'qtipe', did you mean 'qtype'?"},
      {{{"of", {"code"}}},
       "field 'code' has no names for its numbers; `tables` gives it some: code=rcode"},
      {{{"tables", {"qname=rcode"}}},
       "field 'qname' is of type string; label needs an unsigned number or a bool"},
      {{{"tables", {"code"}}}, "'code' is not written as FIELD=TABLE"},
      {{{"tables", {"code=rcode", "code=qtype"}}}, "field 'code' is given two tables"},
      {{{"tables", {"cod=rcode"}}},
       "stream 'default' of 'input' has no field 'cod', did you mean 'code'?"},
      {{{"how", {"beside"}}, {"suffix", {""}}},
       "label adds a field 'qr', and the stream has one already"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(declare_error(label_operator(), c.options, {messages}), c.error);
  EXPECT_THAT(declare_error(label_operator(), {{"tables", {"code=codes"}}}, {messages}),
              HasSubstr("there is no table 'codes'; known are direction, dnstap_type, "));
  EXPECT_EQ(declare_error(label_operator(), {}, {{{"n", Type::u8}}}),
            "no field of the stream has names for its numbers; `tables` gives it some");
  EXPECT_EQ(declare_error(label_operator(), {}, {messages, messages}),
            "label passes one stream on, and 2 come in; use one for each");
}

}  // namespace
}  // namespace dnstorm::operators
