// The modules of one isolate that listen, and the three things the runtime tells them. No engine in
// it: a memory is an OwnedSpan, an instance is an EntryAttachment.
//
//   SignalRegistry<> registry({.protocol = SignalProtocol::address()});
//   auto result = registry.add(span, {.signal = 16, .terminated = 20}, nullptr);   // owner
//   const auto generation = registry.generation();            // when the timer is armed
//   registry.deliver(generation);    // in a signal handler, or on a watchdog thread
//   registry.renew();                // the budget was renewed; a late signal now writes nothing
//   registry.dropDead();             // in the GC prologue
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/list/atomic_list.h"
#include "core/list/std_policy.h"
#include "core/registry/owned_span.h"
#include "core/registry/registration_outcome.h"
#include "core/registry/signal_protocol.h"

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
  using Flag = typename Policy::template Atomic<bool>;

  /// Zeroes the signal word: construction comes after everything that can fail and before
  /// publication (R6, R7). `has_newly_dead` is raised whenever the entry is marked dead, and
  /// outlives it.
  SignalEntry(OwnedSpan memory, WordOffsets words, std::unique_ptr<EntryAttachment> attachment,
              Flag& has_newly_dead) noexcept
      : watched_(addressOf(words.terminated, memory)),
        signal_(addressOf(words.signal, memory)),
        terminated_(watched_.loadOwned()),
        memory_(std::move(memory)),
        attachment_(std::move(attachment)),
        has_newly_dead_(has_newly_dead) {
    write(signal_, 0);
  }

  /// What an entry needs to follow its memory to another place.
  struct Move {
    SignalEntry* from;
    OwnedSpan to;
    std::uint32_t signal;              // what the signal word must hold there
    SignalEntry* successor = nullptr;  // set by the successor's constructor
  };

  /// The successor of `old`: the same offsets in `move.to`, which holds them; the same attachment,
  /// taken from `old`; dead if `old` is known to be. No byte but the signal word's is written, for
  /// the engine copied them.
  SignalEntry(SignalEntry& old, Move& move) noexcept
      : watched_(old.movedWord(old.terminated_, move.to)),
        signal_(old.movedWord(old.signal_, move.to)),
        terminated_(watched_.loadOwned()),
        memory_(std::move(move.to)),
        attachment_(std::move(old.attachment_)),
        has_newly_dead_(old.has_newly_dead_) {
    if (old.watched_.load(std::memory_order_relaxed) == old.deadMark()) {
      watched_.storeOwned(deadMark());
    } else {
      write(signal_, move.signal);
    }
    move.successor = this;
  }

  SignalEntry(const SignalEntry&) = delete;
  SignalEntry& operator=(const SignalEntry&) = delete;
  ~SignalEntry() = default;

  /// The memory that the words are in. Owner only.
  const OwnedSpan& memory() const noexcept { return memory_; }

  /// What the embedder tied to it, or null. Owner only.
  EntryAttachment* attachment() const noexcept { return attachment_.get(); }

  /// Where its terminated word is, or null if it has none. Owner only.
  const std::byte* terminatedWord() const noexcept { return terminated_; }

  /// Whether the words lie inside `memory` as they do in the entry's own (R3). Owner only.
  bool fitsInto(const OwnedSpan& memory) const noexcept {
    return isInside(signal_, memory) && isInside(terminated_, memory);
  }

  /// The engine collected the instance: from now on nothing is written for it (D2).
  /// Async-signal-safe; any thread.
  void markDead() noexcept {
    watched_.store(deadMark(), std::memory_order_relaxed);
    // Release: who finds the flag raised finds the mark.
    has_newly_dead_.store(true, std::memory_order_release);
  }

  /// Whether the entry is dead under `rule`. Dead is sticky: once its terminated word was seen not
  /// to be 0, the entry stays dead whatever the word says later. Async-signal-safe; any thread.
  bool isDead(LivenessRule rule) noexcept {
    const std::byte* watched = watched_.load(std::memory_order_relaxed);
    if (watched == deadMark()) [[unlikely]] {
      return true;
    }
    if (rule != LivenessRule::kTerminatedWordOrCollected || watched == nullptr) return false;
    expectInside(watched);
    if (Policy::loadWord(watched) == 0) [[likely]] {
      return false;
    }
    markDead();
    return true;
  }

  /// Writes the signal word, if there is one; returns whether there was. Async-signal-safe.
  bool writeSignal(std::uint32_t value) noexcept { return write(signal_, value); }

  /// Writes the terminated word, if there is one; returns whether there was. Async-signal-safe.
  bool writeTerminated(std::uint32_t value) noexcept { return write(terminated_, value); }

 private:
  // No word lies in the entry itself.
  std::byte* deadMark() noexcept { return reinterpret_cast<std::byte*>(this); }

  static std::byte* addressOf(std::optional<std::uint64_t> offset,
                              const OwnedSpan& memory) noexcept {
    return offset ? memory.data() + *offset : nullptr;
  }

  std::uint64_t offsetOf(const std::byte* word) const noexcept {
    return static_cast<std::uint64_t>(word - memory_.data());
  }

  std::byte* movedWord(const std::byte* word, const OwnedSpan& memory) const noexcept {
    return word == nullptr ? nullptr : memory.data() + offsetOf(word);
  }

  bool isInside(const std::byte* word, const OwnedSpan& memory) const noexcept {
    return word == nullptr || memory.contains(offsetOf(word), kWordSizeBytes);
  }

  bool write(std::byte* word, std::uint32_t value) noexcept {
    if (word == nullptr) return false;
    expectInside(word);
    Policy::storeWord(word, value);
    return true;
  }

  void expectInside(const std::byte* word) const noexcept {
    if constexpr (Policy::kReportMisuse) {
      if (!isInside(word, memory_)) {
        Policy::reportMisuse(
            "SignalEntry: a memory shrank, and a registered word was in that part");
      }
    }
  }

  // First what a delivery touches, so that it is one cache line with the list's link: half of what
  // a delivery costs is the lines that it waits for. A filter looks at the link and at `watched_`
  // only: 16 bytes, which an allocation aligned to 16 never has on two lines.
  //
  // What says whether the entry is dead: the terminated word, or deadMark() once it is known; null
  // if there is no word and it is not.
  typename Policy::template Atomic<std::byte*> watched_;
  std::byte* const signal_;      // null: the module has none
  std::byte* const terminated_;  // null: the module has none
  OwnedSpan memory_;
  std::unique_ptr<EntryAttachment> attachment_;
  Flag& has_newly_dead_;  // the registry's
};

/// The registry. Properties R3, R4, R6, R7, R9, D1-D6 of the specification.
///
/// Threads: the isolate's thread is the owner. generation(), isWarned() and deliver() may be called
/// in any signal handler and on any thread; every other method is the owner's alone and not
/// signal-safe.
///
/// How a warning is a level (D6). `level_` says which generation of the budget it is and whether
/// the isolate is warned. Signal words only follow it: whoever writes them walks the entries, then
/// looks at the level again, and walks again with what it now asks for, until it is the one that
/// was written. Every change of the level and every such look is a read-modify-write with acquire
/// and release, so they stand in one order, and each happens before the next. Hence, of a writer
/// and a later change of the level: either the writer's last look came after the change, and it
/// wrote again, or all that it wrote comes before all that is written for the change. A plain load
/// would not do: it may miss a change whose stores the writer's own then overwrite.
template <class Policy = StdPolicy>
class SignalRegistry {
 public:
  using Entry = SignalEntry<Policy>;

  /// A delivery of this many entries takes well under the smallest sensible gap between the soft
  /// and the hard CPU limit (10 ms), and no real program was seen with more than a few instances
  /// (R9).
  static constexpr std::size_t kDefaultMaxEntries = 10'000;

  /// Numbers the times between one renewal (or migration) and the next. From 0; never wraps in
  /// practice (63 bits).
  using Generation = std::uint64_t;

  struct Options {
    SignalProtocol protocol = SignalProtocol::address();
    std::size_t max_entries = kDefaultMaxEntries;
    RegistrationObserver* observer = nullptr;  // not owned; outlives the registry
  };

  /// `entry` is null unless registered; it lives until dropDead(), clear() or the destructor
  /// removes it, and its attachment with it, or until its memory moves and a successor takes both
  /// its place and its attachment.
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
  /// (R3, R4, R6, R7, R9). If the isolate is warned, the entry hears it before this returns (D6).
  /// Counts the outcome and tells the observer. Never throws. Calls nothing of the engine's but
  /// destructors of dropped entries.
  Result add(OwnedSpan memory, WordOffsets words,
             std::unique_ptr<EntryAttachment> attachment) noexcept {
    Result result{judge(memory, words), nullptr};
    if (result.outcome == RegistrationOutcome::kRegistered) {
      result.entry = publish(std::move(memory), words, std::move(attachment));
      if (result.entry == nullptr) result.outcome = RegistrationOutcome::kOutOfMemory;
    }
    report(result.outcome);
    return result;
  }

  /// Counts an outcome that was found before there were words to check, and tells the observer.
  void report(RegistrationOutcome outcome) noexcept {
    counters_.count(outcome);
    if (options_.observer != nullptr) options_.observer->onRegistration(outcome);
  }

  /// The generation of now, for a timer or a watchdog to deliver later. Async-signal-safe; any
  /// thread, where it may be older than the owner's if nothing tells the thread of the renewal.
  Generation generation() const noexcept {
    return level_.load(std::memory_order_relaxed) / kOneGeneration;
  }

  /// Whether the isolate was warned since the last renewal (D6). Async-signal-safe; any thread.
  bool isWarned() const noexcept { return isWarned(level_.load(std::memory_order_relaxed)); }

  /// Near the limit: warns the isolate if `generation` is still the current one, and writes
  /// kSignalValue to the signal word of every live entry (D1, D2, D5, D6). Returns how many words
  /// hold the warning that it wrote there; 0 if the warning is void.
  ///
  /// Late signals (D6): a delivery that begins after renew() or retireGeneration() has ended its
  /// `generation` writes nothing. One that was writing when renew() came on another thread may have
  /// overwritten some of its zeros; before it returns it makes good for that, so that once both are
  /// through, every word is what the newest level asks for.
  ///
  /// Async-signal-safe; any thread. It walks once, and once more for each change of the level while
  /// it walks: a handler on the owner's thread walks once, because the owner stands still; on
  /// another thread, where the owner renews again and again, it is lock-free.
  std::size_t deliver(Generation generation) noexcept {
    Level level = generation * kOneGeneration;
    const Level warned = level | kWarnedBit;
    // Who finds the isolate warned delivers too: whoever warned it may not be through yet.
    if (!level_.compareExchange(level, warned, std::memory_order_acq_rel) && level != warned) {
      return 0;
    }
    return writeWarning(warned);
  }

  /// The same for the generation that is current when it begins.
  std::size_t deliver() noexcept {
    return writeWarning(level_.fetchOr(kWarnedBit, std::memory_order_acq_rel) | kWarnedBit);
  }

  /// The budget was renewed: a new generation begins, not warned, and 0 is written to the signal
  /// word of every live entry. A warning of the new generation that comes while this still writes,
  /// from a handler or another thread, is not erased (D6). Returns how many words it wrote.
  std::size_t renew() noexcept {
    Level level = level_.load(std::memory_order_relaxed);
    // Only the owner begins generations, so what comes between is one warning at most.
    while (!level_.compareExchange(level, levelOfNext(level), std::memory_order_acq_rel)) {
    }
    level = levelOfNext(level);
    return writeLevel(level);
  }

  /// Ends the generation without renewing the budget, for an isolate that leaves its thread or is
  /// to be disposed: signals that were sent for it come late from now on and write nothing (D6). A
  /// warning stays, for the budget is as spent as before.
  void retireGeneration() noexcept { level_.fetchAdd(kOneGeneration, std::memory_order_acq_rel); }

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
  /// (G1). Walks the entries only if one of them died; otherwise it reads their terminated words.
  /// Costs one comparison when the registry is empty and has nothing to free.
  void dropDead() noexcept {
    if (entry_count_ == 0 || !hasDead()) {
      entries_.reclaim();
      return;
    }
    // Anew while it walks, so that it is whole again before anything is freed.
    terminated_words_.clear();
    are_words_known_ = true;
    entries_.filter([&](Entry& entry) noexcept {
      if (entry.isDead(rule())) {
        --entry_count_;
        return false;
      }
      watch(entry.terminatedWord());
      return true;
    });
  }

  /// Drops every entry, dead or not, for disposal (G3).
  void clear() noexcept {
    entry_count_ = 0;
    terminated_words_.clear();
    entries_.clear();
  }

  /// The engine moved the memory of `entry` to `memory`, and copied its bytes (D3). A successor
  /// with the same words there takes the place of the entry, by one store: a delivery at any moment
  /// finds the one or the other. The signal word is made what the level asks for, because the copy
  /// may be older than the last renewal or warning; no other byte is written. Returns the
  /// successor, which has the attachment; or null, and the entry stays as it was, if there is no
  /// memory for it or the words don't lie inside `memory`.
  ///
  /// Deadness is taken over. Deliveries may look at the old memory's terminated word until they are
  /// through; nobody but this registry writes there any more.
  Entry* moveMemory(Entry& entry, OwnedSpan&& memory) noexcept {
    typename Entry::Move move{.from = &entry, .to = std::move(memory), .signal = 0};
    followMoves(&move, &move + 1);
    return move.successor;
  }

  /// Asks of every live entry where its memory is now, and follows those that moved, as
  /// moveMemory() does, in one walk (D3). `ask(Entry&)` returns the new place, or nothing if it is
  /// where it was; it may call the engine, which may collect and drop entries meanwhile (R10).
  /// `on_moved(Entry&)` is called for each successor once all are in place. An entry whose words
  /// don't lie inside its new place stays as it was. Returns whether there was memory for all that
  /// moved; if not, another call can do the rest. Allocates nothing if nothing moved.
  ///
  /// To be called before renew() and markTerminated(), which otherwise write to a memory that the
  /// module no longer uses.
  template <class Ask, class OnMoved>
    requires std::is_nothrow_invocable_r_v<std::optional<OwnedSpan>, Ask&, Entry&> &&
             std::is_nothrow_invocable_v<OnMoved&, Entry&>
  bool refreshMemories(Ask&& ask, OnMoved&& on_moved) noexcept {
    std::vector<typename Entry::Move> moves;
    bool is_complete = true;
    // As a reader, so that what a collection drops under way is not freed before the end.
    entries_.iterate([&](Entry& entry) noexcept {
      if (entry.isDead(rule())) return;
      std::optional<OwnedSpan> memory = ask(entry);
      if (!memory) return;
      try {
        moves.push_back({.from = &entry, .to = std::move(*memory), .signal = 0});
      } catch (const std::bad_alloc&) {
        is_complete = false;
      }
    });
    if (moves.empty()) return is_complete;
    std::sort(moves.begin(), moves.end(), IsFromLower());
    is_complete &= followMoves(moves.data(), moves.data() + moves.size());
    for (const auto& move : moves) {
      if (move.successor != nullptr) on_moved(*move.successor);
    }
    return is_complete;
  }

  /// Waits for deliveries on other threads to end; later ones find nothing. Before destruction
  /// (L4).
  void detachReaders() noexcept { entries_.detachReaders(); }

 private:
  // The generation, and in the lowest bit whether it is warned. It only ever grows.
  using Level = std::uint64_t;
  using AtomicLevel = typename Policy::template Atomic<Level>;
  // A walk past so many costs less than making one instance does.
  static constexpr std::size_t kEntriesARefusal = 64;
  static constexpr Level kWarnedBit = 1;
  static constexpr Level kOneGeneration = 2;
  static_assert(AtomicLevel::kIsAlwaysLockFree, "a signal handler must never wait for a lock (L7)");

  static constexpr bool isWarned(Level level) noexcept { return (level & kWarnedBit) != 0; }
  static constexpr Level levelOfNext(Level level) noexcept {
    return (level & ~kWarnedBit) + kOneGeneration;
  }
  static constexpr std::uint32_t signalOf(Level level) noexcept {
    return isWarned(level) ? kSignalValue : 0;
  }

  LivenessRule rule() const noexcept { return options_.protocol.liveness_rule; }

  // Zeroes the signal word, publishes the entry and warns it if need be. Null if memory is short;
  // then nothing has changed.
  Entry* publish(OwnedSpan&& memory, const WordOffsets& words,
                 std::unique_ptr<EntryAttachment>&& attachment) noexcept {
    const std::size_t word_count = terminated_words_.size();
    try {
      // Room for all, also for those that are not in it at the moment: dropDead() can't fail.
      if (terminated_words_.capacity() <= entry_count_) {
        terminated_words_.reserve(2 * (entry_count_ + 1));
      }
      // First the word: what is freed once the entry is published may come back to dropDead().
      if (words.terminated) watch(memory.data() + *words.terminated);
      Entry& entry =
          entries_.pushFront(std::move(memory), words, std::move(attachment), has_newly_dead_);
      ++entry_count_;
      // A delivery that came too early for this entry has raised the level before it walked.
      if (isWarned(lookAtLevel())) signalIfAlive(entry, kSignalValue);
      return &entry;
    } catch (const std::bad_alloc&) {
      terminated_words_.resize(word_count);
      return nullptr;
    }
  }

  // Puts a terminated word to those that dropDead() looks at. There is room.
  void watch(const std::byte* word) noexcept {
    if (word != nullptr && rule() == LivenessRule::kTerminatedWordOrCollected) {
      terminated_words_.push_back(word);
    }
  }

  // Whether an entry was marked dead since the last walk, or is dead by its word.
  bool hasDead() noexcept {
    bool raised = true;
    // Lowered before the walk, by a read-modify-write that acquires: the walk finds the marks that
    // the flag was raised for, and what is marked later raises it anew.
    return has_newly_dead_.compareExchange(raised, false, std::memory_order_acquire) ||
           !are_words_known_ ||
           std::any_of(terminated_words_.begin(), terminated_words_.end(),
                       [](const std::byte* word) { return Policy::loadWord(word) != 0; });
  }

  // What a writer of signal words does after it wrote: a read-modify-write that changes nothing.
  Level lookAtLevel() noexcept { return level_.fetchAdd(0, std::memory_order_acq_rel); }

  bool signalIfAlive(Entry& entry, std::uint32_t value) noexcept {
    return !entry.isDead(rule()) && entry.writeSignal(value);
  }

  std::size_t writeWarning(Level level) noexcept {
    const std::size_t written = writeLevel(level);
    return isWarned(level) ? written : 0;
  }

  // Writes what `level` asks for, and what became of `level` meanwhile. Returns how many words the
  // last walk wrote, and the level that they follow.
  std::size_t writeLevel(Level& level) noexcept {
    for (;;) {
      std::size_t written = 0;
      const std::uint32_t value = signalOf(level);
      entries_.iterate([&](Entry& entry) noexcept {
        if (signalIfAlive(entry, value)) ++written;
      });
      const Level now = lookAtLevel();
      if (now == level) return written;
      level = now;
    }
  }

  struct IsFromLower {
    using Move = typename Entry::Move;
    bool operator()(const Move& a, const Move& b) const noexcept { return less(a.from, b.from); }
    bool operator()(const Move& a, const Entry* b) const noexcept { return less(a.from, b); }
    std::less<const Entry*> less;
  };

  // `first` to `last` are ordered by `from`; whose `from` is no longer listed is passed over.
  bool followMoves(typename Entry::Move* first, typename Entry::Move* last) noexcept {
    Level level = level_.load(std::memory_order_relaxed);
    bool is_complete = true;
    const auto move_of = [&](Entry& entry) noexcept -> typename Entry::Move* {
      auto* move = std::lower_bound(first, last, &entry, IsFromLower());
      if (move == last || move->from != &entry || !entry.fitsInto(move->to)) return nullptr;
      entry.isDead(rule());  // what its word says now is what it takes along
      move->signal = signalOf(level);
      return move;
    };
    // Some of the words will be of memories that are let go; the next dropDead() walks.
    terminated_words_.clear();
    are_words_known_ = false;
    try {
      entries_.replace(move_of);
    } catch (const std::bad_alloc&) {
      is_complete = false;
    }
    // As in add(). Only a warning can have come: the owner is here.
    const Level now = lookAtLevel();
    if (now != level) writeLevel(level = now);
    return is_complete;
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
    return hasRoom() ? RegistrationOutcome::kRegistered : RegistrationOutcome::kTooManyEntries;
  }

  // Whether there is room for one more entry, if need be by dropping the dead (R9). That walks the
  // list, and a program at its limit could make every instantiation do so: after a walk in vain it
  // takes one refusal for each kEntriesARefusal entries until the next. Where no more than that are
  // allowed, every call walks.
  bool hasRoom() noexcept {
    if (entry_count_ < options_.max_entries) return true;
    if (walked_in_vain_ > kEntriesARefusal) {
      walked_in_vain_ -= kEntriesARefusal;
      return false;
    }
    dropDead();
    const bool has_room = entry_count_ < options_.max_entries;
    walked_in_vain_ = has_room ? 0 : entry_count_;
    return has_room;
  }

  // Both lie inside the memory, so neither difference can wrap.
  static bool wordsOverlap(std::uint64_t a, std::uint64_t b) noexcept {
    return (a < b ? b - a : a - b) < kWordSizeBytes;
  }

  const Options options_;
  RegistrationCounters counters_;
  std::size_t entry_count_ = 0;
  // Entries, in the last walk for room; less what was refused since.
  std::size_t walked_in_vain_ = 0;
  // Where the terminated words of the entries are, side by side: what a filter waits for is memory,
  // and reading these touches neither the list nor its elements. The owner's alone.
  std::vector<const std::byte*> terminated_words_;
  bool are_words_known_ = true;  // false after a move: terminated_words_ lacks some
  typename Entry::Flag has_newly_dead_{false};
  AtomicLevel level_{0};
  AtomicList<Entry, Policy> entries_;
};

}  // namespace sigproof
