// Writes C-DNS files (RFC 8618, version 1.0) out of single messages; plain, gzip or Zstandard by
// the ending of the path.
//
// Messages come in the order of the capture. A response joins its query where addresses, ports, id,
// transport and first question agree and both lie in the same block; otherwise each is an item of
// its own. A message that cannot be parsed, or was cut, is stored as a malformed one with all of
// its
// bytes. Times are kept in nanoseconds, names in their letters. Not stored, because the format has
// no place: bytes behind a message, its compression. Of a response, the hop limit stands under the
// key -1 of the item, and of a query's OPT the flags beside DO under -1 of the signature (RFC 8618
// 7.1 leaves negative keys to implementations).
//
// Holds one block. One thread at a time; close() says whether all was written.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/cdns/block.hpp"
#include "capture/cdns/captured_message.hpp"
#include "capture/cdns/index_table.hpp"
#include "capture/dns/message.hpp"
#include "capture/file/sink.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::capture::cdns {

struct WriterOptions {
  std::size_t block_items = 10'000;  // RFC 8618 6: no better beyond
  std::string generator = "dnstorm";
};

class Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const std::string& path, WriterOptions options = {});

  Result<void> add(const CapturedMessage& message);
  // `type` and `code`: RFC 8618 7.3.2.6, AddressEventCount.
  Result<void> add_event(std::uint64_t type, std::uint64_t code, const IpAddress& address,
                         std::uint64_t count);
  Result<void> close();

  std::uint64_t bytes() const { return bytes_; }  // before compression
  std::uint64_t items() const { return all_items_; }
  std::uint64_t malformed() const { return all_malformed_; }
  // Messages with bytes behind them, which are not kept.
  std::uint64_t trailing() const { return trailing_; }

 private:
  struct OpenItem {
    TimeNs time = 0;
    Item item;
    Signature signature;
    std::uint32_t next = 0;  // of the same key; 0: none, else index + 1
    bool answered = false;
  };
  struct OpenMalformed {
    TimeNs time = 0;
    MalformedMessage fields;
  };

  Writer(std::unique_ptr<file::ByteSink> sink, WriterOptions options)
      : sink_(std::move(sink)), options_(std::move(options)) {}
  void put_preamble();
  void add_malformed(const CapturedMessage& message);
  void add_query(const CapturedMessage& message);
  void add_response(const CapturedMessage& message);
  OpenItem begin_item(const CapturedMessage& message, bool response);
  void set_query(const CapturedMessage& message, OpenItem& open);
  void set_query_opt(OpenItem& open);
  void set_response(const CapturedMessage& message, OpenItem& open);
  void set_first_question(OpenItem& open);
  void set_lists(bool response, Extended& out);
  void set_section(unsigned section, bool response, Extended& out);
  std::uint32_t question_index(const dns::Question& question);
  std::uint32_t record_index(const dns::Record& record);
  OpenItem* find_query(const CapturedMessage& message);
  bool answers(const CapturedMessage& message, const OpenItem& open);
  std::uint32_t address_index(const IpAddress& address);
  std::uint32_t bytes_index(std::span<const std::uint8_t> bytes);
  std::uint32_t class_type_index(std::uint16_t type, std::uint16_t dns_class);
  Result<void> end_block_if_full();
  void put_block();
  void put_tables();
  void put_items(TimeNs earliest);
  TimeNs earliest_time() const;
  void clear_block();
  Result<void> flush(bool all);

  std::unique_ptr<file::ByteSink> sink_;
  WriterOptions options_;
  std::vector<std::uint8_t> buffer_;
  bool begun_ = false;
  dns::Message parsed_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::uint8_t> entry_;
  std::vector<std::uint32_t> list_;

  IndexTable addresses_, class_types_, names_, signatures_, question_lists_, questions_, rr_lists_,
      rrs_, malformed_data_;
  std::vector<OpenItem> items_;
  std::vector<OpenMalformed> malformed_;
  IndexTable event_keys_;
  std::vector<AddressEvent> events_;
  std::unordered_map<std::uint64_t, std::uint32_t> waiting_;  // key -> newest item + 1
  std::uint64_t messages_ = 0, unmatched_queries_ = 0, unmatched_responses_ = 0;
  std::uint64_t bytes_ = 0, all_items_ = 0, all_malformed_ = 0, trailing_ = 0;
};

}  // namespace dnstorm::capture::cdns
