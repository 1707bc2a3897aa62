// The encodings are written out: from the specification of WebAssembly and the article on LEB128.
#include "fuzz/wasm/binary/leb128.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace sigproof::fuzz {
namespace {

using LebBytes = std::vector<std::uint8_t>;

LebBytes unsignedBytes(std::uint64_t value, unsigned least_bytes = 1) {
  LebBytes bytes;
  appendUnsigned(bytes, value, least_bytes);
  return bytes;
}

LebBytes signedBytes(std::int64_t value, unsigned least_bytes = 1) {
  LebBytes bytes;
  appendSigned(bytes, value, least_bytes);
  return bytes;
}

std::optional<std::uint32_t> read(const LebBytes& bytes) {
  std::span<const std::uint8_t> rest = bytes;
  const auto value = takeU32(rest);
  if (value) {
    EXPECT_TRUE(rest.empty());
  } else {
    EXPECT_EQ(rest.size(), bytes.size()) << "a failure takes nothing";
  }
  return value;
}

TEST(Leb128, UnsignedNumbersHaveTheBytesOfTheFormat) {
  EXPECT_EQ(unsignedBytes(0), (LebBytes{0}));
  EXPECT_EQ(unsignedBytes(127), (LebBytes{0x7F}));
  EXPECT_EQ(unsignedBytes(128), (LebBytes{0x80, 0x01}));
  EXPECT_EQ(unsignedBytes(624485), (LebBytes{0xE5, 0x8E, 0x26}));
  EXPECT_EQ(unsignedBytes(0xFFFFFFFF), (LebBytes{0xFF, 0xFF, 0xFF, 0xFF, 0x0F}));
  EXPECT_EQ(unsignedBytes(std::numeric_limits<std::uint64_t>::max()).size(), 10U);
}

TEST(Leb128, SignedNumbersHaveTheBytesOfTheFormat) {
  EXPECT_EQ(signedBytes(0), (LebBytes{0}));
  EXPECT_EQ(signedBytes(63), (LebBytes{0x3F}));
  EXPECT_EQ(signedBytes(64), (LebBytes{0xC0, 0x00})) << "0x40 alone is -64";
  EXPECT_EQ(signedBytes(-64), (LebBytes{0x40}));
  EXPECT_EQ(signedBytes(-1), (LebBytes{0x7F}));
  EXPECT_EQ(signedBytes(-123456), (LebBytes{0xC0, 0xBB, 0x78}));
  EXPECT_EQ(signedBytes(std::numeric_limits<std::int32_t>::min()),
            (LebBytes{0x80, 0x80, 0x80, 0x80, 0x78}));
}

TEST(Leb128, NumbersMayBeLongerThanTheyNeedBe) {
  EXPECT_EQ(unsignedBytes(1, 3), (LebBytes{0x81, 0x80, 0x00}));
  EXPECT_EQ(unsignedBytes(128, 1), (LebBytes{0x80, 0x01}));
  EXPECT_EQ(signedBytes(-1, 5), (LebBytes{0xFF, 0xFF, 0xFF, 0xFF, 0x7F}));
  EXPECT_EQ(signedBytes(16, 5), (LebBytes{0x90, 0x80, 0x80, 0x80, 0x00}));
  EXPECT_EQ(read(unsignedBytes(77, kLongestLeb32)), 77U);
}

TEST(Leb128, WhatIsWrittenIsReadAgainAndHasTheSizeThatWasAnnounced) {
  // NOLINTNEXTLINE(cert-msc51-cpp): the same numbers in every run
  std::mt19937 random(1);
  for (unsigned bits = 0; bits <= 32; ++bits) {
    for (int round = 0; round < 50; ++round) {
      const auto value = static_cast<std::uint32_t>(std::uint64_t{random()} >> (32 - bits));
      EXPECT_EQ(read(unsignedBytes(value)), value);
      EXPECT_EQ(unsignedBytes(value).size(), unsignedSize(value));
    }
  }
}

TEST(Leb128, RefusesWhatTheFormatForbids) {
  EXPECT_EQ(read({}), std::nullopt);
  EXPECT_EQ(read({0x80}), std::nullopt) << "cut off";
  EXPECT_EQ(read({0xFF, 0xFF, 0xFF, 0xFF, 0x1F}), std::nullopt) << "bits beyond the 32nd";
  EXPECT_EQ(read({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), std::nullopt) << "six bytes";
  EXPECT_EQ(read({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}), 0xFFFFFFFFU);
}

}  // namespace
}  // namespace sigproof::fuzz
