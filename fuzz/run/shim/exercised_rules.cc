#include "fuzz/run/shim/exercised_rules.h"

#include <algorithm>

namespace sigproof::fuzz {
namespace {

using reports::Property;

constexpr std::uint64_t kNear = 8;
constexpr std::uint64_t kHighestBit = std::uint64_t{1} << 31;

bool isProtocolName(const std::string& name, specified::Protocol protocol) {
  const auto [signal, terminated] = specified::names(protocol);
  return name == signal || name == terminated;
}

bool isPlainAddress(const ModulePlan& module, const ExportPlan& exported) {
  if (exported.kind != ExternalKind::kGlobal) return false;
  const GlobalPlan& global = module.globals[exported.index];
  return global.type == ValueType::kI32 && !global.is_mutable;
}

bool hasPlainMemory(const ModulePlan& module) {
  return module.memory && !module.memory->is_imported &&
         std::ranges::any_of(module.exports, [](const ExportPlan& exported) {
           return exported.kind == ExternalKind::kMemory && exported.name == "memory";
         });
}

// R1 and R8, of what is declared.
void addDeclared(const ShimProgram& program, std::vector<Property>& rules) {
  bool has_name = false;
  bool is_plain = true;
  for (const ExportPlan& exported : program.module.exports) {
    if (!isProtocolName(exported.name, program.protocol)) continue;
    has_name = true;
    is_plain = is_plain && isPlainAddress(program.module, exported);
  }
  if (has_name && !is_plain) rules.push_back("R1");
  if (!has_name) rules.push_back("R8");
}

// R2 to R4, of the words' addresses.
void addWords(const Prediction& prediction, std::uint64_t length, std::vector<Property>& rules) {
  const auto& [signal, terminated] = std::pair(prediction.signal, prediction.terminated);
  bool is_high = false;
  bool is_at_end = false;
  for (const auto& word : {signal, terminated}) {
    if (!word) continue;
    is_high = is_high || (*word & kHighestBit) != 0;
    is_at_end = is_at_end || length < kNear || *word > length - kNear;
  }
  if (is_high) rules.push_back("R2");
  if (is_at_end) rules.push_back("R3");
  if (signal && terminated) {
    const std::uint64_t distance =
        *signal > *terminated ? *signal - *terminated : *terminated - *signal;
    if (distance < kNear) rules.push_back("R4");
  }
}

}  // namespace

std::vector<Property> exercisedRules(const ShimProgram& program, const Prediction& prediction) {
  std::vector<Property> rules;
  if (!prediction.error.empty()) return rules;
  addDeclared(program, rules);
  const bool has_words = prediction.signal || prediction.terminated;
  if (has_words && prediction.memory) addWords(prediction, prediction.memory_length, rules);
  if (has_words && (!hasPlainMemory(program.module) || program.has_decoy_memory)) {
    rules.push_back("R5");
  }
  const RegistrationOutcome outcome = prediction.outcome;
  const bool is_registered = outcome == RegistrationOutcome::kRegistered;
  if (outcome == RegistrationOutcome::kAlreadyTerminated ||
      (is_registered && prediction.signal_word_before != 0)) {
    rules.push_back("R6");
  }
  if (!is_registered && outcome != RegistrationOutcome::kNotOptedIn) rules.push_back("R7");
  if (outcome == RegistrationOutcome::kTooManyEntries) rules.push_back("R9");
  return rules;
}

}  // namespace sigproof::fuzz
