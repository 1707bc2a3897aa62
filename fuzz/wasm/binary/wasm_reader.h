// Reads pieces of WebAssembly's binary format one after the other. A read beyond the end or of a
// damaged number makes the reader fail; everything that it reads from then on is 0 or empty.
//
//   WasmReader reader(section.content);
//   for (auto left = reader.readU32(); left > 0 && reader.isOk(); --left) readItem(reader);
//   if (!reader.isOk() || !reader.isAtEnd()) ...    // the section is damaged
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fuzz/wasm/binary/leb128.h"

namespace sigproof::fuzz {

class WasmReader {
 public:
  /// The bytes outlive the reader and what it gives out.
  explicit WasmReader(std::span<const std::uint8_t> bytes) : size_(bytes.size()), rest_(bytes) {}

  bool isOk() const { return is_ok_; }
  bool isAtEnd() const { return rest_.empty(); }
  /// How many bytes were passed.
  std::size_t position() const { return size_ - rest_.size(); }
  std::span<const std::uint8_t> rest() const { return rest_; }

  std::uint8_t readByte() {
    const auto byte = readBytes(1);
    return byte.empty() ? 0 : byte.front();
  }

  std::uint32_t readU32() {
    const auto value = takeU32(rest_);
    if (!value) fail();
    return value.value_or(0);
  }

  std::span<const std::uint8_t> readBytes(std::size_t count) {
    if (count > rest_.size()) {
      fail();
      return {};
    }
    const auto bytes = rest_.first(count);
    rest_ = rest_.subspan(count);
    return bytes;
  }

  /// A length and that many bytes, which need not be UTF-8.
  std::string_view readName() {
    const auto bytes = readBytes(readU32());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  void fail() {
    is_ok_ = false;
    rest_ = {};
  }

  std::size_t size_;
  std::span<const std::uint8_t> rest_;
  bool is_ok_ = true;
};

}  // namespace sigproof::fuzz
