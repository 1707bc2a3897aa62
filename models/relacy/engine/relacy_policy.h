// The policy under which Relacy runs `core`. Every atomic variable is one of Relacy's. Memory comes
// from a heap whose reuse of addresses is part of the search. The words of a module's memory are
// shared variables that Relacy sees.
//
//   sigproof::AtomicList<Element, sigproof::models::RelacyPolicy> list;   // in a rl::test_suite
//
// ModelHeap::setLifetime() chooses the lifetime of the elements' addresses, a parameter of the
// search.
//
// The header under test is the unmodified production header. A failure ends the execution and never
// returns to the code that failed.
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "models/relacy/engine/atomic_steps.h"
#include "models/relacy/engine/delayed_store.h"
#include "models/relacy/engine/model_heap.h"
#include "models/relacy/engine/model_word.h"
#include "models/relacy/engine/relacy_bridge.h"

namespace sigproof::models {

/// Says which variables no thread of the running model stores to once the threads have started.
/// Relacy doesn't switch threads before a load of such a variable. Every order of that load and
/// another thread's step has the same result, so trying all of them would only make the search
/// longer. A store to such a variable fails the model. Handlers preempt there as anywhere.
///
/// If the links are constant, the owner never looks for readers. A reader's announcement then only
/// orders its thread after the readers that left before. Partial-order reduction: running the
/// announcement first imposes the weakest ordering, so no behaviour is lost. So Relacy doesn't
/// switch threads before it, either.
/// but order its thread after those that left before. Nor are threads switched before it, then: as
/// early as it can be it orders least, so that no execution is kept from being seen.
struct ConstantVariables {
  static inline bool are_links = false;    ///< the list's pointers
  static inline bool are_watched = false;  ///< `watched_`, which says whether an entry is dead

  template <class T>
  static constexpr bool kIsWatched = std::is_same_v<T, std::byte*>;
  template <class T>
  static constexpr bool kIsLink = std::is_pointer_v<T> && !kIsWatched<T>;

  template <class T>
  static bool includes() noexcept {
    return (kIsLink<T> && are_links) || (kIsWatched<T> && are_watched);
  }
};

/// `kIsDebug` says whether core looks for misuse, as it does in debug builds.
template <bool kIsDebug>
struct BasicRelacyPolicy {
  static constexpr bool kReportMisuse = kIsDebug;

  template <class T>
  class Atomic {
   public:
    static constexpr bool kIsAlwaysLockFree = std::atomic<T>::is_always_lock_free;

    explicit Atomic(T initial, Location at = Location::current()) noexcept {
      const rl::preemption_disabler no_switch(rl::ctx());
      value_.store(initial, rl::mo_relaxed, debugInfo(at));
    }

    T load(std::memory_order order, Location at = Location::current()) const noexcept {
      beginStep();
      if (ConstantVariables::includes<T>()) {
        const rl::preemption_disabler no_switch(rl::ctx());
        AtomicSteps::enter(StepKind::kLoad, order, at);
        return value_.load(relacyOrder(order), debugInfo(at));
      }
      return value_.load(relacyOrder(AtomicSteps::enter(StepKind::kLoad, order, at)),
                         debugInfo(at));
    }
    void store(T value, std::memory_order order, Location at = Location::current()) noexcept {
      beginStep();
      require(!ConstantVariables::includes<T>(), "the model takes this variable for constant", at);
      value_.store(value, relacyOrder(AtomicSteps::enter(StepKind::kStore, order, at)),
                   debugInfo(at));
      DelayedStore::make();
    }
    T fetchAdd(T operand, std::memory_order order, Location at = Location::current()) noexcept {
      beginStep();
      if (std::is_same_v<T, std::uint32_t> && ConstantVariables::are_links) {
        const rl::preemption_disabler no_switch(rl::ctx());
        AtomicSteps::enter(StepKind::kRmw, order, at);
        return value_.fetch_add(operand, relacyOrder(order), debugInfo(at));
      }
      return value_.fetch_add(operand, relacyOrder(AtomicSteps::enter(StepKind::kRmw, order, at)),
                              debugInfo(at));
    }
    T fetchSub(T operand, std::memory_order order, Location at = Location::current()) noexcept {
      beginStep();
      return value_.fetch_sub(operand, relacyOrder(AtomicSteps::enter(StepKind::kRmw, order, at)),
                              debugInfo(at));
    }
    T fetchOr(T operand, std::memory_order order, Location at = Location::current()) noexcept {
      beginStep();
      return value_.fetch_or(operand, relacyOrder(AtomicSteps::enter(StepKind::kRmw, order, at)),
                             debugInfo(at));
    }
    bool compareExchange(T& expected, T desired, std::memory_order order,
                         Location at = Location::current()) noexcept {
      beginStep();
      return value_.compare_exchange_strong(
          expected, desired, relacyOrder(AtomicSteps::enter(StepKind::kRmw, order, at)),
          debugInfo(at));
    }

    // No other thread can observe when these two happen, so Relacy doesn't switch threads at them.
    // A handler on this thread may still preempt.
    T loadOwned(Location at = Location::current()) const noexcept {
      beginStep();
      const rl::preemption_disabler no_switch(rl::ctx());
      return value_.load(rl::mo_relaxed, debugInfo(at));
    }
    void storeOwned(T value, Location at = Location::current()) noexcept {
      if constexpr (ConstantVariables::kIsLink<T>) {
        if (DelayedStore::put(this, &makeDelayed, value)) return;
      }
      storeNow(value, at);
    }

   private:
    void storeNow(T value, const Location& at) noexcept {
      beginStep();
      const rl::preemption_disabler no_switch(rl::ctx());
      value_.store(value, rl::mo_relaxed, debugInfo(at));
    }
    static void makeDelayed(void* variable, void* value) noexcept {
      static_cast<Atomic*>(variable)->storeNow(static_cast<T>(value), Location::current());
    }

    rl::atomic<T> value_;
  };

  /// Uses the models' heap, which detects leaks and double frees. Relacy's variables detect use
  /// after free, whether the address is reused or not.
  template <class T, class... Args>
  static T* create(Args&&... args) {
    beginStep();
    void* const memory = ModelHeap::allocate(sizeof(T));
    try {
      return ::new (memory) T(std::forward<Args>(args)...);
    } catch (...) {
      ModelHeap::free(memory);
      throw;
    }
  }

  template <class T>
  static void destroy(T* object, Location at = Location::current()) noexcept {
    beginStep();
    object->~T();
    beginStep();
    ModelHeap::free(object, at);
  }

  static std::uint32_t loadWord(const std::byte* address,
                                Location at = Location::current()) noexcept {
    return ModelWord::at(address).load(at);
  }
  static void storeWord(std::byte* address, std::uint32_t value,
                        Location at = Location::current()) noexcept {
    ModelWord::at(address).store(value, at);
  }

  static void yield(Location at = Location::current()) noexcept {
    rl::ctx().yield(1, debugInfo(at));
  }

  [[noreturn]] static void reportMisuse(const char* message) noexcept { fail(message); }
};

/// The production code, without the steps that only a debug build makes.
using RelacyPolicy = BasicRelacyPolicy<false>;
/// The code of a debug build. What it reports as misuse fails the model.
using DebugRelacyPolicy = BasicRelacyPolicy<true>;

}  // namespace sigproof::models
