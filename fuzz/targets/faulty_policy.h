// PreemptPolicy with allocations that fail when they are told to, and misuse as a violation.
//
//   FaultyPolicy::failing_allocation = 1;
//   list.pushFront();                                  // throws std::bad_alloc
#pragma once

#include <new>

#include "fuzz/targets/report_violation.h"
#include "models/preempt_policy.h"

namespace sigproof::fuzz {

struct FaultyPolicy : PreemptPolicy {
  /// Which allocation from now on fails, counted from 1; 0: none does, as after that one.
  static inline constinit unsigned failing_allocation = 0;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    if (failing_allocation != 0 && --failing_allocation == 0) {
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
