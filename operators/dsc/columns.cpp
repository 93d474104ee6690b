#include "operators/dsc/columns.hpp"

#include "capture/dns/codes.hpp"
#include "capture/dns/edns.hpp"
#include "operators/dsc/edns_options.hpp"
#include "operators/dsc/names.hpp"

namespace dnstorm::operators {

namespace {

namespace type = capture::dns::type;
constexpr std::uint16_t a6 = 38;

bool popular(std::uint16_t qtype) {
  constexpr std::uint64_t low = [] {
    std::uint64_t bits = 0;
    for (std::uint16_t each : {type::a, type::ns, type::cname, type::soa, type::ptr, type::mx,
                               type::aaaa, type::srv, a6})
      bits |= std::uint64_t{1} << each;
    return bits;
  }();
  return qtype < 64 ? (low >> qtype & 1) != 0 : qtype == type::any;
}

// Of the filters by EDNS, among dsc_filters().
constexpr unsigned first_edns_bit = 11;

// The types that DSC knows: those of the 1990s.
bool known_to_dsc(unsigned qtype) {
  return (qtype >= 1 && qtype <= 35) || qtype == a6 || qtype == type::opt ||
         (qtype >= type::ixfr && qtype <= type::any);
}

}  // namespace

DscRefs::DscRefs(const Schema& s)
    : client(s.ref<IpAddress>("client")),
      server(s.ref<IpAddress>("server")),
      client_port(s.ref<std::uint16_t>("client_port")),
      server_port(s.ref<std::uint16_t>("server_port")),
      qtype(s.ref<std::uint16_t>("qtype")),
      qclass(s.ref<std::uint16_t>("qclass")),
      edns_size(s.ref<std::uint16_t>("edns_size")),
      qname_length(s.ref<std::uint16_t>("qname_length")),
      questions(s.ref<std::uint16_t>("questions")),
      ip_version(s.ref<std::uint8_t>("ip_version")),
      transport(s.ref<std::uint8_t>("transport")),
      opcode(s.ref<std::uint8_t>("opcode")),
      label_count(s.ref<std::uint8_t>("label_count")),
      edns_version(s.ref<std::uint8_t>("edns_version")),
      status(s.ref<std::uint8_t>("status")),
      qr(s.ref<bool>("qr")),
      aa(s.ref<bool>("aa")),
      tc(s.ref<bool>("tc")),
      rd(s.ref<bool>("rd")),
      ad(s.ref<bool>("ad")),
      edns(s.ref<bool>("edns")),
      dnssec_ok(s.ref<bool>("do")),
      ecs(s.ref<bool>("ecs")),
      cookie(s.ref<bool>("cookie")),
      nsid(s.ref<bool>("nsid")),
      malformed(s.ref<bool>("malformed")),
      qname(s.ref<Str>("qname")),
      edns_options(s.ref<Bytes>("edns_options")),
      size(s.ref<std::uint32_t>("size")),
      latency_us(s.ref<std::uint64_t>("latency_us")),
      txn(s.ref<std::uint64_t>("txn")),
      time(s.ref<TimeNs>("time")) {
  // Of matched pairs it has 16 bits.
  if (s.find("rcode")) rcode = NumberRef(s, "rcode");
}

DscColumns::DscColumns(const Schema& schema, const DscSettings& settings, const DscPlan& plan,
                       DscKnowledge knowledge)
    : settings_(settings),
      plan_(plan),
      knowledge_(std::move(knowledge)),
      in_(schema),
      known_types_(65536),
      selected_(plan.selections.size()),
      columns_(plan.slots.size()) {}

// Asked once for each type: a registry is slower than a table.
bool DscColumns::known_type(std::uint16_t qtype) const {
  enum : std::uint8_t { not_asked, known, unknown };
  std::uint8_t& answer = known_types_[qtype];
  if (answer == not_asked) [[unlikely]]
    answer = (settings_.exact ? known_to_dsc(qtype)
                              : !capture::dns::type_text(qtype).starts_with("TYPE"))
                 ? known
                 : unknown;
  return answer == known;
}

void DscColumns::read(const Rows& rows, std::uint32_t first, std::uint32_t count,
                      DscTables& tables) {
  arena_ = rows.batch().arena();
  for (std::uint32_t i = 0; i < count; ++i) rows_[i] = rows[first + i].data();
  select(count);
  for (std::size_t i = 0; i < plan_.slots.size(); ++i)
    fill_slot(plan_.slots[i], columns_[i], tables);
}

void DscColumns::select(std::uint32_t count) {
  Selected& all = selected_[0];
  for (std::uint32_t i = 0; i < count; ++i) all.places[i] = static_cast<std::uint8_t>(i);
  all.count = count;
  for (std::size_t s = 1; s < selected_.size(); ++s) {
    const DscPlan::Selection& selection = plan_.selections[s];
    std::size_t from = selection.base;
    for (std::uint64_t left = selection.added; left != 0; left &= left - 1) {
      auto bit = static_cast<unsigned>(__builtin_ctzll(left));
      if (bit >= first_edns_bit)
        keep_by_edns(bit, selected(from), selected_[s]);
      else
        keep_by_header(bit, selected(from), selected_[s]);
      from = s;
    }
  }
}

// `in` may be the places of `out`.
template <class Passes>
void DscColumns::keep(std::span<const std::uint8_t> in, Selected& out, Passes&& passes) const {
  std::uint32_t kept = 0;
  for (std::uint8_t place : in) {
    out.places[kept] = place;
    kept += passes(row(place)) ? 1U : 0U;
  }
  out.count = kept;
}

// By their place in dsc_filters().
void DscColumns::keep_by_header(unsigned bit, std::span<const std::uint8_t> in,
                                Selected& out) const {
  auto set = [&](auto passes) { keep(in, out, passes); };
  switch (bit) {
    case 0:
      return set([this](const RowView& row) { return !row.get(in_.qr); });
    case 1:
      return set([this](const RowView& row) { return row.get(in_.qr); });
    case 2:
      return set([this](const RowView& row) { return in_.rcode.get(row) == 3; });
    case 3:
      return set([this](const RowView& row) { return in_.rcode.get(row) == 2; });
    case 4:
      return set([this](const RowView& row) { return popular(row.get(in_.qtype)); });
    case 5:
      return set([this](const RowView& row) { return is_idn(row.get(in_.qname)); });
    case 6:
      return set([this](const RowView& row) {
        return row.get(in_.qtype) == type::aaaa || row.get(in_.qtype) == a6;
      });
    case 7:
      return set([this](const RowView& row) { return is_root_server(row.get(in_.qname)); });
    case 8:
      return set([this](const RowView& row) {
        return row.get(in_.qclass) == capture::dns::dns_class::ch;
      });
    case 9:  // DSC has the comparison of the name the wrong way round
      return set([this](const RowView& row) {
        return row.get(in_.qtype) == type::ns && (row.get(in_.qname) == ".") != settings_.exact;
      });
    default:
      return set([this](const RowView& row) { return row.get(in_.ad); });
  }
}

// Those of EDNS, of the user, and what DSC counts at all.
void DscColumns::keep_by_edns(unsigned bit, std::span<const std::uint8_t> in, Selected& out) const {
  auto edns0_with = [&](auto has) {
    keep(in, out, [&](const RowView& row) {
      return row.get(in_.edns) && row.get(in_.edns_version) == 0 && has(row);
    });
  };
  switch (bit) {
    case first_edns_bit:
      return edns0_with([](const RowView&) { return true; });
    case 12:
      return edns0_with([this](const RowView& row) { return row.get(in_.cookie); });
    case 13:
      return edns0_with([this](const RowView& row) { return row.get(in_.nsid); });
    case 14:
      return edns0_with([this](const RowView& row) { return row.get(in_.ecs); });
    case 15:
      return edns0_with([this](const RowView& row) {
        constexpr std::uint16_t code = capture::dns::edns_option::ede;
        return find_edns_option(row.get(in_.edns_options), code).has_value();
      });
    case dsc_counted_bit:
      return keep(in, out, [this](const RowView& row) { return counted_by_dsc(row); });
    default: {
      const DscQnameFilter& filter = settings_.qname_filters[bit - dsc_qname_filter_bit];
      keep(in, out, [&](const RowView& row) {
        return filter.passes(std::string(row.get(in_.qname)).c_str());
      });
    }
  }
}

// What is shorter than a header or has a broken first question never gets to DSC's datasets.
bool DscColumns::counted_by_dsc(const RowView& row) const {
  constexpr std::uint32_t header_size = 12;
  if (!row.get(in_.malformed)) return true;
  std::uint32_t size = row.get(in_.size);
  bool has_name = row.get(in_.qname_length) != 0;
  return size == header_size || (size > header_size && (has_name || row.get(in_.questions) == 0));
}

void DscColumns::fill_slot(const DscPlan::Slot& slot, Column& column, DscTables& tables) {
  using I = DscIndexer;
  switch (slot.indexer) {
    case I::client:
    case I::server:
    case I::client_subnet:
      return fill_addresses(slot, column, tables.addresses[slot.table]);
    case I::country:
    case I::asn:
      return fill_geo(slot, column, tables.texts[slot.table]);
    case I::qname:
    case I::second_ld:
    case I::third_ld:
      return fill_names(slot, column, tables.texts[slot.table]);
    case I::tld:
      fill_names(slot, column, tables.texts[slot.table]);
      return note_tlds(tables, slot);
    case I::certain_qnames:
    case I::query_classification:
    case I::idn_qname:
      return fill_classes(slot, column, tables);
    case I::edns_cookie_len:
    case I::edns_ecs_family:
    case I::edns_ecs_source_prefix:
    case I::edns_ecs_scope_prefix:
    case I::edns_ede:
    case I::edns_ede_code:
    case I::edns_ede_textlen:
    case I::edns_nsid_len:
      return fill_option_numbers(slot, column);
    case I::edns_cookie_client:
    case I::edns_cookie_server:
    case I::edns_ecs_address:
    case I::edns_ecs_subnet:
    case I::edns_ede_text:
    case I::edns_nsid_data:
    case I::edns_nsid_text:
      return fill_option_texts(slot, column, tables.texts[slot.table]);
    case I::response_time:
      return fill_response_times(slot, column);
    case I::transport:
    case I::dns_ip_version:
    case I::dns_source_port:
    case I::dns_sport_range:
    case I::ip_direction:
    case I::ip_proto:
    case I::ip_version:
    case I::encryption:
      return fill_network(slot, column, tables);
    default:
      return fill_header(slot, column);
  }
}

}  // namespace dnstorm::operators
