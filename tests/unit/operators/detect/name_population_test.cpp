#include "operators/detect/name_population.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dnstorm::operators {
namespace {

constexpr DurationNs width = 10 * ns_per_s;
constexpr LabelKind ordinary{LabelKind{0, 1}}, odd{LabelKind{7, 2}};

WindowBounds window(std::int64_t number) { return {number * width, (number + 1) * width}; }

TEST(NamePopulation, says_at_first_what_lists_of_names_say) {
  NamePopulation population;
  EXPECT_LT(population.odds(ordinary).random, -1);
  EXPECT_GT(population.odds(odd).random, 3);
  EXPECT_GT(population.odds(odd).halfway, 2);
  EXPECT_LT(population.odds(ordinary).words, 0);
  EXPECT_GT(population.odds({0, LabelKind::likeness_kind(true, true, 1)}).words, 4);
  EXPECT_EQ(population.labels_a_day(), 0);
}

TEST(NamePopulation, what_is_common_says_less_from_the_next_window_on) {
  NamePopulation population;
  population.begin(window(1));
  LabelOdds before = population.odds(odd);
  for (int i = 0; i < 5000; ++i) population.add(i % 2 == 0 ? odd : ordinary, true);
  EXPECT_EQ(population.odds(odd).random, before.random);
  population.begin(window(2));
  EXPECT_LT(population.odds(odd).random, 1);
  EXPECT_LT(population.odds(odd).words, 1);
}

TEST(NamePopulation, nothing_is_learned_of_who_is_suspected) {
  NamePopulation population;
  population.begin(window(1));
  LabelOdds before = population.odds(odd);
  for (int i = 0; i < 5000; ++i) population.add(odd, false);
  population.begin(window(2));
  EXPECT_EQ(population.odds(odd).random, before.random);
  EXPECT_DOUBLE_EQ(population.labels_a_day(), 5000 * 8640.0);
}

TEST(NamePopulation, counts_labels_a_day_of_windows_without_any_too) {
  NamePopulation population;
  population.begin(window(1));
  for (int i = 0; i < 100; ++i) population.add(ordinary, true);
  population.begin(window(11));
  EXPECT_NEAR(population.labels_a_day(), 100 / 10.0 * 8640, 1);
}

TEST(NamePopulation, is_the_same_after_a_checkpoint) {
  NamePopulation population;
  for (std::int64_t number = 1; number < 5; ++number) {
    population.begin(window(number * number));
    for (int i = 0; i < 300; ++i) population.add(i % 7 == 0 ? odd : ordinary, i % 2 == 0);
  }
  StateWriter out;
  population.save(out);
  std::string state = out.take();
  NamePopulation restored;
  StateReader in(state);
  ASSERT_TRUE(restored.restore(in) && in.at_end());
  for (NamePopulation* each : {&population, &restored}) each->begin(window(30));
  EXPECT_EQ(restored.odds(odd).random, population.odds(odd).random);
  EXPECT_EQ(restored.odds(odd).words, population.odds(odd).words);
  EXPECT_EQ(restored.labels_a_day(), population.labels_a_day());
  StateReader cut(std::string_view(state).substr(0, state.size() - 1));
  EXPECT_FALSE(NamePopulation().restore(cut));
}

}  // namespace
}  // namespace dnstorm::operators
