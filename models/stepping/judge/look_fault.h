// What can go wrong in a handler's call of the production code before there is a state to judge.
#pragma once

#include <cstdint>
#include <string_view>

namespace sigproof::stepping {

enum class LookFault : std::uint8_t {
  kNone,
  kDeadElement,       ///< It visited an element that is destroyed or freed.
  kEndless,           ///< It visited more elements than were ever made.
  kCrashed,           ///< It died of SIGSEGV or SIGBUS.
  kErrnoChanged,      ///< It changed errno.
  kEmptinessDiffers,  ///< isEmpty() contradicted iterate().
  kSanitizerReport,   ///< AddressSanitizer reported one of its accesses.
};

constexpr std::string_view describe(LookFault fault) noexcept {
  switch (fault) {
    case LookFault::kNone:
      return "nothing wrong";
    case LookFault::kDeadElement:
      return "an element that is destroyed or freed";
    case LookFault::kEndless:
      return "more elements than were ever made";
    case LookFault::kCrashed:
      return "a crash: the walk followed a pointer of freed memory";
    case LookFault::kErrnoChanged:
      return "errno changed";
    case LookFault::kEmptinessDiffers:
      return "isEmpty() contradicting iterate()";
    case LookFault::kSanitizerReport:
      return "an access that AddressSanitizer reports";
  }
  return "an unknown fault";
}

}  // namespace sigproof::stepping
