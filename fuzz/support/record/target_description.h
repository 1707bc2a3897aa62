// A fuzz target: what it says about itself, and how it runs one input. Its file in fuzz/targets
// defines both; a target without a description doesn't link.
//
//   const TargetDescription sigproof::fuzz::kTargetDescription{
//       .properties = {"L1", "L3"},
//       .covered = "AtomicList against a reference",
//       .cannot_see = "other threads"};
//
//   int sigproof::fuzz::runInput(std::span<const std::uint8_t> input) {
//     ListRunner().run(makeListProgram(input));
//     return 0;
//   }
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reports/record/property.h"

namespace sigproof::fuzz {

using reports::Property;

/// The description is part of the target's record, and so of the report.
struct TargetDescription {
  std::vector<Property> properties;  ///< what it defends
  std::string covered;               ///< what it looks at
  std::string cannot_see;            ///< what it is blind to
  std::string engine = {};           ///< the engine that the inputs run in, if there is one
};

inline constexpr const char* kV8OfLibnode = "V8 10.2 of libnode";

extern const TargetDescription kTargetDescription;

/// Runs one input; a broken property ends the process, by reportViolation(). Returns 0, or -1 for
/// an input that libFuzzer must not keep.
int runInput(std::span<const std::uint8_t> input);

}  // namespace sigproof::fuzz
