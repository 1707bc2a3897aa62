// Says which rules of the specification an instantiation tries, for the statistics. A run that
// passes says nothing about a rule that the generator never tries.
//
//   for (const Property rule : exercisedRules(program, prediction)) ++count(rule);
#pragma once

#include <array>
#include <vector>

#include "fuzz/generate/shim_program.h"
#include "fuzz/oracles/registration_oracle.h"
#include "reports/record/property.h"

namespace sigproof::fuzz {

/// Those that are looked for.
inline constexpr std::array<reports::Property, 9> kExercisedRules{"R1", "R2", "R3", "R4", "R5",
                                                                  "R6", "R7", "R8", "R9"};

/// The rules without which an instance that was made, or what was told of it, could be another:
/// - R1: a protocol name is exported by something else than an i32 global that never changes
/// - R2: an address has its highest bit set
/// - R3: a word lies outside, or ends within 8 bytes of the end
/// - R4: the words overlap, or lie closer than 8 bytes
/// - R5: the memory is not simply exported as "memory", or another one lies about
/// - R6: the signal word is not 0 before the registration, or the terminated word forbids it
/// - R7: the registration fails, which the program must not notice
/// - R8: no protocol name is exported
/// - R9: the limit is reached
std::vector<reports::Property> exercisedRules(const ShimProgram& program,
                                              const Prediction& prediction);

}  // namespace sigproof::fuzz
