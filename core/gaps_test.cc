// What core/SPECIFICATION.md promises and core doesn't hold yet, where no engine is needed to show
// it. Each test fails on the day its gap closes. With V8: core/v8/gaps_test.cc.
#include <gtest/gtest.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "core/limit/cpu_limit.h"
#include "core/module/module_inspector.h"
#include "core/testing/parked_reader.h"
#include "core/testing/real_signals.h"
#include "core/testing/recorded_execution.h"
#include "core/testing/test_memory.h"
#include "core/testing/tracked_element.h"
#include "core/v8/testing/test_module.h"

namespace sigproof::gaps_test {
namespace {

using List = AtomicList<TrackedElement>;

constexpr std::uint64_t kSignal = 16;
constexpr std::uint64_t kTerminated = 20;

// The list looks for readers once, then frees all that is retired. Element 2 lets a reader in and
// retires element 1 while it is destroyed.
TEST(CoreGaps, L8_WhatADestructorRetiresUnderAReaderIsFreedAtOnce) {
  Ledger ledger;
  List list;
  std::optional<ParkedReader<List>> reader;
  list.pushFront(1, ledger);
  list.pushFront(2, ledger, [&] {
    reader.emplace(list);
    list.filter([](TrackedElement& e) { return e.id() != 1; });
  });
  list.pushFront(3, ledger);
  list.filter([](TrackedElement& e) { return e.id() != 2; });
  EXPECT_EQ(ledger.destroyed(), 2) << "element 1 is to wait for the reader";
  reader->leave();
}

TEST(CoreGaps, L8_APushReturnsAnElementThatADestructorHasRemoved) {
  Ledger ledger;
  List list;
  list.pushFront(1, ledger, [&] { list.clear(); });
  {
    ParkedReader reader(list);
    list.filter([](TrackedElement&) { return false; });
  }
  list.pushFront(2, ledger);
  EXPECT_EQ(ledger.alive(), 0) << "element 2 is to outlive the push";
}

// The section comes first, as the convention for such modules says.
TEST(CoreGaps, R11_ARelocatableModuleIsTakenForAnyOther) {
  for (const std::string_view name : {"dylink.0", "dylink"}) {
    std::vector<std::uint8_t> module = TestModule{}.encode();
    std::vector<std::uint8_t> section{0, static_cast<std::uint8_t>(name.size() + 1),
                                      static_cast<std::uint8_t>(name.size())};
    section.insert(section.end(), name.begin(), name.end());
    module.insert(module.begin() + 8, section.begin(), section.end());
    EXPECT_EQ(inspectModule(module, SignalProtocol::address()).outcome,
              RegistrationOutcome::kRegistered)
        << name;
  }
}

TEST(CoreGaps, R13_TwoEntriesWithCrossedWordsAreRegisteredAndOneEndsTheOther) {
  TestMemory memory(64);
  memory.setWord(kTerminated, 0);
  SignalRegistry<> registry({});
  const auto first = registry.add(memory.span(), {kSignal, kTerminated}, nullptr);
  const auto second = registry.add(memory.span(), {kTerminated, kSignal}, nullptr);
  EXPECT_EQ(first.outcome, RegistrationOutcome::kRegistered);
  EXPECT_EQ(second.outcome, RegistrationOutcome::kRegistered);
  EXPECT_EQ(registry.deliver(), 1U);
  EXPECT_TRUE(first.entry->isDead(LivenessRule::kTerminatedWordOrCollected));
}

// One module that listens, under a limit.
class LimitGaps : public testing::Test {
 protected:
  LimitGaps() {
    memory_.setWord(kTerminated, 0);
    registry_.add(memory_.span(), {kSignal, kTerminated}, nullptr);
  }

  CpuLimiter limiter_{{}};
  TestMemory memory_{64};
  RecordedExecution execution_;
  SignalRegistry<> registry_{{}};
  CpuLimit limit_{limiter_, execution_, registry_, {.soft_limit_ms = 5, .hard_limit_ms = 60}};
};

TEST_F(LimitGaps, D8_AWarningThatTheModuleErasesIsNotWrittenAgainUntilTheKill) {
  const CpuLimit::Scope scope(limit_);
  ASSERT_TRUE(burnUntil([&] { return memory_.word(kSignal) == kSignalValue; }));
  memory_.setWord(kSignal, 0);
  ASSERT_TRUE(burnUntil([&] { return limit_.isKilled(); }));
  EXPECT_TRUE(registry_.isWarned());
  EXPECT_EQ(memory_.word(kSignal), 0U);
}

TEST_F(LimitGaps, D9_ARenewalDoesNotAskWhereMemoriesAre) {
  ASSERT_TRUE(limit_.renew());
  EXPECT_EQ(execution_.follows(), 0);
}

// How a forked child ends that destroys the limiter of its parent, within a second.
int statusOfAChildThatDestroys(std::optional<CpuLimiter>& limiter) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr itimerval kPatience{.it_interval = {}, .it_value = {.tv_sec = 1, .tv_usec = 0}};
    setitimer(ITIMER_REAL, &kPatience, nullptr);  // SIGALRM ends it
    limiter.reset();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(CoreGaps, G6_AForkedChildThatDestroysTheLimiterWaitsForEver) {
  std::optional<CpuLimiter> limiter(std::in_place, CpuLimiter::Options{});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until its thread waits
  const int status = statusOfAChildThatDestroys(limiter);
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace sigproof::gaps_test
