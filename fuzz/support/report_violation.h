// How a fuzz target reports that a property is broken.
//
//   if (const auto violation = oracle.judge(seen)) reportViolation(*violation);
#pragma once

#include <string>

#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// Prints "SIGPROOF VIOLATION <property>: <text>" to standard error and, where `module_text` is not
/// empty, the module between two marker lines. Writes both into the process's own record. Then
/// aborts.
[[noreturn]] void reportViolation(const Violation& violation, const std::string& module_text = {});

/// The same where no property can be named, but who noticed: "the harness", "core's own check".
[[noreturn]] void reportFault(const std::string& who, const std::string& text,
                              const std::string& module_text = {});

}  // namespace sigproof::fuzz
