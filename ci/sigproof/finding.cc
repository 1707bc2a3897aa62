#include "ci/sigproof/finding.h"

#include "ci/sigproof/text.h"
#include "reports/explain.h"

namespace sigproof::tool {
namespace {

constexpr std::string_view kModuleBegin = "SIGPROOF MODULE BEGIN";
constexpr std::string_view kModuleEnd = "SIGPROOF MODULE END";

std::string after(const std::string& line, std::string_view part) {
  const std::size_t found = line.find(part);
  return found == std::string::npos ? std::string() : line.substr(found + part.size());
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
  finding.property = finding.violation.substr(0, finding.violation.find_first_of(": "));
  finding.module_text = linesBetween(text, kModuleBegin, kModuleEnd);
  finding.sanitizer = sanitizerLine(text);
  return finding;
}

}  // namespace sigproof::tool
