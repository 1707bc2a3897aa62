// How much memory this process has used.
//
//   record.peak_memory_kib = peakMemoryKib();
#pragma once

#include <cstdint>

namespace sigproof::reports {

/// Returns the largest resident set so far, in KiB: of this process, or of a child that was waited
/// for, if that was larger. Any thread; not signal-safe.
std::uint64_t peakMemoryKib();

}  // namespace sigproof::reports
