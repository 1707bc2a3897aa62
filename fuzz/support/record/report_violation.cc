#include "fuzz/support/record/report_violation.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/support/record/own_record.h"
#include "fuzz/support/record/statistics.h"
#include "reports/record/explain.h"

namespace sigproof::fuzz {

void reportViolation(const Violation& violation, const std::function<std::string()>& module_text) {
  reportFault(violation.property.ids(), violation.text, module_text);
}

void reportFault(const std::string& who, const std::string& text,
                 const std::function<std::string()>& module_text) {
  reports::tellVerdict(who, text);
  static std::uint64_t& violations = Statistics::counter("violations");
  ++violations;
  // Before the module is printed, which may fail.
  recordViolation(who, text);
  if (module_text) {
    const std::string module = reports::explained("the module's text", module_text);
    if (!module.empty()) {
      std::fprintf(stderr, "SIGPROOF MODULE BEGIN\n%s\nSIGPROOF MODULE END\n", module.c_str());
    }
    recordViolation(who, text, module);
  }
  std::abort();
}

}  // namespace sigproof::fuzz
