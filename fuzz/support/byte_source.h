// Fuzz input as a supply of bounded choices. Any bytes are valid input; when they run out every
// choice is the first one.
//
//   ByteSource source({data, size});
//   const std::uint32_t pages = source.below(5);                  // 0..4
//   const Kind kind = source.pick<Kind>({Kind::kPush, Kind::kFilter});
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace sigproof::fuzz {

/// A position in bytes that outlive it. One small choice costs one byte, so that a mutation of one
/// byte changes one choice and leaves the later ones in place.
class ByteSource {
 public:
  explicit ByteSource(std::span<const std::uint8_t> bytes) noexcept : rest_(bytes) {}

  bool isExhausted() const noexcept { return rest_.empty(); }

  std::uint8_t byte() noexcept {
    if (rest_.empty()) return 0;
    const std::uint8_t value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }

  /// The next `size` bytes, or as many as there are, as a supply of their own.
  ByteSource take(std::size_t size) noexcept {
    const ByteSource part(rest_.first(std::min(size, rest_.size())));
    rest_ = rest_.subspan(part.rest_.size());
    return part;
  }

  /// True about once in `n` times: a hash of the bytes that are left decides, and none is taken.
  /// For slow events: a fuzzer keeps an input with one and makes thousands of it, and of these
  /// again one in `n` has it. False when the bytes have run out. Several decisions about the same
  /// bytes need numbers of their own, or one may exclude another.
  bool isRare(std::uint32_t n, std::uint32_t decision = 0) const noexcept {
    std::uint32_t hash = fingerprint();
    if (decision != 0 && hash != 0) hash = (hash ^ (hash >> 16)) * (0x9E3779B1U + 2 * decision);
    return (hash >> 8) % n == n / 2;
  }

  /// A number that all bytes that are left make together; takes none. For what should be another
  /// one in each mutation.
  std::uint32_t fingerprint() const noexcept {
    std::uint32_t hash = 0;
    for (const std::uint8_t byte : rest_) hash = (hash ^ (byte + 1U)) * 16777619U;  // as FNV-1a
    return hash;
  }

  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() noexcept { return integer(8); }

  /// A number from 0 to bound - 1. Precondition: bound > 0.
  std::uint32_t below(std::uint32_t bound) noexcept {
    if (bound <= 1) return 0;
    return static_cast<std::uint32_t>(integer(bound <= 256 ? 1 : bound <= 65536 ? 2 : 4) % bound);
  }

  /// True about once in `n` times. False when the bytes have run out and, for most `n`, for 0xFF:
  /// libFuzzer is fond of both, and what is to be rare should stay rare.
  bool oneIn(std::uint32_t n) noexcept { return below(n) == n / 2; }

  /// One of `choices`, each about as often as it is listed; the first when the bytes have run out.
  template <class T>
  T pick(std::initializer_list<T> choices) noexcept {
    return choices.begin()[below(static_cast<std::uint32_t>(choices.size()))];
  }

 private:
  std::uint64_t integer(int byte_count) noexcept {
    std::uint64_t value = 0;
    for (int i = 0; i < byte_count; ++i) value |= std::uint64_t{byte()} << (8 * i);
    return value;
  }

  std::span<const std::uint8_t> rest_;
};

}  // namespace sigproof::fuzz
