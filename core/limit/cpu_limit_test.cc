// The CPU limit on real clocks and real signals, with an engine that only takes notes: D6 and G4.
// core/v8/isolate_cpu_limit_test.cc has the tests with V8, core/v8/end_to_end those with real
// modules in real processes.
#include "core/limit/cpu_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/testing/real_signals.h"
#include "core/testing/recorded_execution.h"
#include "core/testing/test_memory.h"

namespace sigproof::cpu_limit_test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::uint64_t kSignal = 16;
constexpr std::uint64_t kTerminated = 20;
// A soft limit that comes at once and a hard one that a test never reaches. The watchdog's own
// warning is due halfway, so the signal makes every warning in these tests.
constexpr CpuLimit::Options kSoftOnly{.soft_limit_ms = 5, .hard_limit_ms = 3'600'000};
constexpr CpuLimit::Options kDistant{.soft_limit_ms = 1'800'000, .hard_limit_ms = 3'600'000};
constexpr CpuLimit::Options kShort{.soft_limit_ms = 5, .hard_limit_ms = 30};

// What an embedder has for one isolate, with one module that listens.
class Isolate {
 public:
  Isolate(CpuLimiter& limiter, const CpuLimit::Options& options)
      : registry({}), limit(std::in_place, limiter, execution, registry, options) {
    listen();
  }

  void listen() {
    memory.setWord(kTerminated, 0);
    entry = registry.add(memory.span(), {kSignal, kTerminated}, nullptr).entry;
  }
  bool isWarned() const { return memory.word(kSignal) == 24; }
  bool isMarkedTerminated() const { return memory.word(kTerminated) == 1; }

  TestMemory memory{64};
  RecordedExecution execution;
  SignalRegistry<> registry;
  SignalEntry<>* entry = nullptr;
  std::optional<CpuLimit> limit;
};

class CpuLimitTest : public testing::Test {
 protected:
  // Sends a signal that no timer takes back. An older kernel leaves such a signal pending.
  void signalNow() { sendAsTimer(gettid(), limiter_.signalNumber()); }

  CpuLimiter limiter_{{}};
};

// --- the soft limit -----------------------------------------------------------------------------

TEST_F(CpuLimitTest, D6_TheSignalOfTheTimerWarnsAtTheSoftLimitAndNotBefore) {
  Isolate isolate(limiter_, kSoftOnly);
  const CpuLimit::Scope scope(*isolate.limit);
  EXPECT_TRUE(burnUntil([&] { return isolate.isWarned(); }));
  EXPECT_GE(isolate.limit->usedNs(), 5'000'000);
  EXPECT_TRUE(isolate.registry.isWarned());
  EXPECT_FALSE(isolate.limit->isKilled());
}

TEST_F(CpuLimitTest, D6_AModuleThatRegistersUnderAWarningHearsIt) {
  Isolate isolate(limiter_, kSoftOnly);
  const CpuLimit::Scope scope(*isolate.limit);
  ASSERT_TRUE(burnUntil([&] { return isolate.isWarned(); }));
  TestMemory late(64);
  late.setWord(kTerminated, 0);
  isolate.registry.add(late.span(), {kSignal, kTerminated}, nullptr);
  EXPECT_EQ(late.word(kSignal), 24u);
}

TEST_F(CpuLimitTest, D6_RenewalClearsAndTheNextBudgetIsWarnedAgain) {
  Isolate isolate(limiter_, kSoftOnly);
  const CpuLimit::Scope scope(*isolate.limit);
  for (int budget = 0; budget < 4; ++budget) {
    ASSERT_TRUE(burnUntil([&] { return isolate.isWarned(); })) << budget;
    ASSERT_TRUE(isolate.limit->renew());
    EXPECT_FALSE(isolate.isWarned());
    EXPECT_FALSE(isolate.registry.isWarned());
    EXPECT_LT(isolate.limit->usedNs(), kPatienceNs);
  }
}

TEST_F(CpuLimitTest, D6_RenewalOutsideOfAScopeGivesTheWholeBudget) {
  Isolate isolate(limiter_, kSoftOnly);
  for (int budget = 0; budget < 3; ++budget) {
    {
      const CpuLimit::Scope scope(*isolate.limit);
      ASSERT_TRUE(burnUntil([&] { return isolate.isWarned(); }));
    }
    ASSERT_TRUE(isolate.limit->renew());
    EXPECT_EQ(isolate.limit->usedNs(), 0);
    EXPECT_FALSE(isolate.isWarned());
  }
}

TEST_F(CpuLimitTest, D6_ABudgetIsUsedUpOverSeveralScopes) {
  Isolate isolate(limiter_, {.soft_limit_ms = 20, .hard_limit_ms = 3'600'000});
  int scopes = 0;
  EXPECT_TRUE(burnUntil([&] {
    const CpuLimit::Scope scope(*isolate.limit);
    burn(2'000'000);
    ++scopes;
    return isolate.isWarned();
  }));
  EXPECT_GE(isolate.limit->usedNs(), 20'000'000);
  EXPECT_GT(scopes, 1);
}

TEST_F(CpuLimitTest, D6_TimeOutsideOfScopesDoesNotCount) {
  Isolate isolate(limiter_, kSoftOnly);
  {
    const CpuLimit::Scope scope(*isolate.limit);
  }
  const std::int64_t used_ns = isolate.limit->usedNs();
  burn(20'000'000);
  EXPECT_EQ(isolate.limit->usedNs(), used_ns);
}

TEST_F(CpuLimitTest, D6_AWarningThatCouldNotComeInTheLastScopeComesInTheNext) {
  Isolate isolate(limiter_, kSoftOnly);
  {
    const BlockedSignal blocked(limiter_.signalNumber());
    const CpuLimit::Scope scope(*isolate.limit);
    burn(20'000'000);
    EXPECT_FALSE(isolate.isWarned());
  }
  EXPECT_FALSE(isolate.isWarned()) << "it has left, and the signal is too late";
  const CpuLimit::Scope scope(*isolate.limit);
  EXPECT_TRUE(burnUntil([&] { return isolate.isWarned(); }));
}

TEST_F(CpuLimitTest, D6_TheWatchdogWarnsWhereTheSignalIsBlocked) {
  Isolate isolate(limiter_, {.soft_limit_ms = 5, .hard_limit_ms = 405});
  const BlockedSignal blocked(limiter_.signalNumber());
  const CpuLimit::Scope scope(*isolate.limit);
  EXPECT_TRUE(burnUntil([&] { return isolate.isWarned(); }));
}

// --- late signals -------------------------------------------------------------------------------

TEST_F(CpuLimitTest, D6_ASignalThatWasPendingWhenTheBudgetWasRenewedWritesNothing) {
  Isolate isolate(limiter_, {.soft_limit_ms = 10'000, .hard_limit_ms = 3'600'000});
  const CpuLimit::Scope scope(*isolate.limit);
  {
    const BlockedSignal blocked(limiter_.signalNumber());
    signalNow();
    ASSERT_TRUE(blocked.isPending());
    ASSERT_TRUE(isolate.limit->renew());
  }
  EXPECT_FALSE(isolate.isWarned());
  EXPECT_FALSE(isolate.registry.isWarned());
}

// The timer's own signal instead. The kernel may have taken it back.
TEST_F(CpuLimitTest, D6_TheTimersOwnPendingSignalWritesNothingAfterRenewal) {
  Isolate isolate(limiter_, kSoftOnly);
  const CpuLimit::Scope scope(*isolate.limit);
  std::optional<BlockedSignal> blocked(limiter_.signalNumber());
  ASSERT_TRUE(burnUntil([&] { return blocked->isPending(); }));
  const auto generation = isolate.registry.generation();
  ASSERT_TRUE(isolate.limit->renew());
  const std::int64_t used_before_ns = isolate.limit->usedNs();
  blocked.reset();
  // A tick in between would make the next warning due, and that would be a new one.
  if (isolate.limit->usedNs() < 5'000'000) {
    EXPECT_FALSE(isolate.isWarned()) << "used " << used_before_ns;
  }
  EXPECT_GT(isolate.registry.generation(), generation);
}

TEST_F(CpuLimitTest, D6_ASignalThatWasPendingWhenTheIsolateLeftWritesNothing) {
  Isolate isolate(limiter_, kSoftOnly);
  std::optional<CpuLimit::Scope> scope(*isolate.limit);
  {
    const BlockedSignal blocked(limiter_.signalNumber());
    signalNow();
    burn(10'000'000);
    ASSERT_TRUE(blocked.isPending());
    scope.reset();
  }
  EXPECT_FALSE(isolate.isWarned());
}

TEST_F(CpuLimitTest, D6_ASignalForAnIsolateThatLeftDoesNotWarnTheNextOneOnTheThread) {
  Isolate first(limiter_, kSoftOnly);
  Isolate second(limiter_, kDistant);
  std::optional<CpuLimit::Scope> scope(*first.limit);
  std::optional<CpuLimit::Scope> next;
  {
    const BlockedSignal blocked(limiter_.signalNumber());
    signalNow();
    burn(10'000'000);
    scope.reset();
    next.emplace(*second.limit);
  }
  EXPECT_FALSE(first.isWarned());
  EXPECT_FALSE(second.isWarned());
}

TEST_F(CpuLimitTest, G3_ASignalThatWasPendingWhenTheIsolateWasDisposedOfTouchesNothing) {
  auto isolate = std::make_unique<Isolate>(limiter_, kSoftOnly);
  std::optional<CpuLimit::Scope> scope(*isolate->limit);
  {
    const BlockedSignal blocked(limiter_.signalNumber());
    signalNow();
    burn(10'000'000);
    scope.reset();
    isolate.reset();  // AddressSanitizer reports a handler that still uses it
  }
  SUCCEED();
}

TEST_F(CpuLimitTest, G3_AnIsolateIsDisposedOfAtAnyMomentOfItsBudget) {
  for (int round = 0; round < 60; ++round) {
    Isolate isolate(limiter_, {.soft_limit_ms = 1, .hard_limit_ms = 21});
    const CpuLimit::Scope scope(*isolate.limit);
    burn(round *
         std::int64_t{500'000});  // from 0 to 30 ms: before the soft limit to after the hard one
  }
  SUCCEED();
}

// --- the hard limit -----------------------------------------------------------------------------

TEST_F(CpuLimitTest, TheWatchdogTerminatesAtTheHardLimitAfterTheWarning) {
  Isolate isolate(limiter_, kShort);
  const CpuLimit::Scope scope(*isolate.limit);
  EXPECT_TRUE(burnUntil([&] { return isolate.execution.isTerminated(); }));
  EXPECT_GE(isolate.limit->usedNs(), 30'000'000);
  EXPECT_TRUE(isolate.isWarned());
  EXPECT_TRUE(isolate.limit->isKilled());
}

TEST_F(CpuLimitTest, G1_TheWordsOfTheTerminatedAreMarkedOnceExecutionHasUnwoundAndNotBefore) {
  Isolate isolate(limiter_, kShort);
  {
    const CpuLimit::Scope outer(*isolate.limit);
    {
      const CpuLimit::Scope inner(*isolate.limit);
      ASSERT_TRUE(burnUntil([&] { return isolate.execution.isTerminated(); }));
      EXPECT_FALSE(isolate.isMarkedTerminated()) << "it is still running";
    }
    EXPECT_FALSE(isolate.isMarkedTerminated()) << "frames of the outer scope are on the stack";
    EXPECT_TRUE(isolate.execution.isTerminated());
  }
  EXPECT_TRUE(isolate.isMarkedTerminated());
  EXPECT_FALSE(isolate.execution.isTerminated()) << "it may execute again";
  EXPECT_EQ(isolate.execution.recoveries(), 1);
  EXPECT_TRUE(isolate.limit->isKilled());
}

TEST_F(CpuLimitTest, AMemoryThatSurvivesTheKillListensAgainThroughANewInstance) {
  Isolate isolate(limiter_, kShort);
  {
    const CpuLimit::Scope scope(*isolate.limit);
    ASSERT_TRUE(burnUntil([&] { return isolate.execution.isTerminated(); }));
  }
  ASSERT_TRUE(isolate.limit->renew());
  EXPECT_FALSE(isolate.limit->isKilled());
  EXPECT_EQ(isolate.registry.deliver(), 0u) << "dead is sticky";
  ASSERT_TRUE(isolate.limit->renew());
  isolate.listen();
  const CpuLimit::Scope scope(*isolate.limit);
  EXPECT_TRUE(burnUntil([&] { return isolate.isWarned(); }));
}

TEST_F(CpuLimitTest, NothingIsMarkedWhereNothingWasKilled) {
  Isolate isolate(limiter_, kSoftOnly);
  {
    const CpuLimit::Scope scope(*isolate.limit);
    ASSERT_TRUE(burnUntil([&] { return isolate.isWarned(); }));
  }
  EXPECT_FALSE(isolate.isMarkedTerminated());
  EXPECT_EQ(isolate.execution.recoveries(), 0);
}

TEST_F(CpuLimitTest, AKillCanNotBeTakenBackBeforeItHasUnwound) {
  Isolate isolate(limiter_, kShort);
  {
    const CpuLimit::Scope scope(*isolate.limit);
    ASSERT_TRUE(burnUntil([&] { return isolate.execution.isTerminated(); }));
    EXPECT_FALSE(isolate.limit->renew());
    EXPECT_TRUE(isolate.limit->isKilled());
    EXPECT_TRUE(isolate.execution.isTerminated());
    EXPECT_FALSE(isolate.isMarkedTerminated());
  }
  EXPECT_TRUE(isolate.limit->renew());
  EXPECT_FALSE(isolate.limit->isKilled());
}

TEST_F(CpuLimitTest, ASpentBudgetKillsTheNextScopeToo) {
  Isolate isolate(limiter_, kShort);
  for (int round = 1; round <= 3; ++round) {
    const CpuLimit::Scope scope(*isolate.limit);
    ASSERT_TRUE(burnUntil([&] { return isolate.execution.isTerminated(); })) << round;
  }
  EXPECT_EQ(isolate.execution.recoveries(), 3);
}

TEST_F(CpuLimitTest, D6_AnIsolateThatIsRenewedInTimeIsNeverKilled) {
  Isolate isolate(limiter_, kShort);
  const CpuLimit::Scope scope(*isolate.limit);
  int renewals = 0;
  for (; renewals < 12 && isolate.limit->renew(); ++renewals) burn(5'000'000);
  EXPECT_EQ(renewals, 12);
  EXPECT_EQ(isolate.execution.terminations(), 0);
}

// The hard limit is due at any moment around a renewal. One of the two comes first; the other then
// does nothing.
TEST_F(CpuLimitTest, D6_ARenewalAndAKillNeverBothHappen) {
  Isolate isolate(limiter_, {.soft_limit_ms = 1, .hard_limit_ms = 21});
  int renewals = 0;
  int kills = 0;
  for (int round = 0; round < 24; ++round) {
    std::optional<CpuLimit::Scope> scope(*isolate.limit);
    burn(20'900'000 + round % 12 * 20'000);
    const int before = isolate.execution.terminations();
    if (isolate.limit->renew()) {
      ++renewals;
      ASSERT_EQ(before, isolate.execution.terminations());
      ASSERT_FALSE(isolate.execution.isTerminated());
      burn(500'000);
      ASSERT_FALSE(isolate.execution.isTerminated()) << "killed after the renewal";
    } else {
      ++kills;
      ASSERT_TRUE(isolate.execution.isTerminated());
    }
    scope.reset();
    ASSERT_TRUE(isolate.limit->renew());
  }
  EXPECT_EQ(renewals + kills, 24);
}

// --- nesting and threads ------------------------------------------------------------------------

TEST_F(CpuLimitTest, G4_TheInnermostIsolateGetsTheSignalAndTheOuterOneStandsStill) {
  Isolate outer(limiter_, kSoftOnly);
  Isolate inner(limiter_, kSoftOnly);
  const CpuLimit::Scope outer_scope(*outer.limit);
  {
    const CpuLimit::Scope inner_scope(*inner.limit);
    const std::int64_t used_ns = outer.limit->usedNs();
    EXPECT_TRUE(burnUntil([&] { return inner.isWarned(); }));
    burn(20'000'000);
    signalNow();
    EXPECT_FALSE(outer.isWarned());
    EXPECT_EQ(outer.limit->usedNs(), used_ns);
  }
  EXPECT_TRUE(burnUntil([&] { return outer.isWarned(); })) << "its time continues where it stopped";
}

TEST_F(CpuLimitTest, G4_TheInnermostIsolateIsKilledAndTheOuterOneIsNot) {
  Isolate outer(limiter_, kShort);
  Isolate inner(limiter_, kShort);
  const CpuLimit::Scope outer_scope(*outer.limit);
  {
    const CpuLimit::Scope inner_scope(*inner.limit);
    ASSERT_TRUE(burnUntil([&] { return inner.execution.terminations() >= 3; }));
    EXPECT_FALSE(outer.execution.isTerminated());
  }
  EXPECT_TRUE(inner.isMarkedTerminated());
  EXPECT_FALSE(outer.isMarkedTerminated());
  EXPECT_TRUE(burnUntil([&] { return outer.execution.isTerminated(); }));
}

TEST_F(CpuLimitTest, G4_TheOuterIsolateMayBeRenewedWhileTheInnerOneRuns) {
  Isolate outer(limiter_, kSoftOnly);
  Isolate inner(limiter_, kSoftOnly);
  const CpuLimit::Scope outer_scope(*outer.limit);
  ASSERT_TRUE(burnUntil([&] { return outer.isWarned(); }));
  const CpuLimit::Scope inner_scope(*inner.limit);
  ASSERT_TRUE(burnUntil([&] { return inner.isWarned(); }));
  ASSERT_TRUE(outer.limit->renew());
  EXPECT_FALSE(outer.isWarned());
  EXPECT_TRUE(inner.isWarned());
  EXPECT_EQ(outer.limit->usedNs(), 0);
}

TEST_F(CpuLimitTest, G4_AnIsolateIsEnteredAgainFromWithinAnother) {
  Isolate a(limiter_, kSoftOnly);
  Isolate b(limiter_, kDistant);
  const CpuLimit::Scope first(*a.limit);
  {
    const CpuLimit::Scope second(*b.limit);
    {
      const CpuLimit::Scope third(*a.limit);
      EXPECT_TRUE(burnUntil([&] { return a.isWarned(); }));
    }
    signalNow();
    EXPECT_FALSE(b.isWarned());
  }
  EXPECT_TRUE(a.isWarned());
}

TEST_F(CpuLimitTest, G4_ABudgetMovesWithItsIsolateFromThreadToThread) {
  Isolate isolate(limiter_, {.soft_limit_ms = 20, .hard_limit_ms = 3'600'000});
  int threads = 0;
  while (!isolate.isWarned() && isolate.limit->usedNs() < kPatienceNs) {
    ++threads;
    std::thread([&] {
      const CpuLimit::Scope scope(*isolate.limit);
      burn(6'000'000);
    }).join();
  }
  EXPECT_TRUE(isolate.isWarned());
  EXPECT_GE(isolate.limit->usedNs(), 20'000'000);
  EXPECT_GT(threads, 1);
}

TEST_F(CpuLimitTest, G4_AKillIsSettledByTheThreadThatLeaves) {
  Isolate isolate(limiter_, kShort);
  std::thread([&] {
    const CpuLimit::Scope scope(*isolate.limit);
    EXPECT_TRUE(burnUntil([&] { return isolate.execution.isTerminated(); }));
  }).join();
  EXPECT_TRUE(isolate.isMarkedTerminated());
  EXPECT_TRUE(isolate.limit->renew());
}

TEST_F(CpuLimitTest, D6_ASignalOnTheThreadThatTheIsolateLeftWritesNothing) {
  Isolate isolate(limiter_, kSoftOnly);
  {
    const CpuLimit::Scope scope(*isolate.limit);
  }
  const pid_t former_thread = gettid();
  std::thread([&] {
    const CpuLimit::Scope scope(*isolate.limit);
    const BlockedSignal blocked(limiter_.signalNumber());
    burn(10'000'000);  // the deadline is past, but the isolate's own thread blocks the signal
    sendAsTimer(former_thread, limiter_.signalNumber());
    burn(5'000'000);
    EXPECT_FALSE(isolate.isWarned());
  }).join();
}

TEST_F(CpuLimitTest, G4_SeveralThreadsEachWithItsOwnIsolateAndLimit) {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  std::atomic<int> warned_in_time = 0;
  std::atomic<int> killed = 0;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto soft_limit_ms = static_cast<std::uint32_t>(5 + 5 * i);
      Isolate polite(limiter_, {soft_limit_ms, 3'600'000});
      for (int budget = 0; budget < 3; ++budget) {
        const CpuLimit::Scope scope(*polite.limit);
        if (burnUntil([&] { return polite.isWarned(); }) &&
            polite.limit->usedNs() >= std::int64_t{soft_limit_ms} * 1'000'000) {
          ++warned_in_time;
        }
        EXPECT_TRUE(polite.limit->renew());
      }
      Isolate stubborn(limiter_, kShort);
      const CpuLimit::Scope scope(*stubborn.limit);
      if (burnUntil([&] { return stubborn.execution.isTerminated(); })) ++killed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(warned_in_time, 3 * kThreads);
  EXPECT_EQ(killed, kThreads);
}

// --- options ------------------------------------------------------------------------------------

TEST_F(CpuLimitTest, LimitsThatAreTooNearAreRefused) {
  SignalRegistry<> registry({});
  RecordedExecution execution;
  const auto make = [&](std::uint32_t soft_limit_ms, std::uint32_t hard_limit_ms) {
    const CpuLimit limit(limiter_, execution, registry, {soft_limit_ms, hard_limit_ms});
  };
  for (const auto& [soft, hard] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{
           {0, 100}, {50, 50}, {50, 69}, {100, 50}, {4'294'967'295, 10}}) {
    EXPECT_THAT([&] { make(soft, hard); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("at least 20 ms above it")))
        << soft << " " << hard;
  }
  EXPECT_NO_THROW(make(50, 70));
  EXPECT_NO_THROW(make(4'294'967'275, 4'294'967'295));
}

using CpuLimitDeathTest = CpuLimitTest;

TEST_F(CpuLimitDeathTest, G3_ALimitThatIsDestroyedInsideAScopeOfItsOwnIsReported) {
  if (!StdPolicy::kReportMisuse) GTEST_SKIP() << "core does not look for misuse in this build";
  Isolate isolate(limiter_, kDistant);
  EXPECT_DEATH(
      {
        const CpuLimit::Scope scope(*isolate.limit);
        isolate.limit.reset();
      },
      "CpuLimit: destroyed inside a scope of its own");
}

TEST_F(CpuLimitTest, TheSignalCanBeChosen) {
  const CpuLimiter other({.signal_number = SIGUSR2});
  EXPECT_EQ(other.signalNumber(), SIGUSR2);
  EXPECT_THROW(const CpuLimiter third({.signal_number = SIGUSR2}), std::invalid_argument);
}

}  // namespace
}  // namespace sigproof::cpu_limit_test
