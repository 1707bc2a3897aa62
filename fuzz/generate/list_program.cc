#include "fuzz/generate/list_program.h"

#include <fmt/format.h>

namespace sigproof::fuzz {
namespace {

using Kind = ListOperation::Kind;
using Fault = ListOperation::Fault;

// A handler at every step of a handler at every step grows fast; the first few hundred show what
// there is to see, and keep a run under a millisecond.
constexpr unsigned kMaxStrikes = 192;
constexpr unsigned kMaxNesting = 3;

StrikeSchedule makeSchedule(ByteSource& source) {
  enum class Mode : std::uint8_t { kNone, kOne, kEvery, kSome };
  StrikeSchedule schedule;
  switch (source.pick({Mode::kNone, Mode::kOne, Mode::kEvery, Mode::kSome})) {
    case Mode::kNone:
      return schedule;
    case Mode::kOne:
      schedule.mask = std::uint64_t{1} << source.below(64);
      break;
    case Mode::kEvery:
      schedule.mask = ~std::uint64_t{0};
      break;
    case Mode::kSome:
      schedule.mask = source.u64();
      break;
  }
  schedule.max_strikes = kMaxStrikes;
  schedule.nesting = 1 + source.below(kMaxNesting);
  return schedule;
}

ListOperation makeOperation(ByteSource& source) {
  ListOperation operation;
  // More come in than go out, so that lists have a length.
  // After a detachment handlers meet nothing until the list is destroyed: it must be rare.
  operation.kind = source.pick(
      {Kind::kPushFront, Kind::kPushFront, Kind::kPushFront, Kind::kPushFront, Kind::kPushFront,
       Kind::kPushFront, Kind::kPushFront, Kind::kFilter, Kind::kFilter, Kind::kFilter,
       Kind::kFilter, Kind::kFilter, Kind::kClear, Kind::kReclaim, Kind::kDestroy, Kind::kDestroy});
  operation.strikes = makeSchedule(source);
  if (operation.kind == Kind::kPushFront) {
    operation.fault = source.pick({Fault::kNone, Fault::kNone, Fault::kNone, Fault::kNone,
                                   Fault::kAllocationFails, Fault::kConstructorThrows});
  } else if (operation.kind == Kind::kDestroy) {
    if (source.oneIn(2)) operation.kind = Kind::kDetach;
  } else if (operation.kind == Kind::kFilter) {
    operation.keep_mask = source.pick({false, true}) ? source.u64() : source.byte();
    if (source.oneIn(4)) operation.throw_at = source.below(16);
  }
  return operation;
}

}  // namespace

const char* name(Kind kind) noexcept {
  switch (kind) {
    case Kind::kPushFront:
      return "pushFront";
    case Kind::kFilter:
      return "filter";
    case Kind::kClear:
      return "clear";
    case Kind::kReclaim:
      return "reclaim";
    case Kind::kDetach:
      return "detachReaders";
    case Kind::kDestroy:
      return "destroy";
  }
  return "?";
}

std::string describe(const ListOperation& operation) {
  std::string text = name(operation.kind);
  if (operation.fault == Fault::kAllocationFails) text += ", allocation fails";
  if (operation.fault == Fault::kConstructorThrows) text += ", constructor throws";
  if (operation.kind == Kind::kFilter) text += fmt::format(", keeps {:#x}", operation.keep_mask);
  if (operation.throw_at) text += fmt::format(", throws at call {}", *operation.throw_at);
  if (operation.strikes.mask != 0) {
    text += fmt::format(", struck at steps {:#x}, {} deep", operation.strikes.mask,
                        operation.strikes.nesting);
  }
  return text;
}

ListProgram makeListProgram(ByteSource& source) {
  ListProgram program;
  while (!source.isExhausted() && program.operations.size() < ListProgram::kMaxOperations) {
    program.operations.push_back(makeOperation(source));
  }
  return program;
}

}  // namespace sigproof::fuzz
