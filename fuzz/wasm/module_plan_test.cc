// What the generator never makes is never tested: each shape that the specification speaks of must
// come among a few thousand modules.
#include "fuzz/wasm/module_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "fuzz/generate/shim_program.h"
#include "fuzz/support/random_inputs.h"

namespace sigproof::fuzz {
namespace {

constexpr std::uint32_t kPrograms = 20'000;

const std::vector<ShimProgram>& programs() {
  static const auto& all = *[] {
    auto* made = new std::vector<ShimProgram>;
    for (std::uint32_t seed = 0; seed < kPrograms; ++seed) {
      const auto bytes = randomBytes(ShimProgram::inputLayout().maxBytes(), seed);
      ByteSource source(bytes);
      made->push_back(makeShimProgram(source));
    }
    return made;
  }();
  return all;
}

std::size_t countIf(const std::function<bool(const ShimProgram&)>& has) {
  return static_cast<std::size_t>(std::ranges::count_if(programs(), has));
}

std::size_t countExports(const std::function<bool(const ShimProgram&, const ExportPlan&)>& is) {
  return countIf([&](const ShimProgram& program) {
    return std::ranges::any_of(program.module.exports,
                               [&](const ExportPlan& exported) { return is(program, exported); });
  });
}

std::size_t countGlobals(const std::function<bool(const GlobalPlan&)>& is) {
  return countIf(
      [&](const ShimProgram& program) { return std::ranges::any_of(program.module.globals, is); });
}

bool isProtocolName(const ShimProgram& program, const ExportPlan& exported) {
  const auto [signal, terminated] = specified::names(program.protocol);
  return exported.name == signal || exported.name == terminated;
}

TEST(ModulePlan, MemoriesComeInEveryKind) {
  const auto count = [](const std::function<bool(const WasmMemoryPlan&)>& is) {
    return countIf([&](const ShimProgram& program) {
      return program.module.memory && is(*program.module.memory);
    });
  };
  EXPECT_GT(count([](const auto& memory) { return memory.is_imported; }), 1000U);
  EXPECT_GT(count([](const auto& memory) { return memory.is_shared; }), 500U);
  EXPECT_GT(count([](const auto& memory) { return memory.is_memory64; }), 500U);
  EXPECT_GT(count([](const auto& memory) { return memory.initial_pages == 0; }), 500U);
  EXPECT_GT(count([](const auto& memory) { return memory.initial_pages == 65536; }), 5U);
  EXPECT_GT(count([](const auto& memory) { return memory.maximum_pages > memory.initial_pages; }),
            1000U);
  EXPECT_GT(countIf([](const ShimProgram& program) { return !program.module.memory; }), 300U);
  EXPECT_GT(
      countIf([](const ShimProgram& program) { return program.fault == Fault::kSecondMemory; }),
      50U);
}

TEST(ModulePlan, MemoriesAreExportedUnderAnyName) {
  std::map<std::string, std::size_t> names;
  for (const ShimProgram& program : programs()) {
    for (const ExportPlan& exported : program.module.exports) {
      if (exported.kind == ExternalKind::kMemory) ++names[exported.name];
    }
  }
  for (const char* name : {"", "__proto__", "memory", "0", "m\xC3\xA9moire \xF0\x9F\x92\xBE",
                           "constructor", "__signal_address", "__SIGNAL_ADDRESS"}) {
    EXPECT_GT(names[name], 0U) << name;
  }
}

TEST(ModulePlan, GlobalsAreOfEveryTypeMutableOrNotOwnOrImported) {
  for (unsigned type = 0; type < 7; ++type) {
    for (const bool is_mutable : {false, true}) {
      for (const bool is_imported : {false, true}) {
        const auto wanted = static_cast<ValueType>(type);
        if (is_imported && wanted == ValueType::kV128) continue;  // has no JavaScript value
        EXPECT_GT(countGlobals([&](const GlobalPlan& global) {
                    return global.type == wanted && global.is_mutable == is_mutable &&
                           global.is_imported == is_imported;
                  }),
                  20U)
            << type << is_mutable << is_imported;
      }
    }
  }
  EXPECT_GT(countGlobals([](const GlobalPlan& global) { return global.copied_from.has_value(); }),
            100U);
}

TEST(ModulePlan, ImportedValuesComeInEveryForm) {
  for (unsigned form = 0; form < 9; ++form) {
    EXPECT_GT(countGlobals([&](const GlobalPlan& global) {
                return global.is_imported && global.form == static_cast<ImportForm>(form);
              }),
              20U)
        << form;
  }
}

TEST(ModulePlan, ProtocolNamesAreExportedByEveryKind) {
  for (unsigned kind = 0; kind < 4; ++kind) {
    EXPECT_GT(countExports([&](const ShimProgram& program, const ExportPlan& exported) {
                return isProtocolName(program, exported) &&
                       exported.kind == static_cast<ExternalKind>(kind);
              }),
              20U)
        << kind;
  }
  EXPECT_GT(countExports([](const ShimProgram& program, const ExportPlan& exported) {
              return isProtocolName(program, exported) && exported.kind == ExternalKind::kGlobal &&
                     program.module.globals[exported.index].is_imported;
            }),
            500U);  // exported again
}

TEST(ModulePlan, AddressesLieAtEveryBound) {
  const auto count = [](const std::function<bool(std::uint64_t, std::uint64_t)>& is) {
    return countIf([&](const ShimProgram& program) {
      const auto& memory = program.module.memory;
      if (!memory) return false;
      const std::uint64_t pages = memory->is_imported ? memory->given_pages : memory->initial_pages;
      return std::ranges::any_of(program.module.globals, [&](const GlobalPlan& global) {
        return is(global.bits, pages * kPageSizeBytes);
      });
    });
  };
  for (std::uint64_t distance = 0; distance <= 6; ++distance) {  // the end -5 to +1
    EXPECT_GT(count([&](std::uint64_t address, std::uint64_t length) {
                return length > 8 && address == length - 5 + distance;
              }),
              20U)
        << distance;
  }
  constexpr std::uint64_t kTwoGiB = std::uint64_t{1} << 31;
  constexpr std::uint64_t kFourGiB = std::uint64_t{1} << 32;
  EXPECT_GT(count([](auto address, auto) { return address == 0; }), 100U);
  EXPECT_GT(count([](auto address, auto) { return address % 4 != 0; }), 1000U);
  EXPECT_GT(count([](auto address, auto) { return address == kTwoGiB; }), 5U);
  EXPECT_GT(count([](auto address, auto) { return address == kFourGiB - 4; }), 5U);
  EXPECT_GT(count([](auto address, auto) { return address > kFourGiB; }), 100U);
}

TEST(ModulePlan, StartFunctionsAndBodiesDoWhatModulesDo) {
  for (unsigned kind = 0; kind < 4; ++kind) {
    EXPECT_GT(countIf([&](const ShimProgram& program) {
                return std::ranges::any_of(program.module.start, [&](const StartAction& action) {
                  return action.kind == static_cast<StartAction::Kind>(kind);
                });
              }),
              100U)
        << kind;
  }
  EXPECT_GT(countIf([](const ShimProgram& program) { return program.module.polled.has_value(); }),
            1000U);
  EXPECT_GT(countIf([](const ShimProgram& program) { return !program.module.data.empty(); }),
            1000U);
}

}  // namespace
}  // namespace sigproof::fuzz
