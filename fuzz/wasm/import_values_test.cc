#include "fuzz/wasm/import_values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace sigproof::fuzz {
namespace {

constexpr std::uint32_t kBits[] = {0, 1, 65, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};

GlobalPlan imported(ValueType type, std::uint64_t bits, ImportForm form) {
  return {.type = type, .bits = bits, .is_imported = true, .form = form};
}

std::string scriptOf(std::uint64_t bits, ImportForm form) {
  return toScript(importValue(imported(ValueType::kI32, bits, form)));
}

TEST(ImportValues, EachFormOfAnI32HasItsText) {
  EXPECT_EQ(scriptOf(0xFFFFFFFF, ImportForm::kSignedNumber), "-1");
  EXPECT_EQ(scriptOf(0xFFFFFFFF, ImportForm::kGlobalObject), "-1");
  EXPECT_EQ(scriptOf(0xFFFFFFFF, ImportForm::kUnsignedNumber), "4294967295");
  EXPECT_EQ(scriptOf(65, ImportForm::kWrappedNumber), "4294967361");
  EXPECT_EQ(scriptOf(65, ImportForm::kFractionNumber), "65.75");
  EXPECT_EQ(scriptOf(0xFFFFFFFF, ImportForm::kFractionNumber), "-1.25");
  EXPECT_EQ(scriptOf(0, ImportForm::kNotANumber), "NaN");
  EXPECT_EQ(scriptOf(0, ImportForm::kInfinity), "Infinity");
  EXPECT_EQ(scriptOf(0, ImportForm::kNegativeInfinity), "-Infinity");
  EXPECT_EQ(scriptOf(0, ImportForm::kNegativeZero), "-0");
}

TEST(ImportValues, OtherTypesHaveTheValuesThatJavaScriptGivesThem) {
  const auto script = [](ValueType type, std::uint64_t bits) {
    return toScript(importValue(imported(type, bits, ImportForm::kSignedNumber)));
  };
  EXPECT_EQ(script(ValueType::kI64, ~std::uint64_t{0}), "18446744073709551615n");
  EXPECT_EQ(toDigits(importValue(imported(ValueType::kI64, 7, ImportForm::kGlobalObject))), "7");
  EXPECT_EQ(script(ValueType::kF64, 8), "8");
  EXPECT_EQ(script(ValueType::kF64, 9), "NaN");
  EXPECT_EQ(script(ValueType::kF32, 11), "Infinity");
  EXPECT_EQ(script(ValueType::kF32, 13), "-Infinity");
  EXPECT_EQ(script(ValueType::kF64, 15), "15.5");
  EXPECT_EQ(script(ValueType::kFuncref, 15), "null");
  EXPECT_EQ(script(ValueType::kExternref, 15), "null");
}

// A form that an engine would read as other bits would make the oracles expect another address than
// the plan names.
TEST(ImportValues, EveryFormOfAnI32BecomesThePlansBits) {
  std::set<std::string> texts;
  for (unsigned form = 0; form < kImportFormCount; ++form) {
    for (const std::uint32_t bits : kBits) {
      const auto which = static_cast<ImportForm>(form);
      const GlobalPlan global = imported(ValueType::kI32, bits, which);
      EXPECT_EQ(importedBits(global), isZero(which) ? 0 : bits) << form << " " << bits;
      if (bits == 65) texts.insert(toScript(importValue(global)));
    }
  }
  EXPECT_EQ(texts.size(), kImportFormCount - 2)
      << "kSignedNumber, kUnsignedNumber and kGlobalObject "
         "are alike below 2^31";
  EXPECT_EQ(importedBits(imported(ValueType::kI32, 0x1'0000'0010, ImportForm::kSignedNumber)), 16U);
  EXPECT_EQ(importedBits(imported(ValueType::kI64, 0x1'0000'0010, ImportForm::kSignedNumber)),
            0x1'0000'0010U);
}

TEST(ImportValues, ToInt32IsThatOfECMAScript) {
  EXPECT_EQ(toInt32(std::nan("")), 0U);
  EXPECT_EQ(toInt32(std::numeric_limits<double>::infinity()), 0U);
  EXPECT_EQ(toInt32(-std::numeric_limits<double>::infinity()), 0U);
  EXPECT_EQ(toInt32(-0.0), 0U);
  EXPECT_EQ(toInt32(-0.75), 0U);
  EXPECT_EQ(toInt32(-1.75), 0xFFFFFFFFU);
  EXPECT_EQ(toInt32(4294967296.0 + 5), 5U);
  EXPECT_EQ(toInt32(-4294967296.0 - 5), 0xFFFFFFFBU);
  EXPECT_EQ(toInt32(0x1p84), 0U);
}

}  // namespace
}  // namespace sigproof::fuzz
