#include "fuzz/generate/raw_bytes/edited_module.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace sigproof::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A header, a type section, a custom section.
const Bytes kModule{0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 0, 3, 1, 'x', 7};

Bytes edited(const Bytes& input) {
  ByteSource source(input);
  return editModule(kModule, source);
}

TEST(EditedModule, WithoutBytesItIsTheModuleAsItIs) { EXPECT_EQ(edited({}), kModule); }

TEST(EditedModule, TheSameBytesEditTheSameWayAndMostEditsLeaveTheHeader) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same bytes in every run
  std::set<Bytes> seen;
  int with_header = 0;
  constexpr int kInputs = 300;
  for (int i = 0; i < kInputs; ++i) {
    Bytes input(12);
    for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random() & 0xFF);
    const Bytes changed = edited(input);
    EXPECT_EQ(changed, edited(input));
    if (changed.size() >= 8 && std::equal(kModule.begin(), kModule.begin() + 8, changed.begin())) {
      ++with_header;
    }
    seen.insert(changed);
  }
  EXPECT_GT(seen.size(), 100U);
  EXPECT_GT(with_header, kInputs * 8 / 10);
}

}  // namespace
}  // namespace sigproof::fuzz
