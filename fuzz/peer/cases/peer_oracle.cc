#include "fuzz/peer/cases/peer_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <map>

#include "fuzz/oracles/registration_oracle.h"

namespace sigproof::peer {
namespace {

using fuzz::ExportPlan;
using fuzz::ExternalKind;
using fuzz::GlobalPlan;
using fuzz::ImportStyle;
using fuzz::ModulePlan;
using fuzz::ReferenceMemory;
using fuzz::ValueType;
using fuzz::Way;
using reports::Property;

constexpr auto kProtocolNames = fuzz::specified::names(fuzz::specified::Protocol::kInstance);
constexpr std::uint32_t kWordBytes = fuzz::specified::kWordSizeBytes;
constexpr std::uint64_t kTwoGiB = std::uint64_t{2} << 30;
// The engine settles what it has done already at the next tick.
constexpr std::uint32_t kTicksOfTheEngine = 1;
constexpr std::uint32_t kReadsOfAnImport = 2;  // its module's namespace, and itself

// --- what memories hold -------------------------------------------------------------------------

// Most of a memory is 0: looked at in larger steps.
void addWords(std::map<std::uint64_t, std::uint32_t>& words, std::uint64_t begin,
              const std::vector<std::uint8_t>& bytes) {
  constexpr std::size_t kStepBytes = 64;  // divides the size of every piece
  static constexpr std::array<std::uint8_t, kStepBytes> kZeros{};
  for (std::size_t step = 0; step < bytes.size(); step += kStepBytes) {
    const std::size_t size = std::min(kStepBytes, bytes.size() - step);
    if (std::memcmp(&bytes[step], kZeros.data(), size) == 0) continue;
    for (std::size_t i = step; i + kWordBytes <= step + size; i += kWordBytes) {
      std::uint32_t value = 0;
      for (unsigned k = 0; k < kWordBytes; ++k) value |= std::uint32_t{bytes[i + k]} << (8 * k);
      if (value != 0) words.emplace(begin + i, value);
    }
  }
}

MemoryImage imageOf(const ReferenceMemory& memory) {
  std::map<std::uint64_t, std::uint32_t> words;
  for (const auto& [begin, bytes] : memory.pieces) addWords(words, begin, bytes);
  return {memory.length, {words.begin(), words.end()}};
}

// A memory of this length, otherwise 0, after the host put something into it.
MemoryImage imageOf(std::uint64_t length, const std::vector<fuzz::DataPlan>& fills) {
  std::map<std::uint64_t, std::uint32_t> words;
  for (const fuzz::DataPlan& fill : fills) {
    for (std::size_t i = 0; i < fill.bytes.size(); ++i) {
      const std::uint64_t address = fill.address + i;
      if (address >= length) continue;
      std::uint32_t& word = words[address - address % kWordBytes];
      const auto shift = static_cast<unsigned>(8 * (address % kWordBytes));
      word = (word & ~(std::uint32_t{0xFF} << shift)) | std::uint32_t{fill.bytes[i]} << shift;
    }
  }
  std::erase_if(words, [](const auto& word) { return word.second == 0; });
  return {length, {words.begin(), words.end()}};
}

bool isWholePiece(const ReferenceMemory& memory) {
  return memory.pieces.size() == 1 && memory.pieces[0].bytes.size() == memory.length;
}

// The same module with the protocol's exports under other names: it has not opted in.
fuzz::ShimProgram notOptedIn(fuzz::ShimProgram program) {
  for (ExportPlan& exported : program.module.exports) {
    const bool is_word =
        exported.name == kProtocolNames.signal || exported.name == kProtocolNames.terminated;
    if (is_word) exported.name.insert(0, "-");
  }
  return program;
}

// The memory 0 that can be looked at after the instantiation.
const ReferenceMemory* reachable(fuzz::RegistrationOracle& oracle, const fuzz::ShimProgram& program,
                                 const fuzz::Prediction& prediction) {
  const ModulePlan& module = program.module;
  auto& memories = oracle.reference().memories();
  if (!module.memory) return nullptr;
  if (module.memory->is_imported) return memories.empty() ? nullptr : &memories.front();
  const bool is_exported = std::ranges::any_of(module.exports, [](const ExportPlan& exported) {
    return exported.kind == ExternalKind::kMemory;
  });
  const bool is_seen = is_exported && prediction.error.empty() && prediction.memory.has_value();
  return is_seen ? &memories[*prediction.memory] : nullptr;
}

std::uint32_t importCount(const ModulePlan& module) {
  const auto globals = std::ranges::count(module.globals, true, &GlobalPlan::is_imported);
  return static_cast<std::uint32_t>(globals) + (module.imports_function ? 1 : 0) +
         (module.imports_table ? 1 : 0) + (module.memory && module.memory->is_imported ? 1 : 0);
}

std::optional<MemoryImage> imageOfUntouched(const fuzz::ShimProgram& opted_in, Way way) {
  const fuzz::ShimProgram program = notOptedIn(opted_in);
  fuzz::RegistrationOracle oracle(program);
  const fuzz::Prediction prediction = oracle.instantiate(way);
  const ReferenceMemory* memory = reachable(oracle, program, prediction);
  if (memory == nullptr) return std::nullopt;
  return imageOf(*memory);
}

bool isWatched(ImportStyle style) {
  return style == ImportStyle::kGetters || style == ImportStyle::kProxy ||
         style == ImportStyle::kFreshMemory;
}

// --- the expectation ----------------------------------------------------------------------------

void expectObservables(const PeerProgram& program, Expectation& expected) {
  const fuzz::ShimProgram& shim = program.shim;
  Verdict& verdict = expected.verdict;
  if (verdict.error.empty()) verdict.has_right_prototype = true;
  if (expected.way == Way::kInstantiateModule) verdict.ticks = kTicksOfTheEngine;
  if (shim.imports == ImportStyle::kPlain) return;
  const bool is_read = isWatched(shim.imports) && expected.way != Way::kCallConstructor;
  verdict.reads = is_read ? kReadsOfAnImport * importCount(shim.module) * program.instances : 0;
}

// R9: each instance's word is filled again before it is made; the last one's stays.
void expectManyInstances(const PeerProgram& program, Expectation& expected) {
  if (program.instances <= fuzz::specified::kDefaultMaxEntries) return;
  if (expected.outcome != RegistrationOutcome::kRegistered) return;
  expected.outcome = RegistrationOutcome::kTooManyEntries;
  expected.verdict.memory = expected.untouched;
}

// --- what a module declares ---------------------------------------------------------------------

const ExportPlan* exportNamed(const ModulePlan& module, std::string_view name) {
  const auto found = std::ranges::find(module.exports, name, &ExportPlan::name);
  return found == module.exports.end() ? nullptr : &*found;
}

std::string_view kindName(ExternalKind kind) {
  static constexpr std::string_view kNames[] = {"function", "table", "memory", "global"};
  return kNames[static_cast<unsigned>(kind)];
}

ValueType addressType(const ModulePlan& module) {
  return module.memory && module.memory->is_memory64 ? ValueType::kI64 : ValueType::kI32;
}

bool isInside(std::uint64_t address, std::uint64_t length) {
  return length >= kWordBytes && address <= length - kWordBytes;
}

// Names what is odd about a word.
class WordFeatures {
 public:
  WordFeatures(const ModulePlan& module, std::string_view word, std::vector<std::string>& features)
      : module_(module), word_(word), features_(features) {}

  void addDeclaration(const ExportPlan* exported) {
    if (exported == nullptr) return;
    if (exported->kind != ExternalKind::kGlobal) {
      add(kindName(exported->kind));
      return;
    }
    const GlobalPlan& global = module_.globals[exported->index];
    if (global.type != addressType(module_)) add("wrong-type");
    if (global.is_mutable) add("mutable");
    if (global.is_imported) add("imported");
    if (global.copied_from) add("copied");
    for (const fuzz::StartAction& action : module_.start) {
      const bool is_set =
          action.kind == fuzz::StartAction::Kind::kSetGlobal && action.global == exported->index;
      if (is_set) add("set-at-start");
    }
  }

  void addAddress(std::optional<std::uint64_t> address, const std::optional<MemoryImage>& memory) {
    if (!address || !memory) return;
    if (!isInside(*address, memory->length)) {
      add("outside");
    } else if (*address >= kTwoGiB) {
      add("above-2gib");
    }
  }

 private:
  void add(std::string_view what) { features_.push_back(fmt::format("{}-{}", word_, what)); }

  const ModulePlan& module_;
  std::string_view word_;
  std::vector<std::string>& features_;
};

void addMemoryFeatures(const ModulePlan& module, std::vector<std::string>& features) {
  if (!module.memory) {
    features.emplace_back("no-memory");
    return;
  }
  const auto& memory = *module.memory;
  const bool is_exported = std::ranges::any_of(module.exports, [](const ExportPlan& exported) {
    return exported.kind == ExternalKind::kMemory;
  });
  if (memory.is_imported) features.emplace_back("memory-imported");
  if (!memory.is_imported && !is_exported) features.emplace_back("memory-hidden");
  if (memory.is_memory64) features.emplace_back("memory64");
  if (memory.is_shared) features.emplace_back("memory-shared");
  if (memory.initial_pages == 0) features.emplace_back("memory-empty");
  for (const fuzz::StartAction& action : module.start) {
    if (action.kind == fuzz::StartAction::Kind::kGrow) features.emplace_back("memory-grown");
  }
}

bool has(const std::vector<std::string>& features, std::string_view feature) {
  return std::ranges::find(features, feature) != features.end();
}

bool hasPart(const std::vector<std::string>& features, std::string_view part) {
  return std::ranges::any_of(
      features, [&](const std::string& feature) { return feature.find(part) != feature.npos; });
}

// What a program of no words has, too: no cause of anything but what is done about words.
constexpr std::string_view kAbsences[] = {"no-memory", "memory-hidden", "not-opted-in",
                                          "terminated-only"};

bool isAboutWords(Fault fault) {
  return fault == Fault::kRegisters || fault == Fault::kMisses || fault == Fault::kOtherBytes;
}

std::vector<std::string> featuresOf(const PeerProgram& program, const Expectation& expected) {
  const ModulePlan& module = program.shim.module;
  const ExportPlan* signal = exportNamed(module, kProtocolNames.signal);
  const ExportPlan* terminated = exportNamed(module, kProtocolNames.terminated);
  std::vector<std::string> features;
  addMemoryFeatures(module, features);
  WordFeatures signal_features(module, "signal", features);
  signal_features.addDeclaration(signal);
  signal_features.addAddress(expected.signal, expected.untouched);
  WordFeatures terminated_features(module, "terminated", features);
  terminated_features.addDeclaration(terminated);
  terminated_features.addAddress(expected.terminated, expected.untouched);
  if (terminated != nullptr && signal == nullptr) features.emplace_back("terminated-only");
  if (terminated == nullptr && signal == nullptr) features.emplace_back("not-opted-in");
  if (expected.outcome == RegistrationOutcome::kOverlap) features.emplace_back("overlap");
  if (program.instances > 1) features.emplace_back("many-instances");
  if (program.shim.has_decoy_memory) features.emplace_back("decoy");
  if (program.has_second_memory) features.emplace_back("second-memory");
  const auto dashed = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) {
      return std::isalnum(c) == 0 ? '-' : static_cast<char>(std::tolower(c));
    });
    while (text.ends_with('-')) text.pop_back();
    return text;
  };
  if (isWatched(program.shim.imports)) features.emplace_back("imports-watched");
  const bool is_special = program.shim.imports != ImportStyle::kPlain &&
                          program.shim.imports != ImportStyle::kGetters &&
                          program.shim.imports != ImportStyle::kProxy;
  if (is_special) {
    features.push_back("imports-" + dashed(fuzz::name(program.shim.imports)));
  }
  if (expected.way != Way::kNew) features.push_back("by-" + dashed(fuzz::name(expected.way)));
  for (const fuzz::StartAction& action : module.start) {
    if (action.kind == fuzz::StartAction::Kind::kTrap) features.emplace_back("start-traps");
    if (action.kind == fuzz::StartAction::Kind::kStore) features.emplace_back("start-stores");
  }
  std::ranges::sort(features);
  const auto repeated = std::ranges::unique(features);
  features.erase(repeated.begin(), repeated.end());
  return features;
}

// --- the judgement ------------------------------------------------------------------------------

bool isOfWrongType(const ModulePlan& module, std::string_view word) {
  const ExportPlan* exported = exportNamed(module, word);
  return exported != nullptr && (exported->kind != ExternalKind::kGlobal ||
                                 module.globals[exported->index].type != addressType(module));
}

bool hasWrongTypes(const PeerProgram& program) {
  return isOfWrongType(program.shim.module, kProtocolNames.signal) ||
         isOfWrongType(program.shim.module, kProtocolNames.terminated);
}

// Why nothing may be written. A signal that doesn't count comes before what else is wrong.
RegistrationOutcome reasonOf(const PeerProgram& program, const Expectation& expected) {
  return isOfWrongType(program.shim.module, kProtocolNames.signal) ? RegistrationOutcome::kWrongType
                                                                   : expected.outcome;
}

Property ruleOfWrongRegistration(const PeerProgram& program, const Expectation& expected) {
  switch (reasonOf(program, expected)) {
    case RegistrationOutcome::kNoReachableMemory:
      return "R5";
    case RegistrationOutcome::kOutOfBounds: {
      // An entry has every word or there is none: the word that is inside was taken all the same.
      const std::uint64_t length = expected.untouched ? expected.untouched->length : 0;
      return expected.signal && isInside(*expected.signal, length) ? Property("R4")
                                                                   : Property("R3");
    }
    case RegistrationOutcome::kOverlap:
      return "R4";
    case RegistrationOutcome::kTooManyEntries:
      return "R9";
    case RegistrationOutcome::kRegistered:
      return "R6";
    default:
      return "R1";
  }
}

Property ruleOfMiss(const PeerProgram& program, const Expectation& expected) {
  const std::vector<std::string> features = featuresOf(program, expected);
  if (hasPart(features, "above-2gib")) return "R2";
  if (has(features, "memory64") || hasWrongTypes(program)) return "R1";
  if (hasPart(features, "by-")) return "T8";
  if (hasPart(features, "memory") || hasPart(features, "imports-")) return "R5";
  if (hasPart(features, "mutable") || hasPart(features, "set-at-start")) return "R1";
  return "R6";
}

std::string firstDifference(const MemoryImage& expected, const MemoryImage& seen) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> different;
  std::ranges::set_symmetric_difference(expected.words, seen.words, std::back_inserter(different));
  if (different.empty()) return "nothing differs";
  for (std::uint64_t address = different.front().first;; ++address) {
    if (expected.byteAt(address) == seen.byteAt(address)) continue;
    return fmt::format("the byte at {:#x} was to be {:#04x}, it is {:#04x}", address,
                       expected.byteAt(address), seen.byteAt(address));
  }
}

std::string shown(const std::string& error) { return error.empty() ? "an instance" : error; }

class Judge {
 public:
  Judge(const PeerProgram& program, const Expectation& expected, const Verdict& seen)
      : program_(program), expected_(expected), seen_(seen) {}

  std::vector<Deviation> judge() {
    if (!seen_.died.empty()) {
      add(Fault::kDied, "R7", "the process " + seen_.died);
      return std::move(deviations_);
    }
    judgeError();
    // What was made otherwise has other memories, too.
    if (deviations_.empty()) judgeMemory();
    judgeOtherMemories();
    judgeOutcome();
    judgeProgramsView();
    return std::move(deviations_);
  }

 private:
  void add(Fault fault, Property rule, std::string text) {
    const bool is_wrong_registration = fault == Fault::kRegisters;
    deviations_.push_back(
        {fault, rule, std::move(text),
         is_wrong_registration ? reasonOf(program_, expected_) : RegistrationOutcome::kRegistered});
  }

  void judgeError() {
    if (seen_.error == expected_.verdict.error) return;
    add(Fault::kError, expected_.way == Way::kCallConstructor ? Property("T2") : Property("R7"),
        fmt::format("the instantiation was to give {}, it gave {} ({})",
                    shown(expected_.verdict.error), shown(seen_.error), seen_.said));
  }

  void judgeMemory() {
    const auto& expected = expected_.verdict.memory;
    if (!expected || !seen_.memory || *expected == *seen_.memory) return;
    // How far a memory may grow is the engine's own; that it grew is seen from its length.
    if (expected->length != seen_.memory->length) return;
    const bool is_untouched = expected_.untouched && *seen_.memory == *expected_.untouched;
    const bool is_to_be_zeroed =
        expected_.outcome == RegistrationOutcome::kRegistered && expected_.signal.has_value();
    const std::string difference = firstDifference(*expected, *seen_.memory);
    if (!is_to_be_zeroed) {
      add(Fault::kRegisters, ruleOfWrongRegistration(program_, expected_),
          fmt::format("nothing was to be written ({}), but {}", sigproof::name(expected_.outcome),
                      difference));
    } else if (is_untouched) {
      add(Fault::kMisses, ruleOfMiss(program_, expected_),
          fmt::format("the signal word at {:#x} was to be zeroed, it was left as it was",
                      *expected_.signal));
    } else {
      add(Fault::kOtherBytes, "R6", "of memory 0 " + difference);
    }
  }

  void judgeOtherMemories() {
    if (seen_.stray && *seen_.stray != expected_.stray) {
      add(Fault::kOtherMemory, "R5",
          "a Memory other than memory 0 was written to: " +
              firstDifference(expected_.stray, *seen_.stray));
    }
    if (seen_.decoy && *seen_.decoy != expected_.decoy) {
      add(Fault::kOtherMemory, "R5",
          "a Memory that the module does not import was written to: " +
              firstDifference(expected_.decoy, *seen_.decoy));
    }
  }

  // Told only by core. Of what was never made, the observer may learn why it would not have been.
  void judgeOutcome() {
    if (!seen_.outcomes || !seen_.error.empty()) return;
    std::uint64_t told = 0;
    for (const auto& [outcome, count] : *seen_.outcomes) told += count;
    const auto last = told == 0 ? std::nullopt : std::optional(seen_.outcomes->back().first);
    if (told == program_.instances && last == expected_.outcome) return;
    add(Fault::kOutcome, "R7",
        fmt::format("the observer was to be told {} of the last of {}, it was told {} of {}",
                    sigproof::name(expected_.outcome), program_.instances,
                    last ? sigproof::name(*last) : "nothing", told));
  }

  void judgeProgramsView() {
    if (seen_.has_right_prototype && !*seen_.has_right_prototype) {
      add(Fault::kPrototype, "T2", "the instance has another prototype than it should");
    }
    if (expected_.verdict.ticks && seen_.ticks && *seen_.ticks != *expected_.verdict.ticks) {
      add(Fault::kTicks, "T3",
          fmt::format("the promise was to be settled in tick {}, it was in tick {}",
                      *expected_.verdict.ticks, *seen_.ticks));
    }
    if (expected_.verdict.reads && seen_.reads && *seen_.reads != *expected_.verdict.reads) {
      add(Fault::kReads, "T6",
          fmt::format("the import object was to be read {} times, it was {} times",
                      *expected_.verdict.reads, *seen_.reads));
    }
  }

  const PeerProgram& program_;
  const Expectation& expected_;
  const Verdict& seen_;
  std::vector<Deviation> deviations_;
};

}  // namespace

std::string_view name(Fault fault) noexcept {
  static constexpr std::string_view kNames[] = {
      "died",         "ends-otherwise", "registers", "misses", "other-bytes",
      "other-memory", "outcome",        "prototype", "ticks",  "reads"};
  return kNames[static_cast<unsigned>(fault)];
}

Expectation expect(const PeerProgram& program) {
  const fuzz::ShimProgram run = filled(program);
  Expectation expected;
  expected.way = run.ways.front();

  fuzz::RegistrationOracle oracle(run);
  const fuzz::Prediction prediction = oracle.instantiate(expected.way);
  expected.outcome = prediction.outcome;
  expected.signal = prediction.signal;
  expected.terminated = prediction.terminated;
  expected.verdict.error = prediction.error;

  if (const auto* memory = reachable(oracle, run, prediction)) {
    expected.verdict.memory = imageOf(*memory);
    if (!isWholePiece(*memory)) {
      for (const auto& [begin, bytes] : memory->pieces) {
        expected.windows.emplace_back(begin, bytes.size());
      }
    }
  }
  expected.untouched = prediction.entry_id && prediction.signal
                           ? imageOfUntouched(run, expected.way)
                           : expected.verdict.memory;
  const bool imports_memory = run.module.memory && run.module.memory->is_imported;
  const auto fills = imports_memory ? run.prefill : fillsOf(program);
  expected.decoy = imageOf(fuzz::kPageSizeBytes, fills);
  if (program.has_second_memory) {
    expected.stray = imageOf(fuzz::kPageSizeBytes, fills);
  } else if (imports_memory) {
    expected.stray = imageOf(run.module.memory->given_pages * fuzz::kPageSizeBytes, fills);
  }
  expectObservables(program, expected);
  expectManyInstances(program, expected);
  return expected;
}

std::vector<Deviation> judge(const PeerProgram& program, const Expectation& expected,
                             const Verdict& seen) {
  return Judge(program, expected, seen).judge();
}

bool isSameDeviation(const Deviation& a, const Deviation& b) {
  if (a.fault == Fault::kMisses) return a.fault == b.fault;
  return a.fault == b.fault && a.rule == b.rule && a.outcome == b.outcome;
}

std::vector<std::string> featuresOf(const PeerProgram& program, const Expectation& expected,
                                    Fault fault) {
  std::vector<std::string> features = featuresOf(program, expected);
  if (!isAboutWords(fault)) {
    std::erase_if(features, [](const std::string& feature) {
      return std::ranges::find(kAbsences, feature) != std::end(kAbsences);
    });
  }
  return features;
}

std::string signatureOf(const PeerProgram& program, const Expectation& expected,
                        const Deviation& deviation, std::string_view side) {
  return fmt::format("{}-{}-{}-{}", deviation.rule.anchor(), side, name(deviation.fault),
                     fmt::join(featuresOf(program, expected, deviation.fault), "-"));
}

}  // namespace sigproof::peer
