#include "engine/topology/detail/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace dnstorm::topology::detail {

namespace {

Place place_of(const YAML::Mark& mark, const Source& source) {
  // The end of a file that stops too early has no mark.
  if (mark.is_null()) return {0, 0, source.file};
  int line = mark.line + 1;
  int column = mark.column + 1;
  return {line, source.columns == nullptr ? column : source.columns->written(line, column),
          source.file};
}

// Thrown through yaml-cpp's parser, which knows no other way to be stopped.
struct Refusal {
  Place place;
  std::string what;
};

// The most frequent cause of a syntax error, and one that nobody sees.
bool indented_by_tab(const std::string& text, int line) {
  std::istringstream in(text);
  std::string found;
  for (int i = 0; i < line; ++i) std::getline(in, found);
  return found.substr(0, found.find_first_not_of(" \t")).find('\t') != std::string::npos;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Tree& tree, Problems& problems, const Source& source)
      : tree_(tree), problems_(problems), source_(source) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (tree_.root != nullptr)
      throw Refusal{place_of(mark, source_), "a second YAML document; one is enough"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(remember(make(Node::Kind::null, mark), anchor));
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& value) override {
    Node* node = make(Node::Kind::scalar, mark);
    node->text = value;
    add(remember(node, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Refusal{place_of(mark, source_), "an alias inside of what it names"};
    add(found->second);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(Node::Kind::list, mark), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(Node::Kind::map, mark), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node* node;
    YAML::anchor_t anchor;
    const Node* key = nullptr;  // of a map: read, its value is still to come
  };

  Node* make(Node::Kind kind, const YAML::Mark& mark) {
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.place = place_of(mark, source_);
    return &node;
  }

  const Node* remember(const Node* node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    return node;
  }

  void open(Node* node, YAML::anchor_t anchor) {
    if (open_.size() >= yaml_depth_max) throw Refusal{node->place, "nested too deeply"};
    open_.push_back({node, anchor});
  }

  void close() {
    Open done = open_.back();
    open_.pop_back();
    add(remember(done.node, done.anchor));
  }

  void add(const Node* node) {
    if (open_.empty()) {
      tree_.root = node;
      return;
    }
    Open& parent = open_.back();
    parent.node->weight += node->weight;
    if (parent.node->weight > yaml_nodes_max)
      throw Refusal{parent.node->place,
                    fmt::format("more than {} values; a topology is smaller", yaml_nodes_max)};
    if (parent.node->kind == Node::Kind::list)
      parent.node->items.push_back(node);
    else
      add_to_map(parent, node);
  }

  void add_to_map(Open& parent, const Node* node) {
    if (parent.key == nullptr) {
      if (node->kind != Node::Kind::scalar)
        throw Refusal{node->place, fmt::format("a key is a word, not {}", kind_name(*node))};
      parent.key = node;
      return;
    }
    const Node& key = *std::exchange(parent.key, nullptr);
    auto [first, is_new] = keys_[parent.node].emplace(key.text, key.place);
    if (is_new)
      parent.node->entries.push_back({key.text, key.place, node});
    else
      problems_.add(key.place, fmt::format("key '{}' stands twice, first in line {}",
                                           shown(key.text), first->second.line));
  }

  Tree& tree_;
  Problems& problems_;
  const Source& source_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, const Node*> anchors_;
  std::map<const Node*, std::map<std::string, Place>> keys_;
};

}  // namespace

std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "?";
}

Tree parse_yaml(const std::string& text, Problems& problems, Source source) {
  Tree tree;
  if (text.size() > yaml_bytes_max) {
    problems.add({0, 0, source.file}, fmt::format("is larger than {} KiB; a topology is smaller",
                                                  yaml_bytes_max / 1024));
    return tree;
  }
  if (text.find('\0') != std::string::npos) {
    problems.add({0, 0, source.file}, "is not a text file");
    return tree;
  }
  TreeBuilder builder(tree, problems, source);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
    return tree;
  } catch (const Refusal& refusal) {
    problems.add(refusal.place, refusal.what);
  } catch (const YAML::Exception& error) {
    Place place = place_of(error.mark, source);
    bool tabbed = indented_by_tab(text, place.line);
    problems.add(place, fmt::format("YAML: {}{}", shown(error.msg),
                                    tabbed ? "; indent by spaces, not by tabs" : ""));
  }
  tree.root = nullptr;
  return tree;
}

}  // namespace dnstorm::topology::detail
