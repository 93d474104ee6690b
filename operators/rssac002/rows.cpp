#include "operators/rssac002/rows.hpp"

namespace dnstorm::operators {

namespace {

Field text(std::string name, Role role, std::string help) {
  return {std::move(name), Type::str, role, "", false, std::move(help)};
}
Field window_start(std::string help) {
  return {"window", Type::time, Role::time, "", false, std::move(help)};
}
Field window_end() { return {"window_end", Type::time, Role::window_end, "", false, "its end"}; }

}  // namespace

std::vector<Field> rssac_line_fields() {
  return {
      window_start("start of the day"),
      window_end(),
      {"from", Type::time, Role::plain, "", false,
       "since when the day is counted; `window`: from its start"},
      {"until", Type::time, Role::plain, "", false,
       "how far the day is counted; `window_end`: to its end"},
      text("version", Role::plain, "of RSSAC002: rssac002v5"),
      text("service", Role::key, "the option `service`"),
      text("metric", Role::key, "name of the document"),
      text("section", Role::key, "of traffic-sizes: which of the four"),
      text("item", Role::key, "what stands before the number"),
      {"count", Type::u64, Role::value, "", false, "the number"},
      {"error", Type::f64, Role::value, "", false, "relative standard error of `count`; 0: exact"}};
}

std::vector<Field> rssac_piece_fields() {
  return {window_start("start of the part"),
          window_end(),
          {"pieces", Type::bytes, Role::plain, "", true, "counts and sources of the part"}};
}

RssacLineRefs::RssacLineRefs(const Schema& s)
    : window(s.ref<TimeNs>("window")),
      window_end(s.ref<TimeNs>("window_end")),
      from(s.ref<TimeNs>("from")),
      until(s.ref<TimeNs>("until")),
      version(s.ref<Str>("version")),
      service(s.ref<Str>("service")),
      metric(s.ref<Str>("metric")),
      section(s.ref<Str>("section")),
      item(s.ref<Str>("item")),
      count(s.ref<std::uint64_t>("count")),
      error(s.ref<double>("error")) {}

RssacPieceRefs::RssacPieceRefs(const Schema& s)
    : window(s.ref<TimeNs>("window")),
      window_end(s.ref<TimeNs>("window_end")),
      pieces(s.ref<Bytes>("pieces")) {}

}  // namespace dnstorm::operators
