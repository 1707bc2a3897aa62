// The oracle of raw modules refuses an inspector that disagrees with the engine.
#include "fuzz/oracles/inspection_oracle.h"

#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

using specified::Protocol;

const Declarations kListening{.imports = {{"f", "function", ""}, {"memory", "memory", ""}},
                              .exports = {{"__signal_address", "global", "i32"},
                                          {"m", "memory", ""},
                                          {"__terminated_address", "global", "i32"}}};

ModuleInspection listening() {
  ModuleInspection found;
  found.outcome = RegistrationOutcome::kRegistered;
  found.has_signal = found.has_terminated = true;
  found.memory_export = "m";
  found.memory_import_index = 1;
  return found;
}

bool isRefusedInspection(const ModuleInspection& found, const Declarations& declared = kListening) {
  return judgeInspection(found, declared, Protocol::kAddress).has_value();
}

TEST(InspectionOracle, AcceptsWhatTheEngineSays) {
  EXPECT_FALSE(isRefusedInspection(listening()));
  ModuleInspection found;
  found.outcome = RegistrationOutcome::kNotOptedIn;
  EXPECT_FALSE(judgeInspection(found, kListening, Protocol::kInstance).has_value());
}

TEST(InspectionOracle, R1_RefusesAnotherOutcomeAndAModuleThatCouldNotBeRead) {
  for (const auto outcome :
       {RegistrationOutcome::kUnreadableModule, RegistrationOutcome::kNotOptedIn,
        RegistrationOutcome::kWrongType, RegistrationOutcome::kNoReachableMemory}) {
    ModuleInspection found = listening();
    found.outcome = outcome;
    EXPECT_TRUE(isRefusedInspection(found));
  }
}

TEST(InspectionOracle, R1_RefusesGlobalsOfAnotherType) {
  Declarations declared = kListening;
  declared.exports[0].value_type = "f32";
  EXPECT_TRUE(isRefusedInspection(listening(), declared));
  ModuleInspection found = listening();
  found.has_signal = false;
  EXPECT_TRUE(isRefusedInspection(found));
}

TEST(InspectionOracle, R5_RefusesAnotherMemory) {
  ModuleInspection found = listening();
  found.memory_import_index = 0;
  EXPECT_TRUE(isRefusedInspection(found));
  found.memory_import_index.reset();
  EXPECT_TRUE(isRefusedInspection(found));
  for (const char* name : {"f", "__signal_address", ""}) {
    found = listening();
    found.memory_export = name;
    EXPECT_TRUE(isRefusedInspection(found)) << name;
  }
  found.memory_export.reset();
  EXPECT_TRUE(isRefusedInspection(found));
}

}  // namespace
}  // namespace sigproof::fuzz
