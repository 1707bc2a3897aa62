#include "fuzz/targets/report_violation.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/targets/statistics.h"
#include "reports/explain.h"

namespace sigproof::fuzz {

void reportViolation(const Violation& violation, const std::function<std::string()>& module_text) {
  reports::tellVerdict(violation.property, violation.text);
  static std::uint64_t& violations = Statistics::counter("violations");
  ++violations;
  Statistics::write();
  if (module_text) {
    const std::string text = reports::explained("the module's text", module_text);
    if (!text.empty()) {
      std::fprintf(stderr, "SIGPROOF MODULE BEGIN\n%s\nSIGPROOF MODULE END\n", text.c_str());
    }
  }
  std::abort();
}

}  // namespace sigproof::fuzz
