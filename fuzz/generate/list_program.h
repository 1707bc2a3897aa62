// Makes a program from input bytes: operations on a list, and the steps at which handlers run.
//
//   const ListProgram program = makeListProgram(source);
//   for (const ListOperation& operation : program.operations) ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/generate/strike_schedule.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/input_layout.h"

namespace sigproof::fuzz {

struct ListOperation {
  enum class Kind : std::uint8_t {
    kPushFront,
    kFilter,
    kReplace,
    kClear,
    kReclaim,
    kDetach,   ///< detachReaders(): from then on a handler meets nothing
    kDestroy,  ///< the list is destroyed and a new one made
  };
  enum class Fault : std::uint8_t { kNone, kAllocationFails, kConstructorThrows };

  Kind kind = Kind::kPushFront;
  Fault fault = Fault::kNone;  ///< of kPushFront and kReplace
  /// Of kFilter: bit i % 64 keeps the i-th element. Of kReplace: it has no successor.
  std::uint64_t keep_mask = 0;
  /// Of kFilter: the call of the predicate that throws. Of kReplace: the successor, counted from 0,
  /// that `fault` prevents.
  std::optional<unsigned> throw_at = {};
  StrikeSchedule strikes;
};

struct ListProgram {
  /// More finds nothing new: a list has few shapes, and each shape is met sooner in many short
  /// programs than in a few long ones.
  static constexpr unsigned kMaxOperations = 16;
  /// Of the input. Each operation is made of a record of its own, so that a change of one leaves
  /// the others as they are.
  static constexpr std::size_t kOperationBytes = 24;
  static constexpr InputLayout inputLayout() {
    return {.record_bytes = kOperationBytes, .max_records = kMaxOperations};
  }

  std::vector<ListOperation> operations;
};

inline constexpr unsigned kListOperationKindCount = 7;

/// The kind's name in statistics and in texts, such as "pushFront".
const char* name(ListOperation::Kind kind) noexcept;

/// One line for people.
std::string describe(const ListOperation& operation);

ListProgram makeListProgram(ByteSource& source);

}  // namespace sigproof::fuzz
