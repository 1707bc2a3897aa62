// Does what a SignalRegistry must do, by the specification, with plain vectors and 128-bit
// arithmetic, one step at a time: R3, R4, R6, R7, R9, D1, D2, D3, D6, and that dead entries stay
// dead.
//
//   RegistrationReference reference(specified::Protocol::kAddress, max_entries);
//   reference.addMemory(memory);
//   const auto expected = reference.add({.memory = 0, .signal = 16, .terminated = 20}, false);
//   ... the same to the registry, then compare outcome, counts and every byte ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/registry/registration_outcome.h"
#include "fuzz/spec/protocol_constants.h"

namespace sigproof::fuzz {

/// The bytes of a memory, in pieces, because a program touches only a few bytes of 4 GiB.
struct ReferenceMemory {
  struct Piece {
    std::uint64_t begin;
    std::vector<std::uint8_t> bytes;
  };
  /// Of a piece that touch() makes.
  static constexpr std::uint64_t kPieceBytes = 4096;

  std::uint64_t length = 0;
  std::vector<Piece> pieces;
  /// What is in no piece is there too, and 0. Else it can't be touched.
  bool is_zero_elsewhere = false;

  /// Null where no piece has the byte.
  std::uint8_t* find(std::uint64_t address);
  /// For a write. Null where no byte can be.
  std::uint8_t* touch(std::uint64_t address);
};

class RegistrationReference {
 public:
  struct Entry {
    std::size_t memory;
    std::optional<std::uint64_t> signal;
    std::optional<std::uint64_t> terminated;
    bool is_dead = false;
    std::size_t id = 0;  ///< the how-many-th entry that was ever made
  };

  /// What happens while the runtime asks of each live entry where its memory is.
  struct Refresh {
    /// At this question, from 0 on, the engine collects the instance of the entry `collected`.
    std::optional<std::size_t> collects_at = {};
    std::size_t collected = 0;  ///< an id
    bool drops = false;         ///< then the dead are dropped
    /// There is no memory for this successor, counted from 1; 0: there is for all.
    unsigned failing_successor = 0;
  };
  struct Refreshed {
    bool is_complete = true;
    std::vector<std::size_t> moved = {};  ///< ids, in the order of the entries
  };

  RegistrationReference(specified::Protocol protocol, std::size_t max_entries)
      : RegistrationReference(specified::rules(protocol), max_entries) {}
  RegistrationReference(specified::ProtocolRules rules, std::size_t max_entries)
      : rules_(rules), max_entries_(max_entries) {}

  void addMemory(ReferenceMemory memory);
  /// The engine moved the memory `memory` to a new place, which becomes the last of memories().
  /// Entries stay in the old one until they follow.
  void moveMemory(std::size_t memory, ReferenceMemory moved);
  /// Where the memory that is or was at `memory` is now.
  std::size_t placeOf(std::size_t memory) const;
  std::vector<ReferenceMemory>& memories() { return memories_; }
  /// Newest first, those included that are dead and were not dropped yet.
  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t entriesOf(std::size_t memory) const;

  RegistrationOutcome add(Entry entry, bool does_allocation_fail);
  /// Each returns how many words it writes.
  std::size_t deliver();
  /// For a generation of the past or the future it writes nothing.
  std::size_t deliver(std::uint64_t generation);
  std::size_t renew();
  std::size_t markTerminated();
  void dropDead();
  /// The entry `index` follows its memory (D3). False, and nothing has changed, where its words
  /// don't lie in the new place or there is no memory for a successor.
  bool follow(std::size_t index, bool does_allocation_fail);
  /// Every live entry follows whose memory moved.
  Refreshed refresh(const Refresh& how);
  /// The generation ends, the warning stays.
  void retire() { ++generation_; }
  void clear() { entries_.clear(); }
  void collect(std::size_t index) { entries_[index].is_dead = true; }

  /// How many renewals and retirements there were.
  std::uint64_t generation() const { return generation_; }
  bool isWarned() const { return is_warned_; }
  /// Warns the isolate of what only a part of the entries heard.
  void warn() { is_warned_ = true; }

  /// Looks at every entry as a delivery does, and writes nothing: those whose word is not 0 are
  /// dead from then on.
  void look();

  /// Where words lie apart, a delivery in the middle of another operation can change nothing but
  /// signal words. Apart at every place of a memory. `added`: an entry that is to be added, or
  /// null.
  bool areWordsApart(const Entry* added) const;

  std::uint32_t read(std::size_t memory, std::uint64_t address);
  void write(std::size_t memory, std::uint64_t address, std::uint32_t value);
  bool isInside(std::size_t memory, std::uint64_t address) const;

 private:
  bool isDead(Entry& entry);
  std::size_t writeSignals(std::uint32_t value);
  RegistrationOutcome judge(const Entry& entry);
  bool hasRoom();
  bool fits(const Entry& entry, std::size_t place) const;
  void take(Entry& entry, std::size_t place);
  Entry* find(std::size_t id);
  bool areApart(const Entry& a, const Entry& b) const;

  specified::ProtocolRules rules_;
  std::size_t max_entries_;
  std::size_t next_id_ = 0;
  std::uint64_t generation_ = 0;
  bool is_warned_ = false;
  // Registrations that will be refused without a look for dead entries.
  std::size_t refusals_without_a_look_ = 0;
  std::vector<ReferenceMemory> memories_;
  std::vector<std::size_t> origins_;  // of each memory: the one that it is a later place of
  std::vector<Entry> entries_;
};

/// Whether two words share a byte.
bool doWordsOverlap(std::uint64_t a, std::uint64_t b);

}  // namespace sigproof::fuzz
