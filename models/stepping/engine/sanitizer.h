// What AddressSanitizer found, where a program is built with it. Elsewhere: nothing, ever.
//
//   const std::size_t before = sanitizerReportCount();
//   list.iterate(visitor);
//   if (sanitizerReportCount() != before) ...            // it touched what it must not
//
// The programs are built to go on after a report (-fsanitize-recover=address), so that a report in
// a handler is a finding like any other.
#pragma once

#include <cstddef>

namespace sigproof::stepping {

/// Reports so far. Async-signal-safe.
std::size_t sanitizerReportCount() noexcept;

/// The first line of the newest report, "AddressSanitizer: heap-use-after-free on address ...";
/// null if there was none.
const char* newestSanitizerReport() noexcept;

/// Lets AddressSanitizer report every access to these bytes, until allowAccess().
void forbidAccess(const void* begin, std::size_t size_bytes) noexcept;
void allowAccess(const void* begin, std::size_t size_bytes) noexcept;

}  // namespace sigproof::stepping
