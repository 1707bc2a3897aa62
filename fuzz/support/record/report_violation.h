// How a fuzz target reports that a property is broken.
//
//   if (const auto violation = oracle.judge(seen)) reportViolation(*violation);
//   reportViolation(*violation, [&] { return writeModuleText(module); });
#pragma once

#include <functional>
#include <string>

#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// Prints "SIGPROOF VIOLATION <property>: <text>" to standard error and, where `module_text` is
/// given, the module between two marker lines. Writes both into the process's own record. Then
/// aborts. The violation comes first, so that it stands whatever becomes of the module's text: the
/// reason stands in the place of one that can't be made.
[[noreturn]] void reportViolation(const Violation& violation,
                                  const std::function<std::string()>& module_text = {});

/// The same where no property can be named, but who noticed: "the harness", "core's own check".
[[noreturn]] void reportFault(const std::string& who, const std::string& text,
                              const std::function<std::string()>& module_text = {});

}  // namespace sigproof::fuzz
