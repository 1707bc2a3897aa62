#include "fuzz/run/shim/resident_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sigproof::fuzz {
namespace {

// mincore()'s, and a piece's.
constexpr std::uint64_t kPageBytes = ReferenceMemory::kPieceBytes;
constexpr std::array<std::uint8_t, kPageBytes> kZeros{};

const std::uint8_t* expectedPage(const ReferenceMemory& memory, std::uint64_t begin) {
  const auto piece = std::ranges::find(memory.pieces, begin, &ReferenceMemory::Piece::begin);
  return piece == memory.pieces.end() ? kZeros.data() : piece->bytes.data();
}

std::optional<MemoryDifference> comparePage(std::uint64_t begin, const std::uint8_t* expected,
                                            const std::uint8_t* seen) {
  if (std::memcmp(expected, seen, kPageBytes) == 0) return std::nullopt;
  const auto at = static_cast<std::uint64_t>(
      std::mismatch(expected, expected + kPageBytes, seen).first - expected);
  return MemoryDifference{begin + at, expected[at], seen[at]};
}

}  // namespace

std::optional<MemoryDifference> ResidentPages::differenceFrom(const ReferenceMemory& expected,
                                                              std::span<const std::uint8_t> seen) {
  if (seen.empty()) return std::nullopt;
  const std::uint64_t page_count = (seen.size() + kPageBytes - 1) / kPageBytes;
  if (is_resident_.size() < page_count) is_resident_.resize(page_count);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): mincore() reads nothing there
  void* const begin = const_cast<std::uint8_t*>(seen.data());
  if (mincore(begin, seen.size(), is_resident_.data()) != 0) {
    std::perror("fuzz: mincore");
    std::abort();
  }
  // Most of them are resident nowhere near as much as they are long: look for the marks as memory.
  const auto* const marks = is_resident_.data();
  for (std::uint64_t page = 0; page < page_count; ++page) {
    const auto* next = static_cast<const unsigned char*>(
        std::memchr(marks + page, 1, static_cast<std::size_t>(page_count - page)));
    if (next == nullptr) break;
    page = static_cast<std::uint64_t>(next - marks);
    const std::uint64_t at = page * kPageBytes;
    if (auto difference = comparePage(at, expectedPage(expected, at), seen.data() + at)) {
      return difference;
    }
  }
  // What should be there, and is on a page that nobody touched.
  for (const auto& [at, bytes] : expected.pieces) {
    if (isResident(at / kPageBytes)) continue;
    if (auto difference = comparePage(at, bytes.data(), kZeros.data())) return difference;
  }
  return std::nullopt;
}

}  // namespace sigproof::fuzz
