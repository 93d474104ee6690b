// Reads what the datasets need out of messages, chunk by chunk and indexer by indexer: each indexer
// that is used makes one column of codes, whatever the number of datasets that count by it; rows
// that no dataset wants are left out. Used by one task; not thread-safe.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "engine/api/batch.hpp"
#include "operators/dsc/knowledge.hpp"
#include "operators/dsc/plan.hpp"
#include "operators/dsc/window.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

struct DscRefs {
  DscRefs() = default;
  explicit DscRefs(const Schema& schema);
  FieldRef<IpAddress> client, server;
  FieldRef<std::uint16_t> client_port, server_port, qtype, qclass, edns_size, qname_length;
  FieldRef<std::uint16_t> questions;
  FieldRef<std::uint8_t> ip_version, transport, opcode, label_count, edns_version, status;
  FieldRef<bool> qr, aa, tc, rd, ad, edns, dnssec_ok, ecs, cookie, nsid, malformed;
  FieldRef<Str> qname;
  FieldRef<Bytes> edns_options;
  FieldRef<std::uint32_t> size;
  FieldRef<std::uint64_t> latency_us, txn;
  FieldRef<TimeNs> time;
  NumberRef rcode;
};

inline IpAddress masked_by(IpAddress address, const IpAddress& mask) {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) address.bytes[i] &= mask.bytes[i];
  return address;
}

class DscColumns {
 public:
  static constexpr std::uint32_t rows_max = 256;

  DscColumns(const Schema& schema, const DscSettings& settings, const DscPlan& plan,
             DscKnowledge knowledge);

  // Rows [first, first + count) of `rows`, count <= rows_max. Codes and tables are those of
  // `tables`.
  void read(const Rows& rows, std::uint32_t first, std::uint32_t count, DscTables& tables);

  // The places within the chunk of the rows that pass.
  std::span<const std::uint8_t> selected(std::size_t selection) const {
    return {selected_[selection].places.data(), selected_[selection].count};
  }
  // Codes by place; those of rows that the slot's selection leaves out mean nothing.
  const std::uint32_t* codes(std::size_t slot) const { return columns_[slot].data(); }

 private:
  struct Selected {
    std::array<std::uint8_t, rows_max> places;
    std::uint32_t count = 0;
  };
  using Column = std::array<std::uint32_t, rows_max>;

  RowView row(std::uint8_t place) const { return {rows_[place], arena_}; }
  template <class Code>
  void fill(const DscPlan::Slot& slot, Column& column, Code&& code) const;
  template <class Passes>
  void keep(std::span<const std::uint8_t> in, Selected& out, Passes&& passes) const;
  void keep_by_header(unsigned bit, std::span<const std::uint8_t> in, Selected& out) const;
  void keep_by_edns(unsigned bit, std::span<const std::uint8_t> in, Selected& out) const;
  bool counted_by_dsc(const RowView& row) const;
  void select(std::uint32_t count);

  void fill_slot(const DscPlan::Slot& slot, Column& column, DscTables& tables);
  void fill_header(const DscPlan::Slot& slot, Column& column) const;
  void fill_network(const DscPlan::Slot& slot, Column& column, DscTables& tables) const;
  void fill_response_times(const DscPlan::Slot& slot, Column& column) const;
  void fill_addresses(const DscPlan::Slot& slot, Column& column, DscAddressTable& table) const;
  void fill_names(const DscPlan::Slot& slot, Column& column, DscTextTable& table) const;
  void fill_option_numbers(const DscPlan::Slot& slot, Column& column) const;
  void fill_option_texts(const DscPlan::Slot& slot, Column& column, DscTextTable& table) const;
  void fill_geo(const DscPlan::Slot& slot, Column& column, DscTextTable& table) const;
  void fill_classes(const DscPlan::Slot& slot, Column& column, DscTables& tables) const;
  void note_tlds(DscTables& tables, const DscPlan::Slot& slot) const;
  bool known_type(std::uint16_t qtype) const;
  std::uint32_t query_class(const RowView& row, bool tld_known) const;
  std::uint16_t source_port(const RowView& row) const;
  std::uint32_t direction(const RowView& row) const;

  const DscSettings& settings_;
  const DscPlan& plan_;
  DscKnowledge knowledge_;
  DscRefs in_;
  mutable std::vector<std::uint8_t> known_types_;  // by qtype; what is not is `funny`
  std::array<const std::byte*, rows_max> rows_{};
  const std::byte* arena_ = nullptr;
  std::vector<Selected> selected_;
  std::vector<Column> columns_;
};

}  // namespace dnstorm::operators
