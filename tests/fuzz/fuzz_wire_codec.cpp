// Messages between the executors of two workers: what decode() takes is read to its last byte and
// goes the same way again.
#include <cstddef>
#include <cstdint>

#include "cluster/wire/event_codec.hpp"

using namespace dnstorm;
using namespace dnstorm::cluster;

namespace {

SchemaPtr schema() {
  static auto one = std::make_shared<const Schema>(std::vector<Field>{
      {"name", Type::str}, {"hits", Type::u64}, {"bytes", Type::bytes}, {"ok", Type::boolean}});
  return one;
}

std::size_t read_all(const runtime::Event& event) {
  auto name = schema()->ref<Str>("name");
  auto bytes = schema()->ref<Bytes>("bytes");
  auto ok = schema()->ref<bool>("ok");
  std::size_t sum = 0;
  for (RowView row : Rows(*event.batch)) {
    sum += std::size_t{row.get(ok)};
    for (char c : row.get(name)) sum += static_cast<std::uint8_t>(c);
    for (std::uint8_t c : row.get(bytes)) sum += c;
  }
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  DecodeOptions options;
  options.schema = [](auto, auto) { return schema(); };
  options.bytes_max = 1 << 20;
  WireMessage message;
  if (decode(Buffer::copy_of(std::span(data, size)), options, message)) return 0;
  const auto* event = std::get_if<runtime::Event>(&message);
  if (event == nullptr) return 0;
  Buffer again = encode(*event, {});
  DNSTORM_ASSERT(again.size <= options.bytes_max + 100, "it does not grow", again.size);
  WireMessage second;
  DNSTORM_ASSERT(!decode(again, options, second), "what was taken is taken again");
  const auto& copy = std::get<runtime::Event>(second);
  DNSTORM_ASSERT(copy.round == event->round && copy.row_count() == event->row_count(),
                 "and is the same");
  if (event->batch)
    DNSTORM_ASSERT(read_all(*event) == read_all(copy), "to the last byte", event->row_count());
  return 0;
}
