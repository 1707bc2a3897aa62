#include "fuzz/wasm/binary/leb128.h"

namespace sigproof::fuzz {
namespace {

constexpr unsigned kBitsPerByte = 7;
constexpr std::uint8_t kPayload = 0x7F;
constexpr std::uint8_t kContinues = 0x80;

std::uint8_t payloadOf(std::uint64_t value) { return static_cast<std::uint8_t>(value & kPayload); }

}  // namespace

void appendUnsigned(std::vector<std::uint8_t>& bytes, std::uint64_t value, unsigned least_bytes) {
  for (unsigned i = 1; value > kPayload || i < least_bytes; ++i, value >>= kBitsPerByte) {
    bytes.push_back(payloadOf(value) | kContinues);
  }
  bytes.push_back(payloadOf(value));
}

void appendSigned(std::vector<std::uint8_t>& bytes, std::int64_t value, unsigned least_bytes) {
  // The highest bit of the last byte is the sign.
  for (unsigned i = 1; value < -64 || value > 63 || i < least_bytes; ++i, value >>= kBitsPerByte) {
    bytes.push_back(payloadOf(static_cast<std::uint64_t>(value)) | kContinues);
  }
  bytes.push_back(payloadOf(static_cast<std::uint64_t>(value)));
}

unsigned unsignedSize(std::uint64_t value) {
  unsigned size = 1;
  for (; value > kPayload; value >>= kBitsPerByte) ++size;
  return size;
}

std::optional<std::uint32_t> takeU32(std::span<const std::uint8_t>& bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < kLongestLeb32 && i < bytes.size(); ++i) {
    value |= std::uint64_t{static_cast<std::uint8_t>(bytes[i] & kPayload)} << (kBitsPerByte * i);
    if ((bytes[i] & kContinues) != 0) continue;
    if (value > UINT32_MAX) return std::nullopt;
    bytes = bytes.subspan(i + 1);
    return static_cast<std::uint32_t>(value);
  }
  return std::nullopt;
}

}  // namespace sigproof::fuzz
