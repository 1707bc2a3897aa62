#include "fuzz/oracles/inspection_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace sigproof::fuzz {
namespace {

const Declaration* exportNamed(const Declarations& declared, std::string_view name) {
  const auto found = std::ranges::find(declared.exports, name, &Declaration::name);
  return found == declared.exports.end() ? nullptr : &*found;
}

bool isI32Global(const Declaration* exported) {
  return exported != nullptr && exported->kind == "global" && exported->value_type == "i32";
}

RegistrationOutcome expectedOutcome(const Declarations& declared, specified::Protocol protocol) {
  const auto [signal_name, terminated_name] = specified::names(protocol);
  const Declaration* signal = exportNamed(declared, signal_name);
  const Declaration* terminated = exportNamed(declared, terminated_name);
  if (signal == nullptr && terminated == nullptr) return RegistrationOutcome::kNotOptedIn;
  const bool has_signal = isI32Global(signal);
  const bool has_terminated = isI32Global(terminated);
  if (specified::areBothRequired(protocol) ? !(has_signal && has_terminated)
                                           : !(has_signal || has_terminated)) {
    const bool is_discounted =
        (signal != nullptr && !has_signal) || (terminated != nullptr && !has_terminated);
    return is_discounted ? RegistrationOutcome::kWrongType : RegistrationOutcome::kIncomplete;
  }
  const auto is_memory = [](const Declaration& one) { return one.kind == "memory"; };
  return std::ranges::any_of(declared.exports, is_memory) ||
                 std::ranges::any_of(declared.imports, is_memory)
             ? RegistrationOutcome::kRegistered
             : RegistrationOutcome::kNoReachableMemory;
}

}  // namespace

std::optional<Violation> judgeInspection(const ModuleInspection& found,
                                         const Declarations& declared,
                                         specified::Protocol protocol) {
  const RegistrationOutcome expected = expectedOutcome(declared, protocol);
  if (found.outcome != expected) {
    return Violation{"R1", fmt::format("the inspector says {}, the engine's lists of imports and "
                                       "exports say {}",
                                       name(found.outcome), name(expected))};
  }
  if (expected != RegistrationOutcome::kRegistered) return std::nullopt;
  const auto [signal, terminated] = specified::names(protocol);
  if (found.has_signal != isI32Global(exportNamed(declared, signal)) ||
      found.has_terminated != isI32Global(exportNamed(declared, terminated))) {
    return Violation{"R1", "the inspector takes another export for an i32 global than the engine"};
  }
  const auto memory = std::ranges::find(declared.imports, "memory", &Declaration::kind);
  const bool is_imported = memory != declared.imports.end();
  if (found.memory_import_index.has_value() != is_imported ||
      (is_imported && *found.memory_import_index != memory - declared.imports.begin())) {
    return Violation{"R5", "the inspector finds memory 0 at another place among the imports"};
  }
  const bool is_exported =
      std::ranges::find(declared.exports, "memory", &Declaration::kind) != declared.exports.end();
  const Declaration* named =
      found.memory_export ? exportNamed(declared, *found.memory_export) : nullptr;
  if (found.memory_export.has_value() != is_exported ||
      (is_exported && (named == nullptr || named->kind != "memory"))) {
    return Violation{"R5", "the inspector finds another export of memory 0 than the engine"};
  }
  return std::nullopt;
}

}  // namespace sigproof::fuzz
