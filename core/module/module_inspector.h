// What a WebAssembly module's own bytes say about its wish to be signalled. JavaScript can't tell:
// it shows i32 and f32 globals alike, and a Memory in the import object need not be memory 0.
//
//   const ModuleInspection found = inspectModule(wire_bytes, SignalProtocol::address());
//   if (found.outcome != RegistrationOutcome::kRegistered) return registry.report(found.outcome);
//   if (found.has_signal) ...                  // read the exported global, convert, register
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/registry/registration_outcome.h"
#include "core/registry/signal_protocol.h"

namespace sigproof {

/// What inspectModule() found. Unless `outcome` is kRegistered, nothing else here means anything.
struct ModuleInspection {
  /// kRegistered: nothing speaks against a registration so far. Else the first of
  /// kUnreadableModule, kNotOptedIn, kWrongType, kIncomplete, kNoReachableMemory that applies.
  RegistrationOutcome outcome = RegistrationOutcome::kUnreadableModule;
  /// Which of the two is exported as a global of the address type: i32, or i64 where memory 0 is
  /// 64-bit (R1).
  bool has_signal = false;
  bool has_terminated = false;
  /// A name (UTF-8) under which memory 0 is exported, if it is (R5).
  std::optional<std::string> memory_export;
  /// The position in the import section of memory 0, counting imports of every kind, if it is
  /// imported (R5).
  std::optional<std::uint32_t> memory_import_index;
  bool is_memory64 = false;
};

/// Judges a module by its own sections (R1, R5, R8). A module that exports nothing under the
/// protocol's names costs the skipping of the sections before its exports and one comparison an
/// export, and allocates nothing.
///
/// An export under one of the names that isn't a global of the address type counts as absent. If
/// then a required one, or both, are missing, the outcome is kWrongType where an export was so
/// discounted, kIncomplete where one of the two is left, else kNotOptedIn.
///
/// The bytes should be those of a module that the engine accepted. Any others are safe too: they
/// are bounds-checked throughout and at worst lead to kUnreadableModule. Sections behind the
/// exports are not looked at. Throws std::bad_alloc when there is no memory for `memory_export`.
/// Any thread; not signal-safe.
ModuleInspection inspectModule(std::span<const std::uint8_t> wire_bytes,
                               const SignalProtocol& protocol);

}  // namespace sigproof
