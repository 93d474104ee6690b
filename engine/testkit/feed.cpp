#include "engine/testkit/feed.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/api/options.hpp"

namespace dnstorm::testkit {

namespace {

class FeederSpout final : public Spout {
 public:
  explicit FeederSpout(std::shared_ptr<Feeding> feeding) : feeding_(std::move(feeding)) {}

  Result<void> open(const TaskContext& task) override {
    task_ = &task;
    return {};
  }

  Result<Next> next(Emitter& out) override {
    bool mine = task_->task_index == 0;
    std::uint32_t left = feeding_->options.round;
    while (mine && left != 0 && due()) {
      emit(feeding_->waiting.front(), out);
      feeding_->waiting.pop_front();
      --left;
    }
    if (mine && left != feeding_->options.round) return Next::more;
    return feeding_->closed && feeding_->waiting.empty() ? Next::end : Next::idle;
  }

  TimeNs watermark() const override {
    return newest_ == time_min ? time_min : newest_ - feeding_->options.lag;
  }

  void ack(std::uint64_t message) override { feeding_->acked.push_back(message); }
  Failed fail(std::uint64_t message) override {
    feeding_->failed.push_back(message);
    return feeding_->options.replay ? Failed::replay : Failed::drop;
  }

 private:
  bool due() const {
    return !feeding_->waiting.empty() && feeding_->waiting.front().at <= task_->clock->steady_ns();
  }

  void emit(const FedRow& fed, Emitter& out) {
    newest_ = std::max(newest_, time_of(fed));
    if (!out.wanted(fed.stream)) return;
    out.track(fed.number);
    const Schema& schema = *task_->outputs[fed.stream];
    RowWriter row = out.row(fed.stream);
    for (std::size_t i = 0; i < schema.size(); ++i) {
      auto cell = fed.cells.find(schema.field(i).name);
      if (cell != fed.cells.end())
        check_written(write_cell(schema, i, cell->second, row, feeding_->labels));
      else if (schema.field(i).role == Role::time)
        row.set(FieldRef<TimeNs>{schema.offset(i)}, fed.at);
    }
  }

  // Event time: what the row says of it, or when it is fed.
  TimeNs time_of(const FedRow& fed) const {
    const Schema& schema = feeding_->streams[fed.stream];
    auto index = schema.find(Role::time);
    if (!index) return fed.at;
    auto cell = fed.cells.find(schema.field(*index).name);
    return cell == fed.cells.end() ? fed.at : parse_time(cell->second).value_or(fed.at);
  }

  static void check_written(const Result<void>& written) {
    DNSTORM_ASSERT(written.ok(), "a row is checked when it is fed", written.error().what);
  }

  std::shared_ptr<Feeding> feeding_;
  const TaskContext* task_ = nullptr;
  TimeNs newest_ = time_min;
};

}  // namespace

Result<void> Feeding::check(std::size_t stream, const Row& row) const {
  const Schema& schema = streams[stream];
  for (const auto& [name, text] : row) {
    auto index = schema.find(name);
    if (!index) {
      std::vector<std::string> known;
      for (const Field& field : schema.fields()) known.push_back(field.name);
      std::string hint = nearest(name, known);
      return Error{ErrorKind::data,
                   fmt::format("there is no field '{}'{}", name,
                               hint.empty() ? "; there are " + schema.names()
                                            : ", did you mean '" + hint + "'?"),
                   name};
    }
    DNSTORM_TRY(normal_text(schema.field(*index), text, labels));
  }
  return {};
}

std::unique_ptr<Spout> make_feeder(std::shared_ptr<Feeding> feeding) {
  return std::make_unique<FeederSpout>(std::move(feeding));
}

}  // namespace dnstorm::testkit
