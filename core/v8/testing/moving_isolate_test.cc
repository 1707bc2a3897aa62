// G4 with V8's own locks: isolates that live longer than the threads that run them. This is a
// program of its own, because once a process has used a Locker, V8 needs one everywhere.
#include "core/v8/testing/moving_isolate.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/limit/cpu_limit.h"
#include "core/v8/testing/isolate.h"

namespace sigproof {
namespace {

constexpr CpuLimit::Options kOnlySoft{.soft_limit_ms = 5, .hard_limit_ms = 3'600'000};
constexpr CpuLimit::Options kBrief{.soft_limit_ms = 5, .hard_limit_ms = 60};

class MovingIsolateTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool kOnce = (host::initializeEngine({.async_compilation = true}), true);
    EXPECT_TRUE(kOnce);
  }

  template <class Action>
  static void onAnotherThread(Action&& action) {
    std::thread(action).join();
  }

  CpuLimiter limiter_{{}};
};

TEST_F(MovingIsolateTest, G4_InstancesMadeOnOneThreadAreWarnedOnAnother) {
  MovingIsolate isolate(limiter_, kOnlySoft);
  onAnotherThread([&] { isolate.runUnlimited("a = listen()"); });
  for (int thread = 0; thread < 4; ++thread) {
    onAnotherThread([&] {
      EXPECT_EQ(isolate.run("b = listen(); while (a[4] === 0); a[4] + ' ' + b[4]"), "24 24");
      EXPECT_TRUE(isolate.renew());
      EXPECT_EQ(isolate.runUnlimited("a[4] + ' ' + b[4]"), "0 0");
    });
  }
}

TEST_F(MovingIsolateTest, G4_AKillOnOneThreadIsSettledThereAndSeenOnTheNext) {
  MovingIsolate isolate(limiter_, kBrief);
  onAnotherThread([&] { EXPECT_EQ(isolate.run("a = listen(); for (;;);"), "terminated"); });
  onAnotherThread([&] {
    EXPECT_TRUE(isolate.limit().isKilled());
    EXPECT_TRUE(isolate.renew());
    EXPECT_EQ(isolate.runUnlimited("a[5]"), "1");
  });
}

TEST_F(MovingIsolateTest, G4_EntriesMadeOnOneThreadAreCollectedOnAnother) {
  MovingIsolate isolate(limiter_, kOnlySoft);
  onAnotherThread([&] { isolate.runUnlimited("kept = [1, 2, 3].map(listen); 1"); });
  onAnotherThread([&] {
    isolate.runUnlimited("kept.length = 0");
    isolate.collectGarbage();
  });
  EXPECT_EQ(isolate.entryCount(), 0U);
}

TEST_F(MovingIsolateTest, G4_D3_AThreadThatDoesNotHoldTheIsolateOnlyAsksForMemoriesToBeFollowed) {
  MovingIsolate isolate(limiter_, kOnlySoft);
  onAnotherThread([&] { isolate.runUnlimited("a = listen()"); });
  isolate.followMemoriesUnlocked();
  onAnotherThread([&] { EXPECT_EQ(isolate.run("while (a[4] === 0); a[4]"), "24"); });
  EXPECT_EQ(isolate.entryCount(), 1U);
}

// Two threads that take turns with four isolates, as a pool of workers does.
TEST_F(MovingIsolateTest, G4_AFewThreadsShareMoreIsolates) {
  std::vector<std::unique_ptr<MovingIsolate>> isolates;
  for (int i = 0; i < 4; ++i) {
    isolates.push_back(std::make_unique<MovingIsolate>(limiter_, kOnlySoft));
    isolates.back()->runUnlimited("a = listen()");
  }
  std::array<std::mutex, 4> in_one_hand;
  std::atomic<int> next{0};
  std::atomic<int> warned{0};
  constexpr int kTurns = 16;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int turn = next++; turn < kTurns; turn = next++) {
        const std::size_t chosen = static_cast<std::size_t>(turn) % isolates.size();
        const std::lock_guard lock(in_one_hand.at(chosen));
        MovingIsolate& isolate = *isolates.at(chosen);
        if (isolate.run("while (a[4] === 0); a[4]") == "24") ++warned;
        EXPECT_TRUE(isolate.renew());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(warned, kTurns);
}

TEST_F(MovingIsolateTest, G3_AnIsolateIsDisposedOfOnAnotherThreadThanItRanOn) {
  auto isolate = std::make_unique<MovingIsolate>(limiter_, kBrief);
  onAnotherThread([&] { EXPECT_EQ(isolate->run("a = listen(); for (;;);"), "terminated"); });
  onAnotherThread([&] { isolate.reset(); });
  SUCCEED();
}

}  // namespace
}  // namespace sigproof
