// Writes WebAssembly's binary format, unchecked: checks need modules that no compiler would make,
// and damaged ones too.
//
//   WasmBytes module = WasmBytes::header();
//   module.addSection(SectionId::kMemory, WasmBytes{1, 0, 1});      // one memory, of one page
//   engine.compile(module.bytes());
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/wasm/binary/wasm_sections.h"

namespace sigproof::fuzz {

/// Instructions of initial values.
inline constexpr std::uint8_t kI32ConstCode = 0x41;
inline constexpr std::uint8_t kEndCode = 0x0B;

/// A module, the content of a section, or any part of one. Each function appends.
class WasmBytes {
 public:
  WasmBytes() = default;
  WasmBytes(std::initializer_list<std::uint8_t> bytes) : bytes_(bytes) {}

  /// A module of version 1 that has no section yet.
  static WasmBytes header();

  WasmBytes& add(std::initializer_list<std::uint8_t> bytes);
  WasmBytes& add(std::span<const std::uint8_t> bytes);
  WasmBytes& add(const WasmBytes& bytes) { return add(std::span(bytes.bytes_)); }

  /// A number in LEB128, of at least so many bytes.
  WasmBytes& addUnsigned(std::uint64_t value, unsigned least_bytes = 1);
  WasmBytes& addSigned(std::int64_t value, unsigned least_bytes = 1);
  /// The four bytes of an i32 in memory.
  WasmBytes& addWord(std::uint32_t value);
  /// A length and the characters.
  WasmBytes& addName(std::string_view name);
  /// A length and the bytes.
  WasmBytes& addSized(const WasmBytes& content);
  /// `i32.const value` and `end`: an initial value, or the offset of a segment.
  WasmBytes& addI32Initializer(std::uint32_t value, unsigned least_bytes = 1);
  WasmBytes& addSection(SectionId id, const WasmBytes& content);

  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace sigproof::fuzz
