// The JavaScript values of imported globals. All targets that import globals, in every engine, take
// them from here: fuzz-shim as the engine's values, fuzz-transparency and fuzz-hostile as text of a
// program, the peer as text for its driver script.
//
//   const ImportValue value = importValue(global);        // 65.75, say
//   const std::string text = toScript(value);             // "65.75"
//   const std::uint64_t address = importedBits(global);   // 65: what the module sees
#pragma once

#include <cstdint>
#include <string>

#include "fuzz/wasm/module_plan.h"

namespace sigproof::fuzz {

struct ImportValue {
  enum class Kind : std::uint8_t { kNumber, kBigInt, kNull };
  Kind kind = Kind::kNull;
  double number = 0;          ///< kNumber
  std::uint64_t integer = 0;  ///< kBigInt, which is never negative
};

/// What the import object holds for `global`, or the initial value of the WebAssembly.Global there
/// (ImportForm::kGlobalObject). An i64 is a BigInt and a reference is null, in every form.
/// Precondition: it is imported, and no v128, which JavaScript has no value for.
ImportValue importValue(const GlobalPlan& global);

/// The bits that an instance finds in the global: what the engine makes of importValue() by
/// ToWebAssemblyValue (WebAssembly JavaScript Interface). Of an i32 or i64; other types have no
/// bits that anybody asks for, and give 0.
std::uint64_t importedBits(const GlobalPlan& global);

/// ToInt32 of ECMAScript, section 7.1.6: NaN and the infinities give 0; a fraction is cut off; of
/// the rest the low 32 bits count.
std::uint32_t toInt32(double number);

/// As a program writes it: "NaN", "-0", "-Infinity", "65.75", "18446744073709551615n", "null".
std::string toScript(const ImportValue& value);

/// The same, but a BigInt without its "n": what Number() and BigInt() take.
std::string toDigits(const ImportValue& value);

}  // namespace sigproof::fuzz
