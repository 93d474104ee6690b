// Expressions in Lua: whatever the text, it is refused with one line or gives a value for a row,
// the same each time; and what it reads is among the fields that there are.
#include <cstddef>
#include <cstdint>
#include <string>

#include "operators/shape/lua_rows.hpp"

namespace {

using namespace dnstorm;

BatchPtr make_row() {
  BatchBuilder builder(std::make_shared<const Schema>(std::vector<Field>{{"qtype", Type::u16},
                                                                         {"qname", Type::str},
                                                                         {"client", Type::ip},
                                                                         {"rtt", Type::f64},
                                                                         {"tc", Type::boolean}}));
  RowWriter row = builder.add_row();
  row.set(builder.schema()->ref<std::uint16_t>("qtype"), std::uint16_t{28});
  row.set_str(builder.schema()->ref<Str>("qname"), "www.example.com");
  row.set(builder.schema()->ref<double>("rtt"), 0.25);
  return builder.seal();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const BatchPtr batch = make_row();
  std::string text(reinterpret_cast<const char*>(data), size);
  operators::LuaRows rows;
  auto added = rows.add(text, batch->schema(), "expression");
  if (!added.ok()) {
    DNSTORM_ASSERT(added.error().what.find('\n') == std::string::npos, "a refusal is one line",
                   added.error().what);
    return 0;
  }
  for (const std::string& field : rows.fields(0))
    DNSTORM_ASSERT(batch->schema().find(field).has_value(), "a field that there is", field);
  RowView row(batch->row(0), batch->arena());
  operators::LuaValue once = rows.run(0, row);
  auto kind = once.kind;
  std::string first(once.text);
  operators::LuaValue again = rows.run(0, row);
  DNSTORM_ASSERT(again.kind == kind && again.text == first, "the same for the same row", text);
  return 0;
}
