#include "fuzz/generate/registration_program.h"

#include <fmt/format.h>

#include <algorithm>

#include "fuzz/spec/protocol_constants.h"

namespace sigproof::fuzz {
namespace {

using specified::kWordSizeBytes;
using RegistrationKind = RegistrationOperation::Kind;
using Place = RegistrationOperation::Place;
using OwnerAct = RegistrationOperation::OwnerAct;
using ProgramProtocol = RegistrationProgram::Protocol;

constexpr std::uint64_t kTwoGiB = std::uint64_t{2} << 30;
constexpr std::uint64_t kFourGiB = std::uint64_t{4} << 30;

// Small enough that words meet, also by chance.
constexpr std::uint32_t kMaxSmallLength = 96;

// -8 to 8, as a number to be added modulo 2^64.
std::uint64_t nearby(ByteSource& source) { return std::uint64_t{source.below(17)} - 8; }

MemoryPlan makeMemory(ByteSource& source) {
  MemoryPlan memory;
  memory.is_big = source.oneIn(4);
  if (memory.is_big) {
    memory.capacity = kBigCapacity;
    const auto bound = source.pick<std::uint64_t>({kFourGiB, kTwoGiB, kBigCapacity - 8});
    memory.length = bound + nearby(source);
  } else {
    memory.length = source.below(kMaxSmallLength);
    memory.capacity = memory.length + (source.oneIn(2) ? source.below(kMaxSmallLength) : 0);
  }
  memory.fill = source.byte();
  return memory;
}

// A word that such a memory has, but outside of its windows, can't be used: takes it into the
// first.
std::uint64_t intoWindows(std::uint64_t offset, const MemoryPlan& memory) {
  if (!memory.is_big || offset > memory.capacity - kWordSizeBytes) return offset;
  const bool is_inside = std::ranges::any_of(kBigWindows, [&](const AddressWindow& window) {
    return offset >= window.begin && offset - window.begin <= window.size - kWordSizeBytes;
  });
  return is_inside ? offset : offset % (kBigWindows[0].size - kWordSizeBytes);
}

std::uint64_t makeOffset(ByteSource& source, const MemoryPlan& memory) {
  enum class Cluster : std::uint8_t { kLow, kInside, kEnd, kTwoGiB, kFourGiB, kWrap, kAny };
  switch (source.pick({Cluster::kInside, Cluster::kLow, Cluster::kInside, Cluster::kInside,
                       Cluster::kInside, Cluster::kInside, Cluster::kEnd, Cluster::kTwoGiB,
                       Cluster::kFourGiB, Cluster::kWrap, Cluster::kAny, Cluster::kInside})) {
    case Cluster::kLow:
      return source.below(16);
    case Cluster::kInside:
      return source.below(static_cast<std::uint32_t>(
          std::clamp<std::uint64_t>(memory.length, 1, kBigWindows[0].size - kWordSizeBytes)));
    case Cluster::kEnd:
      return intoWindows(memory.length + nearby(source), memory);
    case Cluster::kTwoGiB:
      return intoWindows(kTwoGiB + nearby(source), memory);
    case Cluster::kFourGiB:
      return intoWindows(kFourGiB + nearby(source), memory);
    case Cluster::kWrap: {
      const auto top = source.pick<std::uint64_t>({0, kTwoGiB << 32});
      return top - source.below(9);
    }
    case Cluster::kAny:
      return intoWindows(source.u64(), memory);
  }
  return 0;
}

// Half of the pairs are what a compiler would lay out, or just not so; the rest are independent.
std::uint64_t makeSecondOffset(ByteSource& source, const MemoryPlan& memory, std::uint64_t first) {
  if (source.oneIn(2)) return makeOffset(source, memory);
  const auto distance = source.pick<std::uint64_t>({4, 8, 5, 4, 12, 6, 4, 3, 1, 0});
  return intoWindows(source.oneIn(2) ? first - distance : first + distance, memory);
}

void makeAdd(ByteSource& source, const MemoryPlan& memory, RegistrationOperation& add) {
  if (!source.oneIn(12)) add.signal = makeOffset(source, memory);
  if (!source.oneIn(12)) {
    add.terminated =
        add.signal ? makeSecondOffset(source, memory, *add.signal) : makeOffset(source, memory);
  }
  add.clears_terminated_first = !source.oneIn(8);
  add.failing_allocation = source.oneIn(16) ? 1 : 0;
}

void makeMove(ByteSource& source, RegistrationOperation& move) {
  if (source.oneIn(4)) {
    move.shrinkage = source.below(kMaxSmallLength);
  } else {
    move.growth = source.below(kMaxSmallLength / 2);
  }
}

void makeRefresh(ByteSource& source, RegistrationOperation& refresh) {
  if (source.oneIn(4)) {
    refresh.collects_at = source.below(4);
    refresh.entry = source.byte();
    refresh.drops = !source.oneIn(3);
  }
  if (source.oneIn(6)) refresh.failing_allocation = 1 + source.below(3);
}

OwnerAct makeOwnerAct(ByteSource& source) {
  return source.pick({OwnerAct::kNone, OwnerAct::kNone, OwnerAct::kNone, OwnerAct::kNone,
                      OwnerAct::kRenew, OwnerAct::kRetire});
}

RegistrationOperation makeOperation(ByteSource& source, const std::vector<MemoryPlan>& memories) {
  RegistrationOperation operation;
  operation.kind = source.pick({RegistrationKind::kAdd,
                                RegistrationKind::kAdd,
                                RegistrationKind::kAdd,
                                RegistrationKind::kAdd,
                                RegistrationKind::kAdd,
                                RegistrationKind::kDeliver,
                                RegistrationKind::kClear,
                                RegistrationKind::kRenew,
                                RegistrationKind::kMarkTerminated,
                                RegistrationKind::kDropDead,
                                RegistrationKind::kDropDead,
                                RegistrationKind::kCollect,
                                RegistrationKind::kWrite,
                                RegistrationKind::kWrite,
                                RegistrationKind::kGrow,
                                RegistrationKind::kDeliverFor,
                                RegistrationKind::kMove,
                                RegistrationKind::kRefresh,
                                RegistrationKind::kFollow,
                                RegistrationKind::kRetire});
  operation.memory = source.below(static_cast<std::uint32_t>(memories.size()));
  const MemoryPlan& memory = memories[operation.memory];
  operation.strikes = makeStrikeSchedule(source);
  if (operation.kind == RegistrationKind::kAdd) {
    makeAdd(source, memory, operation);
  } else if (operation.kind == RegistrationKind::kCollect) {
    operation.entry = source.byte();
  } else if (operation.kind == RegistrationKind::kDeliver) {
    operation.owner_act = makeOwnerAct(source);
  } else if (operation.kind == RegistrationKind::kDeliverFor) {
    operation.generations_ago = source.below(4) - 1;
    operation.owner_act = makeOwnerAct(source);
  } else if (operation.kind == RegistrationKind::kMove) {
    makeMove(source, operation);
  } else if (operation.kind == RegistrationKind::kRefresh) {
    makeRefresh(source, operation);
  } else if (operation.kind == RegistrationKind::kFollow) {
    operation.entry = source.byte();
    operation.failing_allocation = source.oneIn(8) ? 1 : 0;
  } else if (operation.kind == RegistrationKind::kGrow) {
    operation.growth = source.byte();
  } else if (operation.kind == RegistrationKind::kWrite) {
    operation.place =
        source.pick({Place::kTerminatedOfEntry, Place::kSignalOfEntry, Place::kAnywhere});
    operation.entry = source.byte();
    operation.value = source.pick({1U, 0U, 24U, 0x80000000U, source.u32()});
    if (operation.place == Place::kAnywhere) operation.offset = makeOffset(source, memory);
  }
  return operation;
}

// Once in so many programs: it takes as long as ten others.
constexpr std::uint32_t kCrowdRarity = 256;

// So many entries, in a memory of their own, that there is no room for one more, or for just one.
void addCrowd(ByteSource& source, RegistrationProgram& program) {
  constexpr std::uint64_t kBytesAnEntry = 2 * std::uint64_t{kWordSizeBytes};
  constexpr auto kSmallest = RegistrationProgram::kSmallestCrowd;
  const std::size_t count =
      kSmallest + source.below(RegistrationProgram::kLargestCrowd - kSmallest + 1);
  program.max_entries = count + source.below(2);
  const auto memory = static_cast<unsigned>(program.memories.size());
  program.memories.push_back({.length = count * kBytesAnEntry, .capacity = count * kBytesAnEntry});
  for (std::size_t i = 0; i < count; ++i) {
    program.operations.push_back({.memory = memory,
                                  .signal = i * kBytesAnEntry,
                                  .terminated = i * kBytesAnEntry + kWordSizeBytes});
  }
}

std::string toText(const std::optional<std::uint64_t>& offset) {
  return offset ? fmt::format("{:#x}", *offset) : "none";
}

}  // namespace

const char* name(RegistrationKind kind) noexcept {
  switch (kind) {
    case RegistrationKind::kAdd:
      return "add";
    case RegistrationKind::kDeliver:
      return "deliver";
    case RegistrationKind::kRenew:
      return "renew";
    case RegistrationKind::kMarkTerminated:
      return "markTerminated";
    case RegistrationKind::kDropDead:
      return "dropDead";
    case RegistrationKind::kClear:
      return "clear";
    case RegistrationKind::kCollect:
      return "collect";
    case RegistrationKind::kWrite:
      return "write";
    case RegistrationKind::kGrow:
      return "grow";
    case RegistrationKind::kDeliverFor:
      return "deliver for a generation";
    case RegistrationKind::kMove:
      return "move";
    case RegistrationKind::kRefresh:
      return "refreshMemories";
    case RegistrationKind::kFollow:
      return "moveMemory";
    case RegistrationKind::kRetire:
      return "retireGeneration";
  }
  return "?";
}

std::string describe(const RegistrationOperation& operation) {
  std::string text = name(operation.kind);
  if (operation.kind == RegistrationKind::kAdd) {
    text += fmt::format(" signal {} terminated {} to memory {}", toText(operation.signal),
                        toText(operation.terminated), operation.memory);
  }
  if (operation.failing_allocation != 0) {
    text += fmt::format(", allocation {} fails", operation.failing_allocation);
  }
  if (operation.kind == RegistrationKind::kMove) {
    text += fmt::format(" memory {}, {} longer, {} shorter", operation.memory, operation.growth,
                        operation.shrinkage);
  }
  if (operation.collects_at) {
    text += fmt::format(", a collection at question {}{}", *operation.collects_at,
                        operation.drops ? ", with a prologue" : "");
  }
  if (operation.owner_act != OwnerAct::kNone) {
    text += operation.owner_act == OwnerAct::kRenew ? ", renewed" : ", retired";
    text += " in its middle";
  }
  if (operation.strikes.mask != 0) {
    text += fmt::format(", struck at steps {:#x}, {} deep", operation.strikes.mask,
                        operation.strikes.nesting);
  }
  return text;
}

// The choices before the memories, and what a memory takes at most.
static_assert(RegistrationProgram::kHeadBytes >=
              6 + RegistrationProgram::kMaxMemories * std::size_t{6});
// Kind, memory, strikes; the two offsets of an addition and the choices around them.
static_assert(RegistrationProgram::kOperationBytes >= 2 + kStrikeScheduleBytes + std::size_t{25});

RegistrationProgram makeRegistrationProgram(ByteSource& input) {
  RegistrationProgram program;
  const bool is_crowded = input.isRare(kCrowdRarity);
  ByteSource source = input.take(RegistrationProgram::kHeadBytes);
  program.protocol =
      source.pick({ProgramProtocol::kAddress, ProgramProtocol::kInstance, ProgramProtocol::kAddress,
                   ProgramProtocol::kAddress, ProgramProtocol::kInstance, ProgramProtocol::kOwn});
  // 0 is the limit under which nothing registers: rare.
  program.max_entries =
      source.oneIn(16) ? 0 : 1 + source.below(RegistrationProgram::kMaxEntriesLimit);
  program.is_detached_at_end = source.oneIn(2);
  const unsigned memory_count = 1 + source.below(RegistrationProgram::kMaxMemories);
  for (unsigned i = 0; i < memory_count; ++i) program.memories.push_back(makeMemory(source));
  // There is one range of addresses for the big one.
  for (unsigned i = 1; i < memory_count; ++i) {
    MemoryPlan& memory = program.memories[i];
    if (memory.is_big) memory = {.length = 64, .capacity = 64, .fill = memory.fill};
  }
  if (is_crowded) addCrowd(source, program);
  const std::size_t end = program.operations.size() + RegistrationProgram::kMaxOperations;
  program.operations.reserve(end);
  while (!input.isExhausted() && program.operations.size() < end) {
    ByteSource record = input.take(RegistrationProgram::kOperationBytes);
    program.operations.push_back(makeOperation(record, program.memories));
  }
  return program;
}

}  // namespace sigproof::fuzz
