// PreemptPolicy with allocations that fail on demand, nodes in a NodeArena, and misuse
// as a violation.
//
//   NodeArena::beginRun();
//   FaultyPolicy::failing_allocation = 1;
//   list.pushFront();                                  // throws std::bad_alloc
#pragma once

#include <memory>
#include <new>
#include <utility>

#include "core/testing/preempt_policy.h"
#include "fuzz/support/node_arena.h"
#include "fuzz/support/record/report_violation.h"

namespace sigproof::fuzz {

struct FaultyPolicy : PreemptPolicy {
  /// Which allocation from now on fails, counted from 1; 0: none does, as after that one.
  static inline constinit unsigned failing_allocation = 0;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    const bool is_failing = failing_allocation == 1;
    if (failing_allocation != 0) --failing_allocation;
    if (is_failing) {
      preempt();
      throw std::bad_alloc();
    }
    preempt();
    const auto give_back = [](void* storage) noexcept { NodeArena::giveBack(storage, sizeof(T)); };
    std::unique_ptr<void, decltype(give_back)> storage(NodeArena::take(sizeof(T), alignof(T)));
    T* const object = new (storage.get()) T(std::forward<Args>(args)...);
    storage.release();
    return object;
  }

  template <class T>
  static void destroy(T* object) noexcept {
    preempt();
    object->~T();
    NodeArena::giveBack(object, sizeof(T));
  }

  /// The targets misuse nothing: what core takes for it, core brought about.
  [[noreturn]] static void reportMisuse(const char* message) noexcept {
    reportFault("core's own check", message);
  }
};

}  // namespace sigproof::fuzz
