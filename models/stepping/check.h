// A check of this folder: an operation of the production code in several cases, each stepped, and
// the same cases run on a deliberately wrong stand-in, which must be caught.
//
//   Check check{.name = "clear", .cases = clearCases<AtomicList<Element>>(),
//               .flaw = "frees before it empties", .canaries = clearCases<FlawedList<...>>()};
//   const Record record = runCheck(check, build);         // runner.h
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/stepping/stepper.h"

namespace sigproof::stepping {

/// What to do with a case.
struct CasePlan {
  bool is_stepped = true;  ///< false: the operation runs without interruption
  Selection selection;     ///< the boundaries at which the handler acts
};

/// Where and how a case broke its expectation.
struct CaseFailure {
  std::optional<Boundary> boundary;           ///< absent: before or after the call
  std::optional<std::size_t> since_boundary;  ///< the earlier boundary that it contradicts
  std::string expected;
  std::string seen;
};

struct CaseResult {
  std::size_t boundaries = 0;
  std::size_t boundaries_in_program = 0;
  std::size_t state_count = 0;  ///< runs of equal looks
  bool is_complete = false;     ///< the handler acted wherever it was asked to
  std::string states;           ///< what was seen, one run of equal looks a line
  std::optional<CaseFailure> failure;
};

struct Case {
  std::string name;
  std::function<CaseResult(const CasePlan&)> run;
};

struct Check {
  std::string name;                     ///< "push_front"
  std::vector<std::string> properties;  ///< identifiers of the specification
  std::string covered;
  std::vector<Case> cases;
  std::string flaw;  ///< what is wrong with the canary's stand-in
  std::vector<Case> canaries;
};

/// How the production code under these checks was compiled, and the checks.
struct Suite {
  std::string level;   ///< "O2"
  std::string engine;  ///< "clang 19.1.7 -O2, x86-64 trap flag"
  std::vector<Check> checks;
};

}  // namespace sigproof::stepping
