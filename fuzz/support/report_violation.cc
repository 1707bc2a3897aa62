#include "fuzz/support/report_violation.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/support/statistics.h"

namespace sigproof::fuzz {

void reportViolation(const Violation& violation, const std::string& module_text) {
  reportFault(violation.property.ids(), violation.text, module_text);
}

void reportFault(const std::string& who, const std::string& text, const std::string& module_text) {
  static std::uint64_t& violations = Statistics::counter("violations");
  ++violations;
  std::fprintf(stderr, "SIGPROOF VIOLATION %s: %s\n", who.c_str(), text.c_str());
  if (!module_text.empty()) {
    std::fprintf(stderr, "SIGPROOF MODULE BEGIN\n%s\nSIGPROOF MODULE END\n", module_text.c_str());
  }
  Statistics::write();
  std::abort();
}

}  // namespace sigproof::fuzz
