#include "fuzz/peer/cases/peer_program.h"

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <string>
#include <utility>

#include "fuzz/spec/protocol_constants.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/wasm/import_values.h"
#include "fuzz/wasm/module_plan.h"

namespace sigproof::peer {
namespace {

using fuzz::DataPlan;
using fuzz::ExternalKind;
using fuzz::GlobalPlan;
using fuzz::ModulePlan;
using fuzz::ValueType;
using fuzz::Way;

// Enough for every choice of a program; the generator takes what it needs.
constexpr std::size_t kBytesOfChoices = 512;
constexpr std::uint64_t kMarginBytes = 4;
// Far from both values that a runtime writes (0 and 24), and no byte of it is 0.
constexpr std::array<std::uint8_t, fuzz::specified::kWordSizeBytes> kWordFill{0xEF, 0xBE, 0xAD,
                                                                              0xDE};
constexpr std::uint8_t kMarginFill = 0xA5;

// A big memory has each engine collect its garbage at once, which costs as much as ten modules. Of
// those that the generator makes, one in so many is taken.
constexpr std::uint64_t kOneBigMemoryIn = 4;
constexpr std::uint64_t kBigMemoryBytes = std::uint64_t{1} << 30;

constexpr auto kProtocol = fuzz::specified::Protocol::kInstance;

std::uint64_t finalBits(const ModulePlan& module, std::uint32_t index) {
  const GlobalPlan& global = module.globals[index];
  const GlobalPlan& source = global.copied_from ? module.globals[*global.copied_from] : global;
  std::uint64_t bits = source.is_imported ? fuzz::importedBits(source) : source.bits;
  for (const fuzz::StartAction& action : module.start) {
    const bool is_set =
        action.kind == fuzz::StartAction::Kind::kSetGlobal && action.global == index;
    if (is_set) bits = action.value;
  }
  return bits;
}

bool hasNoNumber(ValueType type) { return fuzz::isReference(type) || type == ValueType::kV128; }

std::uint64_t lengthOf(const ModulePlan& module) {
  if (!module.memory) return 0;
  const auto& memory = *module.memory;
  return std::uint64_t{memory.is_imported ? memory.given_pages : memory.initial_pages} *
         fuzz::kPageSizeBytes;
}

// Both numbers have 64 bits, so sums are written so that they don't wrap.
void addFill(std::vector<DataPlan>& fills, std::uint64_t begin, std::vector<std::uint8_t> bytes,
             std::uint64_t length) {
  if (begin >= length) return;
  if (bytes.size() > length - begin) bytes.resize(length - begin);
  fills.push_back({begin, std::move(bytes)});
}

void addMargins(std::vector<DataPlan>& fills, std::uint64_t word, std::uint64_t length) {
  if (word >= length) return;
  const std::uint64_t begin = word - std::min(word, kMarginBytes);
  const std::uint64_t size = word - begin + kWordFill.size() + kMarginBytes;
  addFill(fills, begin, std::vector<std::uint8_t>(size, kMarginFill), length);
}

std::vector<std::uint8_t> choices(std::mt19937_64& random) {
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < kBytesOfChoices) {
    const std::uint64_t value = random();
    for (int shift = 0; shift < 64; shift += 8) {
      bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  }
  return bytes;
}

PeerProgram makeProgram(std::mt19937_64& random) {
  const std::vector<std::uint8_t> bytes = choices(random);
  fuzz::ByteSource source{std::span<const std::uint8_t>(bytes)};
  PeerProgram program;
  program.shim.protocol = kProtocol;
  // Those that take a module: the other runtime can't be given bytes.
  program.shim.ways = {
      source.pick({Way::kNew, Way::kNew, Way::kNew, Way::kNew, Way::kNew, Way::kReflectConstruct,
                   Way::kSubclass, Way::kInstantiateModule})};
  if (source.oneIn(64)) program.shim.ways = {Way::kCallConstructor};
  program.shim.imports = source.oneIn(4)
                             ? static_cast<fuzz::ImportStyle>(source.below(fuzz::kImportStyleCount))
                             : fuzz::ImportStyle::kPlain;
  program.shim.has_decoy_memory = source.oneIn(8);
  program.fill = source.oneIn(32) ? Fill::kNone : Fill::kWordsAndMargins;
  program.shim.module = fuzz::makeModulePlan(source, kProtocol);
  return program;
}

bool isBig(const PeerProgram& program) { return lengthOf(program.shim.module) >= kBigMemoryBytes; }

// The smallest module that registers.
PeerProgram plainProgram() {
  PeerProgram program;
  program.fill = Fill::kWords;
  program.shim.protocol = kProtocol;
  program.shim.ways = {Way::kNew};
  ModulePlan& module = program.shim.module;
  module.globals = {{.bits = 8}};
  module.memory = fuzz::WasmMemoryPlan{.initial_pages = 1};
  module.exports = {
      {"m", ExternalKind::kMemory, 0},
      {std::string(fuzz::specified::names(kProtocol).signal), ExternalKind::kGlobal, 0}};
  return program;
}

// One more than the registry takes by default, all in one memory.
PeerProgram tooManyEntries() {
  PeerProgram program = plainProgram();
  program.shim.module.memory =
      fuzz::WasmMemoryPlan{.is_imported = true, .initial_pages = 1, .given_pages = 1};
  program.instances = static_cast<std::uint32_t>(fuzz::specified::kDefaultMaxEntries) + 1;
  return program;
}

// Memory 0 can't be reached, another one can.
PeerProgram hiddenMemory() {
  PeerProgram program = plainProgram();
  std::erase_if(program.shim.module.exports, [](const fuzz::ExportPlan& exported) {
    return exported.kind == ExternalKind::kMemory;
  });
  program.has_second_memory = true;
  return program;
}

}  // namespace

std::vector<std::uint64_t> possibleWords(const ModulePlan& module) {
  const auto [signal, terminated] = fuzz::specified::names(kProtocol);
  const bool is_64 = module.memory && module.memory->is_memory64;
  std::vector<std::uint64_t> words;
  // The signal's last: where words overlap, its fill is whole.
  for (const std::string_view name : {terminated, signal}) {
    for (const fuzz::ExportPlan& exported : module.exports) {
      if (exported.name != name || exported.kind != ExternalKind::kGlobal) continue;
      if (hasNoNumber(module.globals[exported.index].type)) continue;
      const std::uint64_t bits = finalBits(module, exported.index);
      words.push_back(is_64 ? bits : static_cast<std::uint32_t>(bits));
    }
  }
  return words;
}

std::vector<DataPlan> fillsOf(const PeerProgram& program) {
  std::vector<DataPlan> fills;
  if (program.fill == Fill::kNone) return fills;
  const ModulePlan& module = program.shim.module;
  const std::vector<std::uint64_t> words = possibleWords(module);
  const std::uint64_t length = lengthOf(module);
  if (program.fill == Fill::kWordsAndMargins) {
    for (const std::uint64_t word : words) addMargins(fills, word, length);
  }
  for (const std::uint64_t word : words) {
    addFill(fills, word, {kWordFill.begin(), kWordFill.end()}, length);
  }
  return fills;
}

fuzz::ShimProgram filled(const PeerProgram& program) {
  fuzz::ShimProgram result = program.shim;
  std::vector<DataPlan> fills = fillsOf(program);
  // Before the program's own, which may write over them.
  if (!result.module.memory) return result;
  auto& place = result.module.memory->is_imported ? result.prefill : result.module.data;
  place.insert(place.begin(), std::make_move_iterator(fills.begin()),
               std::make_move_iterator(fills.end()));
  return result;
}

PeerProgram makePeerProgram(std::uint64_t seed, std::uint64_t number) {
  // Odd, so that no two numbers of a seed give the same.
  constexpr std::uint64_t kStride = 0x9E3779B97F4A7C15;
  std::mt19937_64 random(seed + number * kStride);
  PeerProgram program = makeProgram(random);
  while (isBig(program) && random() % kOneBigMemoryIn != 0) program = makeProgram(random);
  return program;
}

std::vector<FixedProgram> fixedPrograms() {
  return {{"plain module", plainProgram()},
          {"memory 0 hidden, memory 1 exported", hiddenMemory()},
          {"more entries than the limit", tooManyEntries()}};
}

}  // namespace sigproof::peer
