#include "models/stepping/engine/sanitizer.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

// AddressSanitizer's own interface; null in a program that is built without it. The sanitizer chose
// the names.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
[[gnu::weak]] void __asan_set_error_report_callback(void (*callback)(const char*));
[[gnu::weak]] void __sanitizer_set_report_fd(void* descriptor);
[[gnu::weak]] void __asan_poison_memory_region(const volatile void* address, std::size_t size);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* address, std::size_t size);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace sigproof::stepping {
namespace {

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): the callback has no argument to
// carry state in.
std::atomic<std::size_t> report_count{0};
std::array<char, 256> newest_report{};
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

// Copies the first line, "==1234==ERROR: AddressSanitizer: heap-use-after-free on address 0x... at
// pc ...", without the parts that change from run to run.
void onReport(const char* text) {
  const std::string_view report(text);
  const std::size_t begin = std::min(report.find("AddressSanitizer:"), report.size());
  const std::size_t end = std::min(report.find(" on ", begin), report.find('\n', begin));
  const std::string_view line = report.substr(begin, std::min(end, report.size()) - begin);
  const std::size_t length = std::min(line.size(), newest_report.size() - 1);
  std::memcpy(newest_report.data(), line.data(), length);
  newest_report[length] = '\0';
  ++report_count;
}

bool watchReports() noexcept {
  if (__asan_set_error_report_callback == nullptr) return false;
  __asan_set_error_report_callback(&onReport);
  // Discard the report's text: the record has a better place, and a canary makes hundreds.
  const std::intptr_t nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the sanitizer's interface.
  if (nowhere >= 0) __sanitizer_set_report_fd(reinterpret_cast<void*>(nowhere));
  return true;
}
const bool kIsWatching = watchReports();

}  // namespace

std::size_t sanitizerReportCount() noexcept { return report_count; }

const char* newestSanitizerReport() noexcept {
  return report_count == 0 ? nullptr : newest_report.data();
}

void forbidAccess(const void* begin, std::size_t size_bytes) noexcept {
  if (kIsWatching) __asan_poison_memory_region(begin, size_bytes);
}

void allowAccess(const void* begin, std::size_t size_bytes) noexcept {
  if (kIsWatching) __asan_unpoison_memory_region(begin, size_bytes);
}

}  // namespace sigproof::stepping
