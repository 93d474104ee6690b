#include "engine/topology/detail/parts.hpp"

#include <algorithm>
#include <filesystem>

namespace dnstorm::topology::detail {

namespace {

std::string normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

// The id of an object, without a look at whether it is a good one; empty if it has none.
std::string_view id_of(const Node& node) {
  for (const Entry& entry : node.entries)
    if (entry.key == "id" && entry.value->kind == Node::Kind::scalar) return entry.value->text;
  return {};
}

// What is there already stays, unless `replace`; in any case in its place.
void merge(std::vector<const Node*>& into, const std::vector<const Node*>& more, bool replace) {
  // Only what stood here before: an id twice in `more` is a mistake, to be found later.
  const std::size_t before = into.size();
  for (const Node* node : more) {
    auto end = into.begin() + static_cast<std::ptrdiff_t>(before);
    std::string_view id = id_of(*node);
    auto same = std::find_if(into.begin(), end,
                             [&](const Node* one) { return !id.empty() && id_of(*one) == id; });
    if (same == end)
      into.push_back(node);
    else if (replace)
      *same = node;
  }
}

void merge(std::vector<Entry>& into, const std::vector<Entry>& more, bool replace) {
  for (const Entry& entry : more) {
    auto same = std::find_if(into.begin(), into.end(),
                             [&](const Entry& one) { return one.key == entry.key; });
    if (same == into.end())
      into.push_back(entry);
    else if (replace)
      *same = entry;
  }
}

bool equal(const Node& a, const Node& b) {
  return a.kind == b.kind && a.text == b.text &&
         std::ranges::equal(a.items, b.items,
                            [](const Node* one, const Node* two) { return equal(*one, *two); }) &&
         std::ranges::equal(a.entries, b.entries, [](const Entry& one, const Entry& two) {
           return one.key == two.key && equal(*one.value, *two.value);
         });
}

// A stream that two files write alike is one: both want these rows, nobody wants them twice.
void merge_streams(std::vector<const Node*>& into, const std::vector<const Node*>& more) {
  // Only what stood here before: a stream twice in `more` is a mistake, to be found later.
  const std::size_t before = into.size();
  for (const Node* node : more) {
    auto end = into.begin() + static_cast<std::ptrdiff_t>(before);
    if (std::none_of(into.begin(), end, [&](const Node* one) { return equal(*one, *node); }))
      into.push_back(node);
  }
}

}  // namespace

Parts Gatherer::gather(const std::string& text) {
  return gather_file(text, normal(topology_.file), 0);
}

Parts Gatherer::gather_file(const std::string& text, const std::string& path, std::uint32_t file) {
  Parts parts;
  Substituted made = substitute(text, file, variables_, problems_);
  if (!made.complete) return parts;
  std::size_t known = problems_.size();
  trees_.push_back(parse_yaml(made.text, problems_, {file, &made.columns}));
  const Node* root = trees_.back().root;
  if (root == nullptr || root->kind == Node::Kind::null) {
    if (problems_.size() == known)
      problems_.add({0, 0, file}, "is empty; a topology has at least a name, spouts and streams");
    return parts;
  }
  Fields fields(*root, "a topology", problems_);
  // The name is that of the file that was named, as in Storm.
  parts.name = file == 0 ? fields.require_scalar("name") : fields.scalar("name");
  const Entry* config = fields.find("config");
  if (config != nullptr && config->value->kind != Node::Kind::null)
    parts.config = Fields(*config->value, "'config'", problems_).node().entries;
  parts.plugins = list_of(fields, "plugins");
  parts.components = list_of(fields, "components");
  parts.worker_hooks = list_of(fields, "workerHooks");
  parts.spouts = list_of(fields, "spouts");
  parts.bolts = list_of(fields, "bolts");
  parts.streams = list_of(fields, "streams");
  chain_.push_back(path);
  for (const Node* node : list_of(fields, "includes")) include(*node, path, parts);
  chain_.pop_back();
  fields.refuse("topologySource",
                "cannot be asked: it is a Java class that builds a topology; write down its "
                "spouts, bolts and streams");
  fields.finish();
  return parts;
}

std::vector<const Node*> Gatherer::list_of(Fields& fields, std::string_view key) {
  const Entry* entry = fields.find(key);
  if (entry == nullptr || entry->value->kind == Node::Kind::null) return {};
  if (entry->value->kind == Node::Kind::list) return entry->value->items;
  problems_.add(entry->place, fmt::format("'{}' of {} is a list ('- ...' in each line), not {}",
                                          key, fields.what(), kind_name(*entry->value)));
  return {};
}

void Gatherer::include(const Node& node, const std::string& path, Parts& into) {
  Fields fields(node, "an include", problems_);
  const Node* name = fields.require_scalar("file");
  fields.flag("resource", false);  // there is no class path; a resource is a file as any other
  bool replace = fields.flag("override", false);
  fields.finish();
  if (name == nullptr) return;
  std::string included =
      (std::filesystem::path(path).parent_path() / name->text).lexically_normal().string();
  if (!may_include(*name, included)) return;
  auto text = open_(included);
  if (!text.ok()) {
    problems_.add(name->place, fmt::format("'{}' {}", shown(included, 200), text.error().what));
    return;
  }
  topology_.includes.push_back(included);
  auto file = static_cast<std::uint32_t>(topology_.includes.size());
  Parts parts = gather_file(*text, included, file);
  into.plugins.insert(into.plugins.end(), parts.plugins.begin(), parts.plugins.end());
  merge(into.config, parts.config, replace);
  merge(into.components, parts.components, replace);
  merge(into.spouts, parts.spouts, replace);
  merge(into.bolts, parts.bolts, replace);
  merge_streams(into.streams, parts.streams);
}

bool Gatherer::may_include(const Node& name, const std::string& path) {
  if (!open_) {
    problems_.add(name.place, "a topology that is not a file can include none");
    return false;
  }
  auto first = std::find(chain_.begin(), chain_.end(), path);
  if (first != chain_.end()) {
    problems_.add(name.place,
                  fmt::format("includes go in a circle: {} -> {}",
                              fmt::join(first, chain_.end(), " -> "), shown(path, 200)));
    return false;
  }
  if (topology_.includes.size() < includes_max) return true;
  problems_.add(name.place, fmt::format("more than {} files are included", includes_max));
  return false;
}

}  // namespace dnstorm::topology::detail
