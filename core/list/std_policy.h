// The production policy: how `core` does atomic steps, gets memory and writes words.
//
// Every concurrent class of `core` takes its policy as a template parameter. A model checker or a
// test can so put itself between the code and the machine, without a copy of the code:
//
//   sigproof::AtomicList<Entry> list;                     // production, StdPolicy
//   sigproof::AtomicList<Entry, PreemptPolicy> checked;   // a handler before every atomic step
//
// A policy offers what StdPolicy offers: Atomic<T>, create/destroy, loadWord/storeWord, yield and
// reportMisuse. The words' rules D1 and D4 are those of core/SPECIFICATION.md.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sigproof {

struct StdPolicy {
  /// True where `core` looks for a programming error (a list changed from its own predicate or from
  /// a handler) and reports it. As with assert(), every file of a program must agree on NDEBUG.
  /// SIGPROOF_REPORT_MISUSE (0 or 1) overrides NDEBUG: the installed package sets it to the value
  /// that its library was built with.
#ifdef SIGPROOF_REPORT_MISUSE
  static constexpr bool kReportMisuse = SIGPROOF_REPORT_MISUSE;
#elif defined(NDEBUG)
  static constexpr bool kReportMisuse = false;
#else
  static constexpr bool kReportMisuse = true;
#endif

  /// A lock-free atomic variable. Every method is async-signal-safe and may be called on any thread
  /// unless it says otherwise.
  template <class T>
  class Atomic {
   public:
    static constexpr bool kIsAlwaysLockFree = std::atomic<T>::is_always_lock_free;

    explicit constexpr Atomic(T initial) noexcept : value_(initial) {}

    T load(std::memory_order order) const noexcept { return value_.load(order); }
    void store(T value, std::memory_order order) noexcept { value_.store(value, order); }
    T fetchAdd(T operand, std::memory_order order) noexcept {
      return value_.fetch_add(operand, order);
    }
    T fetchSub(T operand, std::memory_order order) noexcept {
      return value_.fetch_sub(operand, order);
    }
    T fetchOr(T operand, std::memory_order order) noexcept {
      return value_.fetch_or(operand, order);
    }
    /// Writes `desired` if the value is `expected`, and returns whether it did. Otherwise loads the
    /// value into `expected`; `order` then has its meaning for a load. Never fails spuriously.
    bool compareExchange(T& expected, T desired, std::memory_order order) noexcept {
      return value_.compare_exchange_strong(expected, desired, order);
    }

    /// Reads a variable that only the calling thread writes. A model checker need not interleave
    /// here, because no other thread can change the value.
    T loadOwned() const noexcept { return value_.load(std::memory_order_relaxed); }

    /// Writes a variable that no other thread can reach yet, or that only this thread reads.
    void storeOwned(T value) noexcept { value_.store(value, std::memory_order_relaxed); }

   private:
    std::atomic<T> value_;
  };

  /// Makes a T. Throws what `operator new` or the constructor throws. Not signal-safe.
  template <class T, class... Args>
  static T* create(Args&&... args) {
    return new T(std::forward<Args>(args)...);
  }

  /// Destroys and frees what create() made. Not signal-safe.
  template <class T>
  static void destroy(T* object) noexcept {
    delete object;
  }

  /// Reads the 4-byte little-endian word at `address`. Async-signal-safe. An aligned word is read
  /// whole. An unaligned one is read byte by byte, so a concurrent write may be seen in part.
  static std::uint32_t loadWord(const std::byte* address) noexcept {
    if (isWordAligned(address)) [[likely]] {
      return littleEndian(std::atomic_ref(*asWord(address)).load(std::memory_order_relaxed));
    }
    std::uint32_t value = 0;
    for (unsigned i = 0; i < sizeof value; ++i) {
      value |= std::uint32_t{std::atomic_ref(*asByte(address + i)).load(std::memory_order_relaxed)}
               << (8 * i);
    }
    return value;
  }

  /// Writes the 4-byte little-endian word at `address` and no other byte (D1). Async-signal-safe.
  /// An aligned word is one 4-byte atomic store. An unaligned one is four byte stores, which
  /// another thread may see in part (D4).
  ///
  /// Relaxed is enough. The publication of an entry orders the word against the entry (R6), and a
  /// WebAssembly module reads the word with a plain load anyway.
  static void storeWord(std::byte* address, std::uint32_t value) noexcept {
    if (isWordAligned(address)) [[likely]] {
      std::atomic_ref(*asWord(address)).store(littleEndian(value), std::memory_order_relaxed);
      return;
    }
    for (unsigned i = 0; i < sizeof value; ++i) {
      std::atomic_ref(*asByte(address + i))
          .store(static_cast<std::uint8_t>(value >> (8 * i)), std::memory_order_relaxed);
    }
  }

  /// Lets other threads run. Called while waiting for readers; not signal-safe.
  static void yield() noexcept;

  /// Reports a programming error in a signal-safe way (one write(2) to standard error) and aborts.
  [[noreturn]] static void reportMisuse(const char* message) noexcept;

 private:
  static_assert(std::atomic_ref<std::uint32_t>::is_always_lock_free);
  static_assert(std::atomic_ref<std::uint8_t>::is_always_lock_free);

  static bool isWordAligned(const std::byte* address) noexcept {
    return reinterpret_cast<std::uintptr_t>(address) %
               std::atomic_ref<std::uint32_t>::required_alignment ==
           0;
  }
  // std::atomic_ref of libstdc++ 12 takes no const object. Nothing is written through the pointer.
  static std::uint32_t* asWord(const std::byte* address) noexcept {
    return reinterpret_cast<std::uint32_t*>(const_cast<std::byte*>(address));
  }
  static std::uint8_t* asByte(const std::byte* address) noexcept {
    return reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(address));
  }
  static constexpr std::uint32_t littleEndian(std::uint32_t value) noexcept {
    return std::endian::native == std::endian::little ? value : __builtin_bswap32(value);
  }
};

}  // namespace sigproof
