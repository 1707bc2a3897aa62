#include "ci/sigproof/checks/crash_finding.h"

#include <algorithm>

#include "ci/sigproof/process/text.h"
#include "reports/record/explain.h"

namespace sigproof::tool {
namespace {

constexpr std::string_view kModuleBegin = "SIGPROOF MODULE BEGIN";
constexpr std::string_view kModuleEnd = "SIGPROOF MODULE END";

std::string after(const std::string& line, std::string_view part) {
  const std::size_t found = line.find(part);
  return found == std::string::npos ? std::string() : line.substr(found + part.size());
}

/// "R4: ...", "R6/D1: ...".
std::vector<reports::Property> propertiesAtStart(std::string_view violation) {
  std::vector<reports::Property> properties;
  std::string_view ids = violation.substr(0, violation.find(':'));
  while (!ids.empty()) {
    const std::size_t slash = std::min(ids.find('/'), ids.size());
    const auto property = reports::parseProperty(ids.substr(0, slash));
    if (!property) return {};
    properties.push_back(*property);
    ids.remove_prefix(std::min(slash + 1, ids.size()));
  }
  return properties;
}

std::string linesBetween(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t begin_line = text.find(begin);
  if (begin_line == std::string_view::npos) return {};
  const std::size_t start = text.find('\n', begin_line);
  if (start == std::string_view::npos) return {};
  // Without an end the child died while it printed: what came is still worth reading.
  const std::size_t stop = text.find(end, start);
  return std::string(
      text.substr(start + 1, stop == std::string_view::npos ? stop : stop - start - 1));
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
  finding.properties = propertiesAtStart(finding.violation);
  finding.module_text = linesBetween(text, kModuleBegin, kModuleEnd);
  finding.sanitizer = sanitizerLine(text);
  return finding;
}

}  // namespace sigproof::tool
