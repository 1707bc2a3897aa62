#include "core/limit/thread_cpu_timer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <system_error>
#include <thread>

#include "core/testing/real_signals.h"

namespace sigproof {
namespace {

std::atomic<int> signals{0};
std::atomic<std::int64_t> signalled_at_ns{0};
std::atomic<pid_t> signalled_thread{0};
std::atomic<void*> signalled_value{nullptr};

void onTimer(int /*number*/, siginfo_t* info, void* /*context*/) {
  signalled_at_ns = ThreadCpuClock::nowNs();
  signalled_thread = gettid();
  signalled_value = info->si_value.sival_ptr;
  ++signals;
}

class ThreadCpuTimerTest : public testing::Test {
 protected:
  ThreadCpuTimerTest() { signals = 0; }

  const int number_ = SIGRTMIN + 7;
  const InstalledHandler handler_{number_, SA_RESTART, &onTimer};
  int value_ = 0;
};

TEST_F(ThreadCpuTimerTest, SignalsItsOwnThreadNotBeforeItHasUsedTheTime) {
  std::thread([&] {
    ThreadCpuTimer timer(number_, &value_);
    const std::int64_t deadline_ns = ThreadCpuClock::nowNs() + 10'000'000;
    timer.arm(deadline_ns);
    EXPECT_TRUE(burnUntil([] { return signals == 1; }));
    EXPECT_GE(signalled_at_ns, deadline_ns);
    EXPECT_EQ(signalled_thread, gettid());
    EXPECT_EQ(signalled_value, &value_);
    burn(20'000'000);
    EXPECT_EQ(signals, 1) << "once";
  }).join();
}

TEST_F(ThreadCpuTimerTest, SignalsAtOnceWhereTheTimeIsPast) {
  ThreadCpuTimer timer(number_, &value_);
  for (const std::int64_t deadline_ns : {std::int64_t{-5}, std::int64_t{0}, std::int64_t{1}}) {
    signals = 0;
    timer.arm(deadline_ns);
    EXPECT_TRUE(burnUntil([] { return signals == 1; })) << deadline_ns;
  }
}

TEST_F(ThreadCpuTimerTest, DoesNotSignalOnceItIsDisarmedOrDestroyed) {
  {
    ThreadCpuTimer timer(number_, &value_);
    timer.arm(ThreadCpuClock::nowNs() + 20'000'000);
    timer.disarm();
    burn(40'000'000);
    timer.arm(ThreadCpuClock::nowNs() + 20'000'000);
  }
  burn(40'000'000);
  EXPECT_EQ(signals, 0);
}

TEST_F(ThreadCpuTimerTest, SaysSoWhereTheKernelHasNoTimerToGive) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_SIGPENDING, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &none), 0);
  EXPECT_THROW(ThreadCpuTimer(number_, &value_), std::system_error);
  ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &before), 0);
}

TEST(ThreadCpuClockTest, IsReadByOtherThreadsWhileItsThreadLives) {
  std::optional<ThreadCpuClock> clock;
  std::atomic<int> step{0};
  std::thread thread([&] {
    burn(5'000'000);
    clock = ThreadCpuClock::ofThisThread();
    step = 1;
    while (step != 2) std::this_thread::yield();
  });
  while (step != 1) std::this_thread::yield();
  const std::optional<std::int64_t> used_ns = clock->readNs();
  step = 2;
  thread.join();
  ASSERT_TRUE(used_ns.has_value());
  EXPECT_GE(*used_ns, 5'000'000);
  EXPECT_EQ(clock->readNs(), std::nullopt);
}

}  // namespace
}  // namespace sigproof
