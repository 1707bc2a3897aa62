#include "fuzz/generate/lifecycle_program.h"

#include <fmt/format.h>

namespace sigproof::fuzz {
namespace {

using ActionKind = LifecycleAction::Kind;

constexpr std::array<const char*, kLifecycleActionKindCount> kNames{
    "listen", "listen by promise", "drop", "terminate", "grow",    "collect",
    "renew",  "leave scope",       "burn", "use up",    "dispose", "kill another inside"};

// What costs milliseconds is rare: a kill 25, an isolate 3, a budget 1.
ActionKind makeKind(ByteSource& source) {
  if (source.oneIn(100)) return ActionKind::kKillAnotherInside;
  if (source.oneIn(24)) return ActionKind::kDispose;
  if (source.oneIn(20)) return ActionKind::kUseUp;
  if (source.oneIn(12)) return ActionKind::kCollect;
  return source.pick({ActionKind::kListen, ActionKind::kListen, ActionKind::kListen,
                      ActionKind::kListenByPromise, ActionKind::kDrop, ActionKind::kTerminate,
                      ActionKind::kGrow, ActionKind::kRenew, ActionKind::kRenew,
                      ActionKind::kLeaveScope, ActionKind::kBurn, ActionKind::kBurn});
}

LifecyclePhase makePhase(ByteSource& source) {
  LifecyclePhase phase;
  phase.is_parallel = !source.oneIn(3);
  phase.noise.has_sender = !source.oneIn(4);
  phase.noise.has_watchdog = source.oneIn(2);
  phase.noise.pause_us = NoiseOptions::kLeastPauseUs + source.below(128);
  phase.collects_at_its_end = source.oneIn(4);
  for (std::vector<LifecycleAction>& actions : phase.actions) {
    const unsigned count = source.below(LifecycleProgram::kMaxActions + 1);
    for (unsigned i = 0; i < count; ++i) {
      const ActionKind kind = makeKind(source);
      actions.push_back({.kind = kind, .index = source.byte()});
    }
  }
  return phase;
}

}  // namespace

const char* name(ActionKind kind) noexcept { return kNames.at(static_cast<std::size_t>(kind)); }

std::string describe(const LifecycleProgram& program) {
  std::string text;
  for (const LifecyclePhase& phase : program.phases) {
    text += fmt::format("phase:{}{}{}{}\n", phase.is_parallel ? " in parallel," : "",
                        phase.noise.has_sender ? " sender," : "",
                        phase.noise.has_watchdog ? " watchdog," : "",
                        phase.collects_at_its_end ? " collect at its end" : "");
    for (const auto& actions : phase.actions) {
      text += "  isolate:";
      for (const LifecycleAction& action : actions) {
        text += fmt::format(" {}({})", name(action.kind), action.index);
      }
      text += '\n';
    }
  }
  return text;
}

LifecycleProgram makeLifecycleProgram(ByteSource& source) {
  LifecycleProgram program;
  do {
    program.phases.push_back(makePhase(source));
  } while (!source.isExhausted() && program.phases.size() < LifecycleProgram::kMaxPhases);
  return program;
}

}  // namespace sigproof::fuzz
