// The stepper itself, on lists that are wrong on purpose. A bug between two instructions must be
// found, and found again in a replay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/registry/signal_registry.h"
#include "models/stepping/engine/pairs.h"
#include "models/stepping/engine/stepper.h"
#include "models/stepping/engine/tracer.h"
#include "models/stepping/judge/case_run.h"
#include "models/stepping/list/elements.h"
#include "models/stepping/list/flawed_list.h"
#include "models/stepping/list/list_case.h"
#include "models/stepping/list/list_cases.h"
#include "models/stepping/list/list_fixture.h"
#include "models/stepping/registry/registry_cases.h"

namespace sigproof::stepping {
namespace {

using ::testing::HasSubstr;

template <ListFlaw kFlaw, class Element = WritingElement>
ListKind flawed() {
  return listKind<FlawedList<Element, kFlaw>, Element>();
}

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

// Without a flaw the stand-in is correct, so the other tests catch the flaw.
TEST_F(Stepping, L3_AcceptsASoundList) {
  const ListKind sound = flawed<ListFlaw::kNone>();
  for (const auto& cases : {pushFrontCases(sound), filterCases(sound), clearCases(sound)}) {
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
  const auto cases = filterCases(flawed<ListFlaw::kFreeBeforeUnlink>());
  for (const char* name : {"quarantine/writing/keep-0b11011", "malloc/writing/keep-0b11011"}) {
    const CaseResult result = step(named(cases, name));
    ASSERT_TRUE(result.failure) << name;
    ASSERT_TRUE(result.failure->boundary) << name;
    EXPECT_THAT(result.failure->seen, HasSubstr("destroyed or freed")) << name;
    EXPECT_THAT(result.failure->seen, HasSubstr("4 3")) << name;
  }
  EXPECT_FALSE(step(named(cases, "quarantine/writing/keep-0b11111")).failure);
}

TEST_F(Stepping, L3_CatchesPublishBeforeLinkByCompleteness) {
  const auto cases = pushFrontCases(flawed<ListFlaw::kPublishBeforeLink>());
  for (const char* name : {"quarantine/writing/onto-2", "malloc/writing/onto-2"}) {
    const CaseResult result = step(named(cases, name));
    ASSERT_TRUE(result.failure) << name;
    ASSERT_TRUE(result.failure->boundary) << name;
    EXPECT_THAT(result.failure->expected, HasSubstr("in the list before and after the call"));
    EXPECT_THAT(result.failure->seen, ::testing::StartsWith("2 ")) << name;
  }
  EXPECT_FALSE(step(named(cases, "quarantine/writing/onto-0")).failure)
      << "nothing to be missed there";
}

TEST_F(Stepping, L6_CatchesADestructorThatFreesBeforeItEmpties) {
  for (const char* name : {"quarantine/writing/of-2", "malloc/writing/of-2"}) {
    const CaseResult result =
        step(named(destructorCases(flawed<ListFlaw::kFreeBeforeEmptying>()), name));
    ASSERT_TRUE(result.failure) << name;
    EXPECT_TRUE(result.failure->boundary) << name;
  }
}

TEST_F(Stepping, L4_CatchesAnElementThatIsFreedUnderAReader) {
  const CaseResult result = step(named(reclaimCases(flawed<ListFlaw::kFreeUnderReaders>()),
                                       "quarantine/writing/filter-under-a-reader"));
  ASSERT_TRUE(result.failure);
  EXPECT_THAT(result.failure->expected, HasSubstr("a reader stands on it"));
}

TEST_F(Stepping, AReplayRepeatsTheFailureAtItsBoundaryAndNowhereElse) {
  const Case one =
      named(pushFrontCases(flawed<ListFlaw::kPublishBeforeLink>()), "malloc/writing/onto-3");
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
  template <class Keep>
  void filter(Keep&& keep) {
    if (element_ && !keep(*element_)) clear();
  }
  bool reclaim() noexcept { return true; }
  bool isEmpty() const noexcept { return !element_.has_value(); }
  template <class Visitor>
  void iterate(Visitor&& visitor) noexcept {
    Fault::walk(element_, visitor);
  }

 private:
  std::optional<WritingElement> element_;
};

struct Endless {
  static void walk(std::optional<WritingElement>& element, auto& visitor) {
    while (element) visitor(*element);
  }
};
struct SetsErrno {
  static void walk(std::optional<WritingElement>& element, auto& visitor) {
    if (element) visitor(*element);
    errno = 5;
  }
};
struct SeesNothing {
  static void walk(std::optional<WritingElement>& /*element*/, auto& /*visitor*/) {}
};

template <class Fault>
CaseFailure failureOfClear() {
  const ListKind kind = listKind<OddList<Fault>, WritingElement>();
  const ListScene scene{HeapMode::kMalloc, {{0}, {}, {}}, pushElements(1), nullptr};
  const CaseResult result =
      runListCase(scene, {}, kind.make_fixture, [](AnyListFixture& fixture) -> std::string_view {
        fixture.clear();
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

// --- kinds of elements

template <class Element>
std::optional<CaseFailure> failureOfFreeBeforeUnlink(const std::string& one) {
  return step(named(filterCases(flawed<ListFlaw::kFreeBeforeUnlink, Element>()), one)).failure;
}

TEST_F(Stepping, L3_ADeadElementIsKnownByItsMemoryByItsDestructorAndByWhatItOwns) {
  for (const auto& failure :
       {failureOfFreeBeforeUnlink<TrivialElement>("quarantine/trivial/keep-0b01111"),
        failureOfFreeBeforeUnlink<WritingElement>("quarantine/writing/keep-0b01111"),
        failureOfFreeBeforeUnlink<OwningElement>("quarantine/owning/keep-0b01111")}) {
    ASSERT_TRUE(failure && failure->boundary);
    EXPECT_THAT(failure->seen, HasSubstr("destroyed or freed"));
  }
}

// --- two preemptions

// Correct with one handler. Wrong if one reader interrupts another, or if two readers come in one
// call.
enum class PairFlaw : std::uint8_t { kNotReentrant, kSecondReaderSeesNothing };

template <PairFlaw kFlaw>
class OddReaders : public FlawedList<WritingElement, ListFlaw::kNone> {
 public:
  using Base = FlawedList<WritingElement, ListFlaw::kNone>;

  template <class Predicate>
  void filter(Predicate&& keep) {
    readers_ = 0;
    Base::filter(std::forward<Predicate>(keep));
    readers_ = kMany;
  }

  bool isEmpty() const noexcept { return readers_ == 2 || Base::isEmpty(); }

  template <class Visitor>
  void iterate(Visitor&& visitor) noexcept {
    if (kFlaw == PairFlaw::kSecondReaderSeesNothing) {
      if (readers_ < kMany) readers_ = readers_ + 1;
      if (readers_ != 2) Base::iterate(visitor);
      return;
    }
    const bool is_interrupting = is_inside_;
    is_inside_ = true;
    if (!is_interrupting) Base::iterate(visitor);
    is_inside_ = false;
  }

 private:
  static constexpr int kMany = 3;

  volatile int readers_ = kMany;
  volatile bool is_inside_ = false;
};

// Keeps everything: a reader must see all of it at any moment.
template <PairFlaw kFlaw>
Case keepAll() {
  return named(filterCases(listKind<OddReaders<kFlaw>, WritingElement>()),
               "quarantine/writing/keep-0b11111");
}

// Pairs of handlers find a bug that one handler alone doesn't find.
template <PairFlaw kFlaw>
PairsResult pairsOfKeepAll(const PairsPlan& plan) {
  const Case one = keepAll<kFlaw>();
  std::vector<std::uint32_t> boundaries;
  const std::size_t count = step(one, {0}).boundaries;
  for (std::size_t i = 0; i < count; ++i) {
    const CaseResult single = step(one, {i});
    EXPECT_FALSE(single.failure) << i << ": " << single.failure->seen;
    boundaries = single.program_boundaries;
  }
  return tryPairs({one}, {boundaries}, plan);
}

TEST_F(Stepping, L2_AHandlerInsideAHandlerIsTriedAndRepeated) {
  constexpr PairFlaw kFlaw = PairFlaw::kNotReentrant;
  const PairsResult result = pairsOfKeepAll<kFlaw>({.count = 4, .seed = 3});
  ASSERT_TRUE(result.failed_case);
  EXPECT_GT(result.inner_boundaries, 10U);
  ASSERT_TRUE(result.failed_plan.inner);
  EXPECT_THAT(result.failed_plan.inner->boundaries(), ::testing::SizeIs(1));
  EXPECT_LT(result.nested, result.possible_nested);

  const CaseResult again = keepAll<kFlaw>().run(result.failed_plan);
  ASSERT_TRUE(again.failure);
  EXPECT_EQ(again.failure->seen, result.failed.failure->seen);
  EXPECT_TRUE(again.failure->boundary && again.failure->boundary->inner);
}

TEST_F(Stepping, L2_TwoHandlersInOneCallAreTried) {
  const PairsResult result =
      pairsOfKeepAll<PairFlaw::kSecondReaderSeesNothing>({.count = 200, .seed = 3});
  ASSERT_TRUE(result.failed_case);
  EXPECT_FALSE(result.failed_plan.inner);
  EXPECT_THAT(result.failed_plan.selection.boundaries(), ::testing::SizeIs(2));
}

// A look has read a word, is interrupted by another one that warns the module, and continues.
TEST_F(Stepping, R6_AHandlerInsideAHandlerMayWarnAModuleThatIsBeingRegistered) {
  const auto cases = levelCases<SignalRegistry<>>();
  const Case one = named(cases, "malloc/renew-then-add-preempted-once");
  const std::vector<std::uint32_t> boundaries = step(one, {0}).program_boundaries;
  std::size_t inner_boundaries = 0;
  for (const std::uint32_t boundary : boundaries) {
    const CaseResult result = one.run({.selection = Selection({boundary}), .inner = Selection()});
    ASSERT_FALSE(result.failure) << result.states;
    inner_boundaries += result.inner_boundaries;
  }
  EXPECT_GT(inner_boundaries, 10 * boundaries.size());
}

TEST_F(Stepping, AllPairsAreAllPairs) {
  const auto cases = clearCases(flawed<ListFlaw::kNone>());
  const Case one = named(cases, "quarantine/writing/of-0");
  std::vector<std::uint32_t> boundaries = step(one).program_boundaries;
  boundaries.resize(8);
  const PairsResult result = tryPairs({one}, {boundaries}, {.is_all = true});
  EXPECT_FALSE(result.failed_case);
  EXPECT_EQ(result.pairs, 28U);
  EXPECT_EQ(result.pairs, result.possible_pairs);
  EXPECT_EQ(result.nested, 8U);
}

// --- other ways to step

std::size_t boundariesOfClear() {
  return step(named(clearCases(flawed<ListFlaw::kNone>()), "quarantine/writing/of-2")).boundaries;
}

// With a system call, inside which nobody is interrupted.
std::size_t boundariesOfSystemCall() {
  Counter counter;
  stepThrough(counter, {}, []() noexcept {
    long number = SYS_getppid;
    asm volatile("nop; syscall; nop" : "+a"(number)::"rcx", "r11", "memory");
  });
  return counter.count;
}

TEST_F(Stepping, AParentProcessCountsTheSameBoundaries) {
  const std::size_t of_clear = boundariesOfClear();
  const std::size_t of_system_call = boundariesOfSystemCall();
  ASSERT_GT(of_clear, 50U);
  const std::optional<int> status = runTraced([&] {
    if (!isSteppingSupported()) return 1;
    if (boundariesOfClear() != of_clear) return 2;
    if (boundariesOfSystemCall() != of_system_call) return 3;
    const auto flawed_cases = pushFrontCases(flawed<ListFlaw::kPublishBeforeLink>());
    if (!step(named(flawed_cases, "malloc/writing/onto-2")).failure) return 4;
    const PairsResult nested =
        tryPairs({keepAll<PairFlaw::kNotReentrant>()}, {{10, 20, 30, 40}}, {.count = 1});
    return nested.failed_case && nested.failed_plan.inner ? 42 : 5;
  });
  if (!status) GTEST_SKIP() << "a parent may not step a child here";
  EXPECT_EQ(*status, 42);
}

TEST_F(Stepping, OnlyTheWindowsOfAnOperationAreStepped) {
  Counter none;
  stepWindows(none, {}, []() noexcept { asm volatile("nop; nop; nop"); });
  EXPECT_EQ(none.count, 0U);
  Counter some;
  stepWindows(some, {}, []() noexcept {
    asm volatile("nop; nop; nop");
    trapOn();
    asm volatile("nop; nop");
    trapOff();
    asm volatile("nop; nop; nop");
    trapOn();
    asm volatile("nop; nop");
    trapOff();
  });
  EXPECT_EQ(some.count, 10U) << "twice two, and twice what switches stepping off";
}

}  // namespace
}  // namespace sigproof::stepping
