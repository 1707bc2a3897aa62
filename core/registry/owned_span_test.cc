#include "core/registry/owned_span.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace sigproof {
namespace {

struct Store {
  std::byte bytes[16]{};
  std::uint64_t length = sizeof bytes;

  static std::size_t byteLength(const void* owner) noexcept {
    return static_cast<const Store*>(owner)->length;
  }
};

OwnedSpan spanOver(std::shared_ptr<Store> store) {
  std::byte* data = store->bytes;
  return OwnedSpan(std::move(store), data, &Store::byteLength);
}

TEST(OwnedSpan, R3_AWordFitsUpToTheLastFourBytes) {
  const OwnedSpan span = spanOver(std::make_shared<Store>());
  EXPECT_TRUE(span.contains(0, 4));
  EXPECT_TRUE(span.contains(12, 4));
  EXPECT_FALSE(span.contains(13, 4));
  EXPECT_FALSE(span.contains(16, 4));
  EXPECT_TRUE(span.contains(16, 0));
  EXPECT_FALSE(span.contains(17, 0));
}

TEST(OwnedSpan, R3_AWordLargerThanTheMemoryNeverFits) {
  const auto store = std::make_shared<Store>();
  store->length = 3;
  const OwnedSpan span = spanOver(store);
  EXPECT_FALSE(span.contains(0, 4));
  store->length = 0;
  EXPECT_FALSE(span.contains(0, 4));
  EXPECT_FALSE(span.contains(0, 1));
}

TEST(OwnedSpan, R3_OffsetPlusSizeNeverWraps) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const auto store = std::make_shared<Store>();
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{16}, kMax}) {
    store->length = length;
    const OwnedSpan span = spanOver(store);
    for (const std::uint64_t offset : {kMax, kMax - 1, kMax - 3, kMax - 4, kMax - 5}) {
      for (const std::uint64_t size : {std::uint64_t{4}, kMax}) {
        const bool fits =
            static_cast<unsigned __int128>(offset) + size <= static_cast<unsigned __int128>(length);
        EXPECT_EQ(span.contains(offset, size), fits) << offset << " " << size << " " << length;
      }
    }
  }
}

TEST(OwnedSpan, D3_TheLengthIsAskedAnewEachTime) {
  const auto store = std::make_shared<Store>();
  store->length = 8;
  const OwnedSpan span = spanOver(store);
  EXPECT_EQ(span.byteLength(), 8u);
  EXPECT_FALSE(span.contains(8, 4));
  store->length = 12;
  EXPECT_EQ(span.byteLength(), 12u);
  EXPECT_TRUE(span.contains(8, 4));
}

TEST(OwnedSpan, G2_TheMemoryLivesAsLongAsTheSpan) {
  auto store = std::make_shared<Store>();
  const std::weak_ptr<Store> watch = store;
  std::byte* const data = store->bytes;
  {
    OwnedSpan span = spanOver(std::move(store));
    EXPECT_FALSE(watch.expired());
    const OwnedSpan moved = std::move(span);
    EXPECT_FALSE(watch.expired());
    EXPECT_EQ(moved.data(), data);
  }
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace sigproof
