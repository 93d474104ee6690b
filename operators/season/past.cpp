#include "operators/season/past.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace dnstorm::operators {

namespace {

constexpr std::string_view magic = "dnstorm season 1\n";

void join(MinuteRow& into, const MinuteRow& row) {
  if (row.latency_us > 0 && (into.latency_us <= 0 || row.count >= into.count))
    into.latency_us = row.latency_us;
  into.count += row.count;
  into.drops += row.drops;
}

}  // namespace

bool ServerPast::add(TimeNs minute, const MinuteRow& row) {
  if (!history.add(minute, row.count, row.drops)) return false;
  response.add(row.count, row.latency_us, row.drops);
  return true;
}

void ServerPast::merge(const ServerPast& other) {
  history.merge(other.history);
  response.merge(other.response);
}

void ServerPast::save(StateWriter& out) const {
  history.save(out);
  response.save(out);
}

bool ServerPast::restore(StateReader& in) { return history.restore(in) && response.restore(in); }

void MinuteRows::add(const std::string& server, TimeNs minute, const MinuteRow& row) {
  servers_[server].emplace_back(divide_down(minute, ns_per_minute) * ns_per_minute, row);
}

void MinuteRows::put_rest_together(std::size_t servers_max) {
  if (servers_.size() <= servers_max) return;
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [name, rows] : servers_) {
    double sum = 0;
    for (const auto& [minute, row] : rows) sum += row.count;
    order.emplace_back(-sum, name);
  }
  std::ranges::sort(order);
  std::vector<Timed> others;
  for (std::size_t i = servers_max; i < order.size(); ++i) {
    auto found = servers_.find(order[i].second);
    for (auto [minute, row] : found->second) {
      row.latency_us = 0;
      others.emplace_back(minute, row);
    }
    servers_.erase(found);
  }
  std::vector<Timed>& other = servers_["OTHER"];
  other.insert(other.end(), others.begin(), others.end());
}

Pasts MinuteRows::take(std::size_t servers_max, std::size_t hours_max) {
  put_rest_together(servers_max);
  Pasts pasts;
  for (auto& [name, rows] : servers_) {
    std::ranges::stable_sort(rows, {}, &Timed::first);
    ServerPast past(hours_max);
    for (std::size_t i = 0; i < rows.size();) {
      auto [minute, sum] = rows[i];
      for (++i; i < rows.size() && rows[i].first == minute; ++i) join(sum, rows[i].second);
      if (sum.count > 0) past.add(minute, sum);
    }
    past.history.close();
    if (!past.history.empty()) pasts.emplace(name, std::move(past));
  }
  servers_.clear();
  return pasts;
}

void merge(Pasts& into, const Pasts& from) {
  for (const auto& [name, past] : from) {
    auto [at, fresh] = into.try_emplace(name, past);
    if (!fresh) at->second.merge(past);
  }
}

std::string season_file(const Pasts& pasts) {
  StateWriter out;
  out.put_raw(magic);
  out.put(std::uint64_t{pasts.size()});
  for (const auto& [name, past] : pasts) {
    out.put_bytes(name);
    past.save(out);
  }
  return out.take();
}

bool is_season_file(std::string_view bytes) { return bytes.starts_with(magic); }

Result<Pasts> read_season_file(std::string_view bytes) {
  auto damaged = [](const char* what) { return Error{ErrorKind::data, what, "file"}; };
  if (!is_season_file(bytes)) return damaged("is no season file of this version");
  StateReader in(bytes.substr(magic.size()));
  Pasts pasts;
  for (std::uint64_t left = in.get_count(); left > 0; --left) {
    std::string name(in.get_bytes());
    ServerPast past;
    if (!past.restore(in)) return damaged("is damaged: learn anew");
    past.history.close();
    pasts.insert_or_assign(std::move(name), std::move(past));
  }
  if (!in.ok() || !in.at_end()) return damaged("is damaged: learn anew");
  return pasts;
}

Result<Pasts> load_season_file(const std::string& who, const std::string& path) {
  if (path.empty()) return Pasts();
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Error{ErrorKind::no_input,
                 fmt::format("{}: {}: cannot be read: {}", who, path, std::strerror(errno)),
                 "file"};
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  auto pasts = read_season_file(bytes);
  if (!pasts.ok()) return Error(std::move(pasts.error())).within(who + ": " + path);
  return pasts;
}

}  // namespace dnstorm::operators
