#include "core/limit/watchdog.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

#include "core/testing/real_signals.h"
#include "core/testing/recorded_execution.h"
#include "core/testing/test_memory.h"

namespace sigproof {
namespace {

constexpr std::int64_t kNeverNs = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kSignal = 16;

// A run on this thread in which no memory is to be followed.
Watchdog::Watch::Run runUntil(std::int64_t warn_ns, std::int64_t kill_ns,
                              Watchdog::Watch::Generation generation) {
  return {.clock = ThreadCpuClock::ofThisThread(),
          .follow_ns = kNeverNs,
          .warn_ns = warn_ns,
          .kill_ns = kill_ns,
          .generation = generation};
}

class WatchdogTest : public testing::Test {
 protected:
  WatchdogTest() {
    memory_.setWord(20, 0);
    registry_.add(memory_.span(), {kSignal, 20}, nullptr);
  }

  void start(std::int64_t warn_ns, std::int64_t kill_ns) {
    watch_.start(runUntil(warn_ns, kill_ns, registry_.generation()));
  }

  Watchdog watchdog_;
  TestMemory memory_{64};
  SignalRegistry<> registry_{{}};
  RecordedExecution execution_;
  Watchdog::Watch watch_{watchdog_, execution_, registry_};
};

TEST_F(WatchdogTest, TerminatesAThreadThatHasUsedItsTimeAndNotBefore) {
  for (int round = 0; round < 5; ++round) {
    const std::int64_t kill_ns = ThreadCpuClock::nowNs() + 10'000'000;
    start(kNeverNs, kill_ns);
    const int before = execution_.terminations();
    EXPECT_TRUE(burnUntil([&] { return execution_.terminations() > before; }));
    EXPECT_GE(ThreadCpuClock::nowNs(), kill_ns);
    EXPECT_TRUE(watch_.isKilled());
    EXPECT_TRUE(watch_.stop());
  }
}

TEST_F(WatchdogTest, CountsNoTimeInWhichTheThreadWaits) {
  start(kNeverNs, ThreadCpuClock::nowNs() + 20'000'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_FALSE(watch_.stop());
  EXPECT_EQ(execution_.terminations(), 0);
}

TEST_F(WatchdogTest, TerminatesAgainWhatRunsOn) {
  start(kNeverNs, 0);
  EXPECT_TRUE(burnUntil([&] { return execution_.terminations() >= 3; }));
  EXPECT_TRUE(watch_.stop());
}

TEST_F(WatchdogTest, D6_DoesNothingToAnIsolateThatHasLeft) {
  for (int round = 0; round < 2'000; ++round) {
    // The kill is due at any moment of the run, and the run ends at any moment, too.
    start(0, ThreadCpuClock::nowNs() + round % 7 * std::int64_t{1'000});
    burn(round % 5 * std::int64_t{1'000});
    const bool is_killed = watch_.stop();
    const int terminations = execution_.terminations();
    const TestMemory::Bytes bytes = memory_.bytes();
    burn(2'000);
    ASSERT_EQ(execution_.terminations(), terminations) << "in round " << round;
    ASSERT_EQ(memory_.bytes(), bytes) << "in round " << round;
    ASSERT_EQ(watch_.isKilled(), is_killed);
  }
}

TEST_F(WatchdogTest, DeliversAWarningThatNoSignalBrought) {
  start(ThreadCpuClock::nowNs() + 5'000'000, kNeverNs);
  EXPECT_TRUE(burnUntil([&] { return registry_.isWarned(); }));
  EXPECT_TRUE(burnUntil([&] { return memory_.word(kSignal) == 24; }));
  EXPECT_FALSE(watch_.stop());
}

TEST_F(WatchdogTest, D3_AsksOnceThatEntriesFollowMovedMemories) {
  watch_.start({.clock = ThreadCpuClock::ofThisThread(),
                .follow_ns = ThreadCpuClock::nowNs() + 2'000'000,
                .warn_ns = kNeverNs,
                .kill_ns = ThreadCpuClock::nowNs() + 20'000'000,
                .generation = registry_.generation()});
  EXPECT_EQ(execution_.followRequests(), 0);
  EXPECT_TRUE(burnUntil([&] { return execution_.isTerminated(); }));
  EXPECT_EQ(execution_.followRequests(), 1);
  watch_.stop();
}

TEST_F(WatchdogTest, D6_AWarningOfAnOlderGenerationWritesNothing) {
  const auto old_generation = registry_.generation();
  registry_.renew();
  watch_.start(runUntil(0, ThreadCpuClock::nowNs() + 10'000'000, old_generation));
  EXPECT_TRUE(burnUntil([&] { return execution_.isTerminated(); }));  // looked at after that
  EXPECT_FALSE(registry_.isWarned());
  EXPECT_EQ(memory_.word(kSignal), 0u);
  watch_.stop();
}

TEST_F(WatchdogTest, WatchesSeveralThreadsEachByItsOwnClock) {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      RecordedExecution execution;
      SignalRegistry<> registry({});
      Watchdog::Watch watch(watchdog_, execution, registry);
      const std::int64_t kill_ns = ThreadCpuClock::nowNs() + std::int64_t{5'000'000} * (i + 1);
      watch.start(runUntil(kNeverNs, kill_ns, registry.generation()));
      EXPECT_TRUE(burnUntil([&] { return execution.isTerminated(); }));
      EXPECT_GE(ThreadCpuClock::nowNs(), kill_ns);
      EXPECT_TRUE(watch.stop());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A distant deadline puts the watchdog to sleep for long; a near one must wake it.
TEST_F(WatchdogTest, IsWokenForADeadlineThatComesFirst) {
  std::atomic<bool> is_over{false};
  RecordedExecution distant_execution;
  std::atomic<bool> is_started{false};
  std::thread distant([&] {
    Watchdog::Watch watch(watchdog_, distant_execution, registry_);
    watch.start(
        runUntil(kNeverNs, ThreadCpuClock::nowNs() + 3'600'000'000'000, registry_.generation()));
    is_started = true;
    while (!is_over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    watch.stop();
  });
  while (!is_started) std::this_thread::yield();
  start(kNeverNs, ThreadCpuClock::nowNs() + 1'000'000);
  EXPECT_TRUE(burnUntil([&] { return execution_.isTerminated(); }));
  watch_.stop();
  is_over = true;
  distant.join();
  EXPECT_FALSE(distant_execution.isTerminated());
}

TEST_F(WatchdogTest, BearsAThreadThatEndsInTheMiddleOfARun) {
  std::thread([&] { start(0, ThreadCpuClock::nowNs() + 100'000'000); }).join();
  std::optional<Watchdog::Watch> other(std::in_place, watchdog_, execution_, registry_);
  other->start(runUntil(kNeverNs, 0, registry_.generation()));
  EXPECT_TRUE(burnUntil([&] { return execution_.isTerminated(); })) << "it still watches others";
  other->stop();
  EXPECT_FALSE(watch_.stop());
}

}  // namespace
}  // namespace sigproof
