// Finds out from a WebAssembly module's own bytes whether it opts in. JavaScript can't answer that:
// it shows i32 and f32 globals alike, and a Memory in the import object need not be memory 0. R1
// and R5 of core/SPECIFICATION.md ask for this.
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

/// The result of inspectModule(). Unless `outcome` is kRegistered, the other members mean nothing.
struct ModuleInspection {
  /// kRegistered: the module may be registered, as far as its bytes say. Otherwise the first of
  /// kUnreadableModule, kNotOptedIn, kWrongType, kIncomplete, kNoReachableMemory that applies.
  RegistrationOutcome outcome = RegistrationOutcome::kUnreadableModule;
  /// Whether the signal global, or the terminated global, is exported with the address type: i32,
  /// or i64 where memory 0 is 64-bit (R1).
  bool has_signal = false;
  bool has_terminated = false;
  /// A name (UTF-8) under which memory 0 is exported, if it is (R5).
  std::optional<std::string> memory_export;
  /// If memory 0 is imported: its position in the import section, counting imports of every kind
  /// (R5).
  std::optional<std::uint32_t> memory_import_index;
  bool is_memory64 = false;
};

/// Judges a module by its own sections (R1, R5 and R8 of core/SPECIFICATION.md). For a module that
/// exports neither of the protocol's names, it skips the sections before the exports, compares each
/// export's name, and allocates nothing.
///
/// An export under one of the names that isn't a global of the address type counts as absent. If
/// then a required one, or both, are missing, the outcome is kWrongType where such an export was
/// found, kIncomplete where one of the two globals is left, and kNotOptedIn otherwise.
///
/// The bytes should be those of a module that the engine accepted. Any others are safe too: every
/// read is bounds-checked, and at worst the outcome is kUnreadableModule. Sections after the
/// exports are not read. Throws std::bad_alloc when there is no memory for `memory_export`. Any
/// thread; not signal-safe.
ModuleInspection inspectModule(std::span<const std::uint8_t> wire_bytes,
                               const SignalProtocol& protocol);

}  // namespace sigproof
