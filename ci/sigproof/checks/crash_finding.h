// Reads from stderr of a child that died without a record whether it broke a property.
//
//   const Finding finding = findingIn(child.error);
//   if (finding.isEvidence()) record.verdict = Verdict::kFailed;
//
// Two forms count: a line "SIGPROOF VIOLATION <property>: <expected and seen>", and a sanitizer's
// report. A crash without either shows nothing about the production code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/record/property.h"

namespace sigproof::tool {

struct Finding {
  /// What the violation breaks: one property, or the two of "R6/D1" that it can't tell apart. None
  /// without a violation line, or where the harness itself is at fault.
  std::vector<reports::Property> properties;
  std::string violation;  ///< "R4: overlapping words must not register; one entry was registered"
  std::string
      sanitizer;  ///< "AddressSanitizer: heap-use-after-free core/list/atomic_list.h:120 ..."

  bool isEvidence() const { return !violation.empty() || !sanitizer.empty(); }
  /// The violation, else the sanitizer's line, else nothing.
  const std::string& headline() const { return violation.empty() ? sanitizer : violation; }
};

Finding findingIn(std::string_view text);

}  // namespace sigproof::tool
