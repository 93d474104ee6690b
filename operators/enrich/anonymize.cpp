#include "operators/enrich/anonymize.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "capture/privacy/address_cipher.hpp"
#include "capture/privacy/key_file.hpp"
#include "capture/privacy/name_hash.hpp"
#include "engine/api/key.hpp"
#include "operators/row_mapping.hpp"
#include "operators/shape/registered_domain.hpp"

namespace dnstorm::operators {

namespace {

namespace privacy = capture::privacy;
using privacy::AddressMethod;

// Hashes over addresses without a key: whoever tries all IPv4 addresses knows the one behind it.
const std::vector<std::string> telltale = {"txn", "exchange"};

AddressMethod method_of(const Options& options) {
  const std::string& name = options.text("method");
  if (name == "cryptopan") return AddressMethod::crypto_pan;
  if (name == "ipcrypt") return AddressMethod::ipcrypt;
  if (name == "ipcrypt_pfx") return AddressMethod::ipcrypt_pfx;
  return AddressMethod::truncate;
}

// Addresses come again and again: what they were replaced by is kept, one place for each hash.
class AddressCache {
 public:
  explicit AddressCache(std::unique_ptr<privacy::AddressCipher> cipher)
      : cipher_(std::move(cipher)), entries_(places) {}

  const IpAddress& map(const IpAddress& address) {
    std::uint64_t hash = KeyReader::fixed_hash(
        Type::ip, sizeof address, reinterpret_cast<const std::byte*>(address.bytes.data()));
    Entry& entry = entries_[hash % places];
    if (!entry.used || entry.plain != address) entry = {true, address, cipher_->map(address)};
    return entry.mapped;
  }

 private:
  static constexpr std::size_t places = 65536;
  struct Entry {
    bool used = false;
    IpAddress plain, mapped;
  };
  std::unique_ptr<privacy::AddressCipher> cipher_;
  std::vector<Entry> entries_;
};

// The same for names.
class NameCache {
 public:
  explicit NameCache(const std::vector<std::uint8_t>& key) : hash_(key), entries_(places) {}

  const std::string& map(std::string_view name, std::uint64_t hash) {
    Entry& entry = entries_[hash % places];
    if (entry.hashed.empty() || entry.name != name) entry = {std::string(name), hash_.of(name)};
    return entry.hashed;
  }

 private:
  static constexpr std::size_t places = 8192;
  struct Entry {
    std::string name, hashed;
  };
  privacy::NameHash hash_;
  std::vector<Entry> entries_;
};

class AnonymizeMapping final : public RowMapping {
 public:
  explicit AnonymizeMapping(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task, const Schema& in, const Schema& out) override {
    std::vector<std::uint8_t> key;
    if (options_.given("key_file"))
      key = DNSTORM_TRY(privacy::read_key_file(options_.text("key_file")));
    AddressMethod method = method_of(options_);
    if (method == AddressMethod::truncate)
      addresses_cache_.emplace(
          privacy::make_truncation(static_cast<unsigned>(options_.integer("v4")),
                                   static_cast<unsigned>(options_.integer("v6"))));
    else
      addresses_cache_.emplace(DNSTORM_TRY(privacy::make_address_cipher(method, key)));
    if (options_.text("name_method") == "hmac")
      names_cache_.emplace(key);
    else
      domains_.emplace();
    const auto& chosen = options_.list("addresses");
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Field& field = out.field(i);
      bool named = std::find(chosen.begin(), chosen.end(), field.name) != chosen.end();
      if (field.type == Type::ip && (chosen.empty() || named))
        addresses_.push_back({in.offset(*in.find(field.name)), out.offset(i)});
    }
    for (const std::string& name : options_.list("names"))
      if (auto field = out.ref<Str>(name); field.present())
        names_.push_back({in.ref<Str>(name).offset, field.offset});
    replaced_ = &task.counter("replaced");
    return {};
  }

  void write(const RowView& in, RowWriter& out) override {
    for (const Place& place : addresses_)
      out.set(FieldRef<IpAddress>{place.to},
              addresses_cache_->map(in.get(FieldRef<IpAddress>{place.from})));
    for (const Place& place : names_) write_name(in, FieldRef<Str>{place.from}, place.to, out);
    replaced_->add(addresses_.size() + names_.size());
  }

 private:
  struct Place {
    std::uint32_t from, to;
  };
  void write_name(const RowView& in, FieldRef<Str> from, std::uint32_t to, RowWriter& out) {
    std::string_view name = in.get(from);
    if (name.empty()) return out.set_str(FieldRef<Str>{to}, name);
    if (names_cache_) return out.set_str(FieldRef<Str>{to}, names_cache_->map(name, in.hash(from)));
    RegisteredDomain::Domain domain = domains_->of(name, in.hash(from));
    out.set_str(FieldRef<Str>{to}, domain.name, domain.hash);
  }

  Options options_;
  std::optional<AddressCache> addresses_cache_;
  std::optional<NameCache> names_cache_;
  std::optional<RegisteredDomain> domains_;
  std::vector<Place> addresses_, names_;
  Counter* replaced_ = nullptr;
};

Result<void> check_key(const Options& options) {
  bool for_names = !options.list("names").empty() && options.text("name_method") == "hmac";
  bool for_addresses = method_of(options) != AddressMethod::truncate;
  if ((for_names || for_addresses) && !options.given("key_file"))
    return Error{ErrorKind::config,
                 "this method needs a secret: name a file that holds it (openssl rand -hex 32)",
                 "key_file"};
  return {};
}

Result<Declaration> declare_anonymize(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(check_key(options));
  if (inputs.size() == 1) {
    for (const std::string& name : options.list("addresses"))
      DNSTORM_CHECK(require_type(inputs[0], name, Type::ip, "addresses", "anonymize"));
    for (const std::string& name : options.list("names"))
      DNSTORM_CHECK(require_type(inputs[0], name, Type::str, "names", "anonymize"));
  }
  return declare_mapping("anonymize", inputs, {}, {}, telltale);
}

}  // namespace

OperatorDef anonymize_operator() {
  OperatorDef def;
  def.name = "anonymize";
  def.summary = "Replaces addresses and names, always by the same, so that counts stay right.";
  def.options = {
      {.name = "addresses",
       .type = OptionType::list,
       .default_text = "",
       .help = "fields with addresses; none: all that the stream has"},
      {.name = "method",
       .type = OptionType::choice,
       .default_text = "truncate",
       .help = "for addresses",
       .choices = {"truncate", "cryptopan", "ipcrypt", "ipcrypt_pfx"}},
      {.name = "v4",
       .type = OptionType::integer,
       .default_text = "24",
       .help = "truncate: bits of an IPv4 address that stay",
       .max = 32},
      {.name = "v6",
       .type = OptionType::integer,
       .default_text = "48",
       .help = "truncate: bits of an IPv6 address that stay",
       .max = 128},
      {.name = "names",
       .type = OptionType::list,
       .default_text = "",
       .help = "fields with names; none: none"},
      {.name = "name_method",
       .type = OptionType::choice,
       .default_text = "domain",
       .help = "for names. domain: only the registered domain stays; hmac: a keyed hash",
       .choices = {"domain", "hmac"}},
      {"key_file", OptionType::text, "",
       "a file with 32 (ipcrypt: 16) bytes as hexadecimal digits, for its owner only"},
  };
  def.example =
      "- id: private\n"
      "  className: anonymize\n"
      "  properties: {method: cryptopan, key_file: /etc/dnstorm/key, names: [qname]}\n";
  def.declare = declare_anonymize;
  def.make_bolt = [](const Options& options) {
    return make_mapping_bolt(std::make_unique<AnonymizeMapping>(options), options.list("names"));
  };
  return def;
}

}  // namespace dnstorm::operators
