#include "operators/grouping/first_tasks.hpp"

#include <algorithm>

namespace dnstorm::operators {

namespace {

class FirstTasks final : public Grouping {
 public:
  explicit FirstTasks(const Options& options)
      : count_(static_cast<std::uint32_t>(options.integer("count"))) {}
  void prepare(const GroupingContext& context) override {
    count_ = std::min(count_, context.target_tasks);
  }
  void choose(const RowView&, std::vector<std::uint32_t>& tasks) const override {
    for (std::uint32_t task = 0; task < count_; ++task) tasks.push_back(task);
  }

 private:
  std::uint32_t count_;
};

}  // namespace

GroupingDef first_tasks_grouping() {
  GroupingDef def;
  def.name = "first_tasks";
  def.summary = "Every row to each of the first tasks.";
  OptionSpec count{"count", OptionType::integer, "1", "how many; all, if there are fewer"};
  count.min = 1;
  count.max = 1024;
  def.options = {count};
  def.constructor = {"count"};
  def.example =
      "- {from: words, to: log,\n"
      "   grouping: {type: CUSTOM, customClass: {className: first_tasks, constructorArgs: [2]}}}\n";
  def.declare = [](const Options&, const InputDecl&) -> Result<GroupingDeclaration> {
    return GroupingDeclaration{};
  };
  def.make = [](const Options& options) { return std::make_unique<FirstTasks>(options); };
  return def;
}

}  // namespace dnstorm::operators
