// Files of lookup: whatever the text, it is refused with one line or each row finds a value.
#include <cstddef>
#include <cstdint>
#include <string>

#include "operators/enrich/lookup_table.hpp"

namespace {

using namespace dnstorm;
using operators::LookupMatch;

void look(const operators::LookupSpec& spec, std::string_view text) {
  auto table = operators::LookupTable::parse(spec, text);
  if (!table.ok()) {
    DNSTORM_ASSERT(table.error().what.find('\n') == std::string::npos, "a refusal is one line",
                   table.error().what);
    return;
  }
  BatchBuilder builder(std::make_shared<const Schema>(std::vector<Field>{spec.key}));
  for (const char* name : {"www.example.com", ".", "", "a\\.b", "\\"}) {
    RowWriter row = builder.add_row();
    if (spec.key.type == Type::str) row.set_str(builder.schema()->ref<Str>("key"), name);
  }
  BatchPtr rows = builder.seal();
  for (RowView row : Rows(*rows)) {
    auto found = table->find(row, rows->schema().offset(0));
    DNSTORM_ASSERT(!found.found || table->size() > 0, "what is found is there", table->size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  operators::LookupSpec spec;
  spec.path = "f";
  spec.columns = {{"n", {"n", Type::u8}, "1"}, {"s", {"s", Type::str}, ""}};
  for (auto [type, match] :
       {std::pair{Type::str, LookupMatch::exact}, std::pair{Type::str, LookupMatch::name},
        std::pair{Type::u16, LookupMatch::exact}, std::pair{Type::ip, LookupMatch::network}}) {
    spec.key = {"key", type};
    spec.match = match;
    spec.list = false;
    look(spec, text);
    spec.list = true;
    look(spec, text);
  }
  return 0;
}
