// The stepping itself, on lists that are wrong on purpose: what is wrong between two instructions
// only must be seen, and seen again in a replay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/stepping/case_run.h"
#include "models/stepping/flawed_list.h"
#include "models/stepping/list_cases.h"
#include "models/stepping/stepper.h"

namespace sigproof::stepping {
namespace {

using ::testing::HasSubstr;

template <ListFlaw kFlaw>
using Flawed = FlawedList<Element, kFlaw>;

class Stepping : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!isSteppingSupported()) GTEST_SKIP() << "the trap flag doesn't work here";
  }
};

CaseResult step(const Case& one, std::vector<std::size_t> boundaries = {}) {
  return one.run({.is_stepped = true, .selection = Selection(std::move(boundaries))});
}

const Case& named(const std::vector<Case>& cases, const std::string& name) {
  const auto found =
      std::find_if(cases.begin(), cases.end(), [&](const Case& one) { return one.name == name; });
  if (found == cases.end()) throw std::invalid_argument("no case " + name);
  return *found;
}

class Counter final : public BoundaryObserver {
 public:
  bool atBoundary(Boundary boundary) noexcept override {
    if (count < addresses.size()) addresses[count] = boundary.address;
    ++count;
    return true;
  }
  std::size_t count = 0;
  std::array<std::uintptr_t, 64> addresses{};
};

TEST_F(Stepping, StrikesBetweenAnyTwoInstructions) {
  Counter few;
  Counter many;
  stepThrough(few, {}, []() noexcept { asm volatile("nop; nop"); });
  stepThrough(many, {}, []() noexcept { asm volatile("nop; nop; nop; nop; nop; nop; nop"); });
  EXPECT_EQ(many.count - few.count, 5U);
  const std::set<std::uintptr_t> different(many.addresses.begin(),
                                           many.addresses.begin() + many.count);
  EXPECT_EQ(different.size(), many.count);
}

TEST_F(Stepping, ActsAtTheChosenBoundariesOnly) {
  Counter counter;
  const StepOutcome outcome = stepThrough(counter, Selection({1, 3}), []() noexcept {
    asm volatile("nop; nop; nop; nop; nop; nop; nop");
  });
  EXPECT_EQ(counter.count, 2U);
  EXPECT_GT(outcome.boundaries, 7U);
}

TEST_F(Stepping, SurvivesAnOperationThatCrashes) {
  Counter counter;
  const auto crash = []() noexcept { std::abort(); };
  EXPECT_EQ(stepThrough(counter, {}, crash).crash_signal, SIGABRT);
  EXPECT_GT(counter.count, 0U);
  EXPECT_EQ(runGuarded(crash), SIGABRT);
  EXPECT_EQ(runGuarded([]() noexcept { asm volatile("movq $0, 0" ::: "memory"); }), SIGSEGV);
  EXPECT_EQ(runGuarded([]() noexcept {}), 0);
}

TEST_F(Stepping, SurvivesALookAtFreedMemory) {
  EXPECT_FALSE(guardedLook([]() noexcept { asm volatile("movq $0, 0" ::: "memory"); }));
  EXPECT_FALSE(guardedLook([]() noexcept { abandonLook(); }));
  EXPECT_TRUE(guardedLook([]() noexcept {}));
}

// Without a flaw the stand-in is sound: what the other tests see caught is the flaw.
TEST_F(Stepping, L3_AcceptsASoundList) {
  using Sound = Flawed<ListFlaw::kNone>;
  for (const auto& cases : {pushFrontCases<Sound>(), filterCases<Sound>(), clearCases<Sound>()}) {
    for (const Case& one : cases) {
      // Unwinding takes tens of thousands of instructions.
      if (one.name.find("throws") != std::string::npos) continue;
      const CaseResult result = step(one);
      EXPECT_FALSE(result.failure) << one.name << ": " << result.failure->expected;
      EXPECT_TRUE(result.is_complete) << one.name;
    }
  }
}

TEST_F(Stepping, L3_CatchesFreeBeforeUnlinkByPoison) {
  const auto cases = filterCases<Flawed<ListFlaw::kFreeBeforeUnlink>>();
  for (const char* name : {"quarantine/keep-0b11011", "malloc/keep-0b11011"}) {
    const CaseResult result = step(named(cases, name));
    ASSERT_TRUE(result.failure) << name;
    ASSERT_TRUE(result.failure->boundary) << name;
    EXPECT_THAT(result.failure->seen, HasSubstr("destroyed or freed")) << name;
    EXPECT_THAT(result.failure->seen, HasSubstr("4 3")) << name;
  }
  EXPECT_FALSE(step(named(cases, "quarantine/keep-0b11111")).failure);
}

TEST_F(Stepping, L3_CatchesPublishBeforeLinkByCompleteness) {
  const auto cases = pushFrontCases<Flawed<ListFlaw::kPublishBeforeLink>>();
  for (const char* name : {"quarantine/onto-2", "malloc/onto-2"}) {
    const CaseResult result = step(named(cases, name));
    ASSERT_TRUE(result.failure) << name;
    ASSERT_TRUE(result.failure->boundary) << name;
    EXPECT_THAT(result.failure->expected, HasSubstr("in the list before and after the call"));
    EXPECT_THAT(result.failure->seen, ::testing::StartsWith("2 ")) << name;
  }
  EXPECT_FALSE(step(named(cases, "quarantine/onto-0")).failure) << "nothing to be missed there";
}

TEST_F(Stepping, L6_CatchesADestructorThatFreesBeforeItEmpties) {
  for (const char* name : {"quarantine/of-2", "malloc/of-2"}) {
    const CaseResult result =
        step(named(destructorCases<Flawed<ListFlaw::kFreeBeforeEmptying>>(), name));
    ASSERT_TRUE(result.failure) << name;
    EXPECT_TRUE(result.failure->boundary) << name;
  }
}

TEST_F(Stepping, L4_CatchesAnElementThatIsFreedUnderAReader) {
  const CaseResult result = step(named(reclaimCases<Flawed<ListFlaw::kFreeUnderReaders>>(),
                                       "quarantine/filter-under-a-reader"));
  ASSERT_TRUE(result.failure);
  EXPECT_THAT(result.failure->expected, HasSubstr("a reader stands on it"));
}

TEST_F(Stepping, AReplayRepeatsTheFailureAtItsBoundaryAndNowhereElse) {
  const Case one = named(pushFrontCases<Flawed<ListFlaw::kPublishBeforeLink>>(), "malloc/onto-3");
  const CaseResult first = step(one);
  ASSERT_TRUE(first.failure && first.failure->boundary);
  const std::size_t boundary = first.failure->boundary->number;

  const CaseResult replay = step(one, {boundary});
  ASSERT_TRUE(replay.failure && replay.failure->boundary);
  EXPECT_EQ(replay.failure->boundary->number, boundary);
  EXPECT_EQ(replay.failure->boundary->address, first.failure->boundary->address);
  EXPECT_EQ(replay.failure->seen, first.failure->seen);
  EXPECT_EQ(replay.boundaries, first.boundaries);

  EXPECT_FALSE(step(one, {boundary - 1}).failure);
}

// A list of one element, with one fault that a handler must notice.
template <class Fault>
class OddList {
 public:
  template <class... Args>
  void pushFront(Args&&... args) {
    element_.emplace(std::forward<Args>(args)...);
  }
  void clear() noexcept { element_.reset(); }
  bool isEmpty() const noexcept { return !element_.has_value(); }
  template <class Visitor>
  void iterate(Visitor&& visitor) noexcept {
    Fault::walk(element_, visitor);
  }

 private:
  std::optional<Element> element_;
};

struct Endless {
  static void walk(std::optional<Element>& element, auto& visitor) {
    while (element) visitor(*element);
  }
};
struct SetsErrno {
  static void walk(std::optional<Element>& element, auto& visitor) {
    if (element) visitor(*element);
    errno = 5;
  }
};
struct SeesNothing {
  static void walk(std::optional<Element>& /*element*/, auto& /*visitor*/) {}
};

template <class Fault>
CaseFailure failureOfClear() {
  const ListScene<OddList<Fault>> scene{
      HeapMode::kMalloc, {{0}, {}, {}}, pushElements<OddList<Fault>>(1), nullptr};
  const CaseResult result = runListCase(scene, {}, [](auto& world) noexcept -> std::string_view {
    world.list().clear();
    return {};
  });
  return result.failure.value_or(CaseFailure{});
}

TEST_F(Stepping, L2_CatchesAnEndlessWalk) {
  EXPECT_THAT(failureOfClear<Endless>().seen, HasSubstr("more elements than were ever made"));
}

TEST_F(Stepping, L2_CatchesAChangeOfErrno) {
  EXPECT_THAT(failureOfClear<SetsErrno>().seen, HasSubstr("errno changed"));
}

TEST_F(Stepping, L2_CatchesAnEmptinessThatContradictsTheWalk) {
  EXPECT_THAT(failureOfClear<SeesNothing>().seen, HasSubstr("contradicting"));
}

}  // namespace
}  // namespace sigproof::stepping
