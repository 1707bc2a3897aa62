#include "fuzz/wasm/import_values.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace sigproof::fuzz {
namespace {

constexpr double kTwoTo32 = 4294967296.0;

// Some are beyond 32 bits; all are exact in a double.
double numberOf(std::uint32_t bits, ImportForm form) {
  const double as_signed = static_cast<std::int32_t>(bits);
  switch (form) {
    case ImportForm::kSignedNumber:
    case ImportForm::kGlobalObject:
      return as_signed;
    case ImportForm::kUnsignedNumber:
      return bits;
    case ImportForm::kWrappedNumber:
      return bits + kTwoTo32;
    case ImportForm::kFractionNumber:
      return as_signed < 0 ? as_signed - 0.25 : as_signed + 0.75;
    case ImportForm::kNotANumber:
      return std::numeric_limits<double>::quiet_NaN();
    case ImportForm::kInfinity:
      return std::numeric_limits<double>::infinity();
    case ImportForm::kNegativeInfinity:
      return -std::numeric_limits<double>::infinity();
    case ImportForm::kNegativeZero:
      return -0.0;
  }
  return 0;
}

std::string numberText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  return fmt::format("{}", number);  // the shortest digits that give it; "-0" for -0
}

}  // namespace

ImportValue importValue(const GlobalPlan& global) {
  switch (global.type) {
    case ValueType::kI32:
      return {.kind = ImportValue::Kind::kNumber,
              .number = numberOf(static_cast<std::uint32_t>(global.bits), global.form)};
    case ValueType::kI64:
      return {.kind = ImportValue::Kind::kBigInt, .integer = global.bits};
    case ValueType::kF32:
    case ValueType::kF64:
      return {.kind = ImportValue::Kind::kNumber, .number = toFloat(global.bits)};
    default:
      return {};
  }
}

std::uint64_t importedBits(const GlobalPlan& global) {
  const ImportValue value = importValue(global);
  if (global.type == ValueType::kI32) return toInt32(value.number);
  return value.integer;  // BigInt::AsIntN of 64 bits keeps them all
}

std::uint32_t toInt32(double number) {
  if (!std::isfinite(number)) return 0;
  const double rest = std::fmod(std::trunc(number), kTwoTo32);
  return static_cast<std::uint32_t>(rest < 0 ? rest + kTwoTo32 : rest);
}

std::string toScript(const ImportValue& value) {
  const std::string digits = toDigits(value);
  return value.kind == ImportValue::Kind::kBigInt ? digits + "n" : digits;
}

std::string toDigits(const ImportValue& value) {
  switch (value.kind) {
    case ImportValue::Kind::kNumber:
      return numberText(value.number);
    case ImportValue::Kind::kBigInt:
      return fmt::format("{}", value.integer);
    case ImportValue::Kind::kNull:
      break;
  }
  return "null";
}

}  // namespace sigproof::fuzz
