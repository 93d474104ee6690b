#include "operators/multilang/shell_spout.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/multilang/shell_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::Child;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ShellSource;

// Two rows in two turns, then none; says what it is told.
const char two[] = R"(
words = ['a', 'b']
def ask(m):
    if m['command'] != 'next':
        sys.stderr.write(m['command'] + ' ' + str(m['id']) + '\n')
    elif words:
        emit([words[0]], id=words.pop(0))
    elif os.path.exists('leave'):
        sys.exit(0)
)";

TEST(ShellSpout, asks_the_child_for_rows) {
  Child child(two);
  ShellSource source(child, {{"fields", {"word"}}});
  ASSERT_TRUE(source.opened.ok()) << source.opened.error().what;
  EXPECT_EQ(source.next(), "more");
  EXPECT_EQ(source.next(), "more");
  EXPECT_EQ(source.next(), "idle");
  EXPECT_THAT(source.rows, ElementsAre("a", "b"));
  EXPECT_TRUE(source.spout->blocking());
}

TEST(ShellSpout, ends_when_the_child_exits_with_0) {
  Child child(two);
  std::ofstream(child.file("leave")).close();
  ShellSource source(child, {{"fields", {"word"}}});
  EXPECT_EQ(source.next(), "more");
  EXPECT_EQ(source.next(), "more");
  EXPECT_EQ(source.next(), "end");
  EXPECT_EQ(source.next(), "end");
  source.spout->close();
}

TEST(ShellSpout, ends_after_it_was_idle) {
  Child child(two);
  ShellSource source(child, {{"fields", {"word"}}, {"end_after_idle", {"3s"}}});
  source.next();
  source.next();
  EXPECT_EQ(source.next(), "idle");
  source.clock.now += 3 * ns_per_s;
  EXPECT_EQ(source.next(), "end");
}

TEST(ShellSpout, tells_the_child_what_became_of_its_rows) {
  Child child(R"(
def ask(m):
    if m['command'] == 'next': emit(['new'], id=5)
    if m['command'] == 'fail': emit(['again'], id=m['id'])
    if m['command'] == 'ack': emit(['acked %r' % m['id']])
)");
  ShellSource source(child, {{"fields", {"word"}}}, true);
  EXPECT_EQ(source.next(), "more");
  EXPECT_EQ(source.spout->fail(1), Spout::Failed::drop);
  EXPECT_EQ(source.next(), "more");
  source.spout->ack(2);
  EXPECT_EQ(source.next(), "more");
  EXPECT_THAT(source.rows, ElementsAre("new #1", "again #2", "new #3", "acked 5 #4", "new #5"));
  EXPECT_EQ(source.spout->fail(77), Spout::Failed::replay) << "not the child's";
}

TEST(ShellSpout, without_tracking_rows_are_acked_at_once) {
  Child child(two);
  ShellSource source(child, {{"fields", {"word"}}});
  source.next();
  source.next();
  source.next();
  EXPECT_THAT(source.notes, ElementsAre("source: activate ", "source: ack a", "source: ack b"));
}

TEST(ShellSpout, does_not_end_while_rows_are_under_way) {
  Child child(two);
  ShellSource source(child, {{"fields", {"word"}}, {"end_after_idle", {"3s"}}}, true);
  source.next();
  source.next();
  EXPECT_EQ(source.next(), "idle");
  source.clock.now += 5 * ns_per_s;
  EXPECT_EQ(source.next(), "idle");
  source.spout->ack(1);
  source.spout->ack(2);
  EXPECT_EQ(source.next(), "end");
}

TEST(ShellSpout, is_deactivated_at_once) {
  Child child(two);
  ShellSource source(child, {{"fields", {"word"}}});
  source.spout->deactivate();
  EXPECT_THAT(source.notes, ElementsAre("source: activate ", "source: deactivate "));
  source.spout->activate();
  source.next();
  EXPECT_EQ(source.notes.back(), "source: activate ");
}

TEST(ShellSpout, task_ids_are_answered) {
  Child child(R"(
def ask(m):
    if m['command'] == 'next':
        send({'command': 'emit', 'tuple': ['x']})
        emit([str(read_ids())])
)");
  ShellSource source(child, {{"fields", {"word"}}});
  source.next();
  EXPECT_THAT(source.rows, ElementsAre("x", "[41]"));
}

TEST(ShellSpout, has_a_time_and_a_watermark) {
  Child child("def ask(m): emit(['x'])\n");
  ShellSource added(child, {{"fields", {"word"}}, {"add_time", {"time"}}});
  added.next();
  EXPECT_EQ(added.spout->watermark(), 5 * ns_per_s);
  EXPECT_EQ(added.rows.back(), "5s x");
  Child timed("def ask(m): emit([7000000000])\n");
  ShellSource own(timed, {{"fields", {"at:time"}}});
  own.next();
  EXPECT_EQ(own.spout->watermark(), 7 * ns_per_s);
}

TEST(ShellSpout, a_crash_is_its_error) {
  Child child("def ask(m):\n  if m['command'] == 'next': sys.exit('no disk')\n");
  ShellSource source(child, {{"fields", {"word"}}});
  EXPECT_THAT(source.next(), HasSubstr("ended with exit code 1; it said last: no disk"));
  EXPECT_EQ(source.next(), "end");
}

TEST(ShellSpout, is_started_anew) {
  Child child(R"(
def ask(m):
    if m['command'] != 'next': return
    if not os.path.exists('crashed'):
        open('crashed', 'w').close()
        os._exit(1)
    emit(['x'])
)");
  ShellSource source(child, {{"fields", {"word"}}, {"restart", {"1"}}});
  EXPECT_EQ(source.next(), "more");
  EXPECT_EQ(source.next(), "more");
  EXPECT_THAT(source.rows, ElementsAre("x"));
}

}  // namespace
}  // namespace dnstorm::operators
