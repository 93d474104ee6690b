#include "operators/detect/typosquat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

#include "engine/base/prefetch.hpp"
#include "operators/detect/protected_names.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t names_max = 1'000'000;
constexpr std::size_t clean_size = 1 << 18;

std::string lower_name(std::string_view text) {
  std::string name(text);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  while (!name.empty() && (name.back() == '.' || name.back() == '\r' || name.back() == ' '))
    name.pop_back();
  return name;
}

// One name a line; what follows a # is a remark.
Result<void> read_names(const std::string& path, std::vector<std::string>& names) {
  auto failed = [&](std::string_view why) {
    return Error{ErrorKind::io, fmt::format("typosquat: {}: {}; see to `file`", path, why), "file"};
  };
  errno = 0;
  std::ifstream in(path);
  if (!in) return failed(std::strerror(errno));
  for (std::string line; std::getline(in, line);) {
    std::string name = lower_name(std::string_view(line).substr(0, line.find('#')));
    if (name.empty()) continue;
    if (names.size() == names_max) return failed("has more than a million names");
    names.push_back(std::move(name));
  }
  if (in.bad()) return failed("cannot be read");
  return {};
}

// A domain; its text tells the protected one, too.
class LikenessKey {
 public:
  explicit LikenessKey(std::shared_ptr<const ProtectedNames> names) : names_(std::move(names)) {}
  const std::vector<std::string>& fields() const { return domain_.fields(); }
  static bool divisible() { return true; }
  class Reader : public FieldsKey::Reader {
   public:
    Reader(const LikenessKey& key, const Schema& schema) : FieldsKey::Reader(key.domain_, schema) {}
  };
  void bind(const Schema& schema) { domain_.bind(schema); }
  std::string text(std::string_view key) const {
    std::string domain = domain_.text(key);
    // Nothing if a run goes on from a checkpoint with another list.
    auto likeness = names_->find(domain);
    return likeness ? domain + " " + names_->name(likeness->number) : domain;
  }

 private:
  FieldsKey domain_{{"domain"}};
  std::shared_ptr<const ProtectedNames> names_;
};

class Typosquat {
 public:
  static constexpr DetectorInfo info{
      "typosquat", "domain",
      "Look at what stands at this domain before users do: block it, or have it taken down; allow "
      "it if it is nobody's double."};
  using Key = LikenessKey;

  // Of the domain: the same in every row.
  struct Value {
    void clear() { *this = {}; }
    void save(StateWriter& out) const {
      out.put(alike);
      out.put(international);
      out.put(static_cast<std::uint8_t>(slip));
    }
    bool restore(StateReader& in) {
      alike = in.get<bool>();
      international = in.get<bool>();
      auto number = in.get<std::uint8_t>();
      slip = static_cast<Slip>(number);
      return in.ok() && number <= static_cast<std::uint8_t>(Slip::other);
    }
    bool alike = false, international = false;
    Slip slip = Slip::other;
  };
  struct Memory {
    void save(StateWriter&) const {}
    bool restore(StateReader&) { return true; }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")), rcode(schema, "rcode"), domain(schema.ref<Str>("domain")) {}
    FieldRef<bool> qr;
    NumberRef rcode;
    FieldRef<Str> domain;
  };

  explicit Typosquat(const Options& options)
      : listed_(options.list("protect")),
        file_(options.text("file")),
        names_(std::make_shared<ProtectedNames>()),
        clean_(clean_size) {}

  Result<void> prepare(const TaskContext&) {
    std::vector<std::string> names;
    for (const std::string& name : listed_) names.push_back(lower_name(name));
    if (!file_.empty()) DNSTORM_CHECK(read_names(file_, names));
    *names_ = ProtectedNames(std::move(names));
    return {};
  }

  Key key() const { return LikenessKey(names_); }
  Value make() const { return {}; }

  void prefetch(const Reader& reader, const RowView& row) const {
    prefetch_line(&clean_[row.hash(reader.domain) % clean_size]);
  }
  bool wanted(const Reader& reader, const RowView& row) {
    if (reader.qr.present() && !row.get(reader.qr)) return false;
    if (reader.rcode.get(row) != 0) return false;
    // Nearly all domains have been looked at lately.
    std::uint64_t hash = row.hash(reader.domain);
    std::uint64_t& clean = clean_[hash % clean_size];
    if (clean == hash) return false;
    if (names_->find(row.get(reader.domain))) return true;
    clean = hash;
    return false;
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    auto likeness = names_->find(row.get(reader.domain));
    if (likeness) value = {likeness->alike, likeness->international, likeness->slip};
  }
  std::optional<Finding> judge(const Value& value, Memory&, const JudgedWindow& window) const {
    double score = score_of(value);
    return Finding{score, severity_of(score),
                   evidence_json({{"alike", value.alike ? 1 : 0},
                                  {"international", value.international ? 1 : 0},
                                  {"slips", value.alike ? 0 : 1},
                                  {"responses", static_cast<double>(window.rows)}})};
  }

 private:
  // How likely it is meant: foreign letters more than digits for letters, those more than slips.
  static double score_of(const Value& value) {
    if (value.alike) return value.international ? 5 : 3;
    return value.slip <= Slip::neighbour ? 2 : 1;
  }

  std::vector<std::string> listed_;
  std::string file_;
  std::shared_ptr<ProtectedNames> names_;
  std::vector<std::uint64_t> clean_;  // domains like none of them, by hash
};

Result<Declaration> declare_typosquat(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  if (options.list("protect").empty() && options.text("file").empty())
    return Error{ErrorKind::config,
                 "typosquat has no domains to protect; name them in 'protect' or 'file'",
                 "protect"};
  Declaration declaration =
      DNSTORM_TRY(declare_detector(options, inputs, {{"domain", Type::str}, {"rcode", Type::u8}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].emplace_back("qr");
  declare_key(declaration, FieldsKey({"domain"}));
  return declaration;
}

}  // namespace

OperatorDef typosquat_operator() {
  OperatorDef def;
  def.name = "typosquat";
  def.summary = "Finds domains that could be mistaken for protected ones.";
  def.options = detector_options(
      {.admit = "1", .keys_max = "4096", .clear = "1d", .update = "1d"},
      {{"protect", OptionType::list, "", "domains to protect: registered ones, or a label alone"},
       {"file", OptionType::text, "", "a file of more of them, one a line"}});
  def.example =
      "- id: doubles\n"
      "  className: typosquat\n"
      "  properties: {protect: [example.com, example.org]}\n";
  def.declare = declare_typosquat;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<Typosquat>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
