#include "fuzz/generate/shim_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fuzz/wasm/second_memory.h"
#include "fuzz/wasm/section_editor.h"

namespace sigproof::fuzz {
namespace {

using Kind = AfterAction::Kind;

// A full collection costs as much as five runs without one, and to see that everything goes takes
// several. One program in so many ends with them: at the speed of this target, thirty a second.
constexpr std::uint32_t kCollectOnceIn = 64;

// And one in so many collects an instance while others go on.
constexpr std::uint32_t kCollectingOnceIn = 48;

// Enough to fill the registry (R9).
constexpr std::uint32_t kManyInstancesOnceIn = 32;

// And one in so many has a fault.
constexpr std::uint32_t kFaultOnceIn = 12;

// What is compiled in the background costs more, and differs only where bytes are instantiated. A
// strike finds most to strike there.
constexpr std::uint32_t kBackgroundOnceIn = 4;
constexpr std::uint32_t kBackgroundOfStruckOnceIn = 2;

constexpr std::array kFaults{Fault::kMissingImport, Fault::kBrokenBytes, Fault::kSecondMemory,
                             Fault::kOlderEncoding, Fault::kStruck,      Fault::kStruck,
                             Fault::kStruck};

// 0 (when the bytes have run out) is one instance made with `new`.
std::vector<Way> makeWays(ByteSource& source) {
  // More than one is for the registry, which sees entries from elsewhere too, and costs as much
  // again.
  const auto count = source.oneIn(kManyInstancesOnceIn)
                         ? ShimProgram::kMaxInstances
                         : source.pick<std::uint32_t>({1, 1, 1, 1, 2, 1, 1, 1, 1, 3});
  std::vector<Way> ways;
  for (std::uint32_t i = 0; i < count; ++i) {
    ways.push_back(source.pick(
        {Way::kNew, Way::kNew, Way::kReflectConstruct, Way::kSubclass, Way::kInstantiateModule,
         Way::kInstantiateModule, Way::kInstantiateBuffer, Way::kInstantiateBuffer,
         Way::kInstantiateView, Way::kInstantiateModule, Way::kNew, Way::kSubclass,
         Way::kReflectConstruct, Way::kInstantiateBuffer, Way::kCallConstructor, Way::kNew}));
  }
  return ways;
}

AfterAction makeAfterAction(ByteSource& source) {
  AfterAction action;
  action.kind = source.pick({Kind::kDeliver, Kind::kRenew, Kind::kModuleTerminates,
                             Kind::kModuleRevives, Kind::kGrow, Kind::kMarkTerminated,
                             Kind::kDeliver, Kind::kDeliver, Kind::kPoll});
  action.instance = source.byte();
  if (action.kind == Kind::kGrow) action.pages = source.below(3);
  return action;
}

// Makes the imported globals references, but for those whose type something else depends on.
void makeImportsReferences(ModulePlan& module, ValueType type) {
  for (std::uint32_t i = 0; i < module.globals.size() && module.globals[i].is_imported; ++i) {
    const bool is_copied = std::ranges::any_of(
        module.globals, [i](const GlobalPlan& global) { return global.copied_from == i; });
    const bool is_set = std::ranges::any_of(module.start, [i](const StartAction& action) {
      return action.kind == StartAction::Kind::kSetGlobal && action.global == i;
    });
    // Which may be a word.
    const bool is_exported = std::ranges::any_of(module.exports, [i](const ExportPlan& exported) {
      return exported.kind == ExternalKind::kGlobal && exported.index == i;
    });
    if (is_copied || is_set || (is_exported && type == ValueType::kExternref)) continue;
    GlobalPlan& global = module.globals[i];
    global.type = type;
    if (isZero(global.form)) global.form = ImportForm::kSignedNumber;
  }
}

DataPlan makePrefill(ByteSource& source, const ModulePlan& module) {
  DataPlan data;
  // Where a word may be, if the module has a global that can be one.
  data.address =
      module.globals.empty() || source.oneIn(4)
          ? source.below(128)
          : module.globals[source.below(static_cast<std::uint32_t>(module.globals.size()))].bits;
  data.address += source.below(5);
  for (std::uint32_t i = 1 + source.below(8); i > 0; --i) data.bytes.push_back(source.byte());
  return data;
}

std::vector<std::uint8_t> broken(std::vector<std::uint8_t> bytes, std::uint32_t position) {
  const std::uint32_t at = position % static_cast<std::uint32_t>(bytes.size());
  if ((position >> 31) != 0) {
    bytes.resize(at);
  } else {
    bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << ((position >> 24) % 8)));
  }
  return bytes;
}

}  // namespace

const char* name(Way way) noexcept {
  static constexpr const char* kNames[] = {"new",
                                           "Reflect.construct",
                                           "subclass",
                                           "instantiate(module)",
                                           "instantiate(buffer)",
                                           "instantiate(view)",
                                           "call without new"};
  return kNames[static_cast<unsigned>(way)];
}

const char* name(ImportStyle style) noexcept {
  static constexpr const char* kNames[] = {"plain",  "getters",   "proxy",
                                           "frozen", "inherited", "fresh memory"};
  return kNames[static_cast<unsigned>(style)];
}

bool takesBytes(Way way) noexcept {
  return way == Way::kInstantiateBuffer || way == Way::kInstantiateView;
}

const char* name(Strike strike) noexcept {
  static constexpr const char* kNames[] = {"termination requested", "terminated", "stack overflow",
                                           "collection", "allocation failure"};
  return kNames[static_cast<unsigned>(strike)];
}

const char* name(Kind kind) noexcept {
  static constexpr const char* kNames[] = {
      "deliver",        "renew", "markTerminated", "module terminates",
      "module revives", "grow",  "poll",           "collect"};
  return kNames[static_cast<unsigned>(kind)];
}

std::string describe(const ShimProgram& program) {
  std::string text =
      program.protocol == specified::Protocol::kAddress ? "address protocol" : "instance protocol";
  if (program.is_in_background) text += "; compiled in the background";
  text += fmt::format("; imports {}", name(program.imports));
  for (const Way way : program.ways) text += fmt::format("; {}", name(way));
  if (program.fault == Fault::kMissingImport) text += "; one import is missing";
  if (program.fault == Fault::kBrokenBytes) text += "; its bytes are broken";
  if (program.fault == Fault::kSecondMemory) text += "; it has a second memory";
  if (program.fault == Fault::kOlderEncoding) text += "; funcrefs are written as drafts did";
  if (program.fault == Fault::kStruck) {
    const StrikePlan strike = strikeOf(program);
    text += fmt::format("; {} at point {} of the last{}", name(strike.kind), strike.at,
                        strike.is_then_found ? ", under a then" : "");
  }
  for (const AfterAction& action : program.after) {
    text += fmt::format("; then {} ({})", name(action.kind), action.instance);
  }
  return text;
}

ShimProgram makeShimProgram(ByteSource& input) {
  ShimProgram program;
  program.is_collected_at_end = input.isRare(kCollectOnceIn);
  const std::uint32_t fingerprint = input.fingerprint();
  const bool collects = input.isRare(kCollectingOnceIn, 1);
  // As isRare(): each mutation of an input with a fault has another one, or none.
  program.fault = fingerprint % kFaultOnceIn == kFaultOnceIn / 2
                      ? kFaults.at((fingerprint >> 8) % kFaults.size())
                      : Fault::kNone;
  program.is_in_background = input.isRare(
      program.fault == Fault::kStruck ? kBackgroundOfStruckOnceIn : kBackgroundOnceIn, 2);
  ByteSource head = input.take(ShimProgram::kHeadBytes);
  if (head.oneIn(3)) program.protocol = specified::Protocol::kInstance;
  program.ways = makeWays(head);
  program.imports = static_cast<ImportStyle>(head.below(kImportStyleCount));
  program.has_decoy_memory = head.oneIn(4);
  program.fault_position = head.u32() + fingerprint;

  program.module = makeModulePlan(input, program.protocol);
  // Making memories is the harness's own work, which nothing may strike.
  if (program.fault == Fault::kStruck && program.imports == ImportStyle::kFreshMemory) {
    program.imports = ImportStyle::kGetters;
  }
  // A start function that a broken byte changed could loop for ever.
  if (program.fault == Fault::kBrokenBytes) program.module.start.clear();
  if (program.fault == Fault::kSecondMemory && !program.module.memory) program.fault = Fault::kNone;
  // An externref that is left out is undefined, which is as good as any.
  if (program.fault == Fault::kMissingImport) {
    for (GlobalPlan& global : program.module.globals) {
      if (global.type == ValueType::kExternref) global.type = ValueType::kFuncref;
    }
  }

  if (program.fault == Fault::kOlderEncoding) {
    makeImportsReferences(program.module, ValueType::kFuncref);
  } else if (program.has_decoy_memory && program.fault != Fault::kMissingImport) {
    makeImportsReferences(program.module, ValueType::kExternref);
  }

  ByteSource prefill = input.take(ShimProgram::kPrefillBytes);
  if (program.module.memory && program.module.memory->is_imported) {
    for (std::uint32_t i = prefill.pick({0U, 0U, 0U, 1U, 2U}); i > 0; --i) {
      program.prefill.push_back(makePrefill(prefill, program.module));
    }
  }
  while (!input.isExhausted() && program.after.size() < ShimProgram::kMaxAfterActions) {
    ByteSource record = input.take(ShimProgram::kAfterBytes);
    program.after.push_back(makeAfterAction(record));
  }
  // In the middle, where it has actions before and after it.
  if (collects && !program.after.empty()) {
    program.after[program.after.size() / 2].kind = Kind::kCollect;
  }
  return program;
}

StrikePlan strikeOf(const ShimProgram& program) {
  // Few ways have more points than 16, and none has more than 40. Few allocate more than four
  // times.
  const std::uint32_t position = program.fault_position;
  const auto kind = static_cast<Strike>(position % kStrikeCount);
  const std::uint32_t points =
      kind == Strike::kAllocationFailure ? 4 : 10U << ((position >> 20) % 3);
  return {.kind = kind,
          .at = static_cast<int>((position >> 8) % points),
          .is_then_found = (position >> 24) % 4 == 1};
}

std::vector<std::uint8_t> withFault(const ShimProgram& program,
                                    const std::vector<std::uint8_t>& module) {
  if (program.fault == Fault::kBrokenBytes) return broken(module, program.fault_position);
  if (program.fault == Fault::kSecondMemory) return withSecondMemory(module);
  if (program.fault == Fault::kOlderEncoding) return withOlderFuncrefs(module);
  return module;
}

}  // namespace sigproof::fuzz
