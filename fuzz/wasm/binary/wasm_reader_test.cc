#include "fuzz/wasm/binary/wasm_reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace sigproof::fuzz {
namespace {

TEST(WasmReader, ReadsOnePieceAfterTheOther) {
  const std::vector<std::uint8_t> bytes{7, 0x80, 0x01, 2, 'h', 'i', 1, 2, 3};
  WasmReader reader(bytes);
  EXPECT_EQ(reader.readByte(), 7);
  EXPECT_EQ(reader.readU32(), 128U);
  EXPECT_EQ(reader.position(), 3U);
  EXPECT_EQ(reader.readName(), "hi");
  EXPECT_EQ(reader.readBytes(2).back(), 2);
  EXPECT_FALSE(reader.isAtEnd());
  EXPECT_EQ(reader.rest().size(), 1U);
  EXPECT_EQ(reader.readByte(), 3);
  EXPECT_TRUE(reader.isOk() && reader.isAtEnd());
}

TEST(WasmReader, StaysFailedAfterAReadBeyondTheEnd) {
  const std::vector<std::uint8_t> bytes{3, 'h', 'i'};
  WasmReader name(bytes);
  EXPECT_EQ(name.readName(), "");
  EXPECT_FALSE(name.isOk());
  EXPECT_EQ(name.readByte(), 0) << "though bytes were left";
  WasmReader number(std::span(bytes).first(0));
  EXPECT_EQ(number.readU32(), 0U);
  EXPECT_FALSE(number.isOk());
}

}  // namespace
}  // namespace sigproof::fuzz
