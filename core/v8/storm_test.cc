// Ten thousand real signals, sent from another thread while instances are made, dropped and
// collected, and budgets renewed. At each quiet point every word must have the value of the level
// (D6).
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "core/testing/real_signals.h"
#include "core/v8/testing/limited_sandbox.h"

namespace sigproof {
namespace {

constexpr int kSignals = 10'000;
constexpr int kSignalsPerPhase = 100;
constexpr std::uint32_t kSoftLimitMs = 1;
constexpr std::int64_t kSoftLimitNs = 1'000'000;
constexpr std::size_t kMostInstances = 40;

// Sends a phase's signals to one thread, at irregular intervals, then pauses.
class Sender {
 public:
  Sender(pid_t target, int signal_number, std::uint64_t seed)
      : target_(target), signal_number_(signal_number), random_(seed), thread_([this] { run(); }) {}
  ~Sender() {
    is_over_ = true;
    thread_.join();
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void startPhase() { left_ = kSignalsPerPhase; }
  bool isResting() const { return left_ == 0; }
  int sent() const { return sent_; }

 private:
  void run() {
    std::uniform_int_distribution<int> pause_us(0, 60);
    while (!is_over_) {
      if (left_ == 0) {
        std::this_thread::yield();
        continue;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(pause_us(random_)));
      sendAsTimer(target_, signal_number_);
      ++sent_;
      --left_;
    }
  }

  const pid_t target_;
  const int signal_number_;
  std::mt19937_64 random_;
  std::atomic<int> left_{0};
  std::atomic<int> sent_{0};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

class Storm : public ScriptTest {
 protected:
  explicit Storm()
      : seed_(static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed())),
        random_(seed_),
        limited_(limiter_, {.soft_limit_ms = kSoftLimitMs, .hard_limit_ms = 3'600'000}) {
    limited_.sandbox().run("kept = []; dead = 0; 1");
    scope_.emplace(limited_.limit());
  }

  std::string evaluate(const std::string& script) { return limited_.sandbox().evaluate(script); }

  void actAtRandom() {
    const std::uint64_t choice = random_() % 100;
    const std::string index = std::to_string(random_() % kMostInstances);
    if (choice < 40) {
      evaluate("if (kept.length < " + std::to_string(kMostInstances) + ") kept.push(listen())");
    } else if (choice < 55) {
      evaluate("kept.splice(" + index + ", 1)");
    } else if (choice < 60) {
      evaluate("if (kept[" + index + "]) { kept.splice(" + index +
               ", 1)[0].terminate(); ++dead; }");
    } else if (choice < 75) {
      ASSERT_TRUE(limited_.limit().renew());
    } else if (choice < 80) {
      limited_.sandbox().host().collectGarbageWithinJavaScript();
    } else if (choice < 90) {
      scope_.reset();
      scope_.emplace(limited_.limit());
    } else {
      burn(static_cast<std::int64_t>(random_() % 1'500'000));
    }
  }

  // Precondition: no signal is on its way. The signal that this function sends comes before the
  // call returns.
  void expectEveryWordToFollowTheLevel() {
    const std::int64_t used_ns = limited_.limit().usedNs();
    sendAsTimer(gettid(), limiter_.signalNumber());
    // The checks may use up the budget, so the timer's signal waits until they are done.
    const BlockedSignal blocked(limiter_.signalNumber());
    const bool is_warned = limited_.sandbox().registry().isWarned();
    if (used_ns >= kSoftLimitNs) {
      EXPECT_TRUE(is_warned) << "a warning was lost";
    }
    const std::string words = evaluate("kept.map((k) => k.signal + '.' + k.terminated).join()");
    const std::string expected =
        evaluate("kept.map(() => '" + std::string(is_warned ? "24.0" : "0.0") + "').join()");
    EXPECT_EQ(words, expected);
    ++(is_warned ? warned_points_ : calm_points_);
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  CpuLimiter limiter_{{}};
  LimitedSandbox limited_;
  std::optional<CpuLimit::Scope> scope_;
  int warned_points_ = 0;
  int calm_points_ = 0;
};

TEST_F(Storm, D6_TenThousandSignalsWhileInstancesComeAndGoLoseNothing) {
  std::printf("seed %llu; --gtest_random_seed=N for another\n",
              static_cast<unsigned long long>(seed_));
  Sender sender(gettid(), limiter_.signalNumber(), seed_ + 1);
  for (int phase = 0; phase < kSignals / kSignalsPerPhase; ++phase) {
    sender.startPhase();
    do actAtRandom();
    while (!sender.isResting());
    // Half of the quiet points are early in a budget.
    if (phase % 2 == 0) {
      ASSERT_TRUE(limited_.limit().renew());
    }
    expectEveryWordToFollowTheLevel();
    ASSERT_FALSE(HasFailure()) << "in phase " << phase << " of seed " << seed_;
  }
  EXPECT_EQ(sender.sent(), kSignals);
  EXPECT_GT(warned_points_, 10) << "the storm must see warnings";
  EXPECT_GT(calm_points_, 10) << "and budgets without";
  EXPECT_GT(limited_.sandbox().count(RegistrationOutcome::kRegistered), 100U);
  scope_.reset();
}

}  // namespace
}  // namespace sigproof
