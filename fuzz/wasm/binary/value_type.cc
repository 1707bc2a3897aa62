#include "fuzz/wasm/binary/value_type.h"

#include <array>

namespace sigproof::fuzz {
namespace {

struct TypeNames {
  std::uint8_t code;
  const char* name;
};

// In the order of ValueType.
constexpr std::array<TypeNames, kValueTypeCount> kTypes{{{0x7F, "i32"},
                                                         {0x7E, "i64"},
                                                         {0x7D, "f32"},
                                                         {0x7C, "f64"},
                                                         {0x7B, "v128"},
                                                         {0x70, "anyfunc"},
                                                         {0x6F, "externref"}}};

}  // namespace

std::uint8_t codeOf(ValueType type) noexcept { return kTypes[static_cast<std::size_t>(type)].code; }

std::optional<ValueType> valueTypeOf(std::uint8_t code) noexcept {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].code == code) return static_cast<ValueType>(i);
  }
  return std::nullopt;
}

const char* javaScriptName(ValueType type) noexcept {
  return kTypes[static_cast<std::size_t>(type)].name;
}

bool isReference(ValueType type) noexcept {
  return type == ValueType::kFuncref || type == ValueType::kExternref;
}

}  // namespace sigproof::fuzz
