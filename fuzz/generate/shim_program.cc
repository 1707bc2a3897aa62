#include "fuzz/generate/shim_program.h"

#include <fmt/format.h>

namespace sigproof::fuzz {
namespace {

using Kind = AfterAction::Kind;

// A collection costs as much as some twenty runs without one.
constexpr std::uint32_t kCollectOnceIn = 16;

// 0 (when the bytes have run out) is one instance made with `new`.
std::vector<Way> makeWays(ByteSource& source) {
  const auto count = source.pick<std::uint32_t>(
      {1, 1, 1, 2, 1, 1, 2, 1, ShimProgram::kMaxInstances, 1, 1, 3, 1, 1, 2, 1});
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
  action.kind =
      source.pick({Kind::kDeliver, Kind::kRenew, Kind::kModuleTerminates, Kind::kModuleRevives,
                   Kind::kGrow, Kind::kMarkTerminated, Kind::kDeliver, Kind::kDeliver});
  action.instance = source.byte();
  if (action.kind == Kind::kGrow) action.pages = source.below(3);
  if (action.kind == Kind::kModuleRevives && source.oneIn(kCollectOnceIn / 2)) {
    action.kind = Kind::kCollect;
  }
  return action;
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

const char* name(Kind kind) noexcept {
  static constexpr const char* kNames[] = {
      "deliver",        "renew", "markTerminated", "module terminates",
      "module revives", "grow",  "collect"};
  return kNames[static_cast<unsigned>(kind)];
}

std::string describe(const ShimProgram& program) {
  std::string text =
      program.protocol == specified::Protocol::kAddress ? "address protocol" : "instance protocol";
  text += fmt::format("; imports {}", name(program.imports));
  for (const Way way : program.ways) text += fmt::format("; {}", name(way));
  if (program.fault == Fault::kMissingImport) text += "; one import is missing";
  if (program.fault == Fault::kBrokenBytes) text += "; its bytes are broken";
  for (const AfterAction& action : program.after) {
    text += fmt::format("; then {} ({})", name(action.kind), action.instance);
  }
  return text;
}

ShimProgram makeShimProgram(ByteSource& source) {
  ShimProgram program;
  if (source.oneIn(3)) program.protocol = specified::Protocol::kInstance;
  program.ways = makeWays(source);
  program.imports = static_cast<ImportStyle>(source.below(kImportStyleCount));
  program.has_decoy_memory = source.oneIn(4);
  program.is_collected_at_end = source.oneIn(kCollectOnceIn);
  program.fault =
      source.oneIn(24) ? source.pick({Fault::kMissingImport, Fault::kBrokenBytes}) : Fault::kNone;
  program.fault_position = source.u32();
  program.module = makeModulePlan(source, program.protocol);
  // A start function that a broken byte changed could loop for ever.
  if (program.fault == Fault::kBrokenBytes) program.module.start.clear();
  if (program.module.memory && program.module.memory->is_imported) {
    for (std::uint32_t i = source.pick({0U, 0U, 0U, 1U, 2U}); i > 0; --i) {
      program.prefill.push_back(makePrefill(source, program.module));
    }
  }
  for (std::uint32_t i = 1 + source.below(ShimProgram::kMaxAfterActions - 1); i > 0; --i) {
    program.after.push_back(makeAfterAction(source));
  }
  return program;
}

}  // namespace sigproof::fuzz
