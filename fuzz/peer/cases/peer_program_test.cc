#include "fuzz/peer/cases/peer_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "fuzz/peer/cases/peer_case.h"
#include "fuzz/peer/cases/simplify.h"
#include "fuzz/peer/cases/verdict.h"

namespace sigproof::peer {
namespace {

TEST(PeerProgram, ASeedAndANumberMakeTheSameProgram) {
  for (std::uint64_t number = 0; number < 50; ++number) {
    const PeerProgram first = makePeerProgram(7, number);
    const PeerProgram again = makePeerProgram(7, number);
    const PeerCase one = toCase(first, expect(first));
    const PeerCase other = toCase(again, expect(again));
    EXPECT_EQ(one.module, other.module);
    EXPECT_EQ(one.description, other.description);
  }
}

TEST(PeerProgram, OtherSeedsMakeOthers) {
  int different = 0;
  for (std::uint64_t number = 0; number < 50; ++number) {
    const PeerProgram one = makePeerProgram(7, number);
    const PeerProgram other = makePeerProgram(8, number);
    different += toCase(one, expect(one)).module != toCase(other, expect(other)).module ? 1 : 0;
  }
  EXPECT_GT(different, 40);
}

TEST(PeerProgram, MostThatAreToRegisterHaveAWordThatCanBeSeen) {
  int registered = 0;
  int visible = 0;
  for (std::uint64_t number = 0; number < 500; ++number) {
    const Expectation expected = expect(makePeerProgram(3, number));
    if (expected.outcome != RegistrationOutcome::kRegistered) continue;
    ++registered;
    const auto& seen = expected.verdict.memory;
    visible += seen && expected.untouched && *seen != *expected.untouched ? 1 : 0;
  }
  EXPECT_GT(registered, 150);
  EXPECT_GT(visible * 10, registered * 6);
}

TEST(PeerProgram, SimplificationsComeToAnEndWhicheverIsTaken) {
  for (std::uint64_t number = 0; number < 200; ++number) {
    PeerProgram program = makePeerProgram(11, number);
    int steps = 0;
    for (auto simpler = simplifications(program); !simpler.empty();
         simpler = simplifications(program)) {
      program = simpler[static_cast<std::size_t>(steps) % simpler.size()];
      ASSERT_LT(++steps, 500) << "of program " << number;
      expect(program);  // valid for the reference
    }
  }
}

// What the imports of a case are made of, for the driver script.
TEST(PeerCase, ImportsEveryKindOfValueThatTheTableHas) {
  std::set<std::string> values;
  for (std::uint64_t number = 0; number < 3000; ++number) {
    const PeerProgram program = makePeerProgram(5, number);
    const PeerCase asked = toCase(program, expect(program));
    for (const auto& import : asked.description.at("imports")) {
      if (import.contains("value")) values.insert(import["value"].dump());
    }
  }
  EXPECT_THAT(values, testing::IsSupersetOf(
                          {"\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "\"-0\"", "\"8\"", "null"}));
}

TEST(PeerCase, HexadecimalDigitsAreReadBack) {
  const std::vector<std::uint8_t> bytes{0, 0x61, 0xFF, 0x0A};
  EXPECT_EQ(toHex(bytes), "0061ff0a");
  EXPECT_EQ(fromHex("0061ff0a"), bytes);
  EXPECT_THROW(fromHex("0g"), std::invalid_argument);
  EXPECT_THROW(fromHex("012"), std::invalid_argument);
}

TEST(PeerVerdict, IsReadBackAsItWasWritten) {
  Verdict verdict;
  verdict.error = "RuntimeError";
  verdict.ticks = 2;
  verdict.memory = MemoryImage{65536, {{8, 1}, {12, 0xDEADBEEF}}};
  verdict.outcomes = {{RegistrationOutcome::kRegistered, 3}};
  EXPECT_EQ(toJson(verdictFromJson(toJson(verdict))), toJson(verdict));
}

TEST(PeerVerdict, UselessAnswersAreRefusedWithOneSentence) {
  for (const char* answer :
       {"", "Internal Server Error", "{}", "[]", "[1]", R"([{"error": 1}])",
        R"([{"error": ""}, {}])", R"([{"error": "", "memory": {"length": 1}}])",
        R"([{"error": "", "memory": {"length": 8, "words": [0]}}])",
        R"([{"error": "", "outcomes": ["nothing", 1]}])"}) {
    EXPECT_THROW(parseAnswer(answer, 1), std::invalid_argument) << answer;
  }
  EXPECT_EQ(parseAnswer(R"([{"error": ""}])", 1).size(), 1u);
}

TEST(PeerVerdict, ABytesWordIsLittleEndian) {
  const MemoryImage image{64, {{8, 0x04030201}}};
  EXPECT_EQ(image.byteAt(8), 1);
  EXPECT_EQ(image.byteAt(11), 4);
  EXPECT_EQ(image.byteAt(12), 0);
}

}  // namespace
}  // namespace sigproof::peer
