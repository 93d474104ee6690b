// Asks a grouping for the tasks of rows, as a router does. Rows have the fields `client` (an
// address) and `name`.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::operators::testing {

class GroupingHarness {
 public:
  using Texts = std::map<std::string, std::string>;

  static Result<GroupingDeclaration> declare(const GroupingDef& def, const Texts& options) {
    auto parsed = Options::parse(def.options, raw(options));
    if (!parsed.ok()) return std::move(parsed.error());
    return def.declare(*parsed, {"dns", "default", full()});
  }

  GroupingHarness(const GroupingDef& def, const Texts& options, std::uint32_t tasks) {
    auto declared = declare(def, options);
    EXPECT_TRUE(declared.ok()) << declared.error().what;
    schema_ = std::make_shared<const Schema>(full().pruned(declared->reads));
    grouping_ = def.make(*Options::parse(def.options, raw(options)));
    grouping_->prepare({"dns", "default", schema_, 0, "reader", tasks});
  }

  std::vector<std::uint32_t> tasks_of(const std::string& client) {
    BatchBuilder builder(schema_);
    RowWriter row = builder.add_row();
    auto address = schema_->ref<IpAddress>("client");
    if (address.present()) row.set(address, *parse_ip(client));
    BatchPtr batch = builder.seal();
    std::vector<std::uint32_t> tasks;
    grouping_->choose(Rows(*batch)[0], tasks);
    return tasks;
  }

 private:
  static Schema full() { return Schema({{"client", Type::ip}, {"name", Type::str}}); }
  static RawOptions raw(const Texts& options) {
    RawOptions raw;
    for (const auto& [name, value] : options) raw[name] = {{value}, false, 1, 1};
    return raw;
  }
  SchemaPtr schema_;
  std::unique_ptr<Grouping> grouping_;
};

}  // namespace dnstorm::operators::testing
