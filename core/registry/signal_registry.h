// The listening modules of one isolate, and the three messages that the runtime has for them: a
// warning, a renewal, and that they were killed. Independent of an engine: a memory is an
// OwnedSpan, an instance is an EntryAttachment.
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

/// The byte offsets that a module declared, in its memory. At least one is present. The protocol
/// says which ones are required.
struct WordOffsets {
  std::optional<std::uint64_t> signal;
  std::optional<std::uint64_t> terminated;
};

/// What an embedder ties to an entry (for V8, the weak handle of the instance). Destroyed with the
/// entry, on the owner's thread, while no list mutation is in progress.
class EntryAttachment {
 public:
  virtual ~EntryAttachment() = default;
};

/// One listening instance. The registry checked that its words lie in the memory before it made the
/// entry. They stay inside, because a memory never shrinks. Where the policy looks for misuse, each
/// access checks again.
template <class Policy = StdPolicy>
class SignalEntry {
 public:
  using Flag = typename Policy::template Atomic<bool>;

  /// Zeroes the signal word: construction comes after every step that can fail and before
  /// publication (R6, R7). The entry sets `has_newly_dead` whenever it is marked dead; the flag
  /// outlives the entry.
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

  /// A request to move an entry to another memory.
  struct Move {
    SignalEntry* from;
    OwnedSpan to;
    std::uint32_t signal;              // what the signal word must hold there
    SignalEntry* successor = nullptr;  // set by the successor's constructor
  };

  /// The successor of `old`. It has the same offsets, in `move.to`, which must contain them. It
  /// takes the attachment from `old`, and is dead if `old` is known to be. It writes the signal
  /// word and no other byte, because the engine copied them.
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

  /// The address of its terminated word, or null if it has none. Owner only.
  const std::byte* terminatedWord() const noexcept { return terminated_; }

  /// Returns whether the entry's offsets lie inside `memory`, too (R3). Owner only.
  bool fitsInto(const OwnedSpan& memory) const noexcept {
    return isInside(signal_, memory) && isInside(terminated_, memory);
  }

  /// Call this when the engine collected the instance: nothing is written for it any more (D2).
  /// Async-signal-safe; any thread.
  void markDead() noexcept {
    watched_.store(deadMark(), std::memory_order_relaxed);
    // Release: a thread that reads the flag as set also reads the mark.
    has_newly_dead_.store(true, std::memory_order_release);
  }

  /// Returns whether the entry is dead under `rule`. Dead is sticky: once the entry saw a
  /// terminated word that is not 0, it stays dead, whatever the word says later (D2).
  /// Async-signal-safe; any thread.
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

  /// Writes the signal word, if there is one. Returns whether there was. Async-signal-safe.
  bool writeSignal(std::uint32_t value) noexcept { return write(signal_, value); }

  /// Writes the terminated word, if there is one. Returns whether there was. Async-signal-safe.
  bool writeTerminated(std::uint32_t value) noexcept { return write(terminated_, value); }

 private:
  // The entry's own address serves as the mark, because no word can lie there.
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

  // The members that a delivery reads come first, so that they share a cache line with the list's
  // link: half of a delivery's time is waiting for cache lines. A filter reads only the link and
  // `watched_`: 16 bytes, which an allocation aligned to 16 never splits over two lines.
  //
  // Says whether the entry is dead: the terminated word, deadMark() once the entry is known to be
  // dead, or null if there is no terminated word and the entry is alive.
  typename Policy::template Atomic<std::byte*> watched_;
  std::byte* const signal_;      // null: the module has none
  std::byte* const terminated_;  // null: the module has none
  OwnedSpan memory_;
  std::unique_ptr<EntryAttachment> attachment_;
  Flag& has_newly_dead_;  // the registry's
};

/// The registry. Its properties are R3, R4, R6, R7, R9 and D1 to D6 of core/SPECIFICATION.md.
///
/// Threads: the isolate's thread is the owner. generation(), isWarned() and deliver() may be called
/// in any signal handler and on any thread. Every other method is for the owner only and not
/// signal-safe.
///
/// How a warning is a level (D6). `level_` holds the generation of the budget, and whether the
/// isolate is warned. Signal words only follow it. A writer walks the entries and then reads the
/// level again. If it has changed, the writer walks again with the new value, until the level is
/// the one that it wrote. Every change of the level and every such read is a read-modify-write with
/// acquire and release. So they stand in one order, and each happens before the next. Take a writer
/// and a later change of the level. Either the writer's last read came after the change, and it
/// wrote again; or all that it wrote comes before all that is written for the change. A plain load
/// would not do: it could miss a change, and the writer's stores would overwrite those made for it.
template <class Policy = StdPolicy>
class SignalRegistry {
 public:
  using Entry = SignalEntry<Policy>;

  /// The default of Options::max_entries (R9). A delivery to this many entries takes well under the
  /// smallest sensible gap between the soft and the hard CPU limit (10 ms). Real programs make a
  /// few instances.
  static constexpr std::size_t kDefaultMaxEntries = 10'000;

  /// Counts renewals and retirements of the budget, from 0. 63 bits, so it doesn't wrap in
  /// practice.
  using Generation = std::uint64_t;

  struct Options {
    SignalProtocol protocol = SignalProtocol::address();
    std::size_t max_entries = kDefaultMaxEntries;
    RegistrationObserver* observer = nullptr;  // not owned; outlives the registry
  };

  /// `entry` is null unless registered. It lives until dropDead(), clear() or the destructor
  /// removes it with its attachment, or until its memory moves and a successor takes its place and
  /// its attachment.
  struct Result {
    RegistrationOutcome outcome;
    Entry* entry;
  };

  explicit SignalRegistry(const Options& options) noexcept : options_(options) {}

  const SignalProtocol& protocol() const noexcept { return options_.protocol; }
  const RegistrationCounters& counters() const noexcept { return counters_; }
  /// Entries in the list, including dead ones that were not dropped yet.
  std::size_t entryCount() const noexcept { return entry_count_; }
  bool isEmpty() const noexcept { return entries_.isEmpty(); }

  /// Checks the words, zeroes the signal word and publishes an entry; or changes no byte anywhere
  /// (R3, R4, R6, R7, R9). If the isolate is warned, the entry's signal word is kSignalValue before
  /// this returns (D6). Counts the outcome and calls the observer. Never throws. Calls nothing of
  /// the engine but destructors of dropped entries.
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

  /// Counts an outcome that was found before there were words to check, and calls the observer.
  void report(RegistrationOutcome outcome) noexcept {
    counters_.count(outcome);
    if (options_.observer != nullptr) options_.observer->onRegistration(outcome);
  }

  /// The current generation, for a timer or a watchdog to deliver later. Async-signal-safe. Any
  /// thread; another thread than the owner's may read an older one, unless it synchronises with the
  /// renewal.
  Generation generation() const noexcept {
    return level_.load(std::memory_order_relaxed) / kOneGeneration;
  }

  /// Returns whether the isolate was warned since the last renewal (D6). Async-signal-safe; any
  /// thread.
  bool isWarned() const noexcept { return isWarned(level_.load(std::memory_order_relaxed)); }

  /// Call this near the limit. Warns the isolate if `generation` is still the current one, and
  /// writes kSignalValue to the signal word of every live entry (D1, D2, D5, D6). Returns how many
  /// words it wrote that hold the warning; 0 if the warning is void.
  ///
  /// Late signals (D6): a delivery that begins after renew() or retireGeneration() has ended its
  /// `generation` writes nothing. A delivery that is writing while renew() runs on another thread
  /// may overwrite some of the renewal's zeros. It corrects them before it returns: once both have
  /// returned, every word has the value of the newest level.
  ///
  /// Async-signal-safe; any thread. It walks once, and once more for each change of the level
  /// during a walk. A handler on the owner's thread walks once, because the owner stands still. On
  /// another thread it is lock-free but not wait-free: the owner may renew again and again.
  std::size_t deliver(Generation generation) noexcept {
    Level level = generation * kOneGeneration;
    const Level warned = level | kWarnedBit;
    // If the isolate is warned already, deliver too: the thread that warned it may still be
    // writing.
    if (!level_.compareExchange(level, warned, std::memory_order_acq_rel) && level != warned) {
      return 0;
    }
    return writeWarning(warned);
  }

  /// Delivers for the generation that is current when the call begins.
  std::size_t deliver() noexcept {
    return writeWarning(level_.fetchOr(kWarnedBit, std::memory_order_acq_rel) | kWarnedBit);
  }

  /// Call this when the budget is renewed. Begins a new generation, not warned, and writes 0 to the
  /// signal word of every live entry. A warning of the new generation that arrives while this
  /// writes, from a handler or another thread, is not erased (D6). Returns how many words it wrote.
  std::size_t renew() noexcept {
    Level level = level_.load(std::memory_order_relaxed);
    // Only the owner begins generations, so at most one warning comes between.
    while (!level_.compareExchange(level, levelOfNext(level), std::memory_order_acq_rel)) {
    }
    level = levelOfNext(level);
    return writeLevel(level);
  }

  /// Ends the generation without renewing the budget, for an isolate that leaves its thread or is
  /// about to be disposed. Signals that were sent for it come late from now on and write nothing
  /// (D6). A warning stays, because the budget is still spent.
  void retireGeneration() noexcept { level_.fetchAdd(kOneGeneration, std::memory_order_acq_rel); }

  /// Call this after the isolate was killed and has unwound. Writes kTerminatedValue to the
  /// terminated word of every live entry. Under the address protocol the entry is dead from then
  /// on. Returns how many words it wrote.
  std::size_t markTerminated() noexcept {
    std::size_t written = 0;
    entries_.iterate([&](Entry& entry) noexcept {
      if (entry.isDead(rule()) || !entry.writeTerminated(kTerminatedValue)) return;
      ++written;
      if (rule() == LivenessRule::kTerminatedWordOrCollected) entry.markDead();
    });
    return written;
  }

  /// Drops the dead entries, and frees what no reader holds even if it drops nothing (G1). Walks
  /// the entries only if one of them died; otherwise it reads their terminated words. Costs one
  /// comparison when the registry is empty and has nothing to free.
  void dropDead() noexcept {
    if (entry_count_ == 0 || !hasDead()) {
      entries_.reclaim();
      return;
    }
    // Rebuilt during the walk, so that it is complete before anything is freed.
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

  /// Drops every entry, dead or not. For disposal (G3).
  void clear() noexcept {
    entry_count_ = 0;
    terminated_words_.clear();
    entries_.clear();
  }

  /// Call this when the engine moved the memory of `entry` to `memory` and copied its bytes (D3). A
  /// successor with the same offsets there replaces the entry by one store: a delivery at any
  /// moment finds one of the two. The successor's signal word gets the value of the level, because
  /// the copy may be older than the last renewal or warning. No other byte is written. Returns the
  /// successor, which has the attachment. Returns null, and the entry stays as it was, if there is
  /// no memory for the successor or the offsets don't lie inside `memory`.
  ///
  /// A dead entry's successor is dead. Deliveries that are running may read the old memory's
  /// terminated word until they end; only this registry still writes there.
  Entry* moveMemory(Entry& entry, OwnedSpan&& memory) noexcept {
    typename Entry::Move move{.from = &entry, .to = std::move(memory), .signal = 0};
    followMoves(&move, &move + 1);
    return move.successor;
  }

  /// Asks for every live entry where its memory is now, and moves those entries whose memory moved,
  /// as moveMemory() does, in one walk (D3). `ask(Entry&)` returns the new memory, or nothing if it
  /// did not move. It may call the engine, which may collect and drop entries meanwhile (R10).
  /// `on_moved(Entry&)` is called for each successor once all are in place. An entry whose offsets
  /// don't lie inside its new memory stays as it was. Returns whether there was memory for all
  /// successors; if not, another call can do the rest. Allocates nothing if nothing moved.
  ///
  /// Call it before renew() and markTerminated(), which otherwise write to a memory that the module
  /// no longer uses.
  template <class Ask, class OnMoved>
    requires std::is_nothrow_invocable_r_v<std::optional<OwnedSpan>, Ask&, Entry&> &&
             std::is_nothrow_invocable_v<OnMoved&, Entry&>
  bool refreshMemories(Ask&& ask, OnMoved&& on_moved) noexcept {
    std::vector<typename Entry::Move> moves;
    bool is_complete = true;
    // Walk as a reader, so that an entry that a collection drops meanwhile is not freed before the
    // end.
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

  /// Waits for deliveries on other threads to end. Later ones find no entry. Call it before
  /// destruction (L4).
  void detachReaders() noexcept { entries_.detachReaders(); }

 private:
  // The generation, shifted by one bit; the lowest bit says whether it is warned. It only ever
  // grows.
  using Level = std::uint64_t;
  using AtomicLevel = typename Policy::template Atomic<Level>;
  // Walking past this many entries costs less than making one instance.
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

  // Zeroes the signal word, publishes the entry, and warns it if the isolate is warned. Returns
  // null, and changes nothing, if memory is short.
  Entry* publish(OwnedSpan&& memory, const WordOffsets& words,
                 std::unique_ptr<EntryAttachment>&& attachment) noexcept {
    const std::size_t word_count = terminated_words_.size();
    try {
      // Reserve room for the words of all entries, also those that are not in it now, so that
      // dropDead() can't fail.
      if (terminated_words_.capacity() <= entry_count_) {
        terminated_words_.reserve(2 * (entry_count_ + 1));
      }
      // Add the word first, because freeing elements after the publication may call dropDead().
      if (words.terminated) watch(memory.data() + *words.terminated);
      Entry& entry =
          entries_.pushFront(std::move(memory), words, std::move(attachment), has_newly_dead_);
      ++entry_count_;
      // A delivery that ran too early to find this entry has raised the level before it walked.
      if (isWarned(lookAtLevel())) signalIfAlive(entry, kSignalValue);
      return &entry;
    } catch (const std::bad_alloc&) {
      terminated_words_.resize(word_count);
      return nullptr;
    }
  }

  // Adds a terminated word to those that dropDead() reads. Precondition: there is room.
  void watch(const std::byte* word) noexcept {
    if (word != nullptr && rule() == LivenessRule::kTerminatedWordOrCollected) {
      terminated_words_.push_back(word);
    }
  }

  // Returns whether an entry was marked dead since the last walk, or its terminated word is not 0.
  bool hasDead() noexcept {
    bool raised = true;
    // Clear the flag before the walk, by a read-modify-write that acquires. The walk then finds the
    // marks that the flag was set for, and a later mark sets it again.
    return has_newly_dead_.compareExchange(raised, false, std::memory_order_acquire) ||
           !are_words_known_ ||
           std::any_of(terminated_words_.begin(), terminated_words_.end(),
                       [](const std::byte* word) { return Policy::loadWord(word) != 0; });
  }

  // A writer of signal words calls this after it wrote. It is a read-modify-write that changes
  // nothing.
  Level lookAtLevel() noexcept { return level_.fetchAdd(0, std::memory_order_acq_rel); }

  bool signalIfAlive(Entry& entry, std::uint32_t value) noexcept {
    return !entry.isDead(rule()) && entry.writeSignal(value);
  }

  std::size_t writeWarning(Level level) noexcept {
    const std::size_t written = writeLevel(level);
    return isWarned(level) ? written : 0;
  }

  // Writes the value of `level` to the words, and again if the level changed meanwhile. Sets
  // `level` to the one that the words now follow. Returns how many words the last walk wrote.
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

  // `first` to `last` are sorted by `from`. A move whose `from` is no longer in the list is
  // skipped.
  bool followMoves(typename Entry::Move* first, typename Entry::Move* last) noexcept {
    Level level = level_.load(std::memory_order_relaxed);
    bool is_complete = true;
    const auto move_of = [&](Entry& entry) noexcept -> typename Entry::Move* {
      auto* move = std::lower_bound(first, last, &entry, IsFromLower());
      if (move == last || move->from != &entry || !entry.fitsInto(move->to)) return nullptr;
      entry.isDead(rule());  // reads the word, so that the successor is dead if the program ended
      move->signal = signalOf(level);
      return move;
    };
    // Some of the words lie in memories that will be released, so the next dropDead() must walk.
    terminated_words_.clear();
    are_words_known_ = false;
    try {
      entries_.replace(move_of);
    } catch (const std::bad_alloc&) {
      is_complete = false;
    }
    // As in publish(). Only a warning can have come, because the owner is here.
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

  // Returns whether there is room for one more entry, dropping dead entries if need be (R9).
  // Dropping walks the list, and a program at its limit could cause a walk at every instantiation.
  // So after a walk that dropped nothing, the next one comes only after one refusal for each
  // kEntriesARefusal entries. Where no more entries than that are allowed, every call walks.
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
  // The number of entries at the last walk that dropped nothing, less kEntriesARefusal for each
  // refusal since.
  std::size_t walked_in_vain_ = 0;
  // The addresses of the entries' terminated words, side by side. Reading them touches neither the
  // list nor its elements, and waiting for memory is what makes a filter slow. Owner only.
  std::vector<const std::byte*> terminated_words_;
  bool are_words_known_ = true;  // false after a move: terminated_words_ lacks some
  typename Entry::Flag has_newly_dead_{false};
  AtomicLevel level_{0};
  AtomicList<Entry, Policy> entries_;
};

}  // namespace sigproof
