#include "operators/sinks/board.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "operators/sinks/board_events.hpp"
#include "operators/sinks/board_panel.hpp"

namespace dnstorm::operators {

namespace {

BoardView view_of(const std::string& name) {
  if (name == "wall") return BoardView::wall;
  if (name == "series") return BoardView::series;
  if (name == "totals") return BoardView::totals;
  return BoardView::table;
}

BoardPanelSettings settings_of(const Options& options, const Input& input) {
  BoardPanelSettings settings;
  settings.panel = options.text("panel");
  if (settings.panel.empty()) settings.panel = default_measurement(input.component, input.stream);
  settings.title = options.text("title");
  if (settings.title.empty()) settings.title = settings.panel;
  settings.view = view_of(options.text("view"));
  settings.columns = options.list("values");
  settings.limit = static_cast<std::size_t>(options.integer("limit"));
  settings.cells = static_cast<std::size_t>(options.integer("cells"));
  return settings;
}

class BoardSink final : public Bolt {
 public:
  explicit BoardSink(const Options& options) : options_(options) {}

  Result<void> prepare(const TaskContext& task) override {
    feed_ = task.feed;
    component_ = task.component;
    published_ = &task.counter("frames_published");
    for (const Input& input : task.inputs)
      panels_.emplace_back(*input.schema, settings_of(options_, input));
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    if (feed_ == nullptr) return;
    for (RowView row : in.rows()) panels_[in.input].add(row);
  }

  void watermark(TimeNs now, Emitter&) override {
    if (feed_ == nullptr) return;
    for (BoardPanel& panel : panels_) {
      for (FeedFrame& frame : panel.close(now)) {
        frame.source = component_;
        feed_->publish(std::move(frame));
        published_->add();
      }
    }
  }

  // What the page shows lives in the server and begins anew; of windows that are open nothing is
  // lost.
  Result<void> save(StateWriter& out) override {
    for (const BoardPanel& panel : panels_) panel.save(out);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    for (BoardPanel& panel : panels_) panel.restore(in);
    return {};
  }

 private:
  Options options_;
  Feed* feed_ = nullptr;
  std::string component_;
  Counter* published_ = nullptr;
  std::vector<BoardPanel> panels_;
};

Result<std::vector<std::string>> panel_reads(const Options& options, const InputDecl& input) {
  std::vector<std::string> reads;
  const auto& wanted = options.list("values");
  bool has_number = false;
  for (const Field& field : input.schema.fields()) {
    bool chosen =
        wanted.empty() || std::find(wanted.begin(), wanted.end(), field.name) != wanted.end();
    bool number = field.role == Role::value && !names_row(field);
    if (field.role == Role::plain || (number && !chosen)) continue;
    if (options.text("view") == "totals" && field.unbounded && names_row(field))
      return Error{
          ErrorKind::config,
          fmt::format("totals of '{}' would keep every '{}' for ever: use view: table or wall",
                      input.component, field.name),
          "view"};
    has_number = has_number || number;
    reads.push_back(field.name);
  }
  if (!input.schema.find(Role::time) || !input.schema.find(Role::window_end))
    return Error{ErrorKind::config,
                 fmt::format("the board shows windows and rows of '{}' have none: put an "
                             "aggregate (count, top, distinct) before it",
                             input.component),
                 ""};
  if (!has_number)
    return Error{ErrorKind::config,
                 fmt::format("rows of '{}' have no number to show among {}", input.component,
                             input.schema.names()),
                 "values"};
  return reads;
}

Result<Declaration> declare_board(const Options& options, const std::vector<InputDecl>& inputs) {
  if (inputs.size() > 1 && !options.text("panel").empty())
    return Error{ErrorKind::config,
                 "`panel` names one panel, and there are several inputs: leave it out, or "
                 "use a board component for each",
                 "panel"};
  for (const std::string& name : options.list("values"))
    for (const InputDecl& input : inputs) DNSTORM_TRY(require_field(input, name, "values"));
  Declaration declaration;
  declaration.restorable = true;
  bool events = options.text("view") == "events";
  for (const InputDecl& input : inputs)
    declaration.reads.push_back(
        DNSTORM_TRY(events ? event_reads(input) : panel_reads(options, input)));
  declaration.single_task = true;
  return declaration;
}

}  // namespace

OperatorDef board_operator() {
  OperatorDef def;
  def.name = "board";
  def.kind = OperatorKind::sink;
  def.summary = "Shows windows live on the page that dnstorm serves.";
  def.options = {
      {.name = "view",
       .type = OptionType::choice,
       .default_text = "table",
       .help =
           "wall: a cell per key that lights up; series: lines over time; table: the last window, "
           "ordered; totals: sums since the start; events: security events, on a page of their own",
       .choices = {"wall", "series", "table", "totals", "events"}},
      {"panel", OptionType::text, "",
       "id of the panel; if not given, the id of the component that the rows come from"},
      {"title", OptionType::text, "", "heading for people; if not given, the id of the panel"},
      {"values", OptionType::list, "", "numbers to show; if not given, all"},
      {.name = "limit",
       .type = OptionType::integer,
       .default_text = "100",
       .help = "rows of a table at most; 0: all",
       .max = 1e6},
      {.name = "cells",
       .type = OptionType::integer,
       .default_text = "128",
       .help = "cells of a wall; 128 are what a screen shows without scrolling",
       .min = 1,
       .max = 400},
  };
  def.example =
      "- id: wall\n  className: board\n  properties:\n    view: wall\n    title: Registered "
      "domains\n";
  def.declare = declare_board;
  def.make_bolt = [](const Options& options) -> std::unique_ptr<Bolt> {
    if (options.text("view") == "events") return make_board_events();
    return std::make_unique<BoardSink>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
