// The judges, on hand-made states: correct ones, and each way to be wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <vector>

#include "models/stepping/judge/delivery_judge.h"
#include "models/stepping/judge/list_judge.h"

namespace sigproof::stepping {
namespace {

using ::testing::HasSubstr;

// --- lists --------------------------------------------------------------------------------------

ListState look(std::initializer_list<ElementId> ids, std::initializer_list<ElementId> others = {}) {
  ListState state;
  for (const ElementId id : ids) {
    state.visited[state.visited_count++] = id;
    state.alive = static_cast<std::uint8_t>(state.alive | 1u << id);
  }
  for (const ElementId id : others) state.alive = static_cast<std::uint8_t>(state.alive | 1u << id);
  return state;
}

const ListExpectation kPush{.before = {1, 0}, .after = {2, 1, 0}, .held = {}};
const ListExpectation kFilter{.before = {3, 2, 1, 0}, .after = {2, 0}, .held = {}};

// The violation is in state `which`, and its text contains `what`.
void expectRefused(const std::vector<ListState>& states, const ListExpectation& expectation,
                   std::size_t which, const char* what) {
  const auto violation = judgeList(states, expectation);
  ASSERT_TRUE(violation.has_value());
  EXPECT_EQ(violation->state, which);
  EXPECT_THAT(violation->expected, HasSubstr(what));
}

TEST(ListJudge, L3_AcceptsAPushThatPublishesAtOnce) {
  EXPECT_FALSE(judgeList(
      std::vector{look({1, 0}), look({1, 0}, {2}), look({2, 1, 0}), look({2, 1, 0})}, kPush));
}

TEST(ListJudge, L3_AcceptsAFilterThatUnlinksOneAfterTheOther) {
  EXPECT_FALSE(judgeList(std::vector{look({3, 2, 1, 0}), look({2, 1, 0}, {3}), look({2, 0}, {1, 3}),
                                     look({2, 0}, {1}), look({2, 0})},
                         kFilter));
}

TEST(ListJudge, L3_RefusesAnElementThatWasMissed) {
  expectRefused({look({1, 0}), look({2}, {0, 1}), look({2, 1, 0})}, kPush, 1,
                "element 1, which is in the list before and after");
}

TEST(ListJudge, L3_RefusesADeadElement) {
  ListState dead = look({2});
  dead.fault = LookFault::kDeadElement;
  expectRefused({look({3, 2, 1, 0}), dead}, kFilter, 1, "a walk over live elements");
}

TEST(ListJudge, L2_RefusesAnElementThatWasVisitedTwice) {
  expectRefused({look({1, 0}), look({1, 1, 0}), look({2, 1, 0})}, kPush, 1, "visited twice");
  expectRefused({look({1, 0}), look({1, 0, 1}), look({2, 1, 0})}, kPush, 1, "visited twice");
}

TEST(ListJudge, L2_RefusesTheWrongOrder) {
  expectRefused({look({1, 0}), look({0, 1}), look({2, 1, 0})}, kPush, 1, "newest first");
}

TEST(ListJudge, L3_RefusesAnElementOfNeitherList) {
  expectRefused({look({1, 0}), look({5, 1, 0}), look({2, 1, 0})}, kPush, 1,
                "5 is in it neither before nor after");
}

TEST(ListJudge, L3_RefusesARemovedElementThatComesBack) {
  expectRefused({look({3, 2, 1, 0}), look({2, 1, 0}, {3}), look({3, 2, 1, 0}), look({2, 0})},
                kFilter, 2, "element 3 to stay away");
}

TEST(ListJudge, L3_RefusesAPublishedElementThatGoesAway) {
  const std::vector states{look({1, 0}), look({2, 1, 0}), look({1, 0}, {2}), look({2, 1, 0})};
  expectRefused(states, kPush, 2, "element 2 to stay");
  EXPECT_EQ(judgeList(states, kPush)->earlier_state, 1U);
}

TEST(ListJudge, L3_RefusesACallThatDidNothing) {
  expectRefused({look({1, 0}), look({1, 0})}, kPush, 1, "2 1 0 after the call");
}

TEST(ListJudge, RefusesACallThatBeganElsewhere) {
  expectRefused({look({2, 1, 0}), look({2, 1, 0})}, kPush, 0, "1 0 before the call");
}

TEST(ListJudge, L4_RefusesARemovedElementThatIsNeverFreed) {
  expectRefused({look({3, 2, 1, 0}), look({2, 0}, {3})}, kFilter, 1, "element 3 to be freed");
}

TEST(ListJudge, L4_RefusesAFreedElementOnWhichAReaderStands) {
  ListExpectation held = kFilter;
  held.held = {3, 1};
  EXPECT_FALSE(judgeList(std::vector{look({3, 2, 1, 0}), look({2, 0}, {3, 1})}, held));
  expectRefused({look({3, 2, 1, 0}), look({2, 0}, {1}), look({2, 0}, {1, 3})}, held, 1,
                "a reader stands on it");
}

TEST(ListJudge, L2_RefusesEveryOtherFault) {
  for (const LookFault fault : {LookFault::kEndless, LookFault::kCrashed, LookFault::kErrnoChanged,
                                LookFault::kEmptinessDiffers}) {
    ListState state = look({1, 0});
    state.fault = fault;
    const auto violation = judgeList(std::vector{look({1, 0}), state}, kPush);
    ASSERT_TRUE(violation.has_value());
    EXPECT_THAT(violation->seen, HasSubstr(std::string(describe(fault))));
  }
}

// --- deliveries ---------------------------------------------------------------------------------

constexpr std::uint32_t kGarbage = 0x99887766;

ModuleState word(std::uint32_t before, std::uint32_t after, std::uint32_t terminated = 0) {
  ModuleState module;
  module.signal_before = before;
  module.signal_after = after;
  module.terminated = terminated;
  return module;
}
const ModuleState kReached = word(kWarning, kWarning);

DeliveryState delivery(std::initializer_list<ModuleState> modules) {
  DeliveryState state;
  state.was_warned = true;  // by the delivery before it
  for (const ModuleState& module : modules) {
    if (module.signal_after == kWarning) ++state.written;
    state.modules[state.module_count++] = module;
  }
  return state;
}

DeliveryExpectation expecting(std::initializer_list<ModuleExpectation> modules) {
  return {.modules = modules, .is_renewing = false};
}

void expectRefused(const std::vector<DeliveryState>& states, const DeliveryExpectation& expectation,
                   std::size_t which, const char* what) {
  const auto violation = judgeDeliveries(states, expectation);
  ASSERT_TRUE(violation.has_value());
  EXPECT_EQ(violation->state, which);
  EXPECT_THAT(violation->expected, HasSubstr(what));
}

const DeliveryExpectation kListeningOnly = expecting({{.role = Role::kListening}});
const DeliveryExpectation kJoiningOnly =
    expecting({{.role = Role::kJoining, .signal_initial = kGarbage}});
const DeliveryExpectation kLeavingOnly = expecting({{.role = Role::kLeaving}});
const DeliveryExpectation kDyingOnly =
    expecting({{.role = Role::kDying, .terminated_before = 0, .terminated_after = 1}});
const DeliveryState kJoinedBefore = delivery({word(kGarbage, kGarbage)});

TEST(DeliveryJudge, R6_AcceptsAWordThatIsZeroedThenPublished) {
  EXPECT_FALSE(judgeDeliveries(
      std::vector{kJoinedBefore, delivery({word(0x99880000, 0x99880000)}), delivery({word(0, 0)}),
                  delivery({word(0, kWarning)}), delivery({kReached})},
      kJoiningOnly));
}

TEST(DeliveryJudge, R6_RefusesAWordThatIsPublishedWithGarbage) {
  expectRefused({kJoinedBefore, delivery({word(kGarbage, kWarning)}), delivery({kReached})},
                kJoiningOnly, 1, "to be 0 when it is published");
}

TEST(DeliveryJudge, R6_RefusesASignalThatIsErasedAfterPublication) {
  expectRefused({kJoinedBefore, delivery({word(0, kWarning)}), delivery({word(0, kWarning)}),
                 delivery({kReached})},
                kJoiningOnly, 2, "24 was lost");
}

TEST(DeliveryJudge, R6_RefusesAWordThatTakesAnyOtherWay) {
  expectRefused({kJoinedBefore, delivery({word(7, 7)}), delivery({kReached})}, kJoiningOnly, 1,
                "to 0 and nowhere else");
  expectRefused({kJoinedBefore, delivery({word(0, 0)}), delivery({word(kGarbage, kGarbage)})},
                kJoiningOnly, 2, "to 0 and nowhere else");
}

TEST(DeliveryJudge, R10_RefusesAnEntryThatComesAndGoes) {
  expectRefused({kJoinedBefore, delivery({word(0, kWarning)}), delivery({word(kWarning, 3)}),
                 delivery({kReached})},
                kJoiningOnly, 2, "as by the delivery before");
  expectRefused({kJoinedBefore, kJoinedBefore}, kJoiningOnly, 1, "to be registered after");
}

TEST(DeliveryJudge, R7_RefusesAByteThatChangesInAModuleThatIsRefused) {
  const auto refused = expecting({{.role = Role::kSilent, .signal_initial = kGarbage}});
  EXPECT_FALSE(judgeDeliveries(std::vector{kJoinedBefore, kJoinedBefore}, refused));
  expectRefused({kJoinedBefore, delivery({word(0, 0)}), kJoinedBefore}, refused, 1, "no byte");
}

TEST(DeliveryJudge, D5_RefusesALiveEntryThatWasNotReached) {
  EXPECT_FALSE(
      judgeDeliveries(std::vector{delivery({kReached}), delivery({kReached})}, kListeningOnly));
  expectRefused({delivery({kReached}), delivery({word(kWarning, kSentinel)}), delivery({kReached})},
                kListeningOnly, 1, "it is live all the time");
}

TEST(DeliveryJudge, D1_RefusesAByteBesideTheWord) {
  ModuleState changed = kReached;
  changed.is_intact = false;
  expectRefused({delivery({kReached}), delivery({changed})}, kListeningOnly, 1,
                "no byte of module 0 but its words");
}

TEST(DeliveryJudge, G2_RefusesAUseAfterRelease) {
  ModuleState used = word(kSentinel, kSentinel);
  used.is_touched_after_release = true;
  expectRefused({delivery({kReached}), delivery({used})}, kLeavingOnly, 1, "after it was let go");
}

TEST(DeliveryJudge, D5_RefusesADroppedEntryThatIsReachedAgain) {
  const DeliveryState gone = delivery({word(kWarning, kSentinel)});
  const DeliveryState still_gone = delivery({word(kSentinel, kSentinel)});
  EXPECT_FALSE(judgeDeliveries(std::vector{delivery({kReached}), gone, still_gone}, kLeavingOnly));
  expectRefused({delivery({kReached}), gone, delivery({word(kSentinel, kWarning)}), gone},
                kLeavingOnly, 2, "it had been dropped already");
  expectRefused({delivery({kReached}), delivery({kReached})}, kLeavingOnly, 1, "to be dropped");
}

TEST(DeliveryJudge, D2_RefusesAWriteToAnEntryWhoseTerminatedWordIsSet) {
  const DeliveryState dead = delivery({word(kWarning, kSentinel, 1)});
  EXPECT_FALSE(judgeDeliveries(std::vector{delivery({kReached}), dead}, kDyingOnly));
  expectRefused({delivery({kReached}), delivery({word(kWarning, kWarning, 1)}), dead}, kDyingOnly,
                1, "its terminated word is not 0");
}

TEST(DeliveryJudge, D2_RefusesATerminatedWordThatGoesBack) {
  const DeliveryState dead = delivery({word(kWarning, kSentinel, 1)});
  expectRefused({delivery({kReached}), dead, delivery({word(kSentinel, kWarning)}), dead},
                kDyingOnly, 2, "and not back");
}

TEST(DeliveryJudge, L2_RefusesOldEntriesThatAreTerminatedFirst) {
  const ModuleExpectation dying{
      .role = Role::kDying, .terminated_before = 0, .terminated_after = 1};
  const ModuleState dead = word(kWarning, kSentinel, 1);
  const ModuleState still_dead = word(kSentinel, kSentinel, 1);
  const auto both = expecting({dying, dying});
  const DeliveryState end = delivery({dead, still_dead});
  EXPECT_FALSE(judgeDeliveries(
      std::vector{delivery({kReached, kReached}), delivery({kReached, dead}), end}, both));
  expectRefused({delivery({kReached, kReached}), delivery({dead, kReached}), end}, both, 1,
                "before older ones");
}

TEST(DeliveryJudge, D5_RefusesAWrongCount) {
  DeliveryState state = delivery({kReached});
  state.written = 2;
  expectRefused({delivery({kReached}), state}, kListeningOnly, 1, "deliver() to return 1");
}

TEST(DeliveryJudge, OnlyRenewalMayPutAZeroIntoAWord) {
  const std::vector states{delivery({kReached}), delivery({word(0, kWarning)}),
                           delivery({kReached})};
  expectRefused(states, kListeningOnly, 1, "to be 24 still");
  DeliveryExpectation renewal = kListeningOnly;
  renewal.is_renewing = true;
  renewal.ended_generations = 1;
  std::vector renewed{delivery({kReached}), delivery({word(0, kWarning)}), delivery({kReached})};
  renewed[1].generation = renewed[2].generation = 1;
  renewed[1].was_warned = false;
  EXPECT_FALSE(judgeDeliveries(renewed, renewal));
}

}  // namespace
}  // namespace sigproof::stepping
