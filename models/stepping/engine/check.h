// A check of this folder: an operation of the production code in several cases, each stepped. The
// same cases also run on a stand-in with a known bug, which the check must catch.
//
//   Check check{.name = "clear", .cases = clearCases<AtomicList<Element>>(),
//               .flaw = "frees before it empties",
//               .canaries = {{"", clearCases<FlawedList<...>>()}}};
//   const Record record = runCheck(suite, check, {});     // runner.h
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/stepping/engine/stepper.h"
#include "reports/record/property.h"

namespace sigproof::stepping {

/// How to run a case.
struct CasePlan {
  bool is_stepped = true;    ///< false: the operation runs without interruption
  Selection selection = {};  ///< the boundaries at which the handler acts
  /// If set, the handler is stepped as well, and another handler acts at these of its boundaries.
  std::optional<Selection> inner = std::nullopt;
};

/// Where and how a case failed.
struct CaseFailure {
  std::optional<Boundary> boundary;        ///< absent: before or after the call
  std::optional<Boundary> since_boundary;  ///< the earlier boundary that it contradicts
  std::string expected;
  std::string seen;
};

struct CaseResult {
  std::size_t boundaries = 0;
  std::size_t boundaries_in_program = 0;
  std::size_t inner_boundaries = 0;  ///< of handlers that were stepped, too
  /// The boundaries in the program's own text (see boundariesInProgram()).
  std::vector<std::uint32_t> program_boundaries;
  std::size_t state_count = 0;  ///< runs of equal looks
  bool is_complete = false;     ///< the handler acted at every boundary that the plan names
  std::string states;           ///< what handlers saw, one run of equal looks a line
  std::optional<CaseFailure> failure;
};

struct Case {
  std::string name;
  std::function<CaseResult(const CasePlan&)> run;
};

/// A stand-in with a known bug. At least one of its cases must fail.
struct Canary {
  std::string name;  ///< the kind of stand-in, as in "owning" elements; may be empty
  std::vector<Case> cases;
};

struct Check {
  std::string name;  ///< "push_front"
  std::vector<reports::Property> properties;
  std::string covered;
  std::vector<Case> cases;
  std::string flaw;  ///< the known bug of the canaries' stand-ins
  std::vector<Canary> canaries;
};

/// The checks of one program, and how the production code in it was compiled.
struct Suite {
  std::string level;     ///< "gcc-O2"
  std::string compiler;  ///< "g++ 12.2.0 -O2 -DNDEBUG"
  bool has_debug_checks = false;
  std::vector<Check> checks;
};

}  // namespace sigproof::stepping
