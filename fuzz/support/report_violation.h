// How a fuzz target says that a property is broken.
//
//   if (const auto violation = oracle.judge(seen)) reportViolation(*violation);
//   reportViolation(*violation, [&] { return writeModuleText(module); });
#pragma once

#include <functional>
#include <string>

#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// Prints "SIGPROOF VIOLATION <property>: <text>" and, where there is one, the module as
/// `module_text` gives it between two marker lines to standard error, then aborts. The violation is
/// told first, so that it stands whatever becomes of the text: one that throws is told of in its
/// place. Statistics are written before the end, since no exit handler runs after an abort.
[[noreturn]] void reportViolation(const Violation& violation,
                                  const std::function<std::string()>& module_text = {});

/// The same where no property can be named, but who noticed: "the harness", "core's own check".
[[noreturn]] void reportFault(const std::string& who, const std::string& text,
                              const std::function<std::string()>& module_text = {});

}  // namespace sigproof::fuzz
