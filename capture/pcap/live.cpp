#include "capture/pcap/live.hpp"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "capture/pcap/detail/live_device.hpp"

namespace dnstorm::capture::pcap {

namespace {

constexpr int fanout_type = PACKET_FANOUT_HASH | (PACKET_FANOUT_FLAG_DEFRAG << 8);

// libpcap's own waiting has no upper bound on Linux (its time-out only closes ring blocks), so the
// handles are non-blocking and poll() waits, for packets and for break_loop().
class PcapLive final : public LiveCapture {
 public:
  PcapLive(std::vector<std::unique_ptr<detail::LiveDevice>> devices, const LiveOptions& options,
           int wake)
      : devices_(std::move(devices)),
        fanout_(options.fanout && options.fanout->shared() ? options.fanout : nullptr),
        timeout_ms_(options.timeout_ms),
        wake_(wake),
        waiting_(devices_.size() + 1) {
    if (fanout_) fanout_->ready(SystemClock().wall_ns());
  }
  PcapLive(const PcapLive&) = delete;
  PcapLive& operator=(const PcapLive&) = delete;
  ~PcapLive() override {
    if (fanout_) fanout_->leave();
    close(wake_);
  }

  Result<std::uint64_t> poll(const Take& take, int max_packets) override {
    DNSTORM_CHECK(wait());
    if (broken_.load(std::memory_order_relaxed)) return std::uint64_t{0};
    TimeNs begin = fanout_ ? fanout_->begin() : time_min;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < devices_.size(); ++i)
      sum += DNSTORM_TRY(devices_[i]->dispatch(take, i, max_packets, begin));
    if (sum == 0) DNSTORM_CHECK(look_for_lost());
    return sum;
  }

  Result<std::vector<Drops>> drops() override {
    std::vector<Drops> all;
    for (auto& device : devices_) all.push_back(DNSTORM_TRY(device->drops()));
    return all;
  }

  bool up(std::size_t interface) const override { return devices_[interface]->up(); }
  packet::LinkType link(std::size_t interface) const override {
    return devices_[interface]->link();
  }

  void break_loop() override {
    broken_.store(true, std::memory_order_relaxed);
    std::uint64_t one = 1;
    (void)!write(wake_, &one, sizeof one);  // full means that poll() is awake anyway
  }

 private:
  Result<void> wait() {
    waiting_.back() = {wake_, POLLIN, 0};
    for (std::size_t i = 0; i < devices_.size(); ++i)
      waiting_[i] = {devices_[i]->descriptor(), POLLIN, 0};
    if (::poll(waiting_.data(), waiting_.size(), timeout_ms_) < 0 && errno != EINTR)
      return Error{ErrorKind::io, fmt::format("capturing failed: {}", std::strerror(errno)), {}};
    return {};
  }

  // An interface that is away is looked for a hundred idle polls later, about each second.
  Result<void> look_for_lost() {
    constexpr std::uint32_t every = 100;
    if (++idle_polls_ % every != 0) return {};
    for (auto& device : devices_) DNSTORM_CHECK(device->look_again());
    return {};
  }

  std::vector<std::unique_ptr<detail::LiveDevice>> devices_;
  std::shared_ptr<FanoutGroup> fanout_;
  int timeout_ms_;
  int wake_;
  std::vector<pollfd> waiting_;
  std::uint32_t idle_polls_ = 0;
  std::atomic<bool> broken_ = false;
};

}  // namespace

Result<void> FanoutGroup::join(int socket, const std::string& interface) {
  std::lock_guard lock(mutex_);
  auto known = ids_.find(interface);
  // Type and flags are the upper half. Unsigned: the highest flags reach the sign.
  unsigned argument = unsigned{fanout_type} << 16;
  if (known == ids_.end())
    argument |= unsigned{PACKET_FANOUT_FLAG_UNIQUEID} << 24;  // a number that nobody else has
  else
    argument |= static_cast<unsigned>(known->second);
  if (setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) != 0)
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: its packets cannot be shared by several capture threads: {}; set "
                             "parallelism to 1",
                             interface, std::strerror(errno)),
                 "interface"};
  if (known != ids_.end()) return {};
  int got = 0;
  socklen_t size = sizeof got;
  getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &got, &size);
  ids_[interface] = got & 0xffff;
  return {};
}

void FanoutGroup::ready(TimeNs wall_now) {
  // A packet that was on its way while the last socket joined may have been stamped just after.
  constexpr DurationNs grace = 5 * ns_per_ms;
  std::lock_guard lock(mutex_);
  if (++ready_ == members_) begin_.store(wall_now + grace, std::memory_order_release);
}

void FanoutGroup::leave() {
  std::lock_guard lock(mutex_);
  if (--ready_ != 0) return;
  ids_.clear();
  begin_.store(time_max, std::memory_order_release);
}

Result<std::unique_ptr<LiveCapture>> LiveCapture::open(const LiveOptions& options) {
  std::vector<std::unique_ptr<detail::LiveDevice>> devices;
  for (const std::string& interface : options.interfaces)
    devices.push_back(DNSTORM_TRY(detail::LiveDevice::open(options, interface)));
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0)
    return Error{ErrorKind::unavailable,
                 fmt::format("cannot capture: eventfd: {}", std::strerror(errno)), "interface"};
  return std::unique_ptr<LiveCapture>(
      std::make_unique<PcapLive>(std::move(devices), options, wake));
}

}  // namespace dnstorm::capture::pcap
