#include "operators/detect/chance.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

// P(N >= n) of a Poisson count, summed up.
double tail(double mean, int n) {
  double term = std::exp(-mean), below = 0;
  for (int i = 0; i < n; ++i) {
    below += term;
    term *= mean / (i + 1);
  }
  return 1 - below;
}

TEST(Chance, a_poisson_count_reaches_its_limit_at_most_that_often) {
  for (double mean : {0.5, 4.0, 20.0, 100.0})
    for (double nats : {5.0, 10.0, 17.0}) {
      double limit = poisson_limit(mean, 1, nats);
      EXPECT_GT(limit, mean);
      EXPECT_LE(tail(mean, static_cast<int>(std::ceil(limit))), std::exp(-nats));
      // The bound is no more than some nats too high.
      EXPECT_GE(tail(mean, static_cast<int>(limit * 0.8)), std::exp(-nats));
    }
}

TEST(Chance, counts_in_lumps_go_higher) {
  EXPECT_DOUBLE_EQ(poisson_limit(40, 4, 10), 4 * poisson_limit(10, 1, 10));
  EXPECT_EQ(poisson_limit(40, 0.1, 10), poisson_limit(40, 1, 10));
  EXPECT_EQ(poisson_limit(0, 1, 10), 0);
}

TEST(Chance, is_divided_among_keys_and_windows) {
  EXPECT_NEAR(chance_nats(1, 4096, 10 * ns_per_s), std::log(4096 * 8640.0), 1e-9);
  EXPECT_NEAR(chance_nats(0.1, 4096, 10 * ns_per_s), std::log(4096 * 86400.0), 1e-9);
  EXPECT_EQ(chance_nats(1e9, 1, 10 * ns_per_s), 0);
}

}  // namespace
}  // namespace dnstorm::operators
