// When a count of a key in a window is conspicuous: it is large, many times what is usual of the
// key, and more than chance makes of what is usual.
//
//   UsualCount rule(options, "clients");
//   double threshold = rule.threshold(usual);
//   if (count >= threshold && (rule.knows(window) || share >= rule.share())) ...
//
// In the first windows of a run nothing is usual, and what is popular fails often: there a key must
// make up a share of all rows, too. Immutable.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "operators/detect/baseline.hpp"
#include "operators/detect/chance.hpp"
#include "operators/detect/detector.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

class UsualCount {
 public:
  // `least`: the name of its option.
  UsualCount(const Options& options, const std::string& least)
      : least_(options.number(least)),
        factor_(options.number("factor")),
        share_(options.number("share") / 100),
        learn_(options.duration("learn")),
        unseen_(static_cast<double>(options.integer("admit") - 1)),
        nats_(chance_nats(options.number("false_per_day"),
                          static_cast<double>(options.integer("keys_max")),
                          options.duration("window"))) {}

  // Windows in which the key had less than `admit` rows count as none: it may have had one row less
  // than that in each.
  double threshold(const Baseline& usual) const {
    double level = usual.level();
    double spread = usual.deviation() * usual.deviation() / std::max(level, 1.0);
    double mean = std::max(level, unseen_);
    return std::max({least_, factor_ * level, poisson_limit(mean, spread, nats_)});
  }
  bool knows(const JudgedWindow& window) const { return window.age >= learn_; }
  double share() const { return share_; }

 private:
  double least_;
  double factor_;
  double share_;
  DurationNs learn_;
  double unseen_;
  double nats_;
};

// factor, share, learn, false_per_day.
inline std::vector<OptionSpec> usual_count_options(std::string factor, std::string share) {
  return {
      {.name = "factor",
       .type = OptionType::number,
       .default_text = std::move(factor),
       .help = "and at least so many times what is usual of the domain",
       .min = 1},
      {.name = "share",
       .type = OptionType::number,
       .default_text = std::move(share),
       .help = "percent of the responses of a 128th of all domains that must be these, as long "
               "as what is usual is not known",
       .min = 0,
       .max = 100},
      {"learn", OptionType::duration, "60s", "so long after its start what is usual is not known"},
      {.name = "false_per_day",
       .type = OptionType::number,
       .default_text = "0.1",
       .help = "events a day, of all keys together, that chance may raise",
       .min = 1e-6,
       .max = 1e6}};
}

}  // namespace dnstorm::operators
