// What the child of a shell component writes: frames, commands, rows.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/base/assert.hpp"
#include "operators/multilang/commands.hpp"
#include "operators/multilang/shell_streams.hpp"

using namespace dnstorm;
using namespace dnstorm::operators;

namespace {

void read_row(const EmitCommand& emit) {
  static const StreamDecl stream = {
      "default",
      {{"s", Type::str}, {"n", Type::u16}, {"f", Type::f64}, {"a", Type::ip}, {"t", Type::time}}};
  static const SchemaPtr schema = std::make_shared<const Schema>(stream.fields);
  TupleReader reader(stream, schema.get(), false);
  if (!reader.problem(emit.values).empty()) return;
  BatchBuilder builder(schema);
  reader.write(emit.values, 0, builder.add_row());
  BatchPtr batch = builder.seal();
  Json again = TupleWriter(*schema, {}).values(Rows(*batch)[0]);
  DNSTORM_ASSERT(reader.problem(again).empty(), "a row goes out as it may come in", again.dump());
  DNSTORM_ASSERT(again[1] == emit.values[1] && again[4] == emit.values[4], "numbers stay");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  FrameReader whole, pieces;
  whole.feed(bytes);
  for (std::size_t at = 0; at < size; at += 3) pieces.feed(bytes.substr(at, 3));
  DNSTORM_ASSERT(whole.rest() == pieces.rest(), "frames do not depend on how bytes come");
  while (auto text = whole.take()) {
    DNSTORM_ASSERT(text == pieces.take(), "frames do not depend on how bytes come");
    auto command = parse_command(*text);
    if (!command.ok()) continue;
    if (const auto* emit = std::get_if<EmitCommand>(&*command)) read_row(*emit);
  }
  return 0;
}
