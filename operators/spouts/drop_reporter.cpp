#include "operators/spouts/drop_reporter.hpp"

namespace dnstorm::operators {

DropReporter::DropReporter(const TaskContext& task, std::vector<std::string> interfaces)
    : interfaces_(std::move(interfaces)),
      interface_losses_(task.task_index == 0),
      kernel_(&task.counter("dropped_kernel")),
      interface_(&task.counter("dropped_interface")) {
  if (task.outputs.size() > stream && task.outputs[stream])
    fields_ = DropFields(*task.outputs[stream]);
  for (std::size_t i = 0; i < interfaces_.size(); ++i) {
    for (const char* name : {"kernel", "interface"}) {
      Reason reason{i, name};
      if (interfaces_.size() > 1)
        reason.counter = &task.counter("dropped_" + reason.name + "." + interfaces_[i]);
      reasons_.push_back(std::move(reason));
    }
  }
}

void DropReporter::count(const std::vector<capture::pcap::Drops>& drops) {
  std::uint64_t kernel = 0, interface = 0;
  for (std::size_t i = 0; i < drops.size(); ++i) {
    std::uint64_t lost[] = {drops[i].dropped_kernel,
                            interface_losses_ ? drops[i].dropped_interface : 0};
    kernel += lost[0];
    interface += lost[1];
    for (std::size_t r = 0; r < 2; ++r)
      if (reasons_[2 * i + r].counter) reasons_[2 * i + r].counter->set(lost[r]);
  }
  kernel_->set(kernel);
  interface_->set(interface);
}

void DropReporter::report(const std::vector<capture::pcap::Drops>& drops, TimeNs steady_now,
                          TimeNs event_time, Emitter& out) {
  next_ = steady_now + interval;
  count(drops);
  bool zeros = reports_++ % zero_rows_every == 0;
  for (Reason& reason : reasons_) {
    const capture::pcap::Drops& of = drops[reason.interface];
    bool kernel = reason.name == "kernel";
    if (!kernel && !interface_losses_) continue;
    std::uint64_t lost = kernel ? of.dropped_kernel : of.dropped_interface;
    std::uint64_t fresh = lost - reason.told;
    reason.told = lost;
    if (fresh != 0 || zeros)
      row(interfaces_[reason.interface], reason.name, fresh, event_time, out);
  }
}

// The spool is that of all interfaces.
void DropReporter::report_unwritten(std::uint64_t total, TimeNs event_time, Emitter& out) {
  if (total == unwritten_told_) return;
  row("", "spool", total - unwritten_told_, event_time, out);
  unwritten_told_ = total;
}

void DropReporter::row(std::string_view interface, std::string_view reason, std::uint64_t packets,
                       TimeNs event_time, Emitter& out) const {
  if (!out.wanted(stream)) return;
  RowWriter row = out.row(stream);
  row.set(fields_.time, event_time);
  row.set_str(fields_.interface, interface);
  row.set_str(fields_.reason, reason);
  row.set(fields_.packets, packets);
}

}  // namespace dnstorm::operators
