#include "engine/topology/detail/place_rule.hpp"

namespace dnstorm::topology::detail {

namespace {

// The text of a key that must say something; empty if it is not there.
std::string text_of(Fields& fields, std::string_view key, Problems& problems) {
  const Node* node = fields.scalar(key);
  if (node == nullptr) return {};
  if (node->text.empty())
    problems.add(node->place, fmt::format("'{}' of {} is empty", key, fields.what()));
  return node->text;
}

void read_apart(Fields& fields, PlaceRule& rule, Problems& problems) {
  const Entry* apart = fields.find("apart");
  if (apart == nullptr) return;
  rule.apart_place = apart->value->place;
  if (auto option = raw_option("apart", apart->place, *apart->value, problems))
    rule.apart = std::move(option->values);
}

}  // namespace

PlaceRule read_place_rule(Fields& owner, Problems& problems) {
  PlaceRule rule;
  const Entry* entry = owner.find("place");
  if (entry == nullptr) return rule;
  Fields fields(*entry->value, fmt::format("'place' of {}", owner.what()), problems);
  rule.place = entry->place;
  rule.label = text_of(fields, "label", problems);
  rule.node = text_of(fields, "node", problems);
  if (const Node* per = fields.scalar("per")) {
    rule.per_node = per->text == "node";
    if (!rule.per_node)
      problems.add(per->place, fmt::format("'per' of {} is node: one task on each node, not '{}'",
                                           fields.what(), shown(per->text)));
  }
  read_apart(fields, rule, problems);
  fields.finish();
  if (!rule.node.empty() && (!rule.label.empty() || rule.per_node))
    problems.add(rule.place, fmt::format("{} names a node and {}; one of them is enough",
                                         fields.what(), rule.per_node ? "per" : "a label"));
  if (!rule.per_node) return rule;
  return rule;
}

}  // namespace dnstorm::topology::detail
