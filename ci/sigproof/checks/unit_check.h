// Unit tests as a checker of known bugs: one test file's program, all of its tests or those of a
// filter.
//
//   runUnitCheck(workspace, "unit/core/limit/limit_signal_test:LimitSignalTest.D7_*");
//
// ci/mutants/CMakeLists.txt builds the programs, into libexec/unit.
#pragma once

#include <string>

#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

/// A file's tests take seconds; a hang must not eat the time of the other checks.
inline constexpr double kUnitTimeLimitS = 60;

/// "unit/FILE" or "unit/FILE:FILTER".
bool isUnitCheck(const std::string& check);

/// Runs it. Throws Interrupted, and UserError if the program is not built or can't be started.
reports::Record runUnitCheck(const Workspace& workspace, const std::string& check);

/// What a child that ran the tests has shown: failed if a test failed, a sanitizer or a misuse
/// report spoke, or the program crashed, which it doesn't on sound code; passed if tests ran and
/// all passed; else unfinished, as where the filter lets no test through, or where it hung.
reports::Record unitRecord(const std::string& check, const ChildResult& child);

}  // namespace sigproof::tool
