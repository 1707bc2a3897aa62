// Runs checks and puts what came out into words and records.
//
//   Record record = runCheck(suite, suite.checks[0]);       // never throws for a failed check
//   const bool held = replayCase(suite, check, "quarantine/onto-2", {37}, std::cout);
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "models/stepping/check.h"
#include "reports/record.h"

namespace sigproof::stepping {

/// "stepping/push_front@O2".
std::string fullName(const Suite& suite, const Check& check);

/// The check of that name, with or without "stepping/" and "@level"; null if there is none.
const Check* findCheck(const Suite& suite, const std::string& name);

/// The case of that name; "canary/NAME" is the case on the deliberately wrong stand-in. Null if
/// there is none.
const Case* findCase(const Check& check, const std::string& name);

/// Runs the canary, then every case to the first that fails. Where the trap flag doesn't work the
/// verdict is "skipped".
reports::Record runCheck(const Suite& suite, const Check& check);

/// Runs the case of that name (see findCase(); it must exist) with the handler acting at
/// `boundaries` only, everywhere if there are none, and writes what was seen to `out`. Returns
/// whether it held.
bool replayCase(const Suite& suite, const Check& check, const std::string& case_name,
                const std::vector<std::size_t>& boundaries, std::ostream& out);

}  // namespace sigproof::stepping
