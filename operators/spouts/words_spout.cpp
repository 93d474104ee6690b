#include "operators/spouts/words_spout.hpp"

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "operators/spouts/pacer.hpp"
#include "operators/spouts/wait.hpp"

namespace dnstorm::operators {

namespace {

class WordsSpout final : public Spout {
 public:
  explicit WordsSpout(const Options& options)
      : words_(options.list("words")),
        random_order_(options.text("order") == "random"),
        seed_(static_cast<std::uint64_t>(options.integer("seed"))),
        batch_(static_cast<std::uint32_t>(options.integer("batch"))),
        pacer_(options.number("rate")) {
    auto limit = static_cast<std::uint64_t>(options.integer("limit"));
    left_ = limit == 0 ? std::numeric_limits<std::uint64_t>::max() : limit;
    for (const std::string& word : words_) hashes_.push_back(hash_bytes(word));
  }

  Result<void> open(const TaskContext& task) override {
    task_ = &task;
    if (task.outputs[0] != nullptr) {
      time_ = task.outputs[0]->ref<TimeNs>("time");
      word_ = task.outputs[0]->ref<Str>("word");
    }
    // Tasks begin at different words and draw different ones.
    next_ = task.task_index % words_.size();
    random_.seed(seed_ + task.task_index);
    return {};
  }

  Result<Next> next(Emitter& out) override {
    if (left_ == 0) return Next::end;
    auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(batch_, left_));
    std::uint32_t rows = pacer_.paced() ? await(most) : most;
    if (rows == 0) return Next::idle;
    // As fast as possible and a row a call, the clock would be half of the work.
    if (pacer_.paced() || rows > 1 || calls_++ % 16 == 0) watermark_ = task_->clock->wall_ns();
    if (out.wanted())
      for (std::uint32_t i = 0; i < rows; ++i) emit(out);
    pacer_.gave(rows);
    left_ -= rows;
    return Next::more;
  }

  TimeNs watermark() const override { return watermark_; }
  bool blocking() const override { return pacer_.paced(); }
  Result<void> save(StateWriter& out) override {
    std::ostringstream random;
    random << random_;
    out.put_bytes(random.str());
    out.put(std::uint64_t{next_});
    out.put(left_);
    out.put(watermark_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    std::istringstream random{std::string(in.get_bytes())};
    random >> random_;
    next_ = in.get<std::uint64_t>() % words_.size();
    left_ = in.get<std::uint64_t>();
    watermark_ = in.get<TimeNs>();
    return {};
  }

 private:
  // How many rows are due, after a little time if none is.
  std::uint32_t await(std::uint32_t most) {
    TimeNs now = task_->clock->steady_ns();
    if (std::uint32_t rows = pacer_.due(now, most); rows != 0) return rows;
    wait_a_little(pacer_.wait(now));
    return pacer_.due(task_->clock->steady_ns(), most);
  }
  void emit(Emitter& out) {
    std::size_t word = random_order_ ? random_() % words_.size() : next_;
    if (++next_ == words_.size()) next_ = 0;
    RowWriter row = out.row();
    row.set(time_, watermark_);
    row.set_str(word_, words_[word], hashes_[word]);
  }

  std::vector<std::string> words_;
  std::vector<std::uint64_t> hashes_;
  bool random_order_;
  std::uint64_t seed_;
  std::uint32_t batch_;
  std::uint64_t left_;
  Pacer pacer_;
  const TaskContext* task_ = nullptr;
  std::size_t next_ = 0;
  std::uint32_t calls_ = 0;
  std::minstd_rand random_;
  TimeNs watermark_ = time_min;
  FieldRef<TimeNs> time_;
  FieldRef<Str> word_;
};

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>&) {
  if (options.list("words").empty())
    return Error{ErrorKind::config, "option 'words' has no word; leave it out or give one",
                 "words"};
  Declaration declaration;
  declaration.restorable = true;
  declaration.outputs.push_back(
      {"default",
       {{.name = "time", .type = Type::time, .role = Role::time, .help = "when it was emitted"},
        {.name = "word", .type = Type::str, .unbounded = true, .help = "one of the words"}}});
  return declaration;
}

}  // namespace

OperatorDef words_operator() {
  OperatorDef def;
  def.name = "words";
  def.kind = OperatorKind::spout;
  def.summary = "words from a list, for trying out topologies and for measuring the engine";
  def.options = {
      {"words", OptionType::list, "nathan,mike,jackson,golda,bertels", "what is emitted"},
      {.name = "order",
       .type = OptionType::choice,
       .default_text = "random",
       .help = "random, or cycle: one after the other",
       .choices = {"random", "cycle"}},
      {"seed", OptionType::integer, "1", "of the random order", false, 0, 1e15},
      {"limit", OptionType::integer, "0", "rows of each task; 0: without end", false, 0, 1e15},
      {"rate", OptionType::number, "0", "rows a second of each task; 0: as fast as possible", false,
       0, 1e9},
      {"batch", OptionType::integer, "1024", "rows a round at most", false, 1, batch_rows_max},
  };
  def.aliases = {"org.apache.storm.testing.TestWordSpout", "org.apache.storm.perf.spout.ConstSpout",
                 "org.apache.storm.perf.spout.WordGenSpout"};
  def.constructor = {"words"};
  def.example =
      "- id: words\n"
      "  className: words\n"
      "  properties: {words: [alpha, beta], rate: 1000, limit: 100000}\n";
  def.declare = declare;
  def.make_spout = [](const Options& options) { return std::make_unique<WordsSpout>(options); };
  return def;
}

}  // namespace dnstorm::operators
