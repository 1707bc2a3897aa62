// A JavaScript program around WebAssembly as fuzz-transparency and fuzz-hostile run it: in a
// context with core and in one without.
//
//   const ScriptProgram program = makeTransparencyProgram(source);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/generate/scripts/witness_module.h"
#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

/// A module that the program has as m0, m1, ...: a Uint8Array, made anew at each read.
struct ScriptModule {
  std::vector<std::uint8_t> bytes;
  /// Where its signal word can lie: what core may zero, and nothing else of its memory.
  std::vector<std::uint64_t> signal_addresses;
  /// The plan of a module that tells when an instance of it was made.
  std::optional<WitnessPlan> witness = {};
  /// Whether the bytes are handed over as they are. Else a custom section is added that differs at
  /// each read, so that the engine has never compiled the module before.
  bool is_verbatim = false;
};

/// How core is installed in the context of a program.
enum class Installation : std::uint8_t {
  kFresh,        ///< it is installed in a fresh context
  kChanged,      ///< in one that was changed, but has everything that core needs
  kRefused,      ///< in one that lacks something: install() says no
  kGateClosed,   ///< the gate of the rollout says no
  kSwitchedOff,  ///< the isolate has the feature off
};

struct ScriptProgram {
  std::vector<ScriptModule> modules = {};
  /// Scripts, run in this order. After each the host runs all pending tasks.
  std::vector<std::string> segments = {};
  /// Whether bytes are compiled in the background.
  bool is_async = false;
  /// In which order the background's tasks are done (host::PredictablePlatform::setOrder()).
  std::uint64_t task_order = 0;
  /// Whether there is a second context, whose global object the program has as `other`.
  bool has_other_realm = false;
  /// Whether everything that is reachable from `WebAssembly` is described in the end, else only
  /// what core puts something into.
  bool describes_reachable = false;
  /// Whether the program changes nothing of its context but what it tells the prelude's changing()
  /// of, which is changed back. The next such program may have the same context.
  bool leaves_no_trace = false;
  /// Whether the contexts have `WebAssembly.instantiateStreaming`.
  bool has_streaming = false;
  /// How core is installed in the context.
  Installation installation = Installation::kFresh;
  /// A script that runs before core is installed. Whether that must fail is what `installation`
  /// says.
  std::string change_before = {};
  /// What the program does, for statistics: the names of its calls and patches.
  std::vector<std::string> features = {};
};

/// Draws how bytes are compiled, whether there is a second context and streaming, and how much is
/// described.
void chooseWorld(ByteSource& source, ScriptProgram& program);

/// The whole program as one text, for people.
std::string describe(const ScriptProgram& program);

/// Programs that use everything that `WebAssembly` has, rightly and wrongly, and leave the
/// built-ins alone. Modules as makeModulePlan() makes them, but no gigabytes.
ScriptProgram makeTransparencyProgram(ByteSource& source);

/// Makes programs that patch what core could depend on, around the same calls (T5). Their modules
/// count their instances.
ScriptProgram makeHostileProgram(ByteSource& source);

}  // namespace sigproof::fuzz
