// What the sources of packets share: the output row, the event clock and the counters. Private to
// this folder.
#pragma once

#include "capture/packet/decode.hpp"
#include "capture/pcap/reader.hpp"
#include "engine/api/spout.hpp"
#include "operators/spouts/event_clock.hpp"
#include "operators/spouts/packet_schema.hpp"

namespace dnstorm::operators {

class PacketSpout : public Spout {
 public:
  using Packet = capture::pcap::Packet;

  explicit PacketSpout(DurationNs max_disorder) : clock_(max_disorder) {}

  Result<void> open(const TaskContext& task) override {
    task_ = &task;
    if (task.outputs[0]) fields_ = PacketFields(*task.outputs[0]);
    deals_out_ = deals_out(task);
    captured_ = &task.counter("captured");
    captured_bytes_ = &task.counter("captured_bytes");
    moved_ = &task.counter("time_moved");
    first_time_ = &task.counter("first_packet_ns");
    last_time_ = &task.counter("last_packet_ns");
    return open_source();
  }
  TimeNs watermark() const override { return clock_.watermark(); }

 protected:
  virtual Result<void> open_source() = 0;

  void emit(const Packet& packet, Emitter& out) {
    TimeNs time = clock_.admit(packet.time);
    note(packet);
    if (!out.wanted()) return;
    if (packet.block == nullptr) {
      RowWriter row = out.row();
      fill(row, packet, time);
      row.set_bytes(fields_.bytes, packet.bytes);
      return;
    }
    std::size_t size = packet.bytes.size();
    RowWriter row = out.row_in(*packet.block, size);
    fill(row, packet, time);
    auto offset = static_cast<std::uint32_t>(packet.bytes.data() - packet.block->get());
    row.refer_bytes(fields_.bytes, offset, static_cast<std::uint32_t>(size));
  }
  // Counts a packet, whether it is emitted or not.
  void note(const Packet& packet) {
    ++captured_count_;
    if (first_ == 0) first_ = packet.time;
    last_ = packet.time;
    byte_count_ += packet.bytes.size();
  }
  TimeNs last_time() const { return last_; }
  void publish_counts() {
    captured_->set(captured_count_);
    first_time_->set(static_cast<std::uint64_t>(first_));
    last_time_->set(static_cast<std::uint64_t>(last_));
    captured_bytes_->set(byte_count_);
    moved_->set(clock_.moved());
  }

  void save_counts(StateWriter& out) const {
    clock_.save(out);
    out.put(captured_count_);
    out.put(byte_count_);
    out.put(first_);
    out.put(last_);
  }
  void restore_counts(StateReader& in) {
    clock_.restore(in);
    captured_count_ = in.get<std::uint64_t>();
    byte_count_ = in.get<std::uint64_t>();
    first_ = in.get<TimeNs>();
    last_ = in.get<TimeNs>();
  }

  const TaskContext* task_ = nullptr;
  EventClock clock_;

 private:
  // Whether `hosts` decides anything: where one task gets all packets, it stays 0.
  static bool deals_out(const TaskContext& task) {
    if (task.view == nullptr) return true;
    for (const TopologyView::Edge& edge : task.view->edges)
      for (const TopologyView::Component& reader : task.view->components)
        if (edge.from == task.component && edge.to == reader.id && reader.tasks > 1) return true;
    return false;
  }
  void fill(RowWriter& row, const Packet& packet, TimeNs time) const {
    row.set(fields_.time, time);
    row.set(fields_.link, static_cast<std::uint16_t>(packet.link));
    row.set(fields_.original_length, packet.original_length);
    if (deals_out_ && fields_.hosts.present())
      row.set(fields_.hosts, packet.hosts != 0
                                 ? packet.hosts
                                 : capture::packet::hosts_hash(packet.link, packet.bytes));
  }

  PacketFields fields_;
  bool deals_out_ = true;
  std::uint64_t captured_count_ = 0;
  std::uint64_t byte_count_ = 0;
  TimeNs first_ = 0;
  TimeNs last_ = 0;
  Counter* first_time_ = nullptr;
  Counter* last_time_ = nullptr;
  Counter* captured_ = nullptr;
  Counter* captured_bytes_ = nullptr;
  Counter* moved_ = nullptr;
};

}  // namespace dnstorm::operators
