#include "cluster/wire/data_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "cluster/wire/bind_ports.hpp"

namespace dnstorm::cluster {
namespace {

// Of the body before it was packed, as the message's prefix says it.
std::size_t unpacked_size(const Buffer& message);

}  // namespace

class DataLinks::Impl {
 public:
  Impl(DataLinksOptions options, DataHandlers handlers)
      : options_(std::move(options)), handlers_(std::move(handlers)) {}

  Result<void> start() {
    HubHandlers hub;
    hub.message = [this](HubMessage message) { take(std::move(message)); };
    hub.connected = [this](const HubPeer& peer) { way(peer, true); };
    hub.disconnected = [this](const HubPeer& peer) { way(peer, false); };
    hub.refused = [this](const HubPeer&, const std::string& why) {
      if (handlers_.refused) handlers_.refused(why);
    };
    hub.tick = [this](TimeNs now) { return tick(now); };
    options_.hub.frame_bytes_max =
        2 * std::max(options_.link.frame_bytes, options_.link.message_bytes_max);
    hub_ = DNSTORM_TRY(Hub::start(options_.hub, std::move(hub)));
    io_ = hub_.get();
    endpoint_ = DNSTORM_TRY(bind_in(*hub_, options_.endpoint, options_.ports));
    return {};
  }

  Result<void> set_peers(std::vector<DataPeer> peers) {
    DNSTORM_ASSERT(!have_peers_, "a worker learns of its peers once");
    for (const DataPeer& peer : peers)
      if (peer.node == options_.hub.identity)
        return Error{ErrorKind::config, fmt::format("{} is its own peer", peer.node), {}};
    for (const DataPeer& peer : peers) {
      links_.push_back(std::make_unique<Link>(peer, options_.link));
      links_.back()->inbound = options_.hub.identity < peer.node;
      by_name_.emplace(peer.node, static_cast<PeerIndex>(links_.size() - 1));
    }
    // From here on the I/O thread reads them, and nobody changes them.
    have_peers_ = true;
    for (const DataPeer& peer : peers)
      if (peer.node < options_.hub.identity)
        DNSTORM_CHECK(hub_->connect(peer.node, peer.endpoint, peer.key));
    return {};
  }

  template <class Message>
  Result<void> send(PeerIndex to, const Message& message, Lane lane) {
    Buffer bytes = encoded(message);
    if (bytes.size == 0)
      return Error{ErrorKind::data,
                   fmt::format("a batch is larger than the {} bytes that a link between workers "
                               "takes: a row of it is very long",
                               options_.link.message_bytes_max),
                   {}};
    Link& link = *links_.at(to);
    link.messages_sent += 1;
    link.bytes_unpacked += unpacked_size(bytes);
    link.bytes_packed += bytes.size;
    link.waiting_bytes += bytes.size;
    {
      std::lock_guard lock(link.mutex);
      link.inbox.emplace_back(std::move(bytes), lane);
    }
    hub_->wake();
    return {};
  }

  const std::string& endpoint() const { return endpoint_; }
  bool connected(PeerIndex peer) const { return links_.at(peer)->connected; }
  std::size_t outbox_bytes(PeerIndex peer) const { return links_.at(peer)->waiting_bytes; }
  bool idle() const {
    return std::all_of(links_.begin(), links_.end(), [](const auto& link) {
      return link->waiting_bytes == 0 && link->acknowledged;
    });
  }
  HubStatistics hub_statistics() const { return hub_->statistics(); }
  std::uint64_t strangers() const { return strangers_; }
  DataLinkStatistics statistics(PeerIndex peer) const {
    const Link& link = *links_.at(peer);
    DataLinkStatistics out;
    {
      std::lock_guard lock(link.shown_mutex);
      out.link = link.shown;
    }
    out.connected = link.connected;
    out.messages_sent = link.messages_sent;
    out.bytes_unpacked = link.bytes_unpacked;
    out.bytes_packed = link.bytes_packed;
    for (std::size_t i = 0; i < decode_error_count; ++i) out.undecodable[i] = link.undecodable[i];
    return out;
  }

 private:
  struct Link {
    Link(DataPeer of, const LinkOptions& options) : peer(std::move(of)), end(options) {}
    const DataPeer peer;
    bool inbound = false;
    LinkEnd end;  // of the I/O thread

    std::mutex mutex;
    std::vector<std::pair<Buffer, Lane>> inbox;  // given to send(), not to `end` yet

    mutable std::mutex shown_mutex;
    LinkStatistics shown;
    std::atomic<bool> connected = false;
    std::atomic<bool> acknowledged = true;
    std::atomic<std::size_t> waiting_bytes = 0;  // in the inbox and in the outbox of `end`
    std::atomic<std::uint64_t> messages_sent = 0, bytes_unpacked = 0, bytes_packed = 0;
    std::array<std::atomic<std::uint64_t>, decode_error_count> undecodable{};
    bool told = false;  // the connection was, as it is now
  };

  Buffer encoded(const runtime::Event& event) const { return encode(event, encode_now()); }
  Buffer encoded(const runtime::Credit& credit) const { return encode(credit); }
  Buffer encoded(const runtime::Acks& acks) const { return encode(acks, encode_now()); }
  EncodeOptions encode_now() const {
    EncodeOptions options = options_.encode;
    options.now = clock_.steady_ns();
    options.bytes_max = options_.link.message_bytes_max;
    return options;
  }

  Link* find(const HubPeer& peer) {
    if (!have_peers_) return nullptr;
    auto at = by_name_.find(peer.name);
    if (at == by_name_.end() || links_[at->second]->inbound != peer.inbound) return nullptr;
    return links_[at->second].get();
  }
  void way(const HubPeer& peer, bool is_there) {
    Link* link = find(peer);
    if (link == nullptr) return;
    if (is_there)
      link->end.connected(clock_.steady_ns());
    else
      link->end.disconnected();
  }
  void take(HubMessage message) {
    Link* link = find(message.from);
    // The other may know of us before we know of it: its hello comes again.
    if (link == nullptr) {
      ++strangers_;
      return;
    }
    PeerIndex from = by_name_.at(message.from.name);
    DecodeOptions options;
    options.schema = handlers_.schema;
    options.bytes_max = options_.link.message_bytes_max;
    options.now = clock_.steady_ns();
    for (const Buffer& bytes : link->end.take(message.frame, options.now)) {
      WireMessage decoded;
      if (auto error = decode(bytes, options, decoded)) {
        ++link->undecodable[static_cast<std::size_t>(*error)];
        if (handlers_.undecodable) handlers_.undecodable(from, *error);
      } else {
        handlers_.message(from, std::move(decoded));
      }
    }
  }

  TimeNs tick(TimeNs now) {
    TimeNs next = time_max;
    if (!have_peers_) return next;
    for (PeerIndex i = 0; i < links_.size(); ++i) next = std::min(next, serve(i, now));
    return next;
  }
  TimeNs serve(PeerIndex index, TimeNs now) {
    Link& link = *links_[index];
    std::vector<std::pair<Buffer, Lane>> given;
    {
      std::lock_guard lock(link.mutex);
      given.swap(link.inbox);
    }
    std::size_t before = link.end.outbox_bytes();
    for (auto& [bytes, lane] : given) {
      before += bytes.size;
      link.end.send(std::move(bytes), lane);
    }
    for (const Frame& frame : link.end.frames(now))
      io_->send({link.peer.node, link.inbound}, frame);
    link.acknowledged = link.end.idle();
    link.waiting_bytes -= before - link.end.outbox_bytes();
    link.connected = link.end.ready();
    if (link.end.ready() != link.told) {
      link.told = link.end.ready();
      if (handlers_.connection) handlers_.connection(index, link.told);
    }
    std::lock_guard lock(link.shown_mutex);
    link.shown = link.end.statistics();
    return link.end.next_time();
  }

  DataLinksOptions options_;
  DataHandlers handlers_;
  SystemClock clock_;
  std::string endpoint_;
  std::vector<std::unique_ptr<Link>> links_;
  std::map<std::string, PeerIndex> by_name_;
  std::atomic<bool> have_peers_ = false;
  std::atomic<std::uint64_t> strangers_ = 0;
  Hub* io_ = nullptr;         // for its own thread, to the end of it
  std::unique_ptr<Hub> hub_;  // the last: ends before what its thread uses
};

namespace {

std::size_t unpacked_size(const Buffer& message) {
  std::uint32_t size = 0;
  std::memcpy(&size, message.data.get() + 4, sizeof size);
  return size;
}

}  // namespace

Result<std::unique_ptr<DataLinks>> DataLinks::start(DataLinksOptions options,
                                                    DataHandlers handlers) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handlers));
  DNSTORM_CHECK(impl->start());
  return std::unique_ptr<DataLinks>(new DataLinks(std::move(impl)));
}

DataLinks::DataLinks(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataLinks::~DataLinks() = default;
const std::string& DataLinks::endpoint() const { return impl_->endpoint(); }
Result<void> DataLinks::set_peers(std::vector<DataPeer> peers) {
  return impl_->set_peers(std::move(peers));
}
Result<void> DataLinks::send(PeerIndex to, const runtime::Event& event) {
  return impl_->send(to, event, Lane::rows);
}
Result<void> DataLinks::send(PeerIndex to, const runtime::Credit& credit) {
  return impl_->send(to, credit, Lane::urgent);
}
Result<void> DataLinks::send(PeerIndex to, const runtime::Acks& acks) {
  return impl_->send(to, acks, Lane::urgent);
}
bool DataLinks::connected(PeerIndex peer) const { return impl_->connected(peer); }
std::size_t DataLinks::outbox_bytes(PeerIndex peer) const { return impl_->outbox_bytes(peer); }
bool DataLinks::idle() const { return impl_->idle(); }
DataLinkStatistics DataLinks::statistics(PeerIndex peer) const { return impl_->statistics(peer); }
HubStatistics DataLinks::hub_statistics() const { return impl_->hub_statistics(); }
std::uint64_t DataLinks::strangers() const { return impl_->strangers(); }

}  // namespace dnstorm::cluster
