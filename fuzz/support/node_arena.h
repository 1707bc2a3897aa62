// Where the targets' lists keep their nodes: the same run has them at the same addresses, by which
// core orders some. What was freed stays poisoned until the next run.
//
//   NodeArena::beginRun();
//   void* storage = NodeArena::take(sizeof(Node), alignof(Node));
//   NodeArena::giveBack(storage, sizeof(Node));     // an access is AddressSanitizer's from here on
#pragma once

#include <cstddef>

namespace sigproof::fuzz {

class NodeArena {
 public:
  /// More than the nodes of any run.
  static constexpr std::size_t kBytes = std::size_t{1} << 18;

  /// Forgets the nodes of the run before. Precondition: none of them is in use.
  static void beginRun() noexcept;

  /// `size` bytes with poisoned ones around them. Ends the process where there are none left.
  /// Counts as an allocation (AllocationWatch).
  static void* take(std::size_t size, std::size_t alignment) noexcept;
  /// Counts as a release.
  static void giveBack(void* storage, std::size_t size) noexcept;
};

}  // namespace sigproof::fuzz
