// PreemptPolicy with allocations that fail when they are told to, and misuse as a violation.
//
//   FaultyPolicy::does_next_allocation_fail = true;
//   list.pushFront();                                  // throws std::bad_alloc
#pragma once

#include <new>
#include <utility>

#include "fuzz/targets/report_violation.h"
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

  /// The targets misuse nothing: what core takes for it, core brought about.
  [[noreturn]] static void reportMisuse(const char* message) noexcept {
    reportViolation({"core's own check", message});
  }
};

}  // namespace sigproof::fuzz
