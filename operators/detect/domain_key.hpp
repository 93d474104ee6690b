// Watches registered domains where a stream has only names. What is the same domain by the Public
// Suffix List need not be the same key of a grouping, so a detector with such a key is one task:
// for streams of which it wants few rows. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/batch.hpp"
#include "operators/shape/registered_domain.hpp"

namespace dnstorm::operators {

class DomainKey {
 public:
  // The field that holds the name.
  explicit DomainKey(std::string field) : fields_{std::move(field)} {}
  const std::vector<std::string>& fields() const { return fields_; }
  bool divisible() const { return false; }

  class Reader {
   public:
    Reader(const DomainKey& key, const Schema& schema)
        : name_(schema.ref<Str>(key.fields_[0])), domains_(std::make_shared<RegisteredDomain>()) {}
    std::uint64_t hash(const RowView& row) const { return domain(row).hash; }
    void append(const RowView& row, std::string& out) const { out += domain(row).name; }
    bool equals(const RowView& row, std::string_view key) const { return domain(row).name == key; }

   private:
    RegisteredDomain::Domain domain(const RowView& row) const {
      return domains_->of(row.get(name_), row.hash(name_));
    }
    FieldRef<Str> name_;
    std::shared_ptr<RegisteredDomain> domains_;  // of this task
  };

  void bind(const Schema&) {}
  std::string text(std::string_view key) const { return key.empty() ? "." : std::string(key); }

 private:
  std::vector<std::string> fields_;
};

}  // namespace dnstorm::operators
