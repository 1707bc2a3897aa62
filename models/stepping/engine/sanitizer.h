// What AddressSanitizer found, in a program that is built with it. In others it never finds
// anything.
//
//   const std::size_t before = sanitizerReportCount();
//   list.iterate(visitor);
//   if (sanitizerReportCount() != before) ...            // it touched what it must not
//
// The programs are built to continue after a report (-fsanitize-recover=address), so that a report
// inside a handler is a finding like any other.
#pragma once

#include <cstddef>

namespace sigproof::stepping {

/// Returns how many reports there were so far. Async-signal-safe.
std::size_t sanitizerReportCount() noexcept;

/// Returns the first line of the newest report, "AddressSanitizer: heap-use-after-free on address
/// ...", or null if there was none.
const char* newestSanitizerReport() noexcept;

/// Makes AddressSanitizer report every access to these bytes, until allowAccess().
void forbidAccess(const void* begin, std::size_t size_bytes) noexcept;
void allowAccess(const void* begin, std::size_t size_bytes) noexcept;

}  // namespace sigproof::stepping
