// Makes a program from input bytes: what modules and the runtime do to a SignalRegistry. It has
// memories, registrations with offsets near bounds, deliveries, and steps at which handlers run.
//
//   const RegistrationProgram program = makeRegistrationProgram(source);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/generate/strike_schedule.h"
#include "fuzz/spec/protocol_constants.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/input_layout.h"

namespace sigproof::fuzz {

/// Bytes of a memory that are there to be read and written.
struct AddressWindow {
  std::uint64_t begin;
  std::uint64_t size;
};

/// A memory of gigabytes is one of address space: only these windows of it can be touched, and an
/// access to any other address ends the process.
inline constexpr std::uint64_t kBigCapacity = (std::uint64_t{4} << 30) + 4096;
inline constexpr std::array<AddressWindow, 3> kBigWindows{{
    {0, 4096},
    {(std::uint64_t{2} << 30) - 4096, 8192},
    {(std::uint64_t{4} << 30) - 4096, 8192},
}};

struct MemoryPlan {
  bool is_big = false;         ///< of kBigCapacity, with kBigWindows
  std::uint64_t length = 0;    ///< bytes at the start
  std::uint64_t capacity = 0;  ///< bytes that it may grow to
  std::uint8_t fill = 1;       ///< what the bytes are made of; never all zero
};

struct RegistrationOperation {
  enum class Kind : std::uint8_t {
    kAdd,
    kDeliver,
    kRenew,
    kMarkTerminated,
    kDropDead,
    kClear,
    kCollect,     ///< the engine collects the instance of an entry
    kWrite,       ///< a module writes a word, of an entry or anywhere
    kGrow,        ///< a memory grows
    kDeliverFor,  ///< a delivery for a generation of the past, of now or of the future
    kMove,        ///< the engine moves a memory; nobody has noticed yet
    kRefresh,     ///< all entries follow their memories, and the engine may collect meanwhile
    kFollow,      ///< one entry follows its memory, a dead one too
    kRetire,      ///< the generation ends without a renewal
  };
  /// Where kWrite writes.
  enum class Place : std::uint8_t { kSignalOfEntry, kTerminatedOfEntry, kAnywhere };
  /// What the owner does in the middle of a delivery, which is then a watchdog thread's.
  enum class OwnerAct : std::uint8_t { kNone, kRenew, kRetire };

  Kind kind = Kind::kAdd;
  unsigned memory = 0;
  // kAdd
  std::optional<std::uint64_t> signal = {};
  std::optional<std::uint64_t> terminated = {};
  bool clears_terminated_first = true;  ///< the module's own data has 0 there
  // kAdd, kRefresh, kFollow
  unsigned failing_allocation = 0;  ///< counted from 1; 0: none fails
  // kDeliver, kDeliverFor
  OwnerAct owner_act = OwnerAct::kNone;  ///< at the first step with a handler, in its place
  // kDeliverFor
  std::uint32_t generations_ago = 0;  ///< wraps: -1 is the next one
  // kCollect, kWrite, kGrow, kMove, kRefresh, kFollow
  unsigned entry = 0;  ///< modulo the number of entries
  Place place = Place::kAnywhere;
  std::uint64_t offset = 0;
  std::uint32_t value = 0;
  std::uint64_t growth = 0;
  std::uint64_t shrinkage = 0;  ///< of kMove; an engine does no such thing
  // kRefresh
  std::optional<unsigned> collects_at = {};  ///< the question at which `entry` is collected
  bool drops = false;                        ///< then the GC prologue runs

  StrikeSchedule strikes = {};
};

inline constexpr unsigned kRegistrationOperationKindCount = 14;

struct RegistrationProgram {
  /// Enough to fill a registry of kMaxEntriesLimit once over and to empty it again. Longer
  /// programs meet the same states, and each operation costs a comparison of every memory.
  static constexpr unsigned kMaxOperations = 16;
  static constexpr unsigned kMaxMemories = 3;
  /// Each place stays to be compared.
  static constexpr unsigned kMaxMoves = 4;
  /// A limit that a program reaches.
  static constexpr std::size_t kMaxEntriesLimit = 6;
  /// How many entries a crowd is, from and to.
  static constexpr std::size_t kSmallestCrowd = specified::kEntriesARefusal - 1;
  static constexpr std::size_t kLargestCrowd = specified::kEntriesARefusal + 6;
  /// Of the input: what stands before the operations, and each operation, are made of records of
  /// their own, so that a change of one leaves the others as they are.
  static constexpr std::size_t kHeadBytes = 32;
  static constexpr std::size_t kOperationBytes = 40;
  static constexpr std::array<std::size_t, 1> kSections{kHeadBytes};
  static constexpr InputLayout inputLayout() {
    return {.sections = kSections, .record_bytes = kOperationBytes, .max_records = kMaxOperations};
  }

  /// kOwn: either word alone, and a terminated word that is not 0 means death. Core has no such
  /// protocol, an embedder may.
  enum class Protocol : std::uint8_t { kAddress, kInstance, kOwn };

  Protocol protocol = Protocol::kAddress;
  std::size_t max_entries = 0;
  bool is_detached_at_end = false;  ///< detachReaders() before the registry ends
  std::vector<MemoryPlan> memories;
  /// Rarely, they begin with as many additions as it takes until not every refusal looks for the
  /// dead (R9).
  std::vector<RegistrationOperation> operations;
};

/// The kind's name in statistics and in texts, such as "add".
const char* name(RegistrationOperation::Kind kind) noexcept;

/// One line for people.
std::string describe(const RegistrationOperation& operation);

RegistrationProgram makeRegistrationProgram(ByteSource& input);

}  // namespace sigproof::fuzz
