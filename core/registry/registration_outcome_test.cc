#include "core/registry/registration_outcome.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sigproof {
namespace {

RegistrationOutcome outcome(std::size_t index) { return static_cast<RegistrationOutcome>(index); }

TEST(RegistrationOutcome, R7_TheCountIsThatOfTheEnumerators) {
  EXPECT_EQ(static_cast<std::size_t>(RegistrationOutcome::kOutOfMemory) + 1,
            kRegistrationOutcomeCount);
}

TEST(RegistrationOutcome, R7_EveryOutcomeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) names.insert(name(outcome(i)));
  EXPECT_EQ(names.size(), kRegistrationOutcomeCount);
  EXPECT_FALSE(names.contains(""));
}

TEST(RegistrationOutcome, R7_NamesAreThoseOfTheEnumerators) {
  EXPECT_EQ(name(RegistrationOutcome::kRegistered), "registered");
  EXPECT_EQ(name(RegistrationOutcome::kUnreadableModule), "unreadable-module");
  EXPECT_EQ(name(RegistrationOutcome::kNotOptedIn), "not-opted-in");
  EXPECT_EQ(name(RegistrationOutcome::kWrongType), "wrong-type");
  EXPECT_EQ(name(RegistrationOutcome::kIncomplete), "incomplete");
  EXPECT_EQ(name(RegistrationOutcome::kNoReachableMemory), "no-reachable-memory");
  EXPECT_EQ(name(RegistrationOutcome::kEngineFailure), "engine-failure");
  EXPECT_EQ(name(RegistrationOutcome::kOutOfBounds), "out-of-bounds");
  EXPECT_EQ(name(RegistrationOutcome::kOverlap), "overlap");
  EXPECT_EQ(name(RegistrationOutcome::kAlreadyTerminated), "already-terminated");
  EXPECT_EQ(name(RegistrationOutcome::kTooManyEntries), "too-many-entries");
  EXPECT_EQ(name(RegistrationOutcome::kOutOfMemory), "out-of-memory");
}

TEST(RegistrationOutcome, R7_EveryDescriptionIsASentence) {
  std::set<std::string_view> descriptions;
  for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) {
    const std::string_view text = describe(outcome(i));
    ASSERT_GT(text.size(), 10u) << name(outcome(i));
    EXPECT_EQ(text.back(), '.') << text;
    descriptions.insert(text);
  }
  EXPECT_EQ(descriptions.size(), kRegistrationOutcomeCount);
}

TEST(RegistrationCounters, R7_EachOutcomeIsCountedApart) {
  RegistrationCounters counters;
  for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) {
    for (std::size_t times = 0; times < i; ++times) counters.count(outcome(i));
  }
  for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) {
    EXPECT_EQ(counters[outcome(i)], i) << name(outcome(i));
  }
}

}  // namespace
}  // namespace sigproof
