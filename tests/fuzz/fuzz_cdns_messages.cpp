// Rows of C-DNS messages: those of a file that is one, otherwise the input as a row. Each is read
// back, and decoded with all streams wanted: every row is accounted for.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "engine/base/assert.hpp"
#include "operators/spouts/cdns_messages.hpp"
#include "operators/spouts/decode.hpp"
#include "operators/spouts/packet_file.hpp"
#include "operators/spouts/packet_schema.hpp"

using namespace dnstorm;
using namespace dnstorm::operators;
using capture::pcap::Read;

namespace {

// Items may all point to the longest list of records; this many messages are enough.
constexpr std::uint64_t messages_max = 300;

class DecodeTask final : public Emitter::Outlet {
 public:
  DecodeTask() {
    OperatorDef def = decode_operator();
    Options options = Options::parse(def.options, {}).value();
    Schema input(packet_fields());
    Declaration declaration = def.declare(options, {{"input", "default", input}}).value();
    context_.inputs.push_back({"input", "default", std::make_shared<const Schema>(input)});
    for (const StreamDecl& stream : declaration.outputs)
      context_.outputs.push_back(std::make_shared<const Schema>(stream.fields));
    context_.counters = &counters_;
    emitter_ = std::make_unique<Emitter>(context_.outputs, *this);
    bolt_ = def.make_bolt(options);
    DNSTORM_ASSERT(bolt_->prepare(context_).ok(), "a task starts");
  }
  void row(TimeNs time, std::span<const std::uint8_t> bytes) {
    BatchBuilder builder(context_.inputs[0].schema);
    PacketFields fields(*context_.inputs[0].schema);
    RowWriter row = builder.add_row();
    row.set(fields.time, time);
    row.set(fields.link, link_cdns);
    row.set(fields.original_length, static_cast<std::uint32_t>(bytes.size()));
    row.set_bytes(fields.bytes, bytes);
    bolt_->execute({0, builder.seal(), nullptr}, *emitter_);
    emitter_->flush();
    ++rows_;
  }
  void check() {
    DNSTORM_ASSERT(bolt_->finish(*emitter_).ok(), "a task ends");
    std::uint64_t classed = 0;
    for (const NamedValue& value : counters_.values())
      if (value.name == "parsed" || value.name == "malformed" || value.name == "not_dns" ||
          value.name == "filtered")
        classed += value.value;
    DNSTORM_ASSERT(classed == rows_, "every row is accounted for", classed, rows_);
  }

 private:
  void deliver(std::size_t, BatchPtr batch, SelectionPtr) override {
    DNSTORM_ASSERT(batch->row_count() != 0, "no batch is empty");
  }
  TaskContext context_;
  CounterSet counters_;
  std::unique_ptr<Emitter> emitter_;
  std::unique_ptr<Bolt> bolt_;
  std::uint64_t rows_ = 0;
};

void check_row(std::span<const std::uint8_t> bytes) {
  capture::packet::Datagram out;
  CdnsMessage message = read_cdns_message(bytes, out);
  DNSTORM_ASSERT(static_cast<std::size_t>(message.what) < capture::cdns::rebuilt_count,
                 "a row says what became of its message");
  DNSTORM_ASSERT(message.kind <= static_cast<std::uint8_t>(capture::cdns::Role::none),
                 "a role is one", message.kind);
  if (!has_message(message.what)) return;
  DNSTORM_ASSERT(std::ranges::equal(out.payload, bytes.subspan(cdns_head_bytes)),
                 "behind the head is the message");
}

void take_file(const std::string& path, DecodeTask& task) {
  auto file = open_packet_file(path);
  if (!file) return;
  capture::pcap::Packet packet;
  while ((*file)->packets() < messages_max && (*file)->next(packet) == Read::packet) {
    if (static_cast<std::uint16_t>(packet.link) != link_cdns) return;
    check_row(packet.bytes);
    DNSTORM_ASSERT(packet.original_length == packet.bytes.size() - cdns_head_bytes,
                   "the length is that of the message");
    task.row(packet.time, packet.bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint8_t head[] = {0x83, 0x65, 'C', '-', 'D', 'N', 'S'};
  std::span<const std::uint8_t> bytes(data, size);
  // One for all: of such rows nothing is remembered, and a task has a place for every key group.
  static DecodeTask task;
  if (size < sizeof head || !std::ranges::equal(head, bytes.first(sizeof head))) {
    check_row(bytes);
    task.row(0, bytes);
  } else {
    int file = memfd_create("cdns", 0);
    DNSTORM_ASSERT(file >= 0, "a file in memory can be made");
    DNSTORM_ASSERT(write(file, data, size) == static_cast<ssize_t>(size), "and written");
    take_file("/proc/self/fd/" + std::to_string(file), task);
    close(file);
  }
  task.check();
  return 0;
}
