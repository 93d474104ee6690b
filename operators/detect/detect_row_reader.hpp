// Where a detector finds in the rows of one input what it needs: the key, what the Kind reads, and
// the message that may become a sample. Of a WindowDetector; see there what a Kind is.
#pragma once

#include "engine/api/schema.hpp"
#include "operators/detect/event.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

template <class Key, class Kind>
class DetectRowReader {
  using KindReader = typename Kind::Reader;

 public:
  DetectRowReader(const Key& key_of, const Schema& schema)
      : key(key_of, schema),
        kind(kind_reader(key_of, schema)),
        time(schema.ref<std::int64_t>("time")),
        client_(schema.ref<IpAddress>("client")),
        qname_(schema.ref<Str>("qname")),
        qtype_(schema, "qtype"),
        rcode_(schema, "rcode") {}

  void read(const RowView& row, Sample& sample) const {
    sample.time = row.get(time);
    sample.client = client_.present() ? row.get(client_) : IpAddress{};
    if (qname_.present()) sample.qname = row.get(qname_);
    sample.qtype = static_cast<std::uint16_t>(qtype_.get(row));
    sample.rcode = static_cast<std::uint16_t>(rcode_.get(row));
  }

  typename Key::Reader key;
  KindReader kind;
  FieldRef<std::int64_t> time;

 private:
  static KindReader kind_reader(const Key& key_of, const Schema& schema) {
    if constexpr (requires { KindReader(key_of, schema); })
      return KindReader(key_of, schema);
    else
      return KindReader(schema);
  }

  FieldRef<IpAddress> client_;
  FieldRef<Str> qname_;
  NumberRef qtype_, rcode_;
};

}  // namespace dnstorm::operators
