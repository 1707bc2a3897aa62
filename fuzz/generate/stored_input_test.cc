#include "fuzz/generate/stored_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/run/shim/shim_runner.h"
#include "fuzz/support/random_inputs.h"
#include "fuzz/wasm/section_editor.h"

namespace sigproof::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using testing::HasSubstr;

ShimInput randomInput(std::uint32_t seed) {
  return makeInput(randomBytes(ShimProgram::inputLayout().maxBytes(), seed));
}

std::string refusal(std::span<const std::uint8_t> file) {
  try {
    fromStored(file);
    return "";
  } catch (const UnreadableInput& error) {
    return error.what();
  }
}

TEST(StoredInput, WhatIsReadIsWhatWasStored) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const ShimInput input = randomInput(seed);
    const Bytes file = toStored(input);
    const ShimInput read = readInput(file);
    EXPECT_EQ(describe(read.program), describe(input.program));
    EXPECT_EQ(read.module, input.module);
    EXPECT_EQ(read.bytes, input.bytes);
    EXPECT_EQ(toStored(read), file);  // nothing of the plan is lost
  }
}

TEST(StoredInput, ItRunsAsTheBytesDidThatItWasMadeOf) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const ShimInput input = randomInput(seed);
    const ShimInput read = fromStored(toStored(input));
    EXPECT_EQ(ShimRunner(read).run(), ShimRunner(input).run()) << seed;
  }
}

// A generator of another day makes something else of the bytes.
TEST(StoredInput, TheBytesHaveNoSayInWhatIsRun) {
  ShimInput input = randomInput(3);
  const std::string text = ShimRunner(input).run();
  input.bytes = {1, 2, 3};
  const ShimInput read = fromStored(toStored(input));
  EXPECT_EQ(ShimRunner(read).run(), text);
}

TEST(StoredInput, AnotherVersionIsRefusedByItsNumber) {
  const Bytes file = withCustomSection(randomInput(1).module, "sigproof.input", Bytes{99, 0xA0});
  EXPECT_THAT(refusal(file), HasSubstr("version 99"));
  EXPECT_THAT(refusal(file), HasSubstr("store-shim"));
}

TEST(StoredInput, AModuleAloneIsRefused) {
  EXPECT_THAT(refusal(randomInput(1).module), HasSubstr("no stored input"));
}

TEST(StoredInput, ATornFileIsRefused) {
  const Bytes file = toStored(randomInput(2));
  for (std::size_t size = 4; size < file.size(); ++size) {
    EXPECT_NE(refusal(std::span(file).first(size)), "") << size;
  }
}

// What is damaged is refused, or is another sound input: no index leads out of its plan.
TEST(StoredInput, ADamagedFileCrashesNothing) {
  const Bytes file = toStored(randomInput(5));
  unsigned refused = 0;
  for (std::size_t at = 8; at < file.size(); ++at) {
    for (const unsigned mask : {0x01U, 0x80U, 0xFFU}) {
      Bytes damaged = file;
      damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ mask);
      refused += refusal(damaged).empty() ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(StoredInput, APlanWithAnIndexBeyondItsGlobalsIsRefused) {
  ShimInput input = randomInput(1);
  input.program.module.exports.push_back({"x", ExternalKind::kGlobal, 1000});
  EXPECT_THAT(refusal(toStored(input)), HasSubstr("an exported global"));
}

}  // namespace
}  // namespace sigproof::fuzz
