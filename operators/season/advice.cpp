#include "operators/season/advice.hpp"

#include <algorithm>

namespace dnstorm::operators {

namespace {

// As long as no limit is known: a window is quiet while its minutes have less than half of what the
// busiest minutes of the week have.
constexpr double quiet_part = 0.5;

class Advisor {
 public:
  Advisor(const Pasts& pasts, const AdviceQuestion& question) {
    advice_.question = question;
    std::vector<Member> members;
    std::optional<Hour> end;
    for (const auto& [name, past] : pasts) {
      auto profile = Profile::fit(past.history, {.holidays = question.holidays});
      if (!profile) {
        advice_.unknown.push_back(name);
        continue;
      }
      ServerAdvice& server = advice_.servers.emplace_back();
      server.server = name;
      server.weeks = profile->weeks();
      find_limit(past, server);
      end = std::max(end.value_or(past.history.end()), past.history.end());
      members.push_back({name, past.history, *profile, server.limit});
    }
    fleet_.emplace(std::move(members), question.move);
    advice_.now = question.now.value_or(end.value_or(0));
  }

  Advice run() {
    if (fleet_->members().empty()) return std::move(advice_);
    for (std::size_t i = 0; i < fleet_->members().size(); ++i) {
      ServerAdvice& server = advice_.servers[i];
      fill(fleet_->server(i), server);
      server.shortages = shortages(fleet_->members()[i], advice_.question.share);
    }
    if (several()) {
      ServerAdvice total;
      total.limit = fleet_->limit();
      for (const ServerAdvice& server : advice_.servers)
        total.weeks = std::max(total.weeks, server.weeks);
      fill(fleet_->total(), total);
      advice_.servers.push_back(std::move(total));
      if (in_focus({})) find_windows({});
      find_away();
    }
    for (std::size_t i = 0; i < fleet_->members().size(); ++i)
      if (in_focus(fleet_->members()[i].name)) find_windows(i);
    return std::move(advice_);
  }

 private:
  bool several() const { return fleet_->members().size() > 1; }

  // All together are the only server there is, if there is one.
  bool in_focus(const std::string& server) const {
    const auto& focus = advice_.question.focus;
    return !focus || *focus == server || (focus->empty() && !several());
  }

  void find_limit(const ServerPast& past, ServerAdvice& server) const {
    const auto& limits = advice_.question.limits;
    for (const std::string& name : {server.server, std::string()})
      if (auto found = limits.find(name); found != limits.end()) {
        server.limit = found->second;
        return;
      }
    auto learned = past.response.limit();
    if (!learned) return;
    server.limit = learned->limit;
    server.source = learned->source;
  }

  CapacityQuestion capacity_question(double limit) const {
    return {.now = advice_.now, .limit = limit, .share = advice_.question.share};
  }
  CapacityForecast capacity(const LoadView& view, double limit) const {
    return forecast_capacity(view, capacity_question(limit));
  }

  void fill(const LoadView& view, ServerAdvice& server) const {
    server.capacity = capacity(view, server.limit);
    server.week = week_of_hours(view);
    if (advice_.question.focus && in_focus(server.server))
      server.ahead = weeks_ahead(view, capacity_question(server.limit), server.capacity);
  }

  std::vector<Band> week_of_hours(const LoadView& view) const {
    std::vector<Band> week;
    Hour monday = advice_.now + hours_per_week - 1;
    monday -= hour_of_week(monday);
    for (Hour hour = monday; hour < monday + hours_per_week; ++hour)
      week.push_back(band_of(view.load(hour), 0.9));
    return week;
  }

  // What must not be asked for too much in a window. Of all together: each server's share of its
  // limit; of one server, which is then away: the same of the others with its load. Where a limit
  // is not known: the load itself, against half of its p99 minute.
  std::vector<Watched> watched_of(std::optional<std::size_t> member, double& threshold) const {
    std::vector<Watched> watched;
    threshold = advice_.question.threshold;
    LoadView own = member ? fleet_->server(*member) : fleet_->total();
    bool others = threshold <= 0 && several();
    for (std::size_t i = 0; i < fleet_->members().size() && others; ++i) {
      if (member == i) continue;
      double limit = fleet_->members()[i].limit;
      others = limit > 0;
      watched.push_back({member ? fleet_->without(i, *member) : fleet_->server(i),
                         limit * advice_.question.share});
    }
    if (others) return watched;
    if (threshold <= 0) threshold = quiet_part * minute_of_week(own, advice_.now, 0.99);
    return {{own, threshold}};
  }

  void find_windows(std::optional<std::size_t> member) {
    WindowAdvice windows;
    WindowQuestion question{.length = advice_.question.window,
                            .from = advice_.now,
                            .weeks = advice_.question.weeks,
                            .risk_max = advice_.question.risk_max,
                            .top = advice_.question.top};
    question.watched = watched_of(member, windows.threshold);
    if (member) windows.server = fleet_->members()[*member].name;
    windows.windows = quiet_windows(member ? fleet_->server(*member) : fleet_->total(), question);
    advice_.windows.push_back(std::move(windows));
  }

  void find_away() {
    const auto& wanted = advice_.question.away;
    if (wanted.empty() && advice_.question.focus) return;
    for (std::size_t away = 0; away < fleet_->members().size(); ++away) {
      const std::string& name = fleet_->members()[away].name;
      if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) continue;
      for (std::size_t i = 0; i < fleet_->members().size(); ++i) {
        if (i == away) continue;
        const Member& one = fleet_->members()[i];
        LoadView view = fleet_->without(i, away);
        AwayAdvice moved{name, one.name, one.limit, capacity(view, one.limit), {}};
        if (!wanted.empty()) moved.week = week_of_hours(view);
        advice_.away.push_back(std::move(moved));
      }
    }
  }

  Advice advice_;
  std::optional<Fleet> fleet_;
};

}  // namespace

Advice advise(const Pasts& pasts, const AdviceQuestion& question) {
  return Advisor(pasts, question).run();
}

}  // namespace dnstorm::operators
