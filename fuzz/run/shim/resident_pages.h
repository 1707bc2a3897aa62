// Which pages of a range of memory the kernel has, so that those that nobody ever touched need not
// be read: reading a page makes it resident, and a memory of 4 GiB has a million.
//
//   ResidentPages pages;
//   if (const auto difference = pages.differenceFrom(expected, bytes)) ...
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fuzz/oracles/registration_reference.h"

namespace sigproof::fuzz {

/// A byte that is not what it should be.
struct MemoryDifference {
  std::uint64_t address;
  std::uint8_t expected;
  std::uint8_t seen;
};

/// Keeps its buffers from one use to the next. Not thread-safe.
class ResidentPages {
 public:
  /// The first byte of `seen`, which begins at a page's begin, that is not as in `expected`, a
  /// memory that is 0 outside of its pieces. Every resident page is compared whole. The others were
  /// never touched and read as 0, unless the machine swapped them out, which no fuzzing machine
  /// should.
  std::optional<MemoryDifference> differenceFrom(const ReferenceMemory& expected,
                                                 std::span<const std::uint8_t> seen);

 private:
  bool isResident(std::uint64_t page) const { return (is_resident_[page] & 1) != 0; }

  std::vector<unsigned char> is_resident_;
};

}  // namespace sigproof::fuzz
