// A policy that runs a test's handler between any two atomic steps of `core`, on the same thread,
// as a signal handler would run.
//
//   AtomicList<Element, PreemptPolicy> list;
//   auto handler = [&]() noexcept { list.iterate([&](Element& e) noexcept { see(e); }); };
//   const PreemptPolicy::ScopedHook hook(handler);     // from here to the end of the block
//   list.filter(keep);                                 // `handler` runs before each of its steps
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "core/list/std_policy.h"

namespace sigproof {

/// Like StdPolicy, but calls the thread's hook before each atomic step, each read and write of a
/// word, each allocation, each release and each yield. Always looks for misuse.
struct PreemptPolicy {
  static constexpr bool kReportMisuse = true;

  /// Installs a hook for the calling thread while it lives; an inner one replaces an outer one. The
  /// hook's own steps call it again up to `max_depth` deep: at 1 nothing preempts the handler, at 2
  /// a second handler preempts the first, and so on. `hook` outlives this object and must not
  /// throw.
  class ScopedHook {
   public:
    template <class Hook>
      requires std::is_nothrow_invocable_v<Hook&>
    explicit ScopedHook(Hook& hook, unsigned max_depth = 1) noexcept : outer_(current_) {
      current_ = {[](void* context) noexcept { (*static_cast<Hook*>(context))(); }, &hook,
                  max_depth, 0};
    }
    ~ScopedHook() { current_ = outer_; }
    ScopedHook(const ScopedHook&) = delete;
    ScopedHook& operator=(const ScopedHook&) = delete;

   private:
    struct State {
      void (*function)(void* context) noexcept;
      void* context;
      unsigned max_depth;
      unsigned depth;
    };

    friend struct PreemptPolicy;
    static inline constinit thread_local State current_{};

    State outer_;
  };

  template <class T>
  class Atomic {
   public:
    static constexpr bool kIsAlwaysLockFree = StdPolicy::Atomic<T>::kIsAlwaysLockFree;

    explicit constexpr Atomic(T initial) noexcept : value_(initial) {}

    T load(std::memory_order order) const noexcept {
      preempt();
      return value_.load(order);
    }
    void store(T value, std::memory_order order) noexcept {
      preempt();
      value_.store(value, order);
    }
    T fetchAdd(T operand, std::memory_order order) noexcept {
      preempt();
      return value_.fetchAdd(operand, order);
    }
    T fetchSub(T operand, std::memory_order order) noexcept {
      preempt();
      return value_.fetchSub(operand, order);
    }
    T fetchOr(T operand, std::memory_order order) noexcept {
      preempt();
      return value_.fetchOr(operand, order);
    }
    bool compareExchange(T& expected, T desired, std::memory_order order) noexcept {
      preempt();
      return value_.compareExchange(expected, desired, order);
    }
    T loadOwned() const noexcept {
      preempt();
      return value_.loadOwned();
    }
    void storeOwned(T value) noexcept {
      preempt();
      value_.storeOwned(value);
    }

   private:
    StdPolicy::Atomic<T> value_;
  };

  template <class T, class... Args>
  static T* create(Args&&... args) {
    preempt();
    return StdPolicy::create<T>(std::forward<Args>(args)...);
  }

  template <class T>
  static void destroy(T* object) noexcept {
    preempt();
    StdPolicy::destroy(object);
  }

  static std::uint32_t loadWord(const std::byte* address) noexcept {
    preempt();
    return StdPolicy::loadWord(address);
  }

  static void storeWord(std::byte* address, std::uint32_t value) noexcept {
    preempt();
    StdPolicy::storeWord(address, value);
  }

  static void yield() noexcept {
    preempt();
    StdPolicy::yield();
  }

  [[noreturn]] static void reportMisuse(const char* message) noexcept {
    StdPolicy::reportMisuse(message);
  }

  /// Runs the thread's hook, if there is one that may run now. Tests may call it where they want a
  /// preemption, too.
  static void preempt() noexcept {
    auto& current = ScopedHook::current_;
    if (current.function == nullptr || current.depth >= current.max_depth) return;
    ++current.depth;
    current.function(current.context);
    --current.depth;
  }
};

}  // namespace sigproof
