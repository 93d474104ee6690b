#include "capture/cdns/block_reader.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace dnstorm::capture::cdns {
namespace {

using Container = CborReader::Container;

std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Calls `take(key)` for each pair of a map; a `take` that answers false leaves the value to be
// skipped. A key that is no number is a fault.
template <class Take>
void each_pair(CborReader& in, Take take) {
  Container map = in.take_map();
  while (in.more(map)) {
    std::int64_t key = in.take_int();
    if (in.ok() && !take(key)) in.skip();
  }
}

template <std::size_t n>
bool take_field(CborReader& in, std::int64_t key, Fields<n>& out) {
  if (key == -1) {
    out.own = in.take_uint();
    return true;
  }
  if (key < 0 || key >= static_cast<std::int64_t>(n)) return false;
  out.set(static_cast<unsigned>(key), in.take_uint());
  return true;
}

template <std::size_t n>
void read_fields(CborReader& in, Fields<n>& out) {
  each_pair(in, [&](std::int64_t key) { return take_field(in, key, out); });
}

void read_list(CborReader& in, std::vector<std::uint64_t>& out) {
  Container list = in.take_array();
  while (in.more(list)) {
    if (out.size() >= parameter_list_max) return in.fail(ReadFault::bad_value);
    out.push_back(in.take_uint());
  }
}

void read_storage(CborReader& in, StorageParameters& out) {
  bool ticks = false;
  each_pair(in, [&](std::int64_t key) {
    switch (key) {
      case 0:
        ticks = true;
        return out.ticks_per_second = in.take_uint(), true;
      case 1:
        return out.max_block_items = in.take_uint(), true;
      case 2:
        return read_fields(in, out.hints), true;
      case 3:
        return read_list(in, out.opcodes), true;
      case 4:
        return read_list(in, out.rr_types), true;
      case 5:
        return out.flags = in.take_uint(), true;
      case 6:
      case 7:
      case 8:
      case 9:
        return take_field(in, key - 6, out.prefixes);
      case 10:
        return out.sampling_method = as_text(in.take_string()), true;
      case 11:
        return out.anonymization_method = as_text(in.take_string()), true;
      default:
        return false;
    }
  });
  if (in.ok() && !ticks) in.fail(ReadFault::missing_field);
  if (in.ok() && (out.ticks_per_second == 0 || out.ticks_per_second > 1'000'000'000'000))
    in.fail(ReadFault::bad_value);
}

void read_parameters(CborReader& in, BlockParameters& out) {
  bool storage = false;
  each_pair(in, [&](std::int64_t key) {
    if (key == 0) return storage = true, read_storage(in, out.storage), true;
    if (key != 1) return false;
    each_pair(in, [&](std::int64_t inner) {
      if (inner == 8) return out.generator = as_text(in.take_string()), true;
      if (inner == 9) return out.host = as_text(in.take_string()), true;
      return false;
    });
    return true;
  });
  if (in.ok() && !storage) in.fail(ReadFault::missing_field);
}

// Fills a block and keeps account of what it takes.
class BlockParser {
 public:
  BlockParser(CborReader& in, Block& out) : in_(in), out_(out) {}

  void read() {
    bool preamble = false;
    each_pair(in_, [&](std::int64_t key) {
      switch (key) {
        case 0:
          return preamble = true, read_block_preamble(), true;
        case 1:
          return read_fields(in_, out_.statistics), true;
        case 2:
          return read_tables(), true;
        case 3:
          return each(out_.items, [&](Item& item) { read_item(item); }), true;
        case 4:
          return each(out_.events, [&](AddressEvent& event) { read_fields(in_, event); }), true;
        case 5:
          return each(out_.malformed, [&](MalformedMessage& m) { read_fields(in_, m); }), true;
        default:
          return false;
      }
    });
    if (in_.ok() && !preamble) in_.fail(ReadFault::missing_field);
  }

 private:
  bool charge(std::size_t bytes) {
    taken_ += bytes;
    if (taken_ > block_bytes_max) in_.fail(ReadFault::block_too_large);
    return in_.ok();
  }

  template <class T, class ReadOne>
  void each(std::vector<T>& out, ReadOne read_one) {
    Container list = in_.take_array();
    while (in_.more(list)) {
      if (!charge(sizeof(T))) return;
      read_one(out.emplace_back());
    }
  }
  template <class T>
  void read_maps(std::vector<T>& out) {
    each(out, [&](T& one) { read_fields(in_, one); });
  }
  void read_strings(Runs<std::uint8_t>& out) {
    Container list = in_.take_array();
    while (in_.more(list)) {
      std::span<const std::uint8_t> bytes = in_.take_string();
      if (!charge(bytes.size() + sizeof(std::uint32_t))) return;
      out.add(bytes);
    }
  }
  void read_lists(Runs<std::uint32_t>& out) {
    Container lists = in_.take_array();
    while (in_.more(lists)) {
      if (!charge(sizeof(std::uint32_t))) return;
      Container list = in_.take_array();
      while (in_.more(list)) {
        if (!charge(sizeof(std::uint32_t))) return;
        std::uint64_t index = in_.take_uint();
        // An index that no table can have stays one.
        out.values.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(index, ~0U)));
      }
      out.close();
    }
  }

  void read_block_preamble() {
    each_pair(in_, [&](std::int64_t key) {
      if (key == 1) return out_.parameters = in_.take_uint(), true;
      if (key != 0) return false;
      Container time = in_.take_array();
      for (std::uint64_t* part : {&out_.seconds, &out_.ticks}) {
        if (!in_.more(time)) return in_.fail(ReadFault::missing_field), true;
        *part = in_.take_uint();
      }
      while (in_.more(time)) in_.skip();
      return true;
    });
  }

  void read_tables() {
    each_pair(in_, [&](std::int64_t key) {
      switch (key) {
        case 0:
          return read_strings(out_.addresses), true;
        case 1:
          return read_maps(out_.class_types), true;
        case 2:
          return read_strings(out_.names), true;
        case 3:
          return read_maps(out_.signatures), true;
        case 4:
          return read_lists(out_.question_lists), true;
        case 5:
          return read_maps(out_.questions), true;
        case 6:
          return read_lists(out_.rr_lists), true;
        case 7:
          return read_maps(out_.rrs), true;
        case 8:
          return each(out_.malformed_data, [&](MalformedData& m) { read_malformed_data(m); }), true;
        default:
          return false;
      }
    });
  }

  void read_malformed_data(MalformedData& out) {
    each_pair(in_, [&](std::int64_t key) {
      if (key != 3) return take_field(in_, key, out.fields);
      std::span<const std::uint8_t> bytes = in_.take_string();
      if (!charge(bytes.size() + sizeof(std::uint32_t))) return true;
      out.payload = static_cast<std::uint32_t>(out_.payloads.size());
      out_.payloads.add(bytes);
      return true;
    });
  }

  void read_item(Item& out) {
    each_pair(in_, [&](std::int64_t key) {
      switch (key) {
        case key::response_delay:
          out.fields.set(key::response_delay, static_cast<std::uint64_t>(in_.take_int()));
          return true;
        case key::processing: {
          Fields<2> processing;
          read_fields(in_, processing);
          out.fields.set(key::processing, processing.get(1));
          return true;
        }
        case 11:
          return read_fields(in_, out.query), true;
        case 12:
          return read_fields(in_, out.response), true;
        default:
          return take_field(in_, key, out.fields);
      }
    });
  }

  CborReader& in_;
  Block& out_;
  std::size_t taken_ = 0;
};

}  // namespace

void read_preamble(CborReader& in, std::vector<BlockParameters>& out, Container& blocks) {
  Container file = in.take_array();
  if (!in.more(file) || as_text(in.take_string()) != "C-DNS") in.fail(ReadFault::not_cdns);
  if (in.ok() && !in.more(file)) in.fail(ReadFault::missing_field);
  std::uint64_t major = 0;
  each_pair(in, [&](std::int64_t key) {
    if (key == 0) return major = in.take_uint(), true;
    if (key != 3) return false;
    Container sets = in.take_array();
    while (in.more(sets)) {
      if (out.size() >= parameter_sets_max) return in.fail(ReadFault::bad_value), true;
      read_parameters(in, out.emplace_back());
    }
    return true;
  });
  if (in.ok() && major != 1) in.fail(ReadFault::bad_version);
  if (in.ok() && (out.empty() || !in.more(file))) in.fail(ReadFault::missing_field);
  blocks = in.take_array();
}

void read_block(CborReader& in, Block& out) {
  out = {};
  BlockParser(in, out).read();
}

}  // namespace dnstorm::capture::cdns
