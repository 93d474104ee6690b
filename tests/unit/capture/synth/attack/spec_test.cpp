#include "capture/synth/attack/spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::capture::synth::attack {
namespace {

TEST(AttackSpec, HasDefaults) {
  Result<Spec> spec = parse_spec("tunnel");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->kind, "tunnel");
  EXPECT_EQ(spec->strength, Strength::normal);
  EXPECT_EQ(spec->at, 60 * ns_per_s);
  EXPECT_EQ(spec->length, 300 * ns_per_s);
  EXPECT_FALSE(spec->rate);
}

TEST(AttackSpec, TakesEveryKey) {
  Result<Spec> spec = parse_spec(
      "zone_scan,strength=high,at=2h,for=90s,rate=2.5,clients=7,domain=Example.ORG.,mode=nsec");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->strength, Strength::high);
  EXPECT_EQ(spec->at, 7200 * ns_per_s);
  EXPECT_EQ(spec->length, 90 * ns_per_s);
  EXPECT_EQ(spec->rate, 2.5);
  EXPECT_EQ(spec->clients, 7U);
  EXPECT_EQ(spec->domain, "example.org");
  EXPECT_EQ(spec->mode, "nsec");
}

TEST(AttackSpec, SaysWhatIsWrong) {
  struct Case {
    const char* text;
    const char* told;
  };
  for (const Case& c :
       std::initializer_list<Case>{{"", "\"\" is none of random_subdomain"},
                                   {"tunel", "\"tunel\" is none of random_subdomain"},
                                   {"tunnel,high", "\"high\" is not KEY=VALUE"},
                                   {"tunnel,strength=huge", "none of low, normal, high"},
                                   {"tunnel,at=soon", "no duration"},
                                   {"tunnel,for=0s", "no duration"},
                                   {"tunnel,at=20000000h", "no duration"},
                                   {"tunnel,rate=0", "rate=0 is not above 0"},
                                   {"tunnel,rate=nan", "rate=nan is not above 0"},
                                   {"tunnel,clients=0", "clients=0"},
                                   {"tunnel,domain=a..b", "no domain name"},
                                   {"tunnel,mode=nsec", "it has none"},
                                   {"zone_scan,mode=", "it has dictionary nsec"},
                                   {"tunnel,size=3", "\"size\" is none of strength"}}) {
    Result<Spec> spec = parse_spec(c.text);
    ASSERT_FALSE(spec.ok()) << c.text;
    EXPECT_EQ(spec.error().kind, ErrorKind::usage);
    EXPECT_EQ(spec.error().subject, "--attack");
    EXPECT_THAT(spec.error().what, testing::HasSubstr(c.told));
  }
}

}  // namespace
}  // namespace dnstorm::capture::synth::attack
