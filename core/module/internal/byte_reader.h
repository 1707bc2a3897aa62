// Reads untrusted bytes. Every read is checked against the end. A failed read makes the reader fail
// for good, so that a caller may read on and ask once:
//
//   ByteReader reader(wire_bytes);
//   const std::uint32_t count = reader.readU32();           // LEB128
//   for (std::uint32_t i = 0; i < count && reader.isOk(); ++i) ...
//   if (!reader.isOk()) return RegistrationOutcome::kUnreadableModule;
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sigproof {

/// A position in a range of bytes that outlives it. Allocates nothing, throws nothing. After a
/// failure every read returns 0 or nothing. A loop over a count must ask isOk() too, because the
/// count itself is untrusted. One thread at a time.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) noexcept : rest_(bytes) {}

  /// Returns whether every read so far found well-formed bytes.
  bool isOk() const noexcept { return is_ok_; }
  bool isAtEnd() const noexcept { return rest_.empty(); }

  /// Makes the reader fail, for bytes that are readable but malformed.
  void fail() noexcept {
    is_ok_ = false;
    rest_ = {};
  }

  std::uint8_t readByte() noexcept {
    if (rest_.empty()) {
      fail();
      return 0;
    }
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }

  /// Returns the next byte and stays before it. Returns 0 at the end, which is no failure.
  std::uint8_t peekByte() const noexcept { return rest_.empty() ? 0 : rest_.front(); }

  /// Returns the next `count` bytes. Returns none, and fails, if there are fewer.
  std::span<const std::uint8_t> readBytes(std::uint64_t count) noexcept {
    if (count > rest_.size()) {
      fail();
      return {};
    }
    const auto bytes = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return bytes;
  }

  /// Reads a length and that many bytes. Doesn't check that they are UTF-8.
  std::string_view readName() noexcept {
    const auto bytes = readBytes(readU32());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// Reads an unsigned LEB128 number. Fails if it is longer than the format allows, or has bits
  /// beyond the type.
  std::uint32_t readU32() noexcept { return static_cast<std::uint32_t>(readUnsigned(32)); }
  std::uint64_t readU64() noexcept { return readUnsigned(64); }

  /// Skips a signed LEB128 number of `bits` bits (32, 33 or 64), checked as an unsigned one is.
  void skipSigned(unsigned bits) noexcept {
    for (unsigned shift = 0; shift < bits; shift += kBitsPerByte) {
      const std::uint8_t byte = readByte();
      const unsigned bits_left = bits - shift;
      if (bits_left < kBitsPerByte) {
        // The bits beyond the type must repeat its sign bit.
        const unsigned sign_and_beyond = (byte & kPayloadMask) >> (bits_left - 1);
        if (sign_and_beyond != 0 && sign_and_beyond != kPayloadMask >> (bits_left - 1)) fail();
      }
      if ((byte & kContinues) == 0) return;
    }
    fail();
  }

 private:
  static constexpr unsigned kBitsPerByte = 7;
  static constexpr std::uint8_t kPayloadMask = 0x7F;
  static constexpr std::uint8_t kContinues = 0x80;

  std::uint64_t readUnsigned(unsigned bits) noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += kBitsPerByte) {
      const std::uint8_t byte = readByte();
      const std::uint64_t payload = byte & kPayloadMask;
      const unsigned bits_left = bits - shift;
      if (bits_left < kBitsPerByte && payload >> bits_left != 0) break;
      value |= payload << shift;
      if ((byte & kContinues) == 0) return is_ok_ ? value : 0;
    }
    fail();
    return 0;
  }

  std::span<const std::uint8_t> rest_;
  bool is_ok_ = true;
};

}  // namespace sigproof
