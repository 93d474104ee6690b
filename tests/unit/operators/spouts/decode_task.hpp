// A `decode` task that is fed packets, a second of event time apart.
#pragma once

#include "operators/spouts/decode.hpp"
#include "operators/spouts/packet_schema.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

class DecodeTask {
 public:
  // `read`: the output fields that somebody reads.
  explicit DecodeTask(std::vector<std::string> read, const TextOptions& options = {})
      : harness(decode_operator(), options, packet_fields(), {.read_outputs = std::move(read)}) {}

  // `original`: the length on the wire; 0: all of it was captured.
  void row(std::span<const std::uint8_t> bytes, std::uint16_t link, std::uint32_t original = 0) {
    PacketFields fields(*harness.input_schema());
    BatchBuilder builder(harness.input_schema());
    RowWriter row = builder.add_row();
    row.set(fields.time, ++seconds_ * ns_per_s);
    row.set(fields.link, link);
    row.set(fields.original_length,
            original != 0 ? original : static_cast<std::uint32_t>(bytes.size()));
    row.set_bytes(fields.bytes, bytes);
    harness.send(builder.seal());
  }
  TaskHarness harness;

 private:
  TimeNs seconds_ = 0;
};

}  // namespace dnstorm::operators::testing
