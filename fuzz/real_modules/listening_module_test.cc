#include "fuzz/real_modules/listening_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "core/v8/testing/test_module.h"
#include "fuzz/real_modules/binaryen_globals.h"
#include "fuzz/real_modules/wasm_shape.h"
#include "fuzz/wasm/binary/raw_module.h"

namespace sigproof::modules {
namespace {

using fuzz::SectionId;
using testing::Contains;
using testing::StartsWith;

// As it was published: without the protocol's exports.
std::vector<std::uint8_t> unaware(MemoryKind memory) {
  return TestModule{.memory = memory, .signal = {}, .terminated = {}}.encode();
}

TEST(WasmShape, TellsWhereMemoryZeroIs) {
  const WasmShape exported = readShape(unaware(MemoryKind::kExported));
  ASSERT_TRUE(exported.memory.has_value());
  EXPECT_EQ(exported.memory->export_name, "memory");
  EXPECT_FALSE(exported.memory->import_index.has_value());
  EXPECT_EQ(exported.memory->limits.maximum, 4U);

  const WasmShape imported =
      readShape(TestModule{.memory = MemoryKind::kImported, .has_start = true}.encode());
  ASSERT_EQ(imported.imports.size(), 2U);
  ASSERT_TRUE(imported.memory.has_value());
  EXPECT_EQ(imported.memory->import_index, 1U);
  EXPECT_EQ(imported.imports[0].kind, ImportKind::kFunction);
  EXPECT_TRUE(imported.has_start);
  EXPECT_FALSE(readShape(unaware(MemoryKind::kAbsent)).memory.has_value());
}

// Whatever the bytes are, they are read or refused; AddressSanitizer sees the rest.
TEST(WasmShape, RefusesOrReadsEveryTruncationAndRandomBytes) {
  const auto whole = TestModule{.memory = MemoryKind::kImported, .has_start = true}.encode();
  int refused = 0;
  const auto attempt = [&](const std::vector<std::uint8_t>& bytes) {
    try {
      (void)readShape(bytes);
    } catch (const UnreadableModule& reason) {
      EXPECT_THAT(reason.what(), StartsWith("the module can't be read: "));
      ++refused;
    }
  };
  for (std::size_t size = 0; size < whole.size(); ++size) {
    attempt({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  EXPECT_GT(refused, static_cast<int>(whole.size() / 2));
  // NOLINTNEXTLINE(cert-msc51-cpp): the same bytes in every run
  std::minstd_rand random(1);
  for (int round = 0; round < 2000; ++round) {
    auto bytes = whole;
    bytes[8 + random() % (bytes.size() - 8)] = static_cast<std::uint8_t>(random());
    attempt(bytes);
  }
}

TEST(ListeningModule, PutsTheWordsIntoAPageOfTheirOwn) {
  const ListeningModule made = makeListen(unaware(MemoryKind::kExported));
  EXPECT_EQ(made.edited_by, "Binaryen");
  EXPECT_EQ(made.signal_address, 2 * kPageSizeBytes - 4);
  EXPECT_EQ(made.terminated_address, kPageSizeBytes + 1);
  const WasmShape shape = readShape(made.bytes);
  EXPECT_EQ(shape.memory->limits.initial, 2U);
  EXPECT_EQ(shape.memory->limits.maximum, 5U);
  for (const char* name : {"memory", "__signal_address", "__terminated_address",
                           "__instance_signal", "__instance_terminated"}) {
    EXPECT_THAT(shape.export_names, Contains(name));
  }
}

TEST(ListeningModule, AddsGlobalsWithoutBinaryenAndLeavesTheOtherSectionsAsTheyWere) {
  const auto module = TestModule{.memory = MemoryKind::kImported, .has_start = true}.encode();
  const ExportedGlobal global{"more", 0xFFFFFFFC};
  const auto edited = addGlobals(module, std::span(&global, 1));
  EXPECT_THAT(readShape(edited).export_names, Contains("more"));
  const auto before = fuzz::RawModule::split(module).sections;
  const auto after = fuzz::RawModule::split(edited).sections;
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool is_changed =
        before[i].id == SectionId::kGlobal || before[i].id == SectionId::kExport;
    EXPECT_EQ(before[i].content != after[i].content, is_changed) << i;
  }
}

TEST(ListeningModule, AddsSectionsThatAreNotThereInTheirPlaces) {
  const ExportedGlobal global{"g", 7};
  const auto edited = addPagesAndWord(
      addGlobals(unaware(MemoryKind::kHidden), std::span(&global, 1)), 3, 100, kSignalFill);
  std::vector<SectionId> ids;
  for (const auto& section : fuzz::RawModule::split(edited).sections) ids.push_back(section.id);
  EXPECT_THAT(ids, testing::ElementsAre(SectionId::kType, SectionId::kMemory, SectionId::kGlobal,
                                        SectionId::kExport, SectionId::kData));
}

TEST(ListeningModule, RefusesWhatHasNoPlaceForTheWords) {
  EXPECT_THROW(makeListen(unaware(MemoryKind::kAbsent)), CanNotListen);
  EXPECT_THROW(makeListen(TestModule{}.encode()), CanNotListen) << "it listens already";
  EXPECT_THROW(addPagesAndWord(unaware(MemoryKind::kExported), 65537, 0, 0), CanNotListen);
}

TEST(ListeningModule, SurvivesWhatBinaryenDoesNot) {
  auto module = unaware(MemoryKind::kExported);
  module.push_back(10);  // a code section that is longer than what is left
  module.push_back(99);
  const ExportedGlobal global{"g", 7};
  const BinaryenResult result = addGlobalsWithBinaryen(module, std::span(&global, 1));
  EXPECT_TRUE(result.bytes.empty());
  EXPECT_THAT(result.reason, StartsWith("Binaryen "));
}

}  // namespace
}  // namespace sigproof::modules
