#include "operators/multilang/shell_bolt.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/multilang/shell_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::Child;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ShellTask;
using ::testing::SizeIs;

const char upper[] = R"(
def work(t):
    emit([t['tuple'][1].upper()], anchors=[t['id']])
    ack(t['id'])
)";

TEST(ShellBolt, passes_rows_through_a_child) {
  Child child(upper);
  ShellTask task(child, {{"fields", {"word"}}});
  ASSERT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  task.feed({"a", "b"});
  task.feed({"c"});
  EXPECT_THAT(task.rows, ElementsAre("A", "B", "C"));
  EXPECT_EQ(task.finish(), "");
  EXPECT_EQ(task.counter("rows_unacked"), 0u);
}

TEST(ShellBolt, tells_the_child_where_a_tuple_comes_from) {
  Child child("def work(t):\n  emit([json.dumps(t, sort_keys=True)])\n");
  ShellTask task(child, {{"fields", {"tuple"}}});
  task.feed({"a"});
  EXPECT_THAT(task.rows,
              ElementsAre(R"({"comp": "words", "id": "1", "stream": "default", "task": 3, )"
                          R"("tuple": [1000000000, "a"]})"));
}

TEST(ShellBolt, gives_the_child_settings_environment_and_a_folder_for_its_pid) {
  Child child(R"(
def work(t):
    emit([hello['conf']['topology.name'], hello['conf']['own'], os.environ['OWN'],
          os.listdir(hello['pidDir']) == [str(os.getpid())], os.getpgid(0) == os.getpid()])
)");
  ShellTask task(child, {{"fields", {"name", "own", "env", "pid:bool", "group:bool"}},
                         {"conf", {"own=5"}},
                         {"env", {"OWN=here"}}});
  task.feed({"a"});
  EXPECT_THAT(task.rows, ElementsAre("test 5 here true true"));
}

TEST(ShellBolt, the_child_gets_the_fields_that_are_asked_for) {
  Child child(R"(
def work(t):
    emit([t['tuple'], hello['context']['source->stream->fields']['words']['default']],
         anchors=[t['id']])
)");
  ShellTask task(child,
                 {{"fields", {"tuple", "names"}}, {"reads", {"word"}}, {"add_time", {"time"}}});
  task.feed({"a"});
  EXPECT_THAT(task.rows, ElementsAre(R"(1s ["a"] ["word"])"));
  EXPECT_EQ(testing::declare_error(shell_bolt_operator(), {{"command", {"x"}}, {"reads", {"wrd"}}},
                                   {{{"word", Type::str}}}),
            "stream 'default' of 'input' has no field 'wrd', did you mean 'word'?");
}

TEST(ShellBolt, rows_have_the_time_of_what_they_are_anchored_to) {
  Child child(R"(
def work(t):
    emit(['own'], anchors=[t['id']])
    if t['tuple'][1] == 'a': emit(['none'])
)");
  ShellTask task(child, {{"fields", {"word"}}, {"add_time", {"time"}}});
  task.feed({"a", "b"});
  // The newest of the batch stands for rows without anchors.
  EXPECT_THAT(task.rows, ElementsAre("1s own", "2s none", "2s own"));
}

TEST(ShellBolt, a_batch_is_acked_when_all_its_rows_are) {
  Child child(R"(
held = []
def work(t):
    if t['tuple'][1] == 'hold': held.append(t['id'])
    elif t['tuple'][1] == 'free':
        for id in held: ack(id)
        ack(t['id'])
    else: ack(t['id'])
)");
  ShellTask task(child, {});
  task.feed({"a", "hold"}, 1);
  task.feed({"b", "c"}, 2);
  EXPECT_THAT(task.ends, ElementsAre("ack 2"));
  task.feed({"free"}, 3);
  EXPECT_THAT(task.ends, ElementsAre("ack 2", "ack 1", "ack 3"));
}

TEST(ShellBolt, a_row_that_fails_fails_its_batch) {
  Child child("def work(t):\n  (fail if t['tuple'][1] == 'bad' else ack)(t['id'])\n");
  ShellTask task(child, {});
  task.feed({"a", "bad", "b"}, 1);
  task.feed({"a"}, 2);
  EXPECT_THAT(task.ends, ElementsAre("fail 1", "ack 2"));
  EXPECT_EQ(task.counter("rows_failed"), 1u);
}

TEST(ShellBolt, rows_descend_from_all_that_the_child_names) {
  Child child(R"(
held = []
def work(t):
    held.append(t['id'])
    if len(held) == 3:
        emit(['all'], anchors=held)
        emit(['first'], anchors=held[0])
        emit(['none'])
        emit(['none'], anchors=None)
)");
  ShellTask task(child, {{"fields", {"word"}}});
  task.feed({"a", "b"}, 1);
  task.feed({"c"}, 2);
  EXPECT_THAT(task.rows, ElementsAre("all ^1 ^2", "first ^1", "none", "none"));
}

TEST(ShellBolt, task_ids_are_answered_unless_declined) {
  Child child(R"(
def work(t):
    send({'command': 'emit', 'tuple': ['x']})
    emit([str(read_ids())])
    ack(t['id'])
)");
  ShellTask task(child, {{"fields", {"word"}}});
  task.feed({"a", "b"}, 1);
  EXPECT_THAT(task.rows, ElementsAre("x", "[41]", "x", "[41]")) << "each row was alone";
  EXPECT_THAT(task.ends, ElementsAre("ack 1"));
}

TEST(ShellBolt, emits_to_a_task_on_a_direct_stream) {
  Child child("def work(t):\n  emit(['x'], task=9, stream='one', need_task_ids=True)\n");
  ShellTask task(child, {{"fields", {"word"}}, {"streams", {"one=true,word"}}});
  task.feed({"a"});
  EXPECT_THAT(task.rows, ElementsAre("x @1 ->9"));
  EXPECT_EQ(task.finish(), "");
}

TEST(ShellBolt, ticks_are_tuples_of_the_system) {
  Child child(R"(
def work(t):
    if t['comp'] == '__system':
        emit([t['stream'], t['task'], t['tuple'][0]])
    ack(t['id'])
)");
  ShellTask task(child, {{"fields", {"stream", "task:i64", "rate:u64"}}},
                 {{"topology.tick.tuple.freq.secs", "5"}});
  task.tick();
  EXPECT_THAT(task.rows, ElementsAre("__tick -1 5"));
  task.feed({"a"}, 1);
  EXPECT_THAT(task.ends, ElementsAre("ack 1"));
}

TEST(ShellBolt, no_more_than_the_window_is_given_before_an_answer) {
  Child child(R"(
count = 0
def sync():
    global count
    emit([count])
    count = 0
    send({'command': 'sync'})
def work(t):
    global count
    count += 1
)");
  ShellTask task(child, {{"fields", {"count:u64"}}}, {{"topology.shellbolt.max.pending", "2"}});
  task.feed({"a", "b", "c", "d", "e"});
  EXPECT_THAT(task.rows, ElementsAre("2", "2", "1"));
}

TEST(ShellBolt, full_pipes_in_both_directions_do_not_hold_it_up) {
  Child child("def work(t):\n  for i in range(3): emit([t['tuple'][1]])\n");
  ShellTask task(child, {{"fields", {"word"}}});
  std::string huge(1 << 20, 'x');
  task.feed({huge, huge, huge, huge});
  EXPECT_THAT(task.rows, SizeIs(12));
  EXPECT_EQ(task.rows.back(), huge);
  EXPECT_EQ(task.finish(), "");
}

TEST(ShellBolt, text_stays_what_it_is) {
  Child child(upper);
  ShellTask task(child, {{"fields", {"word"}}});
  task.feed({"\xc3\xa4\n\"end\"\nend\n", "\xf0\x9f\x8c\xa9"});
  EXPECT_THAT(task.rows, ElementsAre("\xc3\x84\n\"END\"\nEND\n", "\xf0\x9f\x8c\xa9"));
}

TEST(ShellBolt, what_the_child_says_at_its_end_counts) {
  Child child("def done(): emit(['last'])\n");
  ShellTask task(child, {{"fields", {"word"}}});
  task.feed({"a"}, 1);
  EXPECT_EQ(task.finish(), "");
  EXPECT_THAT(task.rows, ElementsAre("last"));
  EXPECT_EQ(task.counter("rows_unacked"), 1u);
}

TEST(ShellBolt, log_error_and_metrics_are_counted) {
  Child child(R"(
def work(t):
    for level in range(5): send({'command': 'log', 'msg': 'm%d' % level, 'level': level})
    send({'command': 'error', 'msg': 'oh'})
    send({'command': 'metrics', 'name': 'seen', 'params': 3})
    sys.stderr.write('a line\n')
    ack(t['id'])
)");
  ShellTask task(child, {});
  task.feed({"a", "b"}, 1);
  EXPECT_EQ(task.finish(), "");
  EXPECT_EQ(task.counter("log_messages"), 10u);
  EXPECT_EQ(task.counter("errors_reported"), 2u);
  EXPECT_EQ(task.counter("metric.seen"), 6u);
  for (const char* line :
       {"shell: warn: m3", "shell: error: m4", "shell: error: oh", "shell: a line"})
    EXPECT_EQ(std::count(task.notes.begin(), task.notes.end(), line), 2) << line;
}

// As pystorm with exit_on_exception = False: an error, and a sync that answers nothing.
TEST(ShellBolt, a_sync_behind_an_error_does_not_end_a_batch_early) {
  Child child(R"(
def work(t):
    if t['tuple'][1] == 'bad':
        send({'command': 'error', 'msg': 'oh'})
        sync()
    emit([t['tuple'][1]])
)");
  ShellTask task(child, {{"fields", {"word"}}});
  task.feed({"bad", "b", "c"});
  EXPECT_THAT(task.rows, ElementsAre("bad", "b", "c"));
  task.feed({"d", "bad"});
  EXPECT_THAT(task.rows, SizeIs(5));
  task.feed({"e"});
  EXPECT_THAT(task.rows, SizeIs(6));
}

// As storm.py: an error alone, and the sync that comes next answers the heartbeat.
TEST(ShellBolt, a_sync_behind_an_error_may_be_an_answer) {
  Child child("def work(t): send({'command': 'error', 'msg': 'oh'})\n");
  ShellTask task(child, {});
  for (int i = 0; i < 3; ++i) task.feed({"a"});
  EXPECT_EQ(task.finish(), "");
  EXPECT_EQ(task.counter("errors_reported"), 3u);
}

TEST(ShellBolt, a_child_that_crashes_is_told_and_rows_are_dropped_and_counted) {
  Child child(R"(
def work(t):
    if t['tuple'][1] == 'bad':
        sys.stderr.write('first\nout of words\n')
        sys.exit(3)
    emit([t['tuple'][1]])
    ack(t['id'])
)");
  ShellTask task(child, {{"fields", {"word"}}});
  task.feed({"a", "bad", "b"}, 1);
  task.feed({"c", "d"}, 2);
  task.tick();
  EXPECT_THAT(task.rows, ElementsAre("a"));
  // Acked, or they would come again for ever.
  EXPECT_THAT(task.ends, ElementsAre("ack 1", "ack 2"));
  EXPECT_EQ(task.counter("rows_dropped"), 4u);
  EXPECT_EQ(task.finish(), "the child (python3 " + child.script() +
                               ") ended with exit code 3; it said last: out of words");
}

TEST(ShellBolt, a_child_that_is_killed_is_told) {
  Child child("def work(t): os.kill(os.getpid(), 9)\n");
  ShellTask task(child, {});
  task.feed({"a"});
  EXPECT_THAT(task.finish(), HasSubstr("was ended by signal 9 (Killed)"));
}

TEST(ShellBolt, a_child_is_started_anew_and_what_it_had_fails) {
  Child child(R"(
def work(t):
    if t['tuple'][1] == 'bad' and not os.path.exists('crashed'):
        open('crashed', 'w').close()
        os._exit(1)
    emit([t['tuple'][1]], anchors=[t['id']])
    ack(t['id'])
)");
  ShellTask task(child, {{"fields", {"word"}}, {"restart", {"1"}}});
  task.feed({"a", "bad", "b"}, 1);
  EXPECT_THAT(task.ends, ElementsAre("fail 1"));
  task.rows.clear();
  task.feed({"a", "bad", "b"}, 2);  // the engine replays
  EXPECT_THAT(task.rows, ElementsAre("a ^2", "bad ^2", "b ^2"));
  EXPECT_THAT(task.ends, ElementsAre("fail 1", "ack 2"));
  EXPECT_EQ(task.counter("restarts"), 1u);
  EXPECT_EQ(task.finish(), "");
}

TEST(ShellBolt, a_child_that_says_nothing_is_killed) {
  Child child("import signal\ndef work(t): signal.pause()\n");
  ShellTask task(child, {{"timeout", {"30s"}}});
  task.clock.step = 10 * ns_per_s;
  task.feed({"a"});
  EXPECT_EQ(task.finish(), "the child has said nothing for 30s and was killed");
}

TEST(ShellBolt, garbage_is_told) {
  Child child("def work(t):\n  sys.stdout.write('count is 3\\n')\n  ack(t['id'])\n");
  ShellTask task(child, {});
  task.feed({"a"});
  EXPECT_EQ(task.finish(),
            "the child sent what is no multilang message (it is not JSON): count is 3 "
            "{\"command\": \"ack\", \"id\": \"1\"}");
}

TEST(ShellBolt, what_does_not_fit_is_told) {
  struct Row {
    std::string work, said;
  };
  for (const Row& row : std::vector<Row>{
           {"emit([-1])",
            "the child emits -1 as 'count' of stream 'default', which is of type u64"},
           {"emit([1], stream='two')", "the child emits on stream 'two', which is not declared"},
           {"emit([1], task=3)",
            "the child names a task for stream 'default', which is not direct"},
           {"emit([1], stream='one')", "the child names no task for stream 'one', which is direct"},
           {"ack('77')", "the child names a tuple '77' that it has not been given"},
           {"emit([1], anchors=['x'])",
            "the child names a tuple 'x' that it has not been given"}}) {
    Child child("def work(t): " + row.work + "\n");
    ShellTask task(child, {{"fields", {"count:u64"}}, {"streams", {"one=true,count:u64"}}});
    task.feed({"a"});
    EXPECT_EQ(task.finish(), row.said);
  }
}

TEST(ShellBolt, acking_twice_is_without_effect) {
  Child child("def work(t):\n  ack(t['id'])\n  ack(t['id'])\n  fail(t['id'])\n");
  ShellTask task(child, {});
  task.feed({"a"}, 1);
  EXPECT_THAT(task.ends, ElementsAre("ack 1"));
  EXPECT_EQ(task.finish(), "");
}

TEST(ShellBolt, a_command_that_is_not_there_stops_the_start) {
  Child child("");
  ShellTask task(child, {{"command", {"/nowhere/python"}}});
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_EQ(task.prepared.error().what,
            "cannot start '/nowhere/python': No such file or directory: correct `command`");
  EXPECT_EQ(task.prepared.error().kind, ErrorKind::config);
}

TEST(ShellBolt, a_child_that_cannot_begin_stops_the_start) {
  Child child("raise SystemExit('no model')\n");
  ShellTask task(child, {});
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_THAT(task.prepared.error().what,
              HasSubstr("ended with exit code 1; it said last: no model"));
}

TEST(ShellBolt, options_are_checked) {
  OperatorDef def = shell_bolt_operator();
  EXPECT_EQ(testing::declare_error(def, {{"command", {"x"}}, {"conf", {"a"}}}, {}),
            "option 'conf' takes NAME=VALUE, not 'a'");
  EXPECT_THAT(testing::declare_error(def, {}, {}), HasSubstr("option 'command' is missing"));
}

}  // namespace
}  // namespace dnstorm::operators
