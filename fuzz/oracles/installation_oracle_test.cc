// The oracle of installations: that it refuses wrong answers.
#include "fuzz/oracles/installation_oracle.h"

#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

constexpr WitnessObservation kNothing;

WitnessObservation oneOutcome(RegistrationOutcome outcome) {
  WitnessObservation seen;
  seen.outcomes.at(static_cast<std::size_t>(outcome)) = 1;
  return seen;
}

TEST(InstallationOracle, T7_InstallSaysWhetherItCould) {
  for (const Installation installation : {Installation::kFresh, Installation::kChanged}) {
    EXPECT_FALSE(judgeInstallation(installation, true, kNothing));
    EXPECT_TRUE(judgeInstallation(installation, false, kNothing));
  }
  for (const Installation installation :
       {Installation::kRefused, Installation::kGateClosed, Installation::kSwitchedOff}) {
    EXPECT_FALSE(judgeInstallation(installation, false, kNothing));
    EXPECT_TRUE(judgeInstallation(installation, true, kNothing));
  }
}

TEST(InstallationOracle, T7_WhereCoreIsNotInNothingIsInspectedNorRegistered) {
  for (const RegistrationOutcome outcome :
       {RegistrationOutcome::kRegistered, RegistrationOutcome::kNotOptedIn,
        RegistrationOutcome::kEngineFailure}) {
    EXPECT_FALSE(judgeInstallation(Installation::kFresh, true, oneOutcome(outcome)));
    EXPECT_TRUE(judgeInstallation(Installation::kRefused, false, oneOutcome(outcome)));
    EXPECT_TRUE(judgeInstallation(Installation::kSwitchedOff, false, oneOutcome(outcome)));
  }
}

}  // namespace
}  // namespace sigproof::fuzz
