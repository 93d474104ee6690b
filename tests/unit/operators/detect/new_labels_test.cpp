#include "operators/detect/new_labels.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {
namespace {

constexpr std::uint64_t memory = 1 << 20;
constexpr DurationNs width = ns_per_s;

NewLabels::Name name(const std::string& qname, const std::string& domain) {
  return {qname, hash_bytes(qname), domain, hash_bytes(domain)};
}

double bytes_of(const NewLabels& labels, const NewLabels::Name& of) {
  double bytes = 0;
  labels.each_new(of, [&](std::uint64_t, std::uint32_t size) { bytes += size; });
  return bytes;
}

const std::string long_label(40, 'q');

TEST(NewLabels, are_new_for_everybody_in_the_window_in_which_they_come) {
  NewLabels labels(memory, width);
  const std::string domain = "example.com", qname = long_label + ".x." + domain;
  EXPECT_TRUE(labels.meet(name(qname, domain), 0));
  EXPECT_TRUE(labels.meet(name(qname, domain), width - 1)) << "another client";
  EXPECT_GE(bytes_of(labels, name(qname, domain)), 40);
  EXPECT_FALSE(labels.meet(name(qname, domain), width));
  EXPECT_EQ(bytes_of(labels, name(qname, domain)), 0);
}

TEST(NewLabels, are_new_below_their_domain_only) {
  NewLabels labels(memory, width);
  labels.meet(name(long_label + ".example.com", "example.com"), 0);
  EXPECT_TRUE(labels.meet(name(long_label + ".example.org", "example.org"), width));
  EXPECT_FALSE(
      labels.meet(name(long_label + "." + long_label + ".example.com", "example.com"), width))
      << "another name, but of known labels";
}

TEST(NewLabels, the_domain_itself_and_names_of_addresses_carry_none) {
  NewLabels labels(memory, width);
  EXPECT_FALSE(labels.meet(name("example.com", "example.com"), 0));
  EXPECT_FALSE(labels.meet(name("", ""), 0));
  std::string address = "1.2.3.4.5.6.7.8.9.a.b.c.d.e.f." + long_label + ".ip6.arpa";
  EXPECT_FALSE(labels.meet(name(address, "8.b.d.0.1.0.0.2.ip6.arpa"), 0));
}

TEST(NewLabels, a_byte_written_as_digits_is_one) {
  NewLabels labels(memory, width);
  std::string label = "\\201\\\\";
  while (label.size() < 40) label += 'a';
  std::string qname = label + ".example.com";
  labels.meet(name(qname, "example.com"), 0);
  EXPECT_EQ(bytes_of(labels, name(qname, "example.com")), 36);
}

TEST(NewLabels, of_short_ones_the_sum_is_right) {
  NewLabels labels(memory, width);
  double truth = 0, counted = 0;
  int wanted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string label = "h" + std::to_string(i);
    std::string qname = label + ".example.com";
    truth += static_cast<double>(label.size());
    wanted += labels.meet(name(qname, "example.com"), 0) ? 1 : 0;
    counted += bytes_of(labels, name(qname, "example.com"));
  }
  EXPECT_NEAR(counted / truth, 1, 0.05);
  EXPECT_LT(wanted, 5'000) << "most need no memory";
}

TEST(NewLabels, are_the_same_after_a_checkpoint) {
  NewLabels labels(memory, width), restored(memory, width);
  TimeNs now = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string domain = "d" + std::to_string(i % 50) + ".example";
    labels.meet(name("h" + std::to_string(i) + "." + domain, domain), now);
    if (i % 1'000 == 0) now += width;
  }
  std::map<std::uint32_t, std::string> sections;
  for (std::uint32_t group = 0; group < key_groups; ++group) {
    if (labels.idle(group)) continue;
    StateWriter out;
    labels.save_group(group, out);
    sections[group] = out.take();
  }
  EXPECT_GT(sections.size(), 20U);
  for (const auto& [group, bytes] : sections) {
    StateReader in(bytes);
    ASSERT_TRUE(restored.restore_group(group, in) && in.at_end());
  }
  for (int turn = 0; turn < 2; ++turn) {
    for (int i = 0; i < 10'000; i += 7) {
      std::string domain = "d" + std::to_string(i % 50) + ".example";
      std::string qname = "h" + std::to_string(i) + "." + domain;
      ASSERT_EQ(restored.meet(name(qname, domain), now), labels.meet(name(qname, domain), now))
          << qname;
    }
    now += width;
  }
}

}  // namespace
}  // namespace dnstorm::operators
