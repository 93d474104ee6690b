// Runs shell_bolt and shell_spout with a child that the test writes in Python, and keeps what comes
// out: rows, what they descend from, what is acked and failed.
//
//   Child child("def work(t):\n  emit([t['tuple'][0]], anchors=[t['id']])\n  ack(t['id'])\n");
//   ShellTask task(child, {{"fields", {"word"}}});
//   task.feed({"a", "b"});
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "operators/multilang/shell_bolt.hpp"
#include "operators/multilang/shell_spout.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

// Storm's protocol in as few lines as will do. `work(t)` gets each tuple, `ask(m)` each command of
// a spout; after that a spout's answer is closed by sync.
inline const char child_library[] = R"(
import json, os, sys
def read():
    lines = []
    while True:
        line = sys.stdin.readline()
        if line == '':
            done()
            sys.stdout.flush()
            sys.exit(0)
        if line == 'end\n':
            return json.loads(''.join(lines))
        lines.append(line)
waiting = []
def read_command():
    return waiting.pop(0) if waiting else read()
def read_ids():
    while True:
        message = read()
        if isinstance(message, list):
            return message
        waiting.append(message)
def send(message):
    sys.stdout.write(json.dumps(message) + '\nend\n')
    sys.stdout.flush()
def emit(values, **more):
    send(dict({'command': 'emit', 'tuple': values, 'need_task_ids': False}, **more))
def ack(id): send({'command': 'ack', 'id': id})
def fail(id): send({'command': 'fail', 'id': id})
def sync(): send({'command': 'sync'})
def done(): pass
def work(t): pass
def ask(m): pass
def begin():
    hello = read()
    open(os.path.join(hello['pidDir'], str(os.getpid())), 'w').close()
    send({'pid': os.getpid()})
    return hello
def run():
    while True:
        m = read_command()
        if 'command' in m:
            ask(m)
            sync()
        elif m['stream'] == '__heartbeat':
            sync()
        else:
            work(m)
)";

class Child {
 public:
  // `body` stands between the library and its loop.
  explicit Child(const std::string& body) {
    std::string path = (std::filesystem::temp_directory_path() / "dnstorm-child-XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
    std::ofstream(script()) << child_library << body << "\nhello = begin()\nrun()\n";
  }
  ~Child() { std::filesystem::remove_all(folder_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  std::string script() const { return folder_ + "/child.py"; }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  TextOptions options(TextOptions others) const {
    if (others.count("command") == 0) others["command"] = {"python3", script()};
    if (others.count("directory") == 0) others["directory"] = {folder_};
    return others;
  }

 private:
  std::string folder_;
};

// A clock that is asked passes: what waits for a time-out need not wait for it.
class PassingClock final : public Clock {
 public:
  TimeNs wall_ns() const override { return now; }
  TimeNs steady_ns() const override { return now += step; }
  mutable TimeNs now = 5 * ns_per_s;
  DurationNs step = 0;
};

// What the two harnesses share: context, outlet.
class ShellOutlet : public Emitter::Outlet {
 public:
  explicit ShellOutlet(const std::string& component) {
    view = std::make_shared<TopologyView>();
    view->components = {{component, 7, 1, {}}, {"words", 3, 1, {}}};
    context.topology = "test";
    context.component = component;
    context.task_id = 7;
    context.view = view;
    context.clock = &clock;
    context.counters = &counters;
  }
  void set_outputs(const Declaration& declaration) {
    for (const StreamDecl& stream : declaration.outputs)
      context.outputs.push_back(std::make_shared<const Schema>(stream.fields));
    emitter = std::make_unique<Emitter>(context.outputs, *this);
  }
  void deliver(std::size_t stream, BatchPtr batch, SelectionPtr) override {
    for (RowView row : Rows(*batch)) {
      std::string text = row_text(batch->schema(), row);
      if (stream != 0) text += fmt::format(" @{}", stream);
      if (direct != 0) text += fmt::format(" ->{}", direct);
      for (const Anchor& anchor : parents) text += fmt::format(" ^{}", anchor->trees[0].root);
      if (message != 0) text += fmt::format(" #{}", message);
      rows.push_back(text);
    }
    if (receivers != nullptr)
      receivers->push_back(40 + static_cast<std::uint32_t>(batch->row_count()));
  }
  void anchor_to(std::span<const Anchor> anchors) override {
    parents.clear();
    for (const Anchor& anchor : anchors)
      if (anchor && std::find(parents.begin(), parents.end(), anchor) == parents.end())
        parents.push_back(anchor);
  }
  void track(std::uint64_t number) override { message = number; }
  void direct_to(std::size_t, std::uint32_t task) override { direct = task; }
  void watch_receivers(std::vector<std::uint32_t>* ids) override { receivers = ids; }
  void ack(Lineage& input) override { ends.push_back(fmt::format("ack {}", input.trees[0].root)); }
  void fail(Lineage& input) override {
    ends.push_back(fmt::format("fail {}", input.trees[0].root));
  }
  std::uint64_t counter(std::string_view name) const {
    for (const NamedValue& value : counters.values())
      if (value.name == name) return value.value;
    return 0;
  }
  Note note() {
    return [this](const std::string& text) { notes.push_back(text); };
  }

  std::shared_ptr<TopologyView> view;
  PassingClock clock;
  CounterSet counters;
  TaskContext context;
  std::unique_ptr<Emitter> emitter;
  std::vector<std::string> rows, ends, notes;
  std::vector<Anchor> parents;
  std::uint64_t message = 0;
  std::uint32_t direct = 0;
  std::vector<std::uint32_t>* receivers = nullptr;
};

class ShellTask final : public ShellOutlet {
 public:
  ShellTask(const Child& child, const TextOptions& more,
            std::map<std::string, std::string> settings = {})
      : ShellOutlet("shell") {
    view->config["shell"] = std::move(settings);
    OperatorDef def = shell_bolt_operator(note());
    Options options = Options::parse(def.options, raw_options(child.options(more))).value();
    schema = std::make_shared<const Schema>(
        std::vector<Field>{{"time", Type::time, Role::time}, {"word", Type::str}});
    set_outputs(def.declare(options, {{"words", "default", *schema}}).value());
    context.inputs = {{"words", "default", schema}};
    bolt = def.make_bolt(options);
    prepared = bolt->prepare(context);
  }
  // One batch, its rows a second apart. Root 0: not tracked.
  Anchor feed(const std::vector<std::string>& words, std::uint64_t root = 0) {
    BatchBuilder builder(schema);
    for (std::size_t i = 0; i < words.size(); ++i) {
      RowWriter row = builder.add_row();
      row.set(schema->ref<TimeNs>("time"), static_cast<TimeNs>(i + 1) * ns_per_s);
      row.set_str(schema->ref<Str>("word"), words[i]);
    }
    Anchor anchor;
    if (root != 0) {
      anchor = std::make_shared<Lineage>();
      anchor->trees.push_back({0, root, 0, 0});
    }
    emitter->anchor_to(Anchor());
    bolt->execute({0, builder.seal(), nullptr, anchor}, *emitter);
    emitter->flush();
    return anchor;
  }
  void tick() {
    bolt->tick(*emitter);
    emitter->flush();
  }
  // The sentence of its failure, or "".
  std::string finish() {
    auto result = bolt->finish(*emitter);
    emitter->flush();
    return result.ok() ? "" : result.error().what;
  }

  SchemaPtr schema;
  std::unique_ptr<Bolt> bolt;
  Result<void> prepared;
};

class ShellSource final : public ShellOutlet {
 public:
  ShellSource(const Child& child, const TextOptions& more, bool tracked = false)
      : ShellOutlet("source") {
    if (tracked) view->config["source"]["topology.delivery"] = "at-least-once";
    OperatorDef def = shell_spout_operator(note());
    Options options = Options::parse(def.options, raw_options(child.options(more))).value();
    set_outputs(def.declare(options, {}).value());
    spout = def.make_spout(options);
    opened = spout->open(context);
  }
  // "more", "idle", "end", or a sentence.
  std::string next() {
    message = 0;
    auto result = spout->next(*emitter);
    emitter->flush();
    if (!result.ok()) return result.error().what;
    return *result == Spout::Next::more ? "more" : *result == Spout::Next::idle ? "idle" : "end";
  }

  std::unique_ptr<Spout> spout;
  Result<void> opened;
};

}  // namespace dnstorm::operators::testing
