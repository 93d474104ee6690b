#include "operators/sinks/board_events.hpp"

#include <fmt/format.h>

#include "operators/sinks/row_text.hpp"

namespace dnstorm::operators {

namespace {

struct EventField {
  const char* name;
  Type type;
};
// Those of operators/detect/event.hpp, which sinks do not know.
constexpr EventField event_fields[] = {
    {"time", Type::time},   {"id", Type::u64},    {"detector", Type::str}, {"state", Type::str},
    {"severity", Type::u8}, {"score", Type::f64}, {"key_kind", Type::str}, {"key", Type::str},
    {"start", Type::time},  {"end", Type::time},  {"evidence", Type::str}, {"samples", Type::str},
    {"advice", Type::str},
};

class BoardEvents final : public Bolt {
 public:
  Result<void> prepare(const TaskContext& task) override {
    feed_ = task.feed;
    component_ = task.component;
    published_ = &task.counter("frames_published");
    std::vector<std::string> names;
    for (const EventField& field : event_fields) names.emplace_back(field.name);
    for (const Input& input : task.inputs)
      inputs_.push_back({RowText(RowFormat::json, *input.schema, names, ""),
                         input.schema->ref<std::int64_t>("time")});
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    if (feed_ == nullptr) return;
    const Reader& reader = inputs_[in.input];
    FeedFrame frame;
    frame.panel = frame.view = "events";
    frame.source = component_;
    for (RowView row : in.rows()) {
      FeedRow& event = frame.rows.emplace_back();
      reader.text.append(event.key, row);
      event.key.pop_back();  // the end of line
      frame.end = std::max(frame.end, row.get(reader.time));
    }
    if (frame.rows.empty()) return;
    frame.start = frame.end;
    feed_->publish(std::move(frame));
    published_->add();
  }

  // Nothing is kept here: what has been told lives in the server and begins anew.
  Result<void> save(StateWriter&) override { return {}; }
  Result<void> restore(StateReader&) override { return {}; }

 private:
  struct Reader {
    RowText text;
    FieldRef<std::int64_t> time;
  };
  Feed* feed_ = nullptr;
  std::string component_;
  Counter* published_ = nullptr;
  std::vector<Reader> inputs_;
};

}  // namespace

Result<std::vector<std::string>> event_reads(const InputDecl& input) {
  std::vector<std::string> reads;
  for (const EventField& field : event_fields) {
    auto index = input.schema.find(field.name);
    if (!index || input.schema.field(*index).type != field.type)
      return Error{ErrorKind::config,
                   fmt::format("rows of '{}' are no security events: their field '{}' is missing "
                               "or of another type; view: events shows what `events` writes",
                               input.component, field.name),
                   "view"};
    reads.emplace_back(field.name);
  }
  return reads;
}

std::unique_ptr<Bolt> make_board_events() { return std::make_unique<BoardEvents>(); }

}  // namespace dnstorm::operators
