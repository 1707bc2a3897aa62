// The types of WebAssembly's values, with their bytes in the binary format and their names in
// JavaScript.
//
//   const std::optional<ValueType> type = valueTypeOf(reader.readByte());
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sigproof::fuzz {

/// Stored inputs have these numbers: new ones come last.
enum class ValueType : std::uint8_t { kI32, kI64, kF32, kF64, kV128, kFuncref, kExternref };
inline constexpr std::size_t kValueTypeCount = 7;

/// The byte that stands for it in a binary.
std::uint8_t codeOf(ValueType type) noexcept;
std::optional<ValueType> valueTypeOf(std::uint8_t code) noexcept;

/// As WebAssembly.Global and WebAssembly.Table take it. JavaScript has no value of type "v128".
const char* javaScriptName(ValueType type) noexcept;

bool isReference(ValueType type) noexcept;

}  // namespace sigproof::fuzz
