#include "fuzz/wasm/binary/wasm_bytes.h"

#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

using Written = std::vector<std::uint8_t>;

TEST(WasmBytes, WritesAModuleSectionBySection) {
  WasmBytes module = WasmBytes::header();
  module.addSection(SectionId::kMemory, {1, 0, 1});
  module.addSection(SectionId::kExport, WasmBytes{1}.addName("m").add({2, 0}));
  EXPECT_EQ(module.bytes(), (Written{0, 'a', 's', 'm', 1,   0, 0, 0, 5, 3, 1, 0, 1,  //
                                     7, 5,   1,   1,   'm', 2, 0}));
  EXPECT_TRUE(splitSections(module.bytes()));
}

TEST(WasmBytes, WritesNumbersNamesAndInitialValues) {
  EXPECT_EQ(WasmBytes().addUnsigned(300).bytes(), (Written{0xAC, 0x02}));
  EXPECT_EQ(WasmBytes().addSigned(-1, 2).bytes(), (Written{0xFF, 0x7F}));
  EXPECT_EQ(WasmBytes().addWord(0xDEADBEEF).bytes(), (Written{0xEF, 0xBE, 0xAD, 0xDE}));
  EXPECT_EQ(WasmBytes().addSized(WasmBytes{7, 8}).bytes(), (Written{2, 7, 8}));
  EXPECT_EQ(WasmBytes().addI32Initializer(64).bytes(), (Written{0x41, 0xC0, 0x00, 0x0B}))
      << "i32.const is signed: 0x40 alone would be -64";
  EXPECT_EQ(WasmBytes().addI32Initializer(0xFFFFFFFC).bytes(), (Written{0x41, 0x7C, 0x0B}));
}

TEST(WasmBytes, ALongSectionHasALengthOfSeveralBytes) {
  const Written content(200, 9);
  const Written bytes = WasmBytes().addSection(SectionId::kCustom, WasmBytes().add(content)).take();
  ASSERT_EQ(bytes.size(), 203U);
  EXPECT_EQ(bytes[1], 0xC8);
  EXPECT_EQ(bytes[2], 0x01);
}

}  // namespace
}  // namespace sigproof::fuzz
