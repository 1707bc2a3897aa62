// The steps of an operation of core at which a handler runs.
//
//   const StrikeSchedule schedule = makeStrikeSchedule(source);
//   if (schedule.strikesAt(step++)) runHandler();
#pragma once

#include <cstddef>
#include <cstdint>

#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

/// A step is each atomic step, each read or write of a word, each allocation and release, and each
/// call of a predicate, constructor or destructor.
struct StrikeSchedule {
  std::uint64_t mask = 0;    ///< bit i % 64: at the i-th step from `first_step` on
  unsigned first_step = 0;   ///< what comes before it is not struck
  unsigned nesting = 1;      ///< handlers that may stand on top of each other
  unsigned max_strikes = 0;  ///< what comes after these is not struck

  bool strikesAt(unsigned step) const noexcept {
    return step >= first_step && ((mask >> ((step - first_step) % 64)) & 1) != 0;
  }
};

inline constexpr std::size_t kStrikeScheduleBytes = 11;

/// None, one, every or some of each 64 steps, about equally often. Takes at most
/// kStrikeScheduleBytes.
StrikeSchedule makeStrikeSchedule(ByteSource& source);

}  // namespace sigproof::fuzz
