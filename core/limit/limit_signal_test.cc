// D7 with real signals: what the handler promises to the code that it interrupts and to the handler
// that was there before it. Also late signals (D6), as the handler sees them.
#include "core/limit/limit_signal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/testing/allocation_count.h"
#include "core/testing/real_signals.h"
#include "core/testing/test_memory.h"

namespace sigproof::limit_signal_test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::uint64_t kSignal = 16;
constexpr std::uint64_t kTerminated = 20;
constexpr std::int64_t kLongPastNs = 0;
constexpr std::int64_t kNeverNs = std::numeric_limits<std::int64_t>::max();

// What the embedder's handler saw in its last call.
struct Seen {
  std::atomic<int> calls{0};
  std::atomic<int> number{0};
  std::atomic<int> code{0};
  std::atomic<bool> has_context{false};
  std::atomic<const std::byte*> stack{nullptr};
  std::atomic<std::uint64_t> blocked{0};  // one bit a signal
};
Seen seen;

std::uint64_t blockedSignals() {
  sigset_t set;
  pthread_sigmask(SIG_BLOCK, nullptr, &set);
  std::uint64_t bits = 0;
  for (int number = 1; number <= SIGRTMAX; ++number) {
    if (sigismember(&set, number) == 1) bits |= std::uint64_t{1} << (number - 1);
  }
  return bits;
}

std::uint64_t bitOf(int number) { return std::uint64_t{1} << (number - 1); }

void onEmbeddersSignal(int number, siginfo_t* info, void* context) {
  // Not the address of a local variable, because AddressSanitizer may have moved that off the
  // stack.
  seen.stack = static_cast<std::byte*>(__builtin_frame_address(0));
  seen.number = number;
  seen.code = info->si_code;
  seen.has_context = context != nullptr;
  seen.blocked = blockedSignals();
  errno = EXDEV;
  ++seen.calls;
}

void onEmbeddersPlainSignal(int number) {
  seen.number = number;
  ++seen.calls;
}

class LimitSignalTest : public testing::Test {
 protected:
  LimitSignalTest() : number_(SIGRTMIN + 5) {
    seen.calls = 0;
    seen.number = 0;
    memory_.setWord(kTerminated, 0);
    registry_.add(memory_.span(), {kSignal, kTerminated}, nullptr);
  }
  ~LimitSignalTest() override { SoftLimit::setRunning(nullptr); }

  void runWithDeadline(std::int64_t deadline_ns) {
    SoftLimit::setRunning(nullptr);
    soft_.aim(deadline_ns);
    SoftLimit::setRunning(&soft_);
  }

  const int number_;
  TestMemory memory_{64};
  SignalRegistry<> registry_{{}};
  SoftLimit soft_{registry_};
};

// --- warning ------------------------------------------------------------------------------------

TEST_F(LimitSignalTest, D7_ASignalOfATimerWarnsTheLimitThatRunsOnItsThread) {
  const LimitSignal signal(number_, FormerHandler::kRefuse);
  runWithDeadline(kLongPastNs);
  sendAsTimer(gettid(), number_);
  EXPECT_EQ(memory_.word(kSignal), 24u);
  EXPECT_TRUE(registry_.isWarned());
}

TEST_F(LimitSignalTest, D6_ASignalBeforeTheDeadlineWritesNothing) {
  const LimitSignal signal(number_, FormerHandler::kRefuse);
  runWithDeadline(kNeverNs);
  const TestMemory::Bytes before = memory_.bytes();
  sendAsTimer(gettid(), number_);
  EXPECT_EQ(memory_.bytes(), before);
  EXPECT_FALSE(registry_.isWarned());
}

TEST_F(LimitSignalTest, D6_ASignalForAnOlderGenerationWritesNothing) {
  const LimitSignal signal(number_, FormerHandler::kRefuse);
  runWithDeadline(kLongPastNs);
  registry_.renew();
  sendAsTimer(gettid(), number_);
  EXPECT_EQ(memory_.word(kSignal), 0u);
  EXPECT_FALSE(registry_.isWarned());
}

TEST_F(LimitSignalTest, D6_ASignalFindsNothingOnAThreadWhereNoLimitRuns) {
  const LimitSignal signal(number_, FormerHandler::kRefuse);
  runWithDeadline(kLongPastNs);
  std::thread([&] { sendAsTimer(gettid(), number_); }).join();
  EXPECT_EQ(memory_.word(kSignal), 0u) << "the limit runs on another thread";
  SoftLimit::setRunning(nullptr);
  sendAsTimer(gettid(), number_);
  EXPECT_EQ(memory_.word(kSignal), 0u);
}

TEST_F(LimitSignalTest, D7_TheHandlerAllocatesNothingAlsoOnAThreadThatIsNew) {
  const LimitSignal signal(number_, FormerHandler::kRefuse);
  std::thread([&] {
    const AllocationCount allocations;
    sendAsTimer(gettid(), number_);
    runWithDeadline(kLongPastNs);
    sendAsTimer(gettid(), number_);
    EXPECT_EQ(allocations.soFar(), 0u);
    SoftLimit::setRunning(nullptr);
  }).join();
  EXPECT_EQ(memory_.word(kSignal), 24u);
}

// --- what is interrupted ------------------------------------------------------------------------

TEST_F(LimitSignalTest, D7_ErrnoIsKeptWhateverTheFormerHandlerDoesToIt) {
  const InstalledHandler former(number_, 0, &onEmbeddersSignal);
  const LimitSignal signal(number_, FormerHandler::kChain);
  runWithDeadline(kLongPastNs);
  errno = EBADMSG;
  pthread_kill(pthread_self(), number_);
  EXPECT_EQ(errno, EBADMSG);
  sendAsTimer(gettid(), number_);
  EXPECT_EQ(errno, EBADMSG);
  EXPECT_EQ(seen.calls, 1);
}

TEST_F(LimitSignalTest, D7_TheHandlerRunsOnTheAlternateStackOfTheThread) {
  const InstalledHandler former(number_, 0, &onEmbeddersSignal);
  const LimitSignal signal(number_, FormerHandler::kChain);
  std::vector<std::byte> stack(std::size_t{256} * 1024);
  std::thread([&] {
    stack_t alternate{};
    alternate.ss_sp = stack.data();
    alternate.ss_size = stack.size();
    stack_t before{};
    ASSERT_EQ(sigaltstack(&alternate, &before), 0);
    pthread_kill(pthread_self(), number_);
    ASSERT_EQ(sigaltstack(&before, nullptr), 0);
  }).join();
  ASSERT_EQ(seen.calls, 1);
  EXPECT_GE(seen.stack.load(), stack.data());
  EXPECT_LT(seen.stack.load(), stack.data() + stack.size());
}

// The kernel's state letter of a thread of this process: S while it sleeps.
char stateOf(pid_t thread_id) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread_id) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= line.size() ? '?' : line[name_end + 2];
}

TEST_F(LimitSignalTest, D7_ASlowReadGoesOnAfterTheHandler) {
  const InstalledHandler former(number_, SA_RESTART, &onEmbeddersSignal);
  const LimitSignal signal(number_, FormerHandler::kChain);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  std::atomic<pid_t> reader_id{0};
  std::atomic<bool> is_over{false};
  ssize_t count = 0;
  int error = 0;
  std::thread reader([&] {
    reader_id = gettid();
    char byte = 0;
    count = read(ends[0], &byte, 1);
    error = errno;
    is_over = true;
  });
  constexpr int kSignals = 20;
  for (int sent = 0; sent < kSignals && !is_over; ++sent) {
    // Asleep inside read(): either the handler ran before it, or the kernel resumed read().
    while (!is_over && (reader_id == 0 || stateOf(reader_id) != 'S')) std::this_thread::yield();
    pthread_kill(reader.native_handle(), number_);
    sendAsTimer(reader_id, number_);
    while (!is_over && seen.calls <= sent) std::this_thread::yield();
  }
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  reader.join();
  EXPECT_EQ(count, 1) << "errno " << error;
  close(ends[0]);
  close(ends[1]);
}

TEST_F(LimitSignalTest, D7_WhileItRunsItsOwnSignalAndTheFormersMaskAreBlockedAndNothingElse) {
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer runs handlers with everything blocked, inside one of its own";
#endif
  const int other = SIGRTMIN + 6;
  const InstalledHandler former(number_, 0, &onEmbeddersSignal, other);
  const LimitSignal signal(number_, FormerHandler::kChain);
  const std::uint64_t before = blockedSignals();
  pthread_kill(pthread_self(), number_);
  EXPECT_EQ(seen.blocked, before | bitOf(number_) | bitOf(other));
  EXPECT_EQ(blockedSignals(), before);
}

// --- the former handler -------------------------------------------------------------------------

TEST_F(LimitSignalTest, D7_AForeignSignalGoesToTheFormerHandlerWithAllItsArguments) {
  const InstalledHandler former(number_, 0, &onEmbeddersSignal);
  const LimitSignal signal(number_, FormerHandler::kChain);
  runWithDeadline(kLongPastNs);
  pthread_kill(pthread_self(), number_);
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.number, number_);
  EXPECT_EQ(seen.code, SI_TKILL);
  EXPECT_TRUE(seen.has_context);
  EXPECT_FALSE(registry_.isWarned()) << "nor is it taken for ours";
}

TEST_F(LimitSignalTest, D7_ATimerOfTheEmbeddersIsForeignToo) {
  const InstalledHandler former(number_, 0, &onEmbeddersSignal);
  const LimitSignal signal(number_, FormerHandler::kChain);
  runWithDeadline(kLongPastNs);
  sendAsTimer(gettid(), number_, &seen);
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.code, SI_TIMER);
  EXPECT_FALSE(registry_.isWarned());
}

TEST_F(LimitSignalTest, D7_OurSignalDoesNotReachTheFormerHandler) {
  const InstalledHandler former(number_, 0, &onEmbeddersSignal);
  const LimitSignal signal(number_, FormerHandler::kChain);
  sendAsTimer(gettid(), number_);
  EXPECT_EQ(seen.calls, 0);
}

TEST_F(LimitSignalTest, D7_AFormerHandlerWithoutSiginfoIsCalledToo) {
  const InstalledHandler former(number_, &onEmbeddersPlainSignal);
  const LimitSignal signal(number_, FormerHandler::kChain);
  pthread_kill(pthread_self(), number_);
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.number, number_);
}

TEST_F(LimitSignalTest, D7_ASignalThatWasIgnoredStaysIgnored) {
  const InstalledHandler former(number_, SIG_IGN);
  const LimitSignal signal(number_, FormerHandler::kRefuse);
  pthread_kill(pthread_self(), number_);
  SUCCEED() << "and the process is still there";
}

using LimitSignalDeathTest = LimitSignalTest;

TEST_F(LimitSignalDeathTest, D7_AForeignSignalWithoutAFormerHandlerEndsTheProcessAsBefore) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const LimitSignal signal(number_, FormerHandler::kRefuse);
        pthread_kill(pthread_self(), number_);
        _exit(0);
      },
      testing::KilledBySignal(number_), "");
}

TEST_F(LimitSignalTest, D7_AFormerHandlerIsRefusedUnlessItIsToBeChained) {
  const InstalledHandler former(number_, 0, &onEmbeddersSignal);
  EXPECT_THAT([&] { const LimitSignal signal(number_, FormerHandler::kRefuse); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("has a handler already")));
  pthread_kill(pthread_self(), number_);
  EXPECT_EQ(seen.calls, 1) << "it is still in place";
}

TEST_F(LimitSignalTest, D7_AFormerHandlerWithoutSiginfoIsRefusedToo) {
  ASSERT_NE(std::signal(number_, [](int /*number*/) {}), SIG_ERR);
  EXPECT_THAT([&] { const LimitSignal signal(number_, FormerHandler::kRefuse); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("has a handler already")));
  std::signal(number_, SIG_DFL);
}

TEST_F(LimitSignalTest, D7_ASecondOneOfTheSameNumberIsRefused) {
  const LimitSignal signal(number_, FormerHandler::kChain);
  EXPECT_THAT([&] { const LimitSignal second(number_, FormerHandler::kChain); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("share that one")));
  const LimitSignal other(number_ + 1, FormerHandler::kRefuse);
}

TEST_F(LimitSignalTest, D7_NumbersThatMustNotBeTakenAreRefused) {
  for (const int number : {-1, 0, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP, SIGCHLD,
                           SIGTERM, 32, SIGRTMAX + 1}) {
    EXPECT_THAT([&] { const LimitSignal signal(number, FormerHandler::kChain); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("choose a real-time signal")))
        << number;
  }
  for (const int number : {SIGRTMIN, SIGRTMAX, SIGXCPU, SIGUSR2, SIGPROF}) {
    EXPECT_NO_THROW(const LimitSignal signal(number, FormerHandler::kRefuse)) << number;
  }
}

TEST_F(LimitSignalTest, D7_TheFormerHandlerIsPutBack) {
  const InstalledHandler former(number_, 0, &onEmbeddersSignal);
  {
    const LimitSignal signal(number_, FormerHandler::kChain);
  }
  pthread_kill(pthread_self(), number_);
  EXPECT_EQ(seen.calls, 1);
}

// If the signal stayed pending, its default action would end the process.
TEST_F(LimitSignalTest, D7_WhatIsPendingWhenItEndsIsDiscarded) {
  const BlockedSignal blocked(number_);
  {
    const LimitSignal signal(number_, FormerHandler::kRefuse);
    sendAsTimer(gettid(), number_);
    ASSERT_TRUE(blocked.isPending());
  }
  EXPECT_FALSE(blocked.isPending());
}

TEST_F(LimitSignalTest, D7_AHandlerThatWasInstalledAfterUsStaysInPlace) {
  const InstalledHandler nothing(number_, SIG_DFL);  // the test restores this at its end
  {
    const LimitSignal signal(number_, FormerHandler::kRefuse);
    struct sigaction later{};
    later.sa_sigaction = &onEmbeddersSignal;
    later.sa_flags = SA_SIGINFO;
    ASSERT_EQ(sigaction(number_, &later, nullptr), 0);
  }
  pthread_kill(pthread_self(), number_);
  EXPECT_EQ(seen.calls, 1);
}

}  // namespace
}  // namespace sigproof::limit_signal_test
