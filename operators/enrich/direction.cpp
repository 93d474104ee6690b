#include "operators/enrich/direction.hpp"

#include <memory>
#include <utility>

#include "operators/enrich/prefix_set.hpp"
#include "operators/row_mapping.hpp"

namespace dnstorm::operators {

namespace {

class DirectionMapping final : public RowMapping {
 public:
  explicit DirectionMapping(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task, const Schema& in, const Schema& out) override {
    own_ = DNSTORM_TRY(PrefixSet::parse(options_.list("own")));
    from_ = in.ref<IpAddress>(options_.text("from"));
    to_ = in.ref<IpAddress>(options_.text("to"));
    direction_ = out.ref<std::uint8_t>(options_.text("as"));
    unknown_ = &task.counter("unknown");
    return {};
  }
  void write(const RowView& in, RowWriter& out) override {
    bool from_own = own_.contains(in.get(from_));
    bool to_own = own_.contains(in.get(to_));
    Direction direction = from_own && to_own ? Direction::internal
                          : to_own           ? Direction::in
                          : from_own         ? Direction::out
                                             : Direction::unknown;
    if (direction == Direction::unknown) unknown_->add();
    out.set(direction_, static_cast<std::uint8_t>(direction));
  }

 private:
  Options options_;
  PrefixSet own_;
  FieldRef<IpAddress> from_, to_;
  FieldRef<std::uint8_t> direction_;
  Counter* unknown_ = nullptr;
};

Result<Declaration> declare_direction(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  auto own = PrefixSet::parse(options.list("own"));
  if (!own.ok()) return Error{ErrorKind::config, own.error().what, "own"};
  std::vector<std::string> reads = {options.text("from"), options.text("to")};
  for (std::size_t i = 0; i < reads.size() && inputs.size() == 1; ++i)
    DNSTORM_CHECK(require_type(inputs[0], reads[i], Type::ip, i == 0 ? "from" : "to", "direction"));
  Field added{.name = options.text("as"),
              .type = Type::u8,
              .labels = "direction",
              .help = "in: to an own address, out: from one, internal: both, unknown: neither"};
  return declare_mapping("direction", inputs, std::move(reads), {added});
}

}  // namespace

OperatorDef direction_operator() {
  OperatorDef def;
  def.name = "direction";
  def.summary =
      "Adds a field that tells whether a message goes to or from the server's own addresses.";
  def.options = {
      {.name = "own",
       .type = OptionType::list,
       .default_text = "",
       .help = "addresses and prefixes that are the server's own",
       .required = true},
      {"from", OptionType::text, "src", "the field that holds where a message comes from"},
      {"to", OptionType::text, "dst", "the field that holds where a message goes to"},
      {"as", OptionType::text, "direction", "the name of the field that is added"},
  };
  def.example =
      "- id: ways\n"
      "  className: direction\n"
      "  properties: {own: [198.51.100.0/24, \"2001:db8:53::/48\"]}\n";
  def.declare = declare_direction;
  def.make_bolt = [](const Options& options) {
    return make_mapping_bolt(std::make_unique<DirectionMapping>(options));
  };
  return def;
}

}  // namespace dnstorm::operators
