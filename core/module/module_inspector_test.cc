#include "core/module/module_inspector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/testing/allocation_count.h"

namespace sigproof {
namespace {

using Outcome = RegistrationOutcome;
using Bytes = std::vector<std::uint8_t>;

// --- a tiny assembler ---------------------------------------------------------------------------

constexpr std::uint8_t kI32 = 0x7F;
constexpr std::uint8_t kI64 = 0x7E;
constexpr std::uint8_t kF32 = 0x7D;
constexpr std::uint8_t kF64 = 0x7C;
constexpr std::uint8_t kV128 = 0x7B;
constexpr std::uint8_t kFunctionKind = 0;
constexpr std::uint8_t kTableKind = 1;
constexpr std::uint8_t kMemoryKind = 2;
constexpr std::uint8_t kGlobalKind = 3;
constexpr std::uint8_t kTagKind = 4;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes leb(std::uint64_t value) {
  Bytes bytes;
  do {
    const std::uint8_t payload = value & 0x7F;
    value >>= 7;
    bytes.push_back(payload | (value != 0 ? 0x80 : 0));
  } while (value != 0);
  return bytes;
}

Bytes text(std::string_view characters) {
  return leb(characters.size()) + Bytes(characters.begin(), characters.end());
}

Bytes section(std::uint8_t id, const Bytes& contents) {
  return Bytes{id} + leb(contents.size()) + contents;
}

Bytes vectorSection(std::uint8_t id, const std::vector<Bytes>& items) {
  if (items.empty()) return {};
  Bytes contents = leb(items.size());
  for (const Bytes& item : items) contents = contents + item;
  return section(id, contents);
}

Bytes customSection() { return section(0, text("name") + Bytes{1, 2, 3}); }

const Bytes kHeader{0, 'a', 's', 'm', 1, 0, 0, 0};
const Bytes kSmallMemory{0, 1};  // no maximum, 1 page
const Bytes kMemory64{4, 1};
const Bytes kI32Zero{0x41, 0, 0x0B};
const Bytes kI64Zero{0x42, 0, 0x0B};

struct TestModule {
  std::vector<Bytes> imports;
  std::vector<Bytes> memories;
  std::vector<Bytes> globals;
  std::vector<Bytes> exports;
  Bytes between;  // put between any two sections
  Bytes rest;     // the sections after the exports

  TestModule& importAs(std::uint8_t kind, const Bytes& type) {
    imports.push_back(text("module") + text("field") + Bytes{kind} + type);
    return *this;
  }
  TestModule& memory(const Bytes& limits = kSmallMemory) {
    memories.push_back(limits);
    return *this;
  }
  TestModule& global(const Bytes& type, const Bytes& initial) {
    globals.push_back(type + initial);
    return *this;
  }
  TestModule& i32Global() { return global({kI32, 0}, kI32Zero); }
  TestModule& exportAs(std::string_view name, std::uint8_t kind, std::uint32_t index) {
    exports.push_back(text(name) + Bytes{kind} + leb(index));
    return *this;
  }

  Bytes upToExports() const {
    Bytes bytes = kHeader + between;
    for (const Bytes& part :
         {vectorSection(2, imports), vectorSection(5, memories), vectorSection(6, globals)}) {
      if (!part.empty()) bytes = bytes + part + between;
    }
    return bytes + vectorSection(7, exports);
  }
  Bytes bytes() const { return upToExports() + between + rest; }
};

const SignalProtocol kAddress = SignalProtocol::address();
const SignalProtocol kInstance = SignalProtocol::instance();

// Inspects a copy of exactly that size, so that AddressSanitizer reports a read beyond it.
ModuleInspection inspect(const Bytes& bytes, const SignalProtocol& protocol = kAddress) {
  const auto copy = std::make_unique<std::uint8_t[]>(bytes.size());
  std::ranges::copy(bytes, copy.get());
  return inspectModule({copy.get(), bytes.size()}, protocol);
}

ModuleInspection inspect(const TestModule& module, const SignalProtocol& protocol = kAddress) {
  return inspect(module.bytes(), protocol);
}

Outcome outcomeOf(const TestModule& module, const SignalProtocol& protocol = kAddress) {
  return inspect(module, protocol).outcome;
}

// Exports globals 0 and 1 under the names.
TestModule& exportBoth(TestModule& module, const SignalProtocol& protocol = kAddress) {
  return module.exportAs(protocol.signal_name, kGlobalKind, 0)
      .exportAs(protocol.terminated_name, kGlobalKind, 1);
}

TestModule listeningModule(const SignalProtocol& protocol = kAddress) {
  TestModule module;
  module.memory().i32Global().i32Global();
  exportBoth(module, protocol).exportAs("memory", kMemoryKind, 0);
  return module;
}

// Uses everything that the format allows before the exports.
TestModule richModule() {
  TestModule module;
  module.between = customSection();
  module.rest = section(8, {0}) + section(12, {0}) + section(10, {0});
  module.importAs(kFunctionKind, leb(300))
      .importAs(kTableKind, {0x70, 0x01, 1, 2})
      .importAs(kTableKind, {0x63, 0x05, 0x04, 1})
      .importAs(kGlobalKind, {kI64, 1})
      .importAs(kTagKind, {0, 7})
      .importAs(kGlobalKind, {0x64, 0x6E, 0})
      .importAs(kMemoryKind, {0x03, 1, 2})
      .importAs(kMemoryKind, Bytes{0x0F, 1} + leb(1ull << 40) + Bytes{16})
      .memory();
  module.global({kF32, 0}, {0x43, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B})
      .global({kI32, 0}, {0x41, 0x80, 0x80, 0x80, 0x80, 0x78, 0x0B})
      .global({kI32, 1}, Bytes{0x23, 0, 0x41, 1, 0x6A, 0x0B});
  module.exportAs("run", kFunctionKind, 0)
      .exportAs(kAddress.signal_name, kGlobalKind, 3)
      .exportAs(kAddress.terminated_name, kGlobalKind, 4)
      .exportAs("tag", kTagKind, 0);
  return module;
}

// --- a module that opts in ----------------------------------------------------------------------

TEST(ModuleInspectorGlobals, R1_BothI32GlobalsAndAnExportedMemoryAreFound) {
  const ModuleInspection found = inspect(listeningModule());
  EXPECT_EQ(found.outcome, Outcome::kRegistered);
  EXPECT_TRUE(found.has_signal);
  EXPECT_TRUE(found.has_terminated);
  EXPECT_EQ(found.memory_export, "memory");
  EXPECT_EQ(found.memory_import_index, std::nullopt);
  EXPECT_FALSE(found.is_memory64);
}

TEST(ModuleInspectorGlobals, R1_MutableAndImportedGlobalsCountToo) {
  TestModule module;
  module.importAs(kGlobalKind, {kI32, 1}).memory().global({kI32, 1}, kI32Zero);
  exportBoth(module).exportAs("memory", kMemoryKind, 0);
  EXPECT_EQ(outcomeOf(module), Outcome::kRegistered);
}

TEST(ModuleInspectorGlobals, R1_ImportedGlobalsComeFirstInTheIndexSpace) {
  TestModule module;  // global 0 is the imported f32, 1 and 2 are defined
  module.importAs(kGlobalKind, {kF32, 0}).memory().i32Global().i32Global();
  module.exportAs(kAddress.signal_name, kGlobalKind, 1)
      .exportAs(kAddress.terminated_name, kGlobalKind, 2)
      .exportAs("memory", kMemoryKind, 0);
  EXPECT_EQ(outcomeOf(module), Outcome::kRegistered);
  module.exports.clear();
  exportBoth(module).exportAs("memory", kMemoryKind, 0);
  EXPECT_EQ(outcomeOf(module), Outcome::kWrongType);
}

TEST(ModuleInspectorGlobals, R1_OneGlobalMayBeExportedUnderBothNames) {
  TestModule module;
  module.memory().i32Global();
  module.exportAs(kAddress.signal_name, kGlobalKind, 0)
      .exportAs(kAddress.terminated_name, kGlobalKind, 0)
      .exportAs("memory", kMemoryKind, 0);
  EXPECT_EQ(outcomeOf(module), Outcome::kRegistered);  // the registry refuses the overlap
}

TEST(ModuleInspectorGlobals, R1_EverythingElseOfTheFormatIsPassed) {
  const ModuleInspection found = inspect(richModule());
  EXPECT_EQ(found.outcome, Outcome::kRegistered);
  EXPECT_EQ(found.memory_import_index, 6u);
  EXPECT_EQ(found.memory_export, std::nullopt);
  EXPECT_FALSE(found.is_memory64);  // memory 1 is the 64-bit one
}

TEST(ModuleInspectorGlobals, R1_EveryInitialValueIsPassedToReachTheNextGlobal) {
  const std::vector<std::pair<Bytes, Bytes>> globals{
      {{kI32, 0}, {0x41, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x0B}},
      {{kI64, 0}, {0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F, 0x0B}},
      {{kF32, 0}, {0x43, 0x0B, 1, 2, 3, 0x0B}},
      {{kF64, 0}, {0x44, 0x0B, 1, 2, 3, 4, 5, 6, 7, 0x0B}},
      {{kV128, 0}, Bytes{0xFD, 0x0C} + Bytes(16, 0x0B) + Bytes{0x0B}},
      {{kI32, 0}, {0x23, 0x80, 0x01, 0x0B}},                          // global.get 128
      {{0x70, 0}, {0xD0, 0x70, 0x0B}},                                // ref.null func
      {{0x70, 0}, {0xD2, 0x05, 0x0B}},                                // ref.func
      {{0x6F, 0}, {0xD0, 0x6F, 0x0B}},                                // ref.null extern
      {{0x63, 0x83, 0x01, 0}, {0xD0, 0x83, 0x01, 0x0B}},              // (ref null 131)
      {{0x64, 0x6C, 0}, {0x41, 3, 0xFB, 0x1C, 0x0B}},                 // (ref i31)
      {{0x64, 0x65, 0x6E, 0}, {0x41, 3, 0xFB, 0x1C, 0x0B}},           // (ref (shared any))
      {{0x65, 0x6E, 0}, {0xD0, 0x65, 0x6E, 0x0B}},                    // shared anyref
      {{0x64, 0x62, 0x01, 0}, {0xFB, 0x01, 0x01, 0x0B}},              // (ref (exact 1))
      {{0x64, 0x01, 0}, {0x41, 1, 0xFB, 0x00, 0x01, 0x0B}},           // struct.new
      {{0x64, 0x01, 0}, {0x41, 1, 0x41, 2, 0xFB, 0x06, 0x01, 0x0B}},  // array.new
      {{0x64, 0x01, 0}, {0x41, 1, 0xFB, 0x07, 0x01, 0x0B}},           // array.new_default
      {{0x64, 0x01, 0}, {0x41, 1, 0xFB, 0x08, 0x01, 0x01, 0x0B}},     // array.new_fixed
      {{0x64, 0x01, 0}, {0x41, 1, 0xFB, 0x20, 0x01, 0x0B}},           // struct.new_desc
      {{0x64, 0x01, 0}, {0x41, 1, 0xFB, 0x21, 0x01, 0x0B}},           // struct.new_default_desc
      {{0x6E, 0}, {0xD0, 0x6F, 0xFB, 0x1A, 0x0B}},                    // any.convert_extern
      {{0x6F, 0}, {0xD0, 0x6E, 0xFB, 0x1B, 0x0B}},                    // extern.convert_any
      {{kI32, 0}, {0x41, 1, 0x41, 2, 0x6A, 0x41, 3, 0x6B, 0x41, 4, 0x6C, 0x0B}},
      {{kI64, 0}, {0x42, 1, 0x42, 2, 0x7C, 0x42, 3, 0x7D, 0x42, 4, 0x7E, 0x0B}},
      {{kI32, 3}, kI32Zero},  // a mutable global that threads share
  };
  for (std::size_t i = 0; i < globals.size(); ++i) {
    TestModule module;
    module.memory().global(globals[i].first, globals[i].second).i32Global();
    module.exportAs(kAddress.signal_name, kGlobalKind, 1)
        .exportAs(kAddress.terminated_name, kGlobalKind, 1)
        .exportAs("memory", kMemoryKind, 0);
    EXPECT_EQ(outcomeOf(module), Outcome::kRegistered) << "initial value " << i;
  }
}

TEST(ModuleInspectorGlobals, R1_GlobalsBehindTheLastOneAskedForAreNotWalked) {
  TestModule module = listeningModule();
  module.global({kI32, 0}, {0x06, 0x06, 0x06});  // no operation that this reader knows
  EXPECT_EQ(outcomeOf(module), Outcome::kRegistered);
}

// --- types --------------------------------------------------------------------------------------

TEST(ModuleInspectorTypes, R1_AnyOtherGlobalTypeCountsAsAbsent) {
  const std::vector<std::pair<Bytes, Bytes>> wrong{
      {{kI64, 0}, kI64Zero},
      {{kF32, 0}, {0x43, 0, 0, 0, 0, 0x0B}},
      {{kF64, 0}, {0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B}},
      {{kV128, 0}, Bytes{0xFD, 0x0C} + Bytes(16, 0) + Bytes{0x0B}},
      {{0x70, 0}, {0xD0, 0x70, 0x0B}},
      {{0x6F, 0}, {0xD0, 0x6F, 0x0B}},
      {{0x63, 0x7F, 0}, {0xD0, 0x7F, 0x0B}},  // its heap type is spelt like i32
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    TestModule module;
    module.memory().global(wrong[i].first, wrong[i].second).i32Global();
    exportBoth(module).exportAs("memory", kMemoryKind, 0);
    EXPECT_EQ(outcomeOf(module), Outcome::kWrongType) << "type " << i;
  }
}

TEST(ModuleInspectorTypes, R1_AnyOtherKindOfExportCountsAsAbsent) {
  for (const std::uint8_t kind : {kFunctionKind, kTableKind, kMemoryKind, kTagKind}) {
    TestModule module;
    module.memory().i32Global().i32Global();
    module.exportAs(kAddress.signal_name, kind, 0)
        .exportAs(kAddress.terminated_name, kGlobalKind, 1)
        .exportAs("memory", kMemoryKind, 0);
    EXPECT_EQ(outcomeOf(module), Outcome::kWrongType) << "kind " << int{kind};
  }
}

TEST(ModuleInspectorTypes, R1_A64BitMemoryTakesI64Addresses) {
  TestModule module;
  module.memory(kMemory64).global({kI64, 0}, kI64Zero).global({kI64, 0}, kI64Zero);
  exportBoth(module).exportAs("memory", kMemoryKind, 0);
  const ModuleInspection found = inspect(module);
  EXPECT_EQ(found.outcome, Outcome::kRegistered);
  EXPECT_TRUE(found.is_memory64);
  module.memories = {kSmallMemory};
  EXPECT_EQ(outcomeOf(module), Outcome::kWrongType);
}

TEST(ModuleInspectorTypes, R1_A64BitMemoryTakesNoI32Addresses) {
  TestModule module = listeningModule();
  module.memories = {kMemory64};
  EXPECT_EQ(outcomeOf(module), Outcome::kWrongType);
}

TEST(ModuleInspectorTypes, R1_MemoryZeroDecidesTheAddressTypeNotAnotherMemory) {
  TestModule module = listeningModule();
  module.memory(kMemory64);
  EXPECT_EQ(outcomeOf(module), Outcome::kRegistered);
  TestModule imported = listeningModule();  // the defined memory is memory 1 now
  imported.importAs(kMemoryKind, kMemory64);
  EXPECT_EQ(outcomeOf(imported), Outcome::kWrongType);
}

// --- which of the outcomes ----------------------------------------------------------------------

TEST(ModuleInspectorOutcomes, R7_AModuleWithoutTheNamesHasNotOptedIn) {
  EXPECT_EQ(inspect(kHeader).outcome, Outcome::kNotOptedIn);
  TestModule module;
  EXPECT_EQ(outcomeOf(module.memory().i32Global()), Outcome::kNotOptedIn);
  for (const std::string_view name : {"", "__signal_addres", "__signal_address_", "memory",
                                      "__SIGNAL_ADDRESS", "__instance_signal"}) {
    TestModule other = module;
    other.exportAs(name, kGlobalKind, 0);
    EXPECT_EQ(outcomeOf(other), Outcome::kNotOptedIn) << name;
  }
}

TEST(ModuleInspectorOutcomes, R7_OneOfTwoRequiredGlobalsIsIncomplete) {
  for (const std::string_view name : {kAddress.signal_name, kAddress.terminated_name}) {
    TestModule module;
    module.memory().i32Global().exportAs(name, kGlobalKind, 0).exportAs("m", kMemoryKind, 0);
    EXPECT_EQ(outcomeOf(module), Outcome::kIncomplete) << name;
  }
}

TEST(ModuleInspectorOutcomes, R7_AWrongTypeIsNamedBeforeAMissingOne) {
  TestModule module;
  module.memory().global({kF32, 0}, {0x43, 0, 0, 0, 0, 0x0B});
  module.exportAs(kAddress.signal_name, kGlobalKind, 0).exportAs("m", kMemoryKind, 0);
  EXPECT_EQ(outcomeOf(module), Outcome::kWrongType);
}

TEST(ModuleInspectorOutcomes, R7_WhatSpeaksAgainstTheGlobalsIsNamedBeforeTheMemory) {
  TestModule incomplete;
  incomplete.i32Global().exportAs(kAddress.signal_name, kGlobalKind, 0);
  EXPECT_EQ(outcomeOf(incomplete), Outcome::kIncomplete);
  TestModule wrong;
  wrong.global({kI64, 0}, kI64Zero).i32Global();
  EXPECT_EQ(outcomeOf(exportBoth(wrong)), Outcome::kWrongType);
}

TEST(ModuleInspectorOutcomes, R7_TheInstanceProtocolIsMetByEitherGlobal) {
  EXPECT_EQ(outcomeOf(listeningModule(kInstance), kInstance), Outcome::kRegistered);
  TestModule signal;
  signal.memory().i32Global();
  signal.exportAs(kInstance.signal_name, kGlobalKind, 0).exportAs("m", kMemoryKind, 0);
  const ModuleInspection with_signal = inspect(signal, kInstance);
  EXPECT_EQ(with_signal.outcome, Outcome::kRegistered);
  EXPECT_TRUE(with_signal.has_signal);
  EXPECT_FALSE(with_signal.has_terminated);
  TestModule terminated;
  terminated.memory().i32Global();
  terminated.exportAs(kInstance.terminated_name, kGlobalKind, 0).exportAs("m", kMemoryKind, 0);
  const ModuleInspection with_terminated = inspect(terminated, kInstance);
  EXPECT_EQ(with_terminated.outcome, Outcome::kRegistered);
  EXPECT_FALSE(with_terminated.has_signal);
  EXPECT_TRUE(with_terminated.has_terminated);
}

TEST(ModuleInspectorOutcomes, R1_AnOptionalGlobalOfAWrongTypeIsLeftOut) {
  TestModule module;
  module.memory().global({kF32, 0}, {0x43, 0, 0, 0, 0, 0x0B}).i32Global();
  exportBoth(module, kInstance).exportAs("memory", kMemoryKind, 0);
  const ModuleInspection found = inspect(module, kInstance);
  EXPECT_EQ(found.outcome, Outcome::kRegistered);
  EXPECT_FALSE(found.has_signal);
  EXPECT_TRUE(found.has_terminated);
}

TEST(ModuleInspectorOutcomes, R7_TheInstanceProtocolWithOnlyWrongTypesIsAWrongType) {
  TestModule module;
  module.memory().exportAs(kInstance.signal_name, kMemoryKind, 0);
  EXPECT_EQ(outcomeOf(module, kInstance), Outcome::kWrongType);
}

TEST(ModuleInspectorOutcomes, R7_EachProtocolHasItsOwnNames) {
  EXPECT_EQ(outcomeOf(listeningModule(kAddress), kInstance), Outcome::kNotOptedIn);
  EXPECT_EQ(outcomeOf(listeningModule(kInstance), kAddress), Outcome::kNotOptedIn);
}

// --- memory 0 -----------------------------------------------------------------------------------

TEST(ModuleInspectorMemory, R5_AModuleWithoutAMemoryHasNoneToReach) {
  TestModule module;
  module.i32Global().i32Global();
  EXPECT_EQ(outcomeOf(exportBoth(module)), Outcome::kNoReachableMemory);
}

TEST(ModuleInspectorMemory, R5_AMemorySectionWithoutAMemoryHasNoneToReach) {
  TestModule module;
  module.i32Global().i32Global();
  exportBoth(module);
  Bytes bytes = module.bytes();
  const Bytes no_memories = section(5, {0});
  bytes.insert(bytes.begin() + std::ssize(kHeader), no_memories.begin(), no_memories.end());
  EXPECT_EQ(inspect(bytes).outcome, Outcome::kNoReachableMemory);
}

TEST(ModuleInspectorMemory, R5_AHiddenMemoryCannotBeReached) {
  TestModule module;
  module.memory().i32Global().i32Global();
  EXPECT_EQ(outcomeOf(exportBoth(module)), Outcome::kNoReachableMemory);
}

TEST(ModuleInspectorMemory, R5_AnotherExportedMemoryIsNoSubstituteForMemoryZero) {
  TestModule module;
  module.memory().memory().i32Global().i32Global();
  exportBoth(module).exportAs("memory", kMemoryKind, 1);
  EXPECT_EQ(outcomeOf(module), Outcome::kNoReachableMemory);
}

TEST(ModuleInspectorMemory, R5_MemoryZeroMayBeExportedUnderAnyName) {
  const std::string with_nul("nul\0nul", 7);
  for (const std::string& name : {std::string(), std::string("x"), with_nul,
                                  std::string("\xF0\x9F\x92\xA9"), std::string(1000, 'm')}) {
    TestModule module;
    module.memory().memory().i32Global().i32Global();
    module.exportAs("memory", kMemoryKind, 1);
    exportBoth(module).exportAs(name, kMemoryKind, 0);
    EXPECT_EQ(inspect(module).memory_export, name);
  }
}

TEST(ModuleInspectorMemory, R5_MemoryZeroMayBeExportedUnderAnOptionalNameOfTheProtocol) {
  TestModule module;
  module.memory().i32Global();
  module.exportAs(kInstance.signal_name, kMemoryKind, 0)
      .exportAs(kInstance.terminated_name, kGlobalKind, 0);
  const ModuleInspection found = inspect(module, kInstance);
  EXPECT_EQ(found.outcome, Outcome::kRegistered);
  EXPECT_EQ(found.memory_export, kInstance.signal_name);
}

TEST(ModuleInspectorMemory, R5_AnImportedMemoryIsFoundByItsPositionAmongAllImports) {
  TestModule module;
  module.importAs(kFunctionKind, {0})
      .importAs(kTableKind, {0x6F, 0, 0})
      .importAs(kGlobalKind, {kI32, 0})
      .importAs(kTagKind, {0, 0})
      .importAs(kMemoryKind, kSmallMemory)
      .importAs(kMemoryKind, kSmallMemory)
      .i32Global();
  exportBoth(module);
  const ModuleInspection found = inspect(module);
  EXPECT_EQ(found.outcome, Outcome::kRegistered);
  EXPECT_EQ(found.memory_import_index, 4u);
  EXPECT_EQ(found.memory_export, std::nullopt);
}

TEST(ModuleInspectorMemory, R5_AMemoryMayBeImportedAndExported) {
  TestModule module;
  module.importAs(kMemoryKind, kSmallMemory).i32Global().i32Global();
  exportBoth(module).exportAs("again", kMemoryKind, 0);
  const ModuleInspection found = inspect(module);
  EXPECT_EQ(found.memory_import_index, 0u);
  EXPECT_EQ(found.memory_export, "again");
}

TEST(ModuleInspectorMemory, R5_EveryFormOfLimitsIsUnderstood) {
  const std::vector<std::pair<Bytes, bool>> forms{
      {{0, 1}, false},       {{1, 1, 2}, false},       {{3, 1, 2}, false},
      {{4, 1}, true},        {{5, 1, 2}, true},        {{7, 1, 2}, true},
      {{8, 1, 16}, false},   {{9, 1, 2, 0}, false},    {{0x0B, 1, 2, 16}, false},
      {{0x0C, 1, 16}, true}, {{0x0F, 1, 2, 16}, true},
  };
  for (const auto& [limits, is_64] : forms) {
    TestModule module;
    module.importAs(kMemoryKind, limits).importAs(kGlobalKind, {is_64 ? kI64 : kI32, 0});
    module.importAs(kGlobalKind, {is_64 ? kI64 : kI32, 0});
    const ModuleInspection found = inspect(exportBoth(module));
    EXPECT_EQ(found.outcome, Outcome::kRegistered) << "limits " << int{limits[0]};
    EXPECT_EQ(found.is_memory64, is_64) << "limits " << int{limits[0]};
  }
}

// --- bytes that can't be followed ---------------------------------------------------------------

TEST(ModuleInspectorBytes, R7_SectionsOfUnknownNumberAreSkipped) {
  TestModule module = listeningModule();
  module.between = section(13, {1, 0, 0}) + section(14, {0, 0}) + section(99, {5, 5});
  EXPECT_EQ(outcomeOf(module), Outcome::kRegistered);
}

TEST(ModuleInspectorBytes, R8_NothingBehindTheExportsIsRead) {
  TestModule module = listeningModule();
  module.rest = {10, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 2, 3};
  EXPECT_EQ(outcomeOf(module), Outcome::kRegistered);
  module.exports.clear();
  EXPECT_EQ(outcomeOf(module), Outcome::kNotOptedIn);
}

TEST(ModuleInspectorBytes, R7_WhatIsNoModuleOfVersion1IsUnreadable) {
  const Bytes good = listeningModule().bytes();
  EXPECT_EQ(inspect(Bytes{}).outcome, Outcome::kUnreadableModule);
  for (std::size_t i = 0; i < kHeader.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 1;
    EXPECT_EQ(inspect(bad).outcome, Outcome::kUnreadableModule) << "byte " << i;
  }
}

TEST(ModuleInspectorBytes, R7_WhatCannotBeFollowedIsUnreadable) {
  const auto with_global = [](const Bytes& type, const Bytes& initial) {
    TestModule module;
    module.memory().global(type, initial).i32Global();
    module.exportAs(kAddress.signal_name, kGlobalKind, 1)
        .exportAs(kAddress.terminated_name, kGlobalKind, 1)
        .exportAs("memory", kMemoryKind, 0);
    return module;
  };
  const auto with_import = [](std::uint8_t kind, const Bytes& type) {
    return listeningModule().importAs(kind, type);
  };
  TestModule twice = listeningModule();
  twice.between = section(5, {1, 0, 1});
  TestModule half_a_memory;
  half_a_memory.memory({1}).i32Global().i32Global();
  exportBoth(half_a_memory).exportAs("memory", kMemoryKind, 0);
  TestModule no_such_global;
  no_such_global.memory().i32Global();
  exportBoth(no_such_global).exportAs("memory", kMemoryKind, 0);
  const std::vector<std::pair<const char*, TestModule>> modules{
      {"an unknown operation", with_global({kI32, 0}, {0x06, 0x0B})},
      {"an unknown vector operation", with_global({kV128, 0}, {0xFD, 0x0D, 0x0B})},
      {"an unknown GC operation", with_global({0x6E, 0}, {0xFB, 0x40, 0x0B})},
      {"an initial value without an end", with_global({kI32, 0}, {0x41, 0})},
      {"an unknown mutability", with_global({kI32, 4}, kI32Zero)},
      {"an unknown type", with_global({0x40, 0}, kI32Zero)},
      {"a type that is none", with_global({0x80, 0}, kI32Zero)},
      {"an i32 constant of 6 bytes",
       with_global({kI32, 0}, {0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x0B})},
      {"an i32 constant beyond 32 bits",
       with_global({kI32, 0}, {0x41, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x0B})},
      {"an i64 constant beyond 64 bits",
       with_global({kI64, 0}, Bytes{0x42} + Bytes(9, 0x80) + Bytes{0x01, 0x0B})},
      {"an index of 6 bytes",
       with_global({kI32, 0}, {0x23, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x0B})},
      {"an index beyond 32 bits",
       with_global({kI32, 0}, {0x23, 0x80, 0x80, 0x80, 0x80, 0x10, 0x0B})},
      {"an unknown kind of import", with_import(5, {0})},
      {"unknown limits", with_import(kMemoryKind, {16, 1})},
      {"limits beyond 64 bits", with_import(kMemoryKind, Bytes{4} + Bytes(9, 0x80) + Bytes{2})},
      {"two memory sections", twice},
      {"limits without an end", half_a_memory},
      {"an export of a global that isn't there", no_such_global},
  };
  for (const auto& [what, module] : modules) {
    EXPECT_EQ(outcomeOf(module), Outcome::kUnreadableModule) << what;
  }
}

TEST(ModuleInspectorBytes, R7_CountsThatPromiseTooMuchAreUnreadableAtOnce) {
  const Bytes huge = leb(0xFFFFFFFF);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(inspect(kHeader + section(7, huge)).outcome, Outcome::kUnreadableModule);
  TestModule module;
  exportBoth(module);
  const Bytes export_section = vectorSection(7, module.exports);
  for (const std::uint8_t id : std::initializer_list<std::uint8_t>{2, 6}) {
    EXPECT_EQ(inspect(kHeader + section(id, huge) + export_section).outcome,
              Outcome::kUnreadableModule);
  }
  EXPECT_EQ(inspect(kHeader + Bytes{7} + huge).outcome, Outcome::kUnreadableModule);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(ModuleInspectorBytes, R7_EveryPrefixOfAModuleIsSafe) {
  const TestModule module = richModule();
  const Bytes good = module.bytes();
  const std::size_t exports_end = module.upToExports().size();
  std::size_t unreadable = 0;
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Outcome outcome =
        inspect(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))).outcome;
    if (size >= exports_end) {
      EXPECT_EQ(outcome, Outcome::kRegistered) << size << " bytes";
    } else if (outcome != Outcome::kUnreadableModule) {
      EXPECT_EQ(outcome, Outcome::kNotOptedIn) << size << " bytes";  // cut between two sections
    } else {
      ++unreadable;
    }
  }
  EXPECT_GT(unreadable, exports_end - 16);
}

TEST(ModuleInspectorBytes, R7_EverySingleByteCorruptionIsSafe) {
  const Bytes good = richModule().bytes();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (unsigned value = 0; value < 256; ++value) {
      Bytes bad = good;
      bad[i] = static_cast<std::uint8_t>(value);
      const ModuleInspection found = inspect(bad);
      EXPECT_LT(static_cast<std::size_t>(found.outcome), kRegistrationOutcomeCount);
      if (found.outcome != Outcome::kRegistered) continue;
      EXPECT_TRUE(found.has_signal && found.has_terminated);
      EXPECT_TRUE(found.memory_export || found.memory_import_index);
    }
  }
}

TEST(ModuleInspectorCost, R8_AModuleWithoutTheNamesAllocatesNothing) {
  TestModule module = richModule();
  module.exports.clear();
  for (int i = 0; i < 100; ++i) {
    module.exportAs("a name that is longer than any short string " + std::to_string(i), kMemoryKind,
                    0);
  }
  const Bytes bytes = module.bytes();
  const AllocationCount allocations;
  const ModuleInspection found = inspectModule(bytes, kAddress);
  EXPECT_EQ(allocations.soFar(), 0u);
  EXPECT_EQ(found.outcome, Outcome::kNotOptedIn);
}

TEST(ModuleInspectorCost, R8_TheImportsOfAModuleWithoutTheNamesAreNotEvenLookedAt) {
  TestModule module;
  module.importAs(0xEE, {}).exportAs("memory", kMemoryKind, 0);  // an import of no known kind
  EXPECT_EQ(outcomeOf(module), Outcome::kNotOptedIn);
}

}  // namespace
}  // namespace sigproof
