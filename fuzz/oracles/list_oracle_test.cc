// The oracle must refuse wrong answers, or the fuzz target that asks it proves nothing.
#include "fuzz/oracles/list_oracle.h"

#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

ListVisit walk(std::initializer_list<ElementId> ids) {
  ListVisit visit;
  for (const ElementId id : ids) visit.see(id, true);
  return visit;
}

ElementSet alive(std::initializer_list<ElementId> ids) {
  ElementSet set;
  for (const ElementId id : ids) set.set(id);
  return set;
}

std::string property(const std::optional<Violation>& violation) {
  return violation ? violation->property.ids() : "";
}

// A list of the elements 2, 1, 0.
class ListOracleTest : public testing::Test {
 protected:
  ListOracleTest() {
    ElementSet so_far;
    for (ElementId id = 0; id < 3; ++id) {
      oracle_.beginPush(id);
      so_far.set(id);
      EXPECT_FALSE(oracle_.end(so_far));
    }
  }
  ListOracle oracle_;
};

TEST_F(ListOracleTest, L3_AcceptsAnElementOnItsWayInBothSeenAndUnseen) {
  oracle_.beginPush(3);
  EXPECT_FALSE(oracle_.judge(walk({2, 1, 0})));
  EXPECT_FALSE(oracle_.judge(walk({3, 2, 1, 0})));
  EXPECT_FALSE(oracle_.end(alive({0, 1, 2, 3})));
}

TEST_F(ListOracleTest, L3_RefusesAWalkThatMissesAnElementThatStays) {
  oracle_.beginFilter({true, false, true}, false);
  EXPECT_EQ(property(oracle_.judge(walk({2}))), "L3");
}

TEST_F(ListOracleTest, L3_RefusesAWalkThatMeetsWhatIsNotThere) {
  oracle_.beginReclaim();
  EXPECT_EQ(property(oracle_.judge(walk({3, 2, 1, 0}))), "L3");
}

// --- successors ----------------------------------------------------------------------------------

TEST_F(ListOracleTest, L3_AWalkMeetsAnElementOrItsSuccessorInTheSamePlace) {
  oracle_.beginReplace({std::nullopt, 3, std::nullopt}, 3);
  EXPECT_FALSE(oracle_.judge(walk({2, 1, 0})));
  EXPECT_FALSE(oracle_.judge(walk({2, 3, 0})));
  EXPECT_FALSE(oracle_.end(alive({0, 2, 3})));
  EXPECT_EQ(oracle_.contents(), (std::vector<ElementId>{2, 3, 0}));
  oracle_.beginReclaim();
  EXPECT_FALSE(oracle_.judge(walk({2, 3, 0})));
  EXPECT_EQ(property(oracle_.judge(walk({3, 2, 0}))), "L2");
}

TEST_F(ListOracleTest, L3_RefusesAWalkThatMeetsNeitherOrBoth) {
  oracle_.beginReplace({std::nullopt, 3, std::nullopt}, 3);
  EXPECT_EQ(property(oracle_.judge(walk({2, 0}))), "L3");
  EXPECT_EQ(property(oracle_.judge(walk({2, 3, 1, 0}))), "L3");
  EXPECT_EQ(property(oracle_.judge(walk({2, 1, 3, 0}))), "L3");
}

TEST_F(ListOracleTest, L3_RefusesAnElementThatComesBackAfterItsSuccessorWasSeen) {
  oracle_.beginReplace({3, std::nullopt, std::nullopt}, 3);
  EXPECT_FALSE(oracle_.judge(walk({3, 1, 0})));
  EXPECT_EQ(property(oracle_.judge(walk({2, 1, 0}))), "L3");
}

TEST_F(ListOracleTest, L4_RefusesAnElementThatIsKeptBesideItsSuccessor) {
  oracle_.beginReplace({3, std::nullopt, std::nullopt}, 3);
  EXPECT_EQ(property(oracle_.end(alive({0, 1, 2, 3}))), "L4");
}

TEST_F(ListOracleTest, L3_AfterDetachReadersNeitherIsMet) {
  oracle_.beginDetach();
  EXPECT_FALSE(oracle_.end(alive({0, 1, 2})));
  oracle_.beginReplace({3, std::nullopt, std::nullopt}, 3);
  EXPECT_FALSE(oracle_.judge(walk({})));
  EXPECT_EQ(property(oracle_.judge(walk({3, 1, 0}))), "L3");
}

TEST_F(ListOracleTest, L5_RefusesQuestionsForSuccessorsBehindTheOneThatFailed) {
  oracle_.beginReplace({3}, 2);
  EXPECT_FALSE(oracle_.judgePredicateCalls({2, 1}));
  EXPECT_EQ(property(oracle_.judgePredicateCalls({2, 1, 0})), "L5");
}

// --- further -------------------------------------------------------------------------------------

TEST_F(ListOracleTest, L3_RefusesAWalkThatMeetsADeadElement) {
  oracle_.beginClear();
  ListVisit visit = walk({2, 1});
  visit.see(0, false);
  EXPECT_EQ(property(oracle_.judge(visit)), "L3");
}

TEST_F(ListOracleTest, L3_RefusesAnElementThatComesBackAfterItWasSeenToBeGone) {
  oracle_.beginFilter({false, true, true}, false);
  EXPECT_FALSE(oracle_.judge(walk({2, 1, 0})));
  EXPECT_FALSE(oracle_.judge(walk({1, 0})));
  EXPECT_EQ(property(oracle_.judge(walk({2, 1, 0}))), "L3");
}

TEST_F(ListOracleTest, L3_RefusesAnElementThatGoesAgainAfterItArrived) {
  oracle_.beginPush(3);
  EXPECT_FALSE(oracle_.judge(walk({3, 2, 1, 0})));
  EXPECT_EQ(property(oracle_.judge(walk({2, 1, 0}))), "L3");
}

TEST_F(ListOracleTest, L2_RefusesAWrongOrderAndASecondVisit) {
  oracle_.beginReclaim();
  EXPECT_EQ(property(oracle_.judge(walk({2, 0, 1}))), "L2");
  EXPECT_EQ(property(oracle_.judge(walk({2, 1, 1, 0}))), "L2");
}

TEST_F(ListOracleTest, L2_AWalkInCirclesIsStopped) {
  ListVisit visit;
  for (std::size_t i = 0; i < kMaxElementIds; ++i) EXPECT_TRUE(visit.see(0, true));
  EXPECT_FALSE(visit.see(0, true));
}

TEST_F(ListOracleTest, L4_RefusesAWalkAfterDetachReadersThatMeetsAnything) {
  oracle_.beginDetach();
  EXPECT_FALSE(oracle_.judge(walk({2, 1, 0})));
  EXPECT_FALSE(oracle_.end(alive({0, 1, 2})));
  oracle_.beginDestroy();
  EXPECT_EQ(property(oracle_.judge(walk({2}))), "L3");
}

TEST_F(ListOracleTest, L4_RefusesALeakAndAnEarlyFree) {
  oracle_.beginFilter({true, false, true}, false);
  EXPECT_EQ(property(oracle_.end(alive({0, 1, 2}))), "L4");
  oracle_.beginReclaim();
  EXPECT_EQ(property(oracle_.end(alive({0}))), "L4");
}

TEST_F(ListOracleTest, L5_RefusesPredicateCallsInAnotherOrderTooFewOrTooMany) {
  oracle_.beginFilter({true, true, true}, false);
  EXPECT_FALSE(oracle_.judgePredicateCalls({2, 1, 0}));
  EXPECT_EQ(property(oracle_.judgePredicateCalls({0, 1, 2})), "L5");
  EXPECT_EQ(property(oracle_.judgePredicateCalls({2, 1})), "L5");
  EXPECT_EQ(property(oracle_.judgePredicateCalls({2, 1, 0, 0})), "L5");
}

TEST_F(ListOracleTest, L5_APredicateThatThrowsKeepsWhatItHasNotRejected) {
  oracle_.beginFilter({false}, true);  // rejects 2, throws at 1
  EXPECT_FALSE(oracle_.judgePredicateCalls({2, 1}));
  EXPECT_FALSE(oracle_.end(alive({0, 1})));
  EXPECT_EQ(oracle_.contents(), (std::vector<ElementId>{1, 0}));
}

}  // namespace
}  // namespace sigproof::fuzz
