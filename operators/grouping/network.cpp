#include "operators/grouping/network.hpp"

#include "engine/api/key.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::operators {

namespace {

class Network final : public Grouping {
 public:
  explicit Network(const Options& options)
      : of_(options.text("of")),
        v4_(static_cast<unsigned>(options.integer("v4"))),
        v6_(static_cast<unsigned>(options.integer("v6"))) {}
  void prepare(const GroupingContext& context) override {
    address_ = context.schema->ref<IpAddress>(of_);
    tasks_ = context.target_tasks;
  }
  void choose(const RowView& row, std::vector<std::uint32_t>& tasks) const override {
    tasks.push_back(task_of_group(key_group(hash(row.get(address_))), tasks_));
  }

 private:
  std::uint64_t hash(IpAddress address) const {
    constexpr unsigned mapped = 96;  // bits before an IPv4 address
    unsigned keep = address.is_v4() ? mapped + v4_ : v6_;
    for (unsigned byte = keep / 8; byte < 16; ++byte) {
      unsigned bits = byte == keep / 8 ? keep % 8 : 0;
      address.bytes[byte] &= static_cast<std::uint8_t>(0xff00U >> bits);
    }
    return hash_bytes(address.bytes.data(), address.bytes.size());
  }

  std::string of_;
  unsigned v4_;
  unsigned v6_;
  FieldRef<IpAddress> address_;
  std::uint32_t tasks_ = 1;
};

Result<GroupingDeclaration> declare_network(const Options& options, const InputDecl& stream) {
  Field field = DNSTORM_TRY(require_field(stream, options.text("of"), "of"));
  if (field.type != Type::ip)
    return Error{ErrorKind::config,
                 fmt::format("field '{}' of stream '{}' of '{}' is of type {}; `of` needs an "
                             "address",
                             field.name, stream.stream, stream.component, to_string(field.type)),
                 "of"};
  return GroupingDeclaration{{field.name}};
}

OptionSpec prefix(std::string name, std::string default_text, std::string help, double max) {
  OptionSpec spec{std::move(name), OptionType::integer, std::move(default_text), std::move(help)};
  spec.max = max;
  return spec;
}

}  // namespace

GroupingDef network_grouping() {
  GroupingDef def;
  def.name = "network";
  def.summary = "Rows of the same network, a prefix of an address, to the same task.";
  def.options = {{"of", OptionType::text, "client", "the address"},
                 prefix("v4", "24", "bits of the prefix of an IPv4 address", 32),
                 prefix("v6", "56", "bits of the prefix of an IPv6 address", 128)};
  def.constructor = {"of", "v4", "v6"};
  def.example =
      "- {from: dns, to: limits,\n"
      "   grouping: {type: CUSTOM, customClass: {className: network, properties: {v4: 24}}}}\n";
  def.declare = declare_network;
  def.make = [](const Options& options) { return std::make_unique<Network>(options); };
  return def;
}

}  // namespace dnstorm::operators
