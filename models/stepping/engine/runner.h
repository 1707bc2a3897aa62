// Runs checks and puts what came out into words and records.
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

/// The case of that name; "canary/NAME" is the case on the deliberately wrong stand-in. Null if
/// there is none.
const Case* findCase(const Check& check, const std::string& name);

/// Runs every case to the first that fails, then pairs of preemptions of them, then the canaries.
/// Where stepping doesn't work the verdict is "skipped".
reports::Record runCheck(const Suite& suite, const Check& check, const PairsPlan& pairs);

/// Runs the case of that name (see findCase(); it must exist) by that plan and writes what was seen
/// to `out`. Returns whether it held.
bool replayCase(const Suite& suite, const Check& check, const std::string& case_name,
                const CasePlan& plan, std::ostream& out);

}  // namespace sigproof::stepping
