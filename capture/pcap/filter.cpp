#include "capture/pcap/filter.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "capture/pcap/detail/dlt.hpp"

namespace dnstorm::capture::pcap {

struct BpfFilter::Program {
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { pcap_freecode(&code); }

  bpf_program code{};
};

Result<BpfFilter> BpfFilter::compile(const std::string& expression, packet::LinkType link) {
  auto close = [](pcap_t* handle) { pcap_close(handle); };
  std::unique_ptr<pcap_t, decltype(close)> handle(pcap_open_dead(detail::dlt_of(link), 262'144),
                                                  close);
  auto program = std::make_shared<Program>();
  if (pcap_compile(handle.get(), &program->code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return Error{ErrorKind::usage,
                 fmt::format("filter \"{}\" does not work on {}: {}", expression, to_string(link),
                             pcap_geterr(handle.get())),
                 "filter"};
  return BpfFilter(std::move(program), link);
}

bool BpfFilter::matches(const Packet& packet) const {
  pcap_pkthdr head{};
  head.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
  head.len = packet.original_length;
  return pcap_offline_filter(&program_->code, &head, packet.bytes.data()) != 0;
}

}  // namespace dnstorm::capture::pcap
