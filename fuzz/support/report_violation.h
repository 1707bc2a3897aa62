// How a fuzz target tells the world that a property is broken.
//
//   if (const auto violation = oracle.judge(seen)) reportViolation(*violation);
#pragma once

#include <string>

#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// Prints "SIGPROOF VIOLATION <property>: <text>" and, where `module_text` is not empty, the module
/// between its two marker lines to standard error, then aborts. Statistics are written first, since
/// no exit handler runs after an abort.
[[noreturn]] void reportViolation(const Violation& violation, const std::string& module_text = {});

/// The same where no property can be named, but who noticed: "the harness", "core's own check".
[[noreturn]] void reportFault(const std::string& who, const std::string& text,
                              const std::string& module_text = {});

}  // namespace sigproof::fuzz
