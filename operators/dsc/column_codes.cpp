#include <algorithm>

#include "engine/base/assert.hpp"
#include "operators/dsc/columns.hpp"
#include "operators/dsc/edns_options.hpp"
#include "operators/dsc/names.hpp"
#include "operators/dsc/response_times.hpp"
#include "operators/enrich/geo_database.hpp"
#include "operators/shape/registered_domain.hpp"

namespace dnstorm::operators {

using I = DscIndexer;

namespace {

// IP protocol numbers; dnstap's other transports have numbers from 200 (dnstap_fields.hpp).
constexpr std::uint8_t tcp = 6, udp = 17;
constexpr std::uint8_t dot = 203, doh = 204, dnscrypt_udp = 205, dnscrypt_tcp = 206, doq = 207;

// What carries a transport of dnstap.
std::uint8_t carrier(std::uint8_t transport) {
  if (transport == dot || transport == doh || transport == dnscrypt_tcp) return tcp;
  if (transport == dnscrypt_udp || transport == doq) return udp;
  return transport;
}

std::uint32_t encryption_of(std::uint8_t transport) {
  switch (transport) {
    case dot:
      return 1;
    case doh:
      return 2;
    case dnscrypt_udp:
    case dnscrypt_tcp:
      return 3;
    case doq:
      return 4;
    default:
      return 0;
  }
}

// match_status (operators/labels.hpp)
std::uint32_t bucket_of(std::uint8_t status, std::uint64_t latency_us, const DscBuckets& buckets) {
  constexpr std::uint8_t answered = 0, unanswered = 1, given_up = 5;
  switch (status) {
    case answered:
      return buckets.code(latency_us);
    case unanswered:
      return DscBuckets::timeouts;
    case given_up:
      return DscBuckets::dropped_queries;
    default:
      return DscBuckets::missing_queries;
  }
}

// Codes of `transport`.
std::uint32_t transport_code(std::uint8_t carrier) {
  return carrier == udp ? 0 : carrier == tcp ? 1 : 2;
}

constexpr std::uint16_t type_a = 1, type_ptr = 12;

bool usual_class(std::uint16_t qclass) {
  return qclass == 1 || qclass == 3 || qclass == 4 || qclass == 254 || qclass == 255;
}

// DSC takes any name that ends so, `xlocalhost` too.
bool ends_in(std::string_view name, std::string_view zone, bool exact) {
  // Nearly all names are told by their last letter.
  if (name.size() < zone.size() || name.back() != zone.back() || !name.ends_with(zone))
    return false;
  return exact || name.size() == zone.size() || name[name.size() - zone.size() - 1] == '.';
}

}  // namespace

// Calls code(row) for the rows of the slot.
template <class Code>
void DscColumns::fill(const DscPlan::Slot& slot, Column& column, Code&& code) const {
  for (std::uint8_t place : selected(slot.selection))
    column[place] = static_cast<std::uint32_t>(code(row(place)));
}

void DscColumns::fill_header(const DscPlan::Slot& slot, Column& column) const {
  auto number = [&](auto field) {
    fill(slot, column, [field](const RowView& row) { return row.get(field); });
  };
  auto edns_plus_one = [&](auto value) {
    fill(slot, column, [&](const RowView& row) {
      return row.get(in_.edns) ? std::uint32_t{value(row)} + 1 : 0U;
    });
  };
  switch (slot.indexer) {
    case I::null:
      return column.fill(0);
    case I::qclass:
      return number(in_.qclass);
    case I::qtype:
      return number(in_.qtype);
    case I::opcode:
      return number(in_.opcode);
    case I::rcode:
      return fill(slot, column, [&](const RowView& row) { return in_.rcode.get(row) & 0xf; });
    case I::msglen:
      return number(in_.size);
    case I::qnamelen:  // of the text: without the first length and the root, which is "." itself
      return fill(slot, column, [&](const RowView& row) {
        std::uint16_t wire = row.get(in_.qname_length);
        return wire < 2 ? wire : wire - 2;
      });
    case I::label_count: {
      unsigned most = settings_.exact ? 63 : 255;
      return fill(slot, column, [&](const RowView& row) {
        return std::min<unsigned>(row.get(in_.label_count), most);
      });
    }
    case I::edns_version:
      return edns_plus_one([&](const RowView& row) { return row.get(in_.edns_version); });
    case I::edns_bufsiz:
      return edns_plus_one([&](const RowView& row) {
        return static_cast<std::uint16_t>(row.get(in_.edns_size) / 512);
      });
    case I::edns_cookie:
      return number(in_.cookie);
    case I::edns_ecs:
      return number(in_.ecs);
    case I::edns_nsid:
      return number(in_.nsid);
    case I::do_bit:
      return number(in_.dnssec_ok);
    case I::rd_bit:
      return number(in_.rd);
    case I::tc_bit:
      return number(in_.tc);
    case I::qr_aa_bits:
      return fill(slot, column, [&](const RowView& row) {
        return (row.get(in_.qr) ? 2U : 0U) + (row.get(in_.aa) ? 1U : 0U);
      });
    default:
      DNSTORM_ASSERT(false, "an indexer has no code", dsc_indexer(slot.indexer).name);
  }
}

std::uint16_t DscColumns::source_port(const RowView& row) const {
  return row.get(row.get(in_.qr) ? in_.server_port : in_.client_port);
}

// Codes of `ip_direction`.
std::uint32_t DscColumns::direction(const RowView& row) const {
  bool response = row.get(in_.qr);
  if (settings_.local.contains(row.get(response ? in_.server : in_.client))) return 0;
  return settings_.local.contains(row.get(response ? in_.client : in_.server)) ? 1 : 2;
}

void DscColumns::fill_network(const DscPlan::Slot& slot, Column& column, DscTables& tables) const {
  auto transport = [&](auto code) {
    fill(slot, column, [&](const RowView& row) { return code(row.get(in_.transport)); });
  };
  switch (slot.indexer) {
    case I::transport:
      return transport([](std::uint8_t protocol) { return transport_code(carrier(protocol)); });
    case I::ip_proto:
      return transport(carrier);
    case I::encryption:
      return transport(encryption_of);
    case I::dns_ip_version:
    case I::ip_version:
      return fill(slot, column, [&](const RowView& row) { return row.get(in_.ip_version); });
    case I::dns_sport_range:  // DSC reads each range as the one below, and never the lowest
      return fill(slot, column, [&](const RowView& row) {
        std::uint32_t range = source_port(row) / 1024U;
        return settings_.exact ? range - 1 : range;
      });
    case I::dns_source_port:
      return fill(slot, column, [&](const RowView& row) {
        std::uint16_t port = source_port(row);
        return settings_.exact ? tables.place_of_port(port) : port;
      });
    case I::ip_direction:
      if (!settings_.has_local) return column.fill(2);
      return fill(slot, column, [&](const RowView& row) { return direction(row); });
    default:
      DNSTORM_ASSERT(false, "an indexer has no code", dsc_indexer(slot.indexer).name);
  }
}

void DscColumns::fill_response_times(const DscPlan::Slot& slot, Column& column) const {
  if (in_.status.present())
    return fill(slot, column, [&](const RowView& row) {
      return bucket_of(row.get(in_.status), row.get(in_.latency_us), settings_.buckets);
    });
  DscResponseTimes& times = *knowledge_.response_times;
  const Column& other = columns_[plan_.other_slot];
  for (std::uint8_t place : selected(slot.selection)) {
    RowView message = row(place);
    std::uint64_t txn = message.get(in_.txn);
    TimeNs time = message.get(in_.time);
    column[place] =
        message.get(in_.qr) ? times.response(txn, time) : times.query(txn, time, other[place]);
  }
}

// The slots of a chunk are fetched together, so that their cache misses overlap.
void DscColumns::fill_addresses(const DscPlan::Slot& slot, Column& column,
                                DscAddressTable& table) const {
  std::array<IpAddress, rows_max> addresses;
  std::array<std::uint64_t, rows_max> hashes;
  FieldRef<IpAddress> field = slot.indexer == I::server ? in_.server : in_.client;
  bool masked = slot.indexer == I::client_subnet;
  std::size_t count = 0;
  for (std::uint8_t place : selected(slot.selection)) {
    IpAddress& address = addresses[count];
    address = row(place).get(field);
    if (masked)
      address = masked_by(address, address.is_v4() ? settings_.mask_v4 : settings_.mask_v6);
    hashes[count] = DscAddressTable::hash(address);
    table.prefetch(hashes[count]);
    ++count;
  }
  for (std::size_t i = 0; i < count; ++i) table.prefetch_key(hashes[i]);
  count = 0;
  for (std::uint8_t place : selected(slot.selection)) {
    column[place] = table.number_of(addresses[count], hashes[count]);
    ++count;
  }
}

void DscColumns::fill_names(const DscPlan::Slot& slot, Column& column, DscTextTable& table) const {
  if (slot.indexer == I::qname)
    return fill(slot, column, [&](const RowView& row) {
      return table.number_of(row.get(in_.qname), row.hash(in_.qname));
    });
  int more = slot.indexer == I::tld ? 0 : slot.indexer == I::second_ld ? 1 : 2;
  const DscTldList* list = knowledge_.tlds.get();
  fill(slot, column, [&](const RowView& row) {
    std::string_view name = row.get(in_.qname);
    std::string_view end =
        list == nullptr ? last_label(name) : name.substr(name.size() - list->tld_size(name));
    for (int i = 0; i < more; ++i) end = one_label_more(name, end.size());
    return table.number_of(end);
  });
}

void DscColumns::fill_geo(const DscPlan::Slot& slot, Column& column, DscTextTable& table) const {
  GeoDatabase* base =
      slot.indexer == I::country ? knowledge_.countries.get() : knowledge_.networks.get();
  fill(slot, column, [&](const RowView& row) {
    if (base == nullptr) return table.number_of("??");
    const GeoRecord& found = base->find(row.get(row.get(in_.qr) ? in_.server : in_.client));
    if (slot.indexer == I::country && found.known && found.country != "unknown")
      return table.number_of(found.country);
    if (slot.indexer == I::asn && found.asn != 0) return table.number_of(std::to_string(found.asn));
    return table.number_of(row.get(in_.ip_version) == 6 ? "?6" : "?4");
  });
}

// Whether the new top-level domains are known ones, once for each.
void DscColumns::note_tlds(DscTables& tables, const DscPlan::Slot& slot) const {
  if (!knowledge_.known_tlds && !knowledge_.suffixes) return;  // nobody classifies
  const DscTextTable& table = tables.texts[slot.table];
  for (auto code = static_cast<std::uint32_t>(tables.tld_known.size()); code < table.count();
       ++code) {
    std::string_view tld = table.key(code);
    bool known = tld == "." || (knowledge_.known_tlds ? knowledge_.known_tlds->has(tld)
                                                      : knowledge_.suffixes->is_top_level(tld));
    tables.tld_known.push_back(known);
  }
}

std::uint32_t DscColumns::query_class(const RowView& row, bool tld_known) const {
  // DSC's datasets never see what is malformed.
  if (row.get(in_.malformed) && !settings_.exact) return class_malformed;
  if (source_port(row) == 0) return class_src_port_zero;
  std::uint16_t qtype = row.get(in_.qtype);
  if (!usual_class(row.get(in_.qclass))) return class_funny_qclass;
  if (!known_type(qtype)) return class_funny_qtype;
  std::string_view name = row.get(in_.qname);
  if (qtype == type_a && is_ipv4_text(name)) return class_a_for_a;
  if (qtype == type_a && name == ".") return class_a_for_root;
  if (ends_in(name, "localhost", settings_.exact)) return class_localhost;
  if (ends_in(name, "root-servers.net", settings_.exact)) return class_root_servers_net;
  if (!tld_known) return class_nonauth_tld;
  return qtype == type_ptr && is_private_reverse(name) ? class_rfc1918_ptr : class_ok;
}

void DscColumns::fill_classes(const DscPlan::Slot& slot, Column& column, DscTables& tables) const {
  switch (slot.indexer) {
    case I::certain_qnames:
      return fill(slot, column, [&](const RowView& row) {
        std::string_view name = row.get(in_.qname);
        return name == "localhost" ? 0U : is_root_server(name) ? 1U : 2U;
      });
    case I::idn_qname:
      return fill(slot, column, [&](const RowView& row) { return is_idn(row.get(in_.qname)); });
    default:
      for (std::uint8_t place : selected(slot.selection)) {
        std::uint32_t tld = columns_[plan_.tld_slot][place];
        column[place] = query_class(row(place), tables.tld_known[tld]);
      }
  }
}

void DscColumns::fill_option_numbers(const DscPlan::Slot& slot, Column& column) const {
  fill(slot, column, [&](const RowView& row) {
    return edns_option_number(slot.indexer, row.get(in_.edns_options));
  });
}

void DscColumns::fill_option_texts(const DscPlan::Slot& slot, Column& column,
                                   DscTextTable& table) const {
  fill(slot, column, [&](const RowView& row) {
    auto text = edns_option_label(slot.indexer, row.get(in_.edns_options));
    return text ? table.number_of(*text) : dsc_no_code;
  });
}

}  // namespace dnstorm::operators
