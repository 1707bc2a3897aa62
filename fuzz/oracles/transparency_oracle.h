// Judges what a program noticed of core: zeroed signal words at most (T1-T6, T9).
//
//   if (const auto violation = judgeLogs(without, with)) reportViolation(*violation);
//   if (const auto violation = judgeMemory(without, with, signal_addresses)) ...
//
// The known differences of core/v8/README.md are not excused here. The generators make none of
// them: no nesting that comes near the stack's limit (T5), no termination (T4), no context without
// core (T8).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// One thing that a program noticed. `kind` says which property speaks of it.
struct Notice {
  enum class Kind : std::uint8_t {
    kNoted,       ///< what the program itself noted: values, errors, reads, order
    kDescriptor,  ///< an object that is reachable from `WebAssembly`
    kSettlement,  ///< a promise, and the tick in which it settled
    kRejection,   ///< unhandled, or handled late
    kEnd,         ///< how a script ended
  };
  Kind kind;
  std::string text;

  bool operator==(const Notice&) const = default;
};

/// Both must be the same, line by line.
std::optional<Violation> judgeLogs(std::span<const Notice> without, std::span<const Notice> with);

/// The bytes of one memory without core and with it. Where they differ, a signal word at one of
/// `addresses` was zeroed.
std::optional<Violation> judgeMemory(std::span<const std::uint8_t> without,
                                     std::span<const std::uint8_t> with,
                                     const std::vector<std::uint64_t>& addresses);

}  // namespace sigproof::fuzz
