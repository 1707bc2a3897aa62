// Where handlers strike during an operation of the code under test.
//
//   const StrikeSchedule schedule = makeStrikeSchedule(source);
//   if (schedule.strikesAt(step++)) runHandler();
#pragma once

#include <cstdint>

#include "fuzz/generate/byte_source.h"

namespace sigproof::fuzz {

/// A step is each atomic step, each read or write of a word, each allocation and release, and each
/// call of a predicate, constructor or destructor.
struct StrikeSchedule {
  std::uint64_t mask = 0;    ///< bit i % 64: at step i
  unsigned nesting = 1;      ///< handlers that may stand on top of each other
  unsigned max_strikes = 0;  ///< what comes after these is not struck

  bool strikesAt(unsigned step) const noexcept { return ((mask >> (step % 64)) & 1) != 0; }
};

/// None, one, every or some of the steps, about equally often.
StrikeSchedule makeStrikeSchedule(ByteSource& source);

}  // namespace sigproof::fuzz
