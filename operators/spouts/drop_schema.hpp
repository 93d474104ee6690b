// The stream `drops` of the `pcap` spout: what was lost before the topology saw it.
#pragma once

#include <vector>

#include "engine/api/schema.hpp"

namespace dnstorm::operators {

inline std::vector<Field> drop_fields() {
  return {
      {"time", Type::time, Role::time, "", false, "when the loss was seen"},
      {"interface", Type::str, Role::plain, "", false, "where it was lost; empty: the spool"},
      {"reason", Type::str, Role::plain, "", false,
       "kernel: the ring was full; interface: lost by the interface or its driver; spool: "
       "not written to the spool (counted, but no run can replay them)"},
      {"packets", Type::u64, Role::value, "", false,
       "lost since the row before; a row with 0 comes each second", Fold::sum},
  };
}

struct DropFields {
  DropFields() = default;
  explicit DropFields(const Schema& schema)
      : time(schema.ref<TimeNs>("time")),
        interface(schema.ref<Str>("interface")),
        reason(schema.ref<Str>("reason")),
        packets(schema.ref<std::uint64_t>("packets")) {}
  FieldRef<TimeNs> time;
  FieldRef<Str> interface;
  FieldRef<Str> reason;
  FieldRef<std::uint64_t> packets;
};

}  // namespace dnstorm::operators
