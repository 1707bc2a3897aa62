#include "fuzz/oracles/registration_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "fuzz/wasm/import_values.h"

namespace sigproof::fuzz {
namespace {

// What a memory without a maximum of its own may grow to.
constexpr std::uint64_t kMostPages = 65536;

const ExportPlan* findExport(const ModulePlan& module, std::string_view name) {
  const auto found = std::ranges::find(module.exports, name, &ExportPlan::name);
  return found == module.exports.end() ? nullptr : &*found;
}

// R1: a global of the type of the memory's addresses. Anything else of that name counts as absent.
bool isAddress(const ModulePlan& module, const ExportPlan* exported) {
  if (exported == nullptr || exported->kind != ExternalKind::kGlobal) return false;
  const bool is_64 = module.memory && module.memory->is_memory64;
  return module.globals[exported->index].type == (is_64 ? ValueType::kI64 : ValueType::kI32);
}

bool isMemoryReachable(const ModulePlan& module) {
  if (!module.memory) return false;
  return module.memory->is_imported ||
         std::ranges::any_of(module.exports, [](const ExportPlan& exported) {
           return exported.kind == ExternalKind::kMemory;
         });
}

// Whether the strike may have brought the program this error.
bool isErrorOf(const Struck& struck, const std::string& error) {
  if (!isNoticed(struck.strike)) return false;
  if (error == kTerminationError || error == kNeverSettlesError) return true;
  if (struck.strike == Strike::kStackOverflow) return error == "RangeError";
  // What can't be read of the imports, a value or the object that has it, is undefined to the
  // engine.
  return struck.is_in_background && (error == "LinkError" || error == "TypeError");
}

}  // namespace

RegistrationOutcome judgeDeclarations(const ModulePlan& module, specified::Protocol protocol) {
  const auto [signal_name, terminated_name] = specified::names(protocol);
  const ExportPlan* signal = findExport(module, signal_name);
  const ExportPlan* terminated = findExport(module, terminated_name);
  if (signal == nullptr && terminated == nullptr) return RegistrationOutcome::kNotOptedIn;

  const bool has_signal = isAddress(module, signal);
  const bool has_terminated = isAddress(module, terminated);
  const bool is_enough = specified::areBothRequired(protocol) ? has_signal && has_terminated
                                                              : has_signal || has_terminated;
  if (!is_enough) {
    const bool is_any_discounted =
        (signal != nullptr && !has_signal) || (terminated != nullptr && !has_terminated);
    return is_any_discounted ? RegistrationOutcome::kWrongType : RegistrationOutcome::kIncomplete;
  }
  return isMemoryReachable(module) ? RegistrationOutcome::kRegistered
                                   : RegistrationOutcome::kNoReachableMemory;
}

RegistrationOracle::RegistrationOracle(const ShimProgram& program)
    : program_(program),
      module_(program.module),
      reference_(program.protocol, ShimProgram::kMaxEntries) {
  for (const GlobalPlan& global : module_.globals) {
    if (global.is_imported) imported_globals_.push_back(importedBits(global));
  }
  if (module_.memory && module_.memory->is_imported &&
      program.imports != ImportStyle::kFreshMemory) {
    addMemory({module_.memory->given_pages, module_.memory->given_maximum});
  }
}

std::size_t RegistrationOracle::addMemory(const Limits& limits) {
  const std::size_t index = limits_.size();
  limits_.push_back(limits);
  reference_.addMemory(
      {.length = limits.pages * kPageSizeBytes, .pieces = {}, .is_zero_elsewhere = true});
  if (!module_.memory->is_imported) return index;
  for (const DataPlan& data : program_.prefill) {
    for (std::size_t i = 0; i < data.bytes.size(); ++i) {
      std::uint8_t* byte = reference_.memories()[index].touch(data.address + i);
      if (byte != nullptr) *byte = data.bytes[i];
    }
  }
  return index;
}

// The memory 0 of the next instance.
std::optional<std::size_t> RegistrationOracle::makeMemory() {
  if (!module_.memory) return std::nullopt;
  const WasmMemoryPlan& memory = *module_.memory;
  if (!memory.is_imported) return addMemory({memory.initial_pages, memory.maximum_pages});
  if (program_.imports == ImportStyle::kFreshMemory) {
    return addMemory({memory.given_pages, memory.given_maximum});
  }
  return 0;
}

// R2: an address in a 32-bit memory is 32 bits, read as unsigned.
std::uint64_t RegistrationOracle::toAddress(std::uint64_t bits) const {
  return module_.memory && module_.memory->is_memory64 ? bits : static_cast<std::uint32_t>(bits);
}

std::vector<std::uint64_t> RegistrationOracle::initialGlobals() const {
  std::vector<std::uint64_t> values = imported_globals_;
  for (std::size_t i = values.size(); i < module_.globals.size(); ++i) {
    const GlobalPlan& global = module_.globals[i];
    values.push_back(global.copied_from ? imported_globals_[*global.copied_from] : global.bits);
  }
  return values;
}

std::uint64_t RegistrationOracle::pagesOf(std::size_t memory) {
  return reference_.memories()[memory].length / kPageSizeBytes;
}

bool RegistrationOracle::grow(std::size_t memory, std::uint32_t pages) {
  const std::uint64_t grown = pagesOf(memory) + pages;
  if (grown > limits_[memory].maximum.value_or(kMostPages)) return false;
  reference_.memories()[memory].length = grown * kPageSizeBytes;
  return true;
}

// Segments are copied in order; one that doesn't fit ends it, and what was copied stays.
bool RegistrationOracle::applyData(std::size_t memory) {
  for (const DataPlan& data : module_.data) {
    const std::uint64_t address = toAddress(data.address);
    ReferenceMemory& bytes = reference_.memories()[memory];
    if (data.bytes.size() > bytes.length || address > bytes.length - data.bytes.size()) {
      return false;
    }
    for (std::size_t i = 0; i < data.bytes.size(); ++i) {
      std::uint8_t* byte = bytes.touch(address + i);
      if (byte != nullptr) *byte = data.bytes[i];
    }
  }
  return true;
}

bool RegistrationOracle::runStart(std::optional<std::size_t> memory,
                                  std::vector<std::uint64_t>& globals) {
  for (const StartAction& action : module_.start) {
    switch (action.kind) {
      case StartAction::Kind::kTrap:
        return false;
      case StartAction::Kind::kStore:
        if (!reference_.isInside(*memory, toAddress(action.address))) return false;
        reference_.write(*memory, toAddress(action.address),
                         static_cast<std::uint32_t>(action.value));
        break;
      case StartAction::Kind::kSetGlobal:
        globals[action.global] = action.value;
        // The program's object, which the next instance imports too.
        if (action.global < imported_globals_.size()) {
          imported_globals_[action.global] = action.value;
        }
        break;
      case StartAction::Kind::kGrow:
        grow(*memory, action.pages);
        break;
    }
  }
  return true;
}

std::optional<std::uint64_t> RegistrationOracle::addressExported(
    std::string_view name, const std::vector<std::uint64_t>& globals) const {
  const ExportPlan* exported = findExport(module_, name);
  if (!isAddress(module_, exported)) return std::nullopt;
  return toAddress(globals[exported->index]);
}

Prediction RegistrationOracle::instantiate(Way way, std::optional<RegistrationOutcome> instead) {
  Prediction prediction;
  if (program_.fault == Fault::kSecondMemory) {
    prediction.error = "CompileError";
    prediction.outcome = judgeAll();
    return prediction;
  }
  if (way == Way::kCallConstructor) {
    prediction.error = "TypeError";
    prediction.outcome = RegistrationOutcome::kRegistered;  // the observer is told nothing
    return prediction;
  }
  prediction.outcome = instead.value_or(judgeAll());
  prediction.memory = makeMemory();
  const bool has_imports = !imported_globals_.empty() || module_.imports_function ||
                           module_.imports_table || (module_.memory && module_.memory->is_imported);
  if (program_.fault == Fault::kMissingImport && has_imports) {
    prediction.error = "LinkError";
    return prediction;
  }
  std::vector<std::uint64_t> globals = initialGlobals();
  if ((prediction.memory && !applyData(*prediction.memory)) ||
      !runStart(prediction.memory, globals)) {
    prediction.error = "RuntimeError";
    return prediction;
  }
  if (module_.polled) prediction.polled = toAddress(*module_.polled);
  if (prediction.memory)
    prediction.memory_length = reference_.memories()[*prediction.memory].length;
  const auto [signal_name, terminated_name] = specified::names(program_.protocol);
  prediction.signal = addressExported(signal_name, globals);
  prediction.terminated = addressExported(terminated_name, globals);
  if (prediction.outcome != RegistrationOutcome::kRegistered) return prediction;
  if (prediction.signal && reference_.isInside(*prediction.memory, *prediction.signal)) {
    prediction.signal_word_before = reference_.read(*prediction.memory, *prediction.signal);
  }
  prediction.outcome = reference_.add({.memory = *prediction.memory,
                                       .signal = prediction.signal,
                                       .terminated = prediction.terminated},
                                      false);
  if (prediction.outcome == RegistrationOutcome::kRegistered) {
    prediction.entry_id = entries_made_++;
  }
  return prediction;
}

// Drafts had another encoding, which is unreadable wherever it is read: with a name of the protocol
// among the exports, the imports are.
RegistrationOutcome RegistrationOracle::judgeAll() const {
  const RegistrationOutcome outcome = judgeDeclarations(module_, program_.protocol);
  const bool is_read = program_.fault == Fault::kOlderEncoding &&
                       outcome != RegistrationOutcome::kNotOptedIn &&
                       std::ranges::any_of(module_.globals, [](const GlobalPlan& global) {
                         return global.is_imported && global.type == ValueType::kFuncref;
                       });
  return is_read ? RegistrationOutcome::kUnreadableModule : outcome;
}

std::optional<RegistrationOutcome> RegistrationOracle::insteadOf(Strike strike,
                                                                 const Observation& seen) {
  const auto is_excused = [strike](RegistrationOutcome outcome) {
    return outcome == RegistrationOutcome::kOutOfMemory ? strike == Strike::kAllocationFailure
                                                        : isNoticed(strike);
  };
  for (const RegistrationOutcome outcome : seen.outcomes) {
    const bool is_failure = outcome == RegistrationOutcome::kOutOfMemory ||
                            outcome == RegistrationOutcome::kEngineFailure;
    if (is_failure && is_excused(outcome)) return outcome;
  }
  return std::nullopt;
}

std::optional<Violation> RegistrationOracle::judgeStruck(const Struck& struck,
                                                         const Prediction& prediction,
                                                         const Observation& seen) {
  const bool is_taken = isErrorOf(struck, seen.error);
  if (seen.error != prediction.error && !is_taken) {
    return Violation{"R7", fmt::format("struck, the program was to get the error '{}', it got '{}'",
                                       prediction.error, seen.error)};
  }
  if (seen.outcomes.size() > 1 || (seen.error.empty() && seen.outcomes.empty())) {
    return Violation{"R7", fmt::format("struck, the observer was told {} outcomes of one instance",
                                       seen.outcomes.size())};
  }
  const bool is_right =
      seen.outcomes.empty() ||
      (seen.outcomes[0] == prediction.outcome &&
       (seen.error.empty() || is_taken || prediction.outcome != RegistrationOutcome::kRegistered));
  if (is_right) return std::nullopt;
  return Violation{"R10", fmt::format("struck, the observer was to be told {}, it was told {}",
                                      name(prediction.outcome), name(seen.outcomes[0]))};
}

std::optional<Violation> RegistrationOracle::judge(const Prediction& prediction,
                                                   const Observation& seen) {
  const auto error_text = [](const std::string& error) { return error.empty() ? "none" : error; };
  if (prediction.error != seen.error) {
    return Violation{"R7", fmt::format("the program was to get the error {}, it got {}",
                                       error_text(prediction.error), error_text(seen.error))};
  }
  std::string told;
  for (const RegistrationOutcome outcome : seen.outcomes) {
    told += fmt::format("{}{}", told.empty() ? "" : ", ", name(outcome));
  }
  if (prediction.error.empty()) {
    if (seen.outcomes == std::vector{prediction.outcome}) return std::nullopt;
    return Violation{"R7", fmt::format("the observer was to be told {}, it was told [{}]",
                                       name(prediction.outcome), told)};
  }
  // Of what was never made, the observer may learn why it would not have been registered.
  const bool is_allowed =
      seen.outcomes.empty() || (seen.outcomes == std::vector{prediction.outcome} &&
                                prediction.outcome != RegistrationOutcome::kRegistered);
  if (!is_allowed) {
    return Violation{"R7", fmt::format("no instance was made, the observer was told [{}]", told)};
  }
  return std::nullopt;
}

void RegistrationOracle::collect(std::size_t entry_id) {
  const auto& entries = reference_.entries();
  const auto found = std::ranges::find(entries, entry_id, &RegistrationReference::Entry::id);
  if (found == entries.end()) return;
  reference_.collect(static_cast<std::size_t>(found - entries.begin()));
}

}  // namespace sigproof::fuzz
