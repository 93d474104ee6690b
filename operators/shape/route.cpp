#include "operators/shape/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "operators/field_text.hpp"
#include "operators/row_mapping.hpp"
#include "operators/shape/filter_expression.hpp"
#include "operators/shape/row_test.hpp"

namespace dnstorm::operators {

namespace {

struct Route {
  std::string stream;
  std::vector<FilterCondition> conditions;
};

Error fault(std::string what) { return {ErrorKind::config, std::move(what), "routes"}; }

Result<std::vector<Route>> parse_routes(const Options& options) {
  std::vector<Route> routes;
  for (const std::string& text : options.list("routes")) {
    auto sides = parse_assignment(text);
    if (!sides || !is_word(sides->first))
      return fault(fmt::format("'{}' is not written as STREAM = CONDITIONS", text));
    auto conditions = parse_filter(sides->second);
    if (!conditions.ok()) return fault(conditions.error().what);
    for (const Route& other : routes)
      if (other.stream == sides->first)
        return fault(fmt::format("stream '{}' has two routes", sides->first));
    if (sides->first == options.text("else"))
      return fault(fmt::format("stream '{}' is for what has no route; `else` gives it another name",
                               sides->first));
    routes.push_back({sides->first, std::move(*conditions)});
  }
  if (routes.empty()) return fault("there is no route");
  return routes;
}

class RouteBolt final : public Bolt {
 public:
  explicit RouteBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Route& route : DNSTORM_TRY(parse_routes(options_))) {
      Way& way = ways_.emplace_back();
      way.rows = &task.counter("to_" + route.stream);
      for (const FilterCondition& condition : route.conditions)
        way.tests.push_back(DNSTORM_TRY(make_row_test(condition, *task.inputs[0].schema)));
    }
    rest_ = &task.counter("to_" + options_.text("else"));
    all_ = options_.text("match") == "all";
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    if (in.selection != nullptr) {
      left_ = *in.selection;
    } else {
      left_.resize(in.batch->row_count());
      std::iota(left_.begin(), left_.end(), std::uint16_t{0});
    }
    if (all_) seen_ = left_;
    for (std::size_t i = 0; i < ways_.size(); ++i) {
      taken_ = all_ ? seen_ : left_;
      for (const auto& test : ways_[i].tests) test->narrow(*in.batch, taken_);
      pass_on(in, i, *ways_[i].rows, taken_, out);
      rest_of_left_.clear();
      std::ranges::set_difference(left_, taken_, std::back_inserter(rest_of_left_));
      std::swap(left_, rest_of_left_);
    }
    pass_on(in, ways_.size(), *rest_, left_, out);
  }

 private:
  struct Way {
    std::vector<std::unique_ptr<RowTest>> tests;
    Counter* rows = nullptr;
  };

  static void pass_on(const InputBatch& in, std::size_t stream, Counter& counter,
                      const Selection& rows, Emitter& out) {
    counter.add(rows.size());
    if (rows.empty() || !out.wanted(stream)) return;
    bool whole = rows.size() == in.rows().size();
    out.forward(stream, in.batch, whole ? in.selection : std::make_shared<const Selection>(rows));
  }

  Options options_;
  bool all_ = false;
  std::vector<Way> ways_;  // in the order of the streams; the stream of the rest comes last
  Counter* rest_ = nullptr;
  // Kept for their memory. left: rows that no route has taken so far.
  Selection left_, taken_, seen_, rest_of_left_;
};

Result<Declaration> declare_route(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(require_one_input("route", inputs));
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  declaration.reads.resize(1);
  auto& reads = declaration.reads[0];
  for (const Route& route : DNSTORM_TRY(parse_routes(options))) {
    for (const FilterCondition& condition : route.conditions) {
      DNSTORM_CHECK(require_field(inputs[0], condition.field, "routes"));
      auto test = make_row_test(condition, inputs[0].schema);
      if (!test.ok()) return fault(test.error().what);
      if (std::find(reads.begin(), reads.end(), condition.field) == reads.end())
        reads.push_back(condition.field);
    }
    declaration.outputs.push_back({route.stream, inputs[0].schema.fields(), true});
  }
  declaration.outputs.push_back({options.text("else"), inputs[0].schema.fields(), true});
  return declaration;
}

}  // namespace

OperatorDef route_operator() {
  OperatorDef def;
  def.name = "route";
  def.summary = "Sends each row to the named streams whose conditions it meets.";
  def.options = {
      {.name = "routes",
       .type = OptionType::list,
       .default_text = "",
       .help = "each as STREAM = CONDITIONS, conditions as of filter's `where`",
       .required = true},
      {.name = "match",
       .type = OptionType::choice,
       .default_text = "first",
       .help = "first: a row goes to the first stream that it fits; all: to each",
       .choices = {"first", "all"}},
      {"else", OptionType::text, "else", "the stream of rows that fit none"},
  };
  def.example =
      "- id: ways\n"
      "  className: route\n"
      "  properties:\n"
      "    routes:\n"
      "      - failures = rcode in [SERVFAIL, REFUSED]\n"
      "      - missing = rcode == NXDOMAIN\n";
  def.declare = declare_route;
  def.make_bolt = [](const Options& options) { return std::make_unique<RouteBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
