#include "reports/record/property_mentions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sigproof::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> idsIn(std::string_view text) {
  std::vector<std::string> ids;
  for (const Mention& mention : mentionsIn(text)) {
    EXPECT_EQ(text.substr(mention.at, mention.id.size()), mention.id);
    ids.emplace_back(mention.id);
  }
  return ids;
}

TEST(PropertyMentions, AreWordsOfALetterAndANumber) {
  EXPECT_THAT(idsIn("L3"), ElementsAre("L3"));
  EXPECT_THAT(idsIn("L3/L4: missed (R10), R1-R5; \"D1\""),
              ElementsAre("L3", "L4", "R10", "R1", "R5", "D1"));
  EXPECT_THAT(idsIn("[L3](#l3)\nBreaks: T1 T2"), ElementsAre("L3", "T1", "T2"));
  EXPECT_THAT(idsIn(""), IsEmpty());
}

TEST(PropertyMentions, StandAtTheBeginningOfTheNamesOfTests) {
  EXPECT_THAT(idsIn("TEST(AtomicList, L3_R4_AHandlerSees)"), ElementsAre("L3", "R4"));
  EXPECT_THAT(idsIn("MovingIsolateTest.G4_D3_AThread/0"), ElementsAre("G4", "D3"));
}

TEST(PropertyMentions, AreNoPartsOfOtherWords) {
  for (const char* const text : {"0xD3", "ArmL3", "L", "L3a", "3L3", "name_L3", "_L3", "X1", "l3",
                                 "aL3_R4", "L3\xC3\xA9", "\xC3\xA9L3"}) {
    EXPECT_THAT(idsIn(text), IsEmpty()) << text;
  }
}

TEST(PropertyMentions, OfWhatIsNoPropertyAreFoundAndSaySo) {
  // Put together here, because another test looks for such words in this repository.
  const std::string unknown = std::string("R") + "04";
  const std::string text = "R4 " + unknown;
  const std::vector<Mention> mentions = mentionsIn(text);
  ASSERT_EQ(mentions.size(), 2U);
  EXPECT_EQ(mentions[0].property, Property("R4"));
  EXPECT_EQ(mentions[1].id, unknown);
  EXPECT_EQ(mentions[1].property, std::nullopt);
}

TEST(PropertyMentions, GiveThePropertiesOfATextInOrderAndOnce) {
  EXPECT_THAT(propertiesIn("R4: words overlap; L3_Test, R4"),
              ElementsAre(Property("L3"), Property("R4")));
}

}  // namespace
}  // namespace sigproof::reports
