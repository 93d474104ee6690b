#include "operators/detect/dga_suspicion.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/api/batch.hpp"
#include "operators/shape/registered_domain.hpp"

namespace dnstorm::operators {
namespace {

constexpr double alarm = 7;  // default of the detector

// Beside a population of which nothing has been learned.
void add(DgaSuspicion& client, std::string_view label) {
  static const NamePopulation population;
  client.add(DgaLabel(label), population);
}

double level_of(const std::vector<std::string>& labels) {
  DgaSuspicion client;
  double highest = 0;
  for (const std::string& label : labels) {
    add(client, label);
    highest = std::max(highest, client.level());
  }
  return highest;
}

TEST(DgaSuspicion, grows_with_generated_names_and_not_with_those_of_people) {
  EXPECT_GT(level_of({"xjwqpfkzvb", "qkzrtbvnwpx", "wkvjqhzmtr", "uhxzqvkwjyp", "pzqvkxwj",
                      "mqzwhvkxnb", "tqkzjxvwp"}),
            alarm);
  EXPECT_LT(level_of({"wikipedia", "exampel", "googel", "facebok", "downloads", "northwind",
                      "weather", "opensource", "citylibrary"}),
            1);
}

TEST(DgaSuspicion, sees_what_names_of_words_have_in_common) {
  std::vector<std::string> firsts = {"morning", "thunder", "purple", "silent", "garden"};
  std::vector<std::string> seconds = {"window", "brother", "station", "captain", "letter"};
  std::vector<std::string> labels;
  for (const auto& first : firsts)
    for (const auto& second : seconds) labels.push_back(first + second);
  EXPECT_GT(level_of(labels), alarm);
  std::vector<std::string> once;
  for (std::size_t i = 0; i < firsts.size(); ++i) once.push_back(firsts[i] + seconds[i]);
  EXPECT_LT(level_of(once), 1);
}

TEST(DgaSuspicion, ordinary_names_speak_against) {
  DgaSuspicion client;
  for (int i = 0; i < 3; ++i) add(client, "xjwqpfkzvb");
  double before = client.level();
  add(client, "weather");
  EXPECT_LT(client.level(), before);
  for (int i = 0; i < 30; ++i) add(client, "weather");
  EXPECT_EQ(client.labels(), 0U) << "it begins anew";
}

TEST(DgaSuspicion, fades_by_half_in_ten_minutes) {
  DgaSuspicion client;
  for (const char* label : {"xjwqpfkzvb", "qkzrtbvnwpx", "wkvjqhzmtr"}) add(client, label);
  double before = client.level();
  for (int i = 0; i < 60; ++i) client.fade(10 * ns_per_s);
  EXPECT_NEAR(client.level(), before / 2, before / 1000);
}

TEST(DgaSuspicion, is_the_same_after_a_checkpoint) {
  DgaSuspicion client;
  for (const char* label : {"morningwindow", "xjwqpfkzvb", "morningletter"}) add(client, label);
  StateWriter out;
  client.save(out);
  std::string state = out.take();
  DgaSuspicion restored;
  StateReader in(state);
  ASSERT_TRUE(restored.restore(in) && in.at_end());
  for (DgaSuspicion* each : {&client, &restored}) add(*each, "garden-letter");
  EXPECT_EQ(restored.level(), client.level());
  EXPECT_EQ(restored.labels(), client.labels());
  EXPECT_EQ(restored.suspicious(), client.suspicious());
  EXPECT_EQ(restored.repeated(), client.repeated());
  StateReader cut(std::string_view(state).substr(0, state.size() - 3));
  EXPECT_FALSE(DgaSuspicion().restore(cut));
}

// A state of before there were three tests.
TEST(DgaSuspicion, goes_on_from_a_checkpoint_with_one_level) {
  StateWriter out;
  out.put(5.5);
  for (std::uint64_t count : {7U, 6U, 0U}) out.put(count);
  out.put(std::uint32_t{3});
  for (int i = 0; i < 128; ++i) out.put(std::uint32_t{0});
  std::string state = out.take();
  StateReader in(state);
  DgaSuspicion client;
  ASSERT_TRUE(client.restore(in) && in.at_end());
  EXPECT_EQ(client.level(), 5.5);
  EXPECT_EQ(client.labels(), 7U);
}

// On labelled names: clients that look for names of a family among names of their own that do not
// exist, and clients that do the latter only.
class LabelledNames : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("DNSTORM_DATA");
    std::filesystem::path names = data == nullptr ? "" : std::string(data) + "/names";
    if (!std::filesystem::exists(names / "dga-labelled.csv"))
      GTEST_SKIP() << "DNSTORM_DATA names no folder with names/dga-labelled.csv";
    each_line(names / "dga-labelled.csv", [&](const std::string& line) {
      std::size_t comma = line.find(',');
      std::string family = line.substr(comma + 1, line.find(',', comma + 1) - comma - 1);
      families_[family].push_back(line.substr(0, line.find('.')));
    });
    each_line(names / "alexa-odd-ranks.csv",
              [&](const std::string& line) { add_ordinary(line.substr(line.find(',') + 1)); });
    each_line(names / "opendns-top-domains.txt",
              [&](const std::string& line) { add_ordinary(line); });
  }

  // Mistyped ones among them: of names that do not exist, many are.
  std::vector<std::string> ordinary_labels() {
    bool busy = dice_() % 20 == 0;
    std::exponential_distribution<double> more(busy ? 1 / 40.0 : 1 / 4.0);
    std::vector<std::string> labels(1 + static_cast<std::size_t>(more(dice_)));
    for (std::string& label : labels) {
      label = ordinary_[dice_() % ordinary_.size()];
      if (dice_() % 3 == 0) mistype(label);
    }
    return labels;
  }
  // Names of a family one after the other from anywhere on, as malware takes them.
  std::vector<std::string> infected_labels(const std::vector<std::string>& family,
                                           std::size_t count) {
    std::vector<std::string> labels = ordinary_labels();
    std::size_t first = dice_() % family.size();
    for (std::size_t i = 0; i < std::min(count, family.size()); ++i)
      labels.push_back(family[(first + i) % family.size()]);
    std::shuffle(labels.begin(), labels.end(), dice_);
    return labels;
  }

  std::map<std::string, std::vector<std::string>> families_;

 private:
  template <class Use>
  void each_line(const std::filesystem::path& path, Use&& use) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);  // the heading, or one of ten thousand
    while (std::getline(file, line)) use(line);
  }
  void add_ordinary(const std::string& name) {
    std::string_view domain = domains_.of(name, hash_bytes(name)).name;
    ordinary_.emplace_back(domain.substr(0, domain.find('.')));
  }
  void mistype(std::string& label) {
    std::size_t at = dice_() % label.size();
    char other = static_cast<char>('a' + dice_() % 26);
    switch (dice_() % 3) {
      case 0:
        if (label.size() > 3) label.erase(at, 1);
        break;
      case 1:
        label.insert(at, 1, other);
        break;
      default:
        label[at] = other;
    }
  }

  std::mt19937_64 dice_{11};
  RegisteredDomain domains_;
  std::vector<std::string> ordinary_;
};

TEST_F(LabelledNames, of_a_hundred_infected_clients_98_are_found_and_of_a_thousand_clean_ones_one) {
  constexpr int clean = 20'000;
  int false_alarms = 0;
  for (int i = 0; i < clean; ++i) false_alarms += level_of(ordinary_labels()) >= alarm ? 1 : 0;
  RecordProperty("false_alarms_of_20000", false_alarms);
  EXPECT_LE(false_alarms, clean / 1000);

  constexpr int clients = 100;
  for (std::size_t names : {15U, 30U, 60U}) {
    int found = 0;
    std::string worst;
    for (const auto& [family, labels] : families_) {
      int of_family = 0;
      for (int i = 0; i < clients; ++i)
        of_family += level_of(infected_labels(labels, names)) >= alarm ? 1 : 0;
      found += of_family;
      if (of_family < clients * 98 / 100)
        worst += fmt::format(" {} {:.0f} %", family, of_family * 100.0 / clients);
    }
    double share = found / static_cast<double>(clients) / static_cast<double>(families_.size());
    RecordProperty(fmt::format("found_of_{}_names", names), fmt::format("{:.4f}{}", share, worst));
    EXPECT_GE(share, names < 30 ? 0.95 : 0.98) << names << " names;" << worst;
  }
}

}  // namespace
}  // namespace dnstorm::operators
