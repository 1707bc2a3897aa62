// PreemptPolicy with allocations that fail when they are told to.
//
//   FaultyPolicy::does_next_allocation_fail = true;
//   list.pushFront();                                  // throws std::bad_alloc
#pragma once

#include <new>
#include <utility>

#include "models/preempt_policy.h"

namespace sigproof::fuzz {

struct FaultyPolicy : PreemptPolicy {
  /// Taken back by the allocation that it makes fail.
  static inline constinit bool does_next_allocation_fail = false;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    if (std::exchange(does_next_allocation_fail, false)) {
      preempt();
      throw std::bad_alloc();
    }
    return PreemptPolicy::create<T>(std::forward<Args>(args)...);
  }
};

}  // namespace sigproof::fuzz
