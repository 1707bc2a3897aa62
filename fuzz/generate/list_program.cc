#include "fuzz/generate/list_program.h"

#include <fmt/format.h>

namespace sigproof::fuzz {
namespace {

using Kind = ListOperation::Kind;
using Fault = ListOperation::Fault;

// Kind, strikes, the mask of what is kept and the choices around it.
static_assert(ListProgram::kOperationBytes >= 1 + kStrikeScheduleBytes + 9 + 2);

ListOperation makeOperation(ByteSource& source) {
  ListOperation operation;
  // More come in than go out, so that lists have a length.
  // After a detachment handlers meet nothing until the list is destroyed: it must be rare.
  operation.kind =
      source.pick({Kind::kPushFront, Kind::kPushFront, Kind::kPushFront, Kind::kPushFront,
                   Kind::kPushFront, Kind::kPushFront, Kind::kPushFront, Kind::kFilter,
                   Kind::kFilter, Kind::kFilter, Kind::kFilter, Kind::kReplace, Kind::kClear,
                   Kind::kReclaim, Kind::kDestroy, Kind::kDestroy});
  operation.strikes = makeStrikeSchedule(source);
  if (operation.kind == Kind::kPushFront) {
    operation.fault = source.pick({Fault::kNone, Fault::kNone, Fault::kNone, Fault::kNone,
                                   Fault::kAllocationFails, Fault::kConstructorThrows});
  } else if (operation.kind == Kind::kDestroy) {
    if (source.oneIn(2)) operation.kind = Kind::kDetach;
  } else if (operation.kind == Kind::kFilter) {
    operation.keep_mask = source.pick({false, true}) ? source.u64() : source.byte();
    if (source.oneIn(4)) operation.throw_at = source.below(16);
  } else if (operation.kind == Kind::kReplace) {
    const int among = source.pick({0, 0, 0xFF, 0xFF});
    operation.keep_mask = among & source.byte();
    operation.fault = source.pick({Fault::kNone, Fault::kNone, Fault::kNone, Fault::kNone,
                                   Fault::kAllocationFails, Fault::kConstructorThrows});
    if (operation.fault != Fault::kNone) operation.throw_at = source.below(4);
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
    case Kind::kReplace:
      return "replace";
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
  if (operation.kind == Kind::kReplace) {
    text += fmt::format(", all but {:#x}", operation.keep_mask);
  }
  if (operation.throw_at) text += fmt::format(", throws at call {}", *operation.throw_at);
  if (operation.strikes.mask != 0) {
    text += fmt::format(", struck at steps {:#x}, {} deep", operation.strikes.mask,
                        operation.strikes.nesting);
  }
  return text;
}

ListProgram makeListProgram(ByteSource& source) {
  ListProgram program;
  program.operations.reserve(ListProgram::kMaxOperations);
  while (!source.isExhausted() && program.operations.size() < ListProgram::kMaxOperations) {
    ByteSource record = source.take(ListProgram::kOperationBytes);
    program.operations.push_back(makeOperation(record));
  }
  return program;
}

}  // namespace sigproof::fuzz
