// Binaries are taken apart and put together again: whole ones, and whatever else the bytes may be.
#include "fuzz/wasm/binary/raw_module.h"

#include <gtest/gtest.h>

#include <random>

#include "fuzz/wasm/binary/wasm_bytes.h"

namespace sigproof::fuzz {
namespace {

using ModuleBytes = std::vector<std::uint8_t>;

ModuleBytes someModule() {
  WasmBytes module = WasmBytes::header();
  module.addSection(SectionId::kType, {1, 0x60, 0, 0});
  module.addSection(SectionId::kCustom, WasmBytes().addName("note").add({7}));
  module.addSection(SectionId::kExport, {0});
  return module.take();
}

TEST(WasmSections, AreViewsOfTheModulesBytes) {
  const ModuleBytes module = someModule();
  const auto sections = splitSections(module);
  ASSERT_TRUE(sections && sections->size() == 3);
  EXPECT_EQ(sections->at(0).id, SectionId::kType);
  EXPECT_EQ(sections->at(0).content.size(), 4U);
  EXPECT_EQ(sections->at(0).content.data(), module.data() + 10);
  EXPECT_EQ(sections->at(0).whole.data(), module.data() + 8);
  EXPECT_EQ(sections->at(2).whole.data() + sections->at(2).whole.size(),
            module.data() + module.size());
}

TEST(WasmSections, ATornModuleHasNone) {
  const ModuleBytes module = someModule();
  for (std::size_t size = 0; size < module.size(); ++size) {
    // Cut between two sections, it is a module still.
    const bool is_between = size == 8 || size == 14 || size == 22;
    EXPECT_EQ(splitSections(std::span(module).first(size)).has_value(), is_between) << size;
  }
  ModuleBytes of_another_version = module;
  of_another_version[4] = 2;
  EXPECT_FALSE(splitSections(of_another_version));
}

TEST(RawModule, IsTheSameBytesAfterSplittingAndJoining) {
  const ModuleBytes module = someModule();
  EXPECT_EQ(RawModule::split(module).join(), module);
  EXPECT_TRUE(RawModule::split(module).isWhole());
  EXPECT_TRUE(RawModule::split(module).hasSection(SectionId::kExport));
  EXPECT_FALSE(RawModule::split(module).hasSection(SectionId::kStart));
  for (std::size_t size = 0; size < module.size(); ++size) {
    const ModuleBytes cut(module.begin(), module.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(RawModule::split(cut).join(), cut) << size;
  }
}

TEST(RawModule, IsTheSameBytesAfterSplittingAndJoiningWhateverTheyAre) {
  // NOLINTNEXTLINE(cert-msc51-cpp): the same bytes in every run
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    ModuleBytes bytes = someModule();
    for (unsigned i = 0; i < 3; ++i) {
      // Many lengths of several bytes, of which some have bits beyond the 32nd.
      const auto at = static_cast<std::ptrdiff_t>(9 + random() % 3);
      bytes.insert(bytes.begin() + at, static_cast<std::uint8_t>(random()));
    }
    ASSERT_EQ(RawModule::split(bytes).join(), bytes) << round;
  }
}

TEST(RawModule, MayWriteALengthLongerThanItNeedBe) {
  RawModule module = RawModule::split(someModule());
  const std::size_t size = module.join().size();
  for (const auto& [padding, more] : {std::pair{2U, 2U}, {4U, 4U}, {9U, 4U}}) {
    module.sections[0].length_padding = padding;
    EXPECT_EQ(module.join().size(), size + more);
    const RawModule again = RawModule::split(module.join());
    EXPECT_EQ(again.sections.size(), module.sections.size());
    EXPECT_EQ(again.sections[0].length_padding, more);
  }
}

TEST(RawModule, AddsASectionInItsPlace) {
  RawModule module = RawModule::split(someModule());
  module.findOrAdd(SectionId::kData);
  module.findOrAdd(SectionId::kTag);
  module.findOrAdd(SectionId::kMemory);
  EXPECT_EQ(&module.findOrAdd(SectionId::kType), &module.sections[0]);
  std::vector<SectionId> ids;
  for (const RawSection& section : module.sections) ids.push_back(section.id);
  EXPECT_EQ(ids, (std::vector{SectionId::kType, SectionId::kCustom, SectionId::kMemory,
                              SectionId::kTag, SectionId::kExport, SectionId::kData}));
  EXPECT_EQ(module.find(SectionId::kMemory)->content, (ModuleBytes{0}));
  EXPECT_EQ(module.find(SectionId::kStart), nullptr);
}

TEST(RawSection, AnItemIsAddedAndCounted) {
  RawSection section{.id = SectionId::kMemory, .content = {0x7F}};
  const ModuleBytes item{0, 1};
  EXPECT_EQ(section.addItem(item), 128U);
  EXPECT_EQ(section.content, (ModuleBytes{0x80, 0x01, 0, 1}));
  RawSection damaged{.id = SectionId::kMemory, .content = {0x80}};
  EXPECT_EQ(damaged.addItem(item), std::nullopt);
  EXPECT_EQ(damaged.content, (ModuleBytes{0x80}));
}

}  // namespace
}  // namespace sigproof::fuzz
