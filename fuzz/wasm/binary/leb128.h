// LEB128: the integers of WebAssembly's binary format, seven bits a byte, the lowest bits first. Of
// the checks, only these functions know it; core has a reader of its own, so that neither can hide
// a bug of the other.
//
//   std::vector<std::uint8_t> bytes;
//   appendUnsigned(bytes, 300);                                       // AC 02
//   std::span<const std::uint8_t> rest = bytes;
//   const std::optional<std::uint32_t> number = takeU32(rest);        // 300; `rest` is empty
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sigproof::fuzz {

/// The bytes of the longest encoding of an i32 or u32 that the format allows.
inline constexpr unsigned kLongestLeb32 = 5;

/// Writes at least `least_bytes` bytes: the format allows longer encodings than a number needs.
void appendUnsigned(std::vector<std::uint8_t>& bytes, std::uint64_t value,
                    unsigned least_bytes = 1);
void appendSigned(std::vector<std::uint8_t>& bytes, std::int64_t value, unsigned least_bytes = 1);

/// The bytes of the shortest encoding.
unsigned unsignedSize(std::uint64_t value);

/// Takes a u32 off the front of `bytes`. Gives nothing, and leaves `bytes` as they were, where they
/// end within the number, it has more than kLongestLeb32 bytes, or it has bits beyond the 32nd.
std::optional<std::uint32_t> takeU32(std::span<const std::uint8_t>& bytes);

}  // namespace sigproof::fuzz
