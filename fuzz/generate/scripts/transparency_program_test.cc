// The programs of fuzz-transparency try what they are there to try.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/generate/scripts/script_writer.h"
#include "fuzz/support/random_inputs.h"

namespace sigproof::fuzz {
namespace {

constexpr std::uint32_t kTransparencyPrograms = 3000;
constexpr std::size_t kTransparencyBytes = 400;

std::string textOfPrograms() {
  std::string text;
  for (std::uint32_t seed = 0; seed < kTransparencyPrograms; ++seed) {
    const auto bytes = randomBytes(kTransparencyBytes, seed);
    ByteSource source(bytes);
    for (const std::string& segment : makeTransparencyProgram(source).segments) text += segment;
  }
  return text;
}

std::size_t countIn(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(TransparencyProgram, ImportsEveryKindOfValueAndDressesImportsInEveryWay) {
  const std::string text = textOfPrograms();
  // Of a variable, or of a function that makes the value at each read.
  for (const char* value : {"NaN", "Infinity", "-Infinity", "-0", "null"}) {
    const std::size_t count = countIn(text, std::string(" = ") + value + ";") +
                              countIn(text, std::string("() => ") + value + ",") +
                              countIn(text, std::string("() => ") + value + "]");
    EXPECT_GT(count, 5U) << value;
  }
  EXPECT_GT(countIn(text, ".75"), 5U);
  EXPECT_GT(countIn(text, "n);\n"), 5U) << "BigInts in globals";
  for (const std::string_view dress : kImportDresses) {
    EXPECT_GT(countIn(text, "dress('" + std::string(dress) + "'"), 20U) << dress;
  }
}

}  // namespace
}  // namespace sigproof::fuzz
