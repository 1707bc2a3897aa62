#include "ci/sigproof/checks/crash_finding.h"

#include "ci/sigproof/process/text.h"
#include "fuzz/spec/violation.h"
#include "reports/record/explain.h"

namespace sigproof::tool {
namespace {

std::string after(const std::string& line, std::string_view part) {
  const std::size_t found = line.find(part);
  return found == std::string::npos ? std::string() : line.substr(found + part.size());
}

std::string sanitizerLine(std::string_view text) {
  // The summary names the place. libFuzzer writes one too, about itself: not a sanitizer's.
  std::string summary = after(lineWith(text, "SUMMARY: "), "SUMMARY: ");
  if (!summary.empty() && !summary.starts_with("libFuzzer")) return summary;
  for (const std::string_view mark : {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                                      "WARNING: ThreadSanitizer", ": runtime error: "}) {
    std::string line = lineWith(text, mark);
    if (!line.empty()) return line;
  }
  return {};
}

}  // namespace

Finding findingIn(std::string_view text) {
  Finding finding;
  finding.violation = after(lineWith(text, reports::kViolationMark), reports::kViolationMark);
  finding.properties =
      fuzz::propertiesOfIds(finding.violation.substr(0, finding.violation.find(':')));
  finding.sanitizer = sanitizerLine(text);
  return finding;
}

}  // namespace sigproof::tool
