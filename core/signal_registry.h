// The modules of one isolate that listen, and the three things the runtime tells them. No engine in
// it: a memory is an OwnedSpan, an instance is an EntryAttachment.
//
//   SignalRegistry<> registry({.protocol = SignalProtocol::address()});
//   auto result = registry.add(span, {.signal = 16, .terminated = 20}, nullptr);   // owner
//   registry.deliver();          // in a signal handler, or on a watchdog thread
//   registry.renew();            // the budget was renewed
//   registry.dropDead();         // in the GC prologue
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "core/atomic_list.h"
#include "core/owned_span.h"
#include "core/registration_outcome.h"
#include "core/signal_protocol.h"
#include "core/std_policy.h"

namespace sigproof {

/// The byte offsets that a module declared, in its memory. At least one is present; which ones must
/// be is the protocol's to say.
struct WordOffsets {
  std::optional<std::uint64_t> signal;
  std::optional<std::uint64_t> terminated;
};

/// What an embedder ties to an entry (for V8, the weak handle of the instance): destroyed with the
/// entry, on the owner's thread, outside of any list mutation.
class EntryAttachment {
 public:
  virtual ~EntryAttachment() = default;
};

/// One listening instance. Its words were found to lie in the memory before it was made, and stay
/// there, because a memory never shrinks; where the policy looks for misuse, each access makes
/// sure.
template <class Policy = StdPolicy>
class SignalEntry {
 public:
  /// Zeroes the signal word: construction comes after everything that can fail and before
  /// publication (R6, R7).
  SignalEntry(OwnedSpan memory, WordOffsets words,
              std::unique_ptr<EntryAttachment> attachment) noexcept
      : signal_(addressOf(words.signal, memory)),
        terminated_(addressOf(words.terminated, memory)),
        memory_(std::move(memory)),
        attachment_(std::move(attachment)) {
    write(signal_, 0);
  }

  SignalEntry(const SignalEntry&) = delete;
  SignalEntry& operator=(const SignalEntry&) = delete;
  ~SignalEntry() = default;

  /// The engine collected the instance: from now on nothing is written for it (D2).
  /// Async-signal-safe; any thread.
  void markDead() noexcept { is_dead_.store(true, std::memory_order_relaxed); }

  /// Whether the entry is dead under `rule`. Dead is sticky: once its terminated word was seen not
  /// to be 0, the entry stays dead whatever the word says later. Async-signal-safe; any thread.
  bool isDead(LivenessRule rule) noexcept {
    if (is_dead_.load(std::memory_order_relaxed)) return true;
    if (rule != LivenessRule::kTerminatedWordOrCollected || terminated_ == nullptr) return false;
    expectInside(terminated_);
    if (Policy::loadWord(terminated_) == 0) return false;
    markDead();
    return true;
  }

  /// Writes the signal word, if there is one; returns whether there was. Async-signal-safe.
  bool writeSignal(std::uint32_t value) noexcept { return write(signal_, value); }

  /// Writes the terminated word, if there is one; returns whether there was. Async-signal-safe.
  bool writeTerminated(std::uint32_t value) noexcept { return write(terminated_, value); }

 private:
  static std::byte* addressOf(std::optional<std::uint64_t> offset,
                              const OwnedSpan& memory) noexcept {
    return offset ? memory.data() + *offset : nullptr;
  }

  bool write(std::byte* word, std::uint32_t value) noexcept {
    if (word == nullptr) return false;
    expectInside(word);
    Policy::storeWord(word, value);
    return true;
  }

  void expectInside(const std::byte* word) const noexcept {
    if constexpr (Policy::kReportMisuse) {
      if (!memory_.contains(static_cast<std::uint64_t>(word - memory_.data()), kWordSizeBytes)) {
        Policy::reportMisuse(
            "SignalEntry: a memory shrank, and a registered word was in that part");
      }
    }
  }

  // First what a delivery touches, so that it is one cache line with the list's link: half of what
  // a delivery costs is the lines that it waits for.
  //
  // Relaxed throughout: the flag guards nothing but itself.
  typename Policy::template Atomic<bool> is_dead_{false};
  std::byte* const signal_;      // null: the module has none
  std::byte* const terminated_;  // null: the module has none
  OwnedSpan memory_;
  std::unique_ptr<EntryAttachment> attachment_;
};

/// The registry. Properties R3, R4, R6, R7, R9, D1, D2, D4, D5 of the specification.
///
/// Threads: the isolate's thread is the owner. deliver() may be called in any signal handler and on
/// any thread; every other method is the owner's alone and not signal-safe.
template <class Policy = StdPolicy>
class SignalRegistry {
 public:
  using Entry = SignalEntry<Policy>;

  /// A delivery of this many entries takes well under the smallest sensible gap between the soft
  /// and the hard CPU limit (10 ms), and no real program was seen with more than a few instances
  /// (R9).
  static constexpr std::size_t kDefaultMaxEntries = 10'000;

  struct Options {
    SignalProtocol protocol = SignalProtocol::address();
    std::size_t max_entries = kDefaultMaxEntries;
    RegistrationObserver* observer = nullptr;  // not owned; outlives the registry
  };

  /// `entry` is null unless registered; it lives until dropDead(), clear() or the destructor
  /// removes it, and its attachment with it.
  struct Result {
    RegistrationOutcome outcome;
    Entry* entry;
  };

  explicit SignalRegistry(const Options& options) noexcept : options_(options) {}

  const SignalProtocol& protocol() const noexcept { return options_.protocol; }
  const RegistrationCounters& counters() const noexcept { return counters_; }
  /// Entries in the list, those included that are dead but were not dropped yet.
  std::size_t entryCount() const noexcept { return entry_count_; }
  bool isEmpty() const noexcept { return entries_.isEmpty(); }

  /// Checks the words, zeroes the signal word and publishes an entry, or changes no byte anywhere
  /// (R3, R4, R6, R7, R9). Counts the outcome and tells the observer. Never throws. Calls nothing
  /// of the engine's but destructors of dropped entries.
  Result add(OwnedSpan memory, WordOffsets words,
             std::unique_ptr<EntryAttachment> attachment) noexcept {
    Result result{judge(memory, words), nullptr};
    if (result.outcome == RegistrationOutcome::kRegistered) {
      try {
        result.entry = &entries_.pushFront(std::move(memory), words, std::move(attachment));
        ++entry_count_;
      } catch (const std::bad_alloc&) {
        result.outcome = RegistrationOutcome::kOutOfMemory;
      }
    }
    report(result.outcome);
    return result;
  }

  /// Counts an outcome that was found before there were words to check, and tells the observer.
  void report(RegistrationOutcome outcome) noexcept {
    counters_.count(outcome);
    if (options_.observer != nullptr) options_.observer->onRegistration(outcome);
  }

  /// Near the limit: writes kSignalValue to the signal word of every live entry (D1, D2, D5).
  /// Returns how many words it wrote. Async-signal-safe; any thread.
  std::size_t deliver() noexcept { return writeSignals(kSignalValue); }

  /// The budget was renewed: writes 0 to the signal word of every live entry. Returns how many.
  std::size_t renew() noexcept { return writeSignals(0); }

  /// The isolate was killed and has unwound: writes kTerminatedValue to the terminated word of
  /// every live entry, which under the address protocol is dead from then on. Returns how many.
  std::size_t markTerminated() noexcept {
    std::size_t written = 0;
    entries_.iterate([&](Entry& entry) noexcept {
      if (entry.isDead(rule()) || !entry.writeTerminated(kTerminatedValue)) return;
      ++written;
      if (rule() == LivenessRule::kTerminatedWordOrCollected) entry.markDead();
    });
    return written;
  }

  /// Drops the entries that are dead and frees what no reader holds, also when nothing is dropped
  /// (G1). Costs one comparison when the registry is empty and has nothing to free.
  void dropDead() noexcept {
    if (entry_count_ == 0) {
      entries_.reclaim();
      return;
    }
    entries_.filter([&](Entry& entry) noexcept {
      if (!entry.isDead(rule())) return true;
      --entry_count_;
      return false;
    });
  }

  /// Drops every entry, dead or not, for disposal (G3).
  void clear() noexcept {
    entry_count_ = 0;
    entries_.clear();
  }

  /// Waits for deliveries on other threads to end; later ones find nothing. Before destruction
  /// (L4).
  void detachReaders() noexcept { entries_.detachReaders(); }

 private:
  LivenessRule rule() const noexcept { return options_.protocol.liveness_rule; }

  std::size_t writeSignals(std::uint32_t value) noexcept {
    std::size_t written = 0;
    entries_.iterate([&](Entry& entry) noexcept {
      if (!entry.isDead(rule()) && entry.writeSignal(value)) ++written;
    });
    return written;
  }

  RegistrationOutcome judge(const OwnedSpan& memory, const WordOffsets& words) noexcept {
    const auto [signal, terminated] = words;
    if (!signal && !terminated) return RegistrationOutcome::kNotOptedIn;
    if ((!signal && options_.protocol.is_signal_required) ||
        (!terminated && options_.protocol.is_terminated_required)) {
      return RegistrationOutcome::kIncomplete;
    }
    if ((signal && !memory.contains(*signal, kWordSizeBytes)) ||
        (terminated && !memory.contains(*terminated, kWordSizeBytes))) {
      return RegistrationOutcome::kOutOfBounds;
    }
    if (signal && terminated && wordsOverlap(*signal, *terminated)) {
      return RegistrationOutcome::kOverlap;
    }
    if (terminated && rule() == LivenessRule::kTerminatedWordOrCollected &&
        Policy::loadWord(memory.data() + *terminated) != 0) {
      return RegistrationOutcome::kAlreadyTerminated;
    }
    if (entry_count_ >= options_.max_entries) dropDead();
    if (entry_count_ >= options_.max_entries) return RegistrationOutcome::kTooManyEntries;
    return RegistrationOutcome::kRegistered;
  }

  // Both lie inside the memory, so neither difference can wrap.
  static bool wordsOverlap(std::uint64_t a, std::uint64_t b) noexcept {
    return (a < b ? b - a : a - b) < kWordSizeBytes;
  }

  const Options options_;
  RegistrationCounters counters_;
  std::size_t entry_count_ = 0;
  AtomicList<Entry, Policy> entries_;
};

}  // namespace sigproof
