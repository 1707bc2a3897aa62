#include "fuzz/wasm/second_memory.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "fuzz/wasm/binary/wasm_bytes.h"

namespace sigproof::fuzz {
namespace {

using ModuleBytes = std::vector<std::uint8_t>;

ModuleBytes moduleOf(const ModuleBytes& sections) {
  return WasmBytes::header().add(std::span(sections)).take();
}

TEST(SecondMemory, ComesAfterTheFirst) {
  EXPECT_EQ(withSecondMemory(moduleOf({5, 3, 1, 0, 2})), moduleOf({5, 5, 2, 0, 2, 0, 1}));
}

TEST(SecondMemory, AModuleThatImportsItsMemoryGetsASectionInItsPlace) {
  const ModuleBytes types_and_globals = moduleOf({1, 1, 0, 6, 1, 0});
  EXPECT_EQ(withSecondMemory(types_and_globals), moduleOf({1, 1, 0, 5, 3, 1, 0, 1, 6, 1, 0}));
  EXPECT_EQ(withSecondMemory(moduleOf({1, 1, 0})), moduleOf({1, 1, 0, 5, 3, 1, 0, 1}));
}

TEST(SecondMemory, IsExportedAndFilledBehindWhatWasThere) {
  const ModuleBytes module = moduleOf({5,  3, 1, 0, 2,           // a memory
                                       7,  5, 1, 1, 'm',  2, 0,  // its export
                                       12, 1, 1,                 // one segment is announced
                                       11, 6, 1, 0, 0x41, 8, 0x0B, 0});
  const SecondMemory memory{.maximum_pages = 1,
                            .export_name = "n",
                            .fills = {{.address = 64, .bytes = {7, 8}},
                                      {.address = kPageSizeBytes - 1, .bytes = {1, 2}}}};
  EXPECT_EQ(withSecondMemory(module, memory),
            moduleOf({5,  6,  2,    0,    2,    1,    1,    1,             //
                      7,  9,  2,    1,    'm',  2,    0,    1, 'n', 2, 1,  //
                      12, 1,  2,                                           //
                      11, 15, 2,    0,    0x41, 8,    0x0B, 0,             //
                      2,  1,  0x41, 0xC0, 0x00, 0x0B, 2,    7, 8}));
}

TEST(SecondMemory, StandsInTheTextToo) {
  const SecondMemory memory{
      .maximum_pages = 1, .export_name = "n", .fills = {{.address = 8, .bytes = {0xEF}}}};
  EXPECT_EQ(textWithSecondMemory("(module\n)\n", memory),
            "(module\n (memory $1 1 1)\n (export \"n\" (memory $1))\n"
            " (data (memory $1) (i32.const 8) \"\\ef\")\n)\n");
  EXPECT_EQ(textWithSecondMemory("(module\n)\n", {}), "(module\n (memory $1 1)\n)\n");
}

TEST(SecondMemory, IsRefusedToWhatIsNoModule) {
  EXPECT_THROW(withSecondMemory({}), std::invalid_argument);
  EXPECT_THROW(withSecondMemory(moduleOf({5, 3, 1, 0})), std::invalid_argument) << "cut off";
  EXPECT_THROW(withSecondMemory(moduleOf({5, 0})), std::invalid_argument) << "no count";
}

}  // namespace
}  // namespace sigproof::fuzz
