// Runs checks and makes records and text of the results.
//
//   Record record = runCheck(suite, suite.checks[0], {});   // never throws for a failed check
//   const bool held = replayCase(suite, check, "quarantine/owning/onto-2", plan, std::cout);
#pragma once

#include <iosfwd>
#include <string>

#include "models/stepping/engine/check.h"
#include "models/stepping/engine/pairs.h"
#include "reports/record/record.h"

namespace sigproof::stepping {

/// "stepping/push_front@O2".
std::string fullName(const Suite& suite, const Check& check);

/// The check of that name, with or without "stepping/" and "@level"; null if there is none.
const Check* findCheck(const Suite& suite, const std::string& name);

/// Returns the case of that name; "canary/NAME" is the case on the stand-in with a known bug. Null
/// if there is none.
const Case* findCase(const Check& check, const std::string& name);

/// Runs every case until one fails, then pairs of preemptions, then the canaries. If stepping
/// doesn't work here, the verdict is "skipped".
reports::Record runCheck(const Suite& suite, const Check& check, const PairsPlan& pairs);

/// Runs the case of that name (see findCase(); it must exist) by that plan, and writes what
/// handlers saw to `out`. Returns whether it held.
bool replayCase(const Suite& suite, const Check& check, const std::string& case_name,
                const CasePlan& plan, std::ostream& out);

}  // namespace sigproof::stepping
