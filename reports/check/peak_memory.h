// How much memory this process has needed.
//
//   record.peak_memory_kib = peakMemoryKib();
#pragma once

#include <cstdint>

namespace sigproof::reports {

/// The largest resident set so far, in KiB: of this process, or of a child that has ended and was
/// waited for, if that one's was larger. Any thread; not signal-safe.
std::uint64_t peakMemoryKib();

}  // namespace sigproof::reports
