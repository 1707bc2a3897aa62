// L5: what a debug build reports. The policies in this file look for misuse in every build.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <optional>
#include <vector>

#include "core/list/atomic_list.h"
#include "core/testing/parked_reader.h"
#include "core/testing/preempt_policy.h"
#include "core/testing/tracked_element.h"

namespace sigproof {
namespace {

struct ReportingPolicy : StdPolicy {
  static constexpr bool kReportMisuse = true;
};

template <class Policy>
using IntList = AtomicList<int, Policy>;

constexpr const char* kChanged =
    "sigproof: AtomicList: changed from its own predicate, or from a "
    "handler during a change\n";
constexpr const char* kReaderInside =
    "sigproof: AtomicList: destroyed while a reader is inside; detachReaders\\(\\) first\n";

using Mutation = std::function<void(IntList<ReportingPolicy>&)>;

TEST(AtomicListMisuseDeathTest, L5_EveryChangeFromThePredicateIsReported) {
  const std::vector<Mutation> mutations{
      [](auto& list) { list.pushFront(9); },
      [](auto& list) { list.filter([](int) { return true; }); },
      [](auto& list) { list.clear(); },
  };
  for (const Mutation& mutate : mutations) {
    IntList<ReportingPolicy> list;
    list.pushFront(1);
    const auto misuse = [&] {
      list.filter([&](int) {
        mutate(list);
        return true;
      });
    };
    EXPECT_EXIT(misuse(), testing::KilledBySignal(SIGABRT), kChanged);
  }
}

TEST(AtomicListMisuseDeathTest, L5_DestructionFromThePredicateIsReported) {
  const auto misuse = [] {
    auto list = std::make_optional<IntList<ReportingPolicy>>();
    list->pushFront(1);
    list->filter([&](int) {
      list.reset();
      return true;
    });
  };
  EXPECT_EXIT(misuse(), testing::KilledBySignal(SIGABRT), kChanged);
}

TEST(AtomicListMisuseDeathTest, L5_AFreeingFromThePredicateIsReported) {
  IntList<ReportingPolicy> list;
  list.pushFront(1);
  list.pushFront(2);
  const auto misuse = [&] {
    list.filter([&](int id) {
      list.reclaim();  // at the second call there is something to free
      return id == 1;
    });
  };
  EXPECT_EXIT(misuse(), testing::KilledBySignal(SIGABRT), kChanged);
}

TEST(AtomicListMisuseDeathTest, L4_DestructionWithAReaderInsideIsReported) {
  const auto misuse = [] {
    auto list = std::make_optional<IntList<ReportingPolicy>>();
    list->pushFront(1);
    list->iterate([&](int) noexcept { list.reset(); });
  };
  EXPECT_EXIT(misuse(), testing::KilledBySignal(SIGABRT), kReaderInside);
}

TEST(AtomicListMisuseDeathTest, L5_TheProductionPolicyOfARunWithNdebugDoesNotLook) {
#ifdef NDEBUG
  static_assert(!StdPolicy::kReportMisuse);
#else
  static_assert(StdPolicy::kReportMisuse);
#endif
}

// --- a handler that changes the list, at every step ---------------------------------------------

// How a child process can end.
enum Ending : int { kWhole, kBroken, kReported, kNoSuchStep };

struct ExitingPolicy : PreemptPolicy {
  [[noreturn]] static void reportMisuse(const char*) noexcept { _exit(kReported); }
};

using PreemptedList = AtomicList<TrackedElement, ExitingPolicy>;
using Change = void (*)(PreemptedList&, Ledger&);

void pushOne(PreemptedList& list, Ledger& ledger) { list.pushFront(100, ledger); }
void keepOne(PreemptedList& list, Ledger&) {
  list.filter([](TrackedElement& e) { return e.id() == 1; });
}
void clearAll(PreemptedList& list, Ledger&) { list.clear(); }
void reclaimAll(PreemptedList& list, Ledger&) { list.reclaim(); }

// Runs `owner_changes` on a small list that has retired elements, with a handler at its `step`th
// step that makes a change too.
Ending endOfMisuseAt(int step, Change owner_changes, Change handler_changes) {
  Ledger ledger;
  int steps = 0;
  {
    PreemptedList list;
    for (int id = 1; id <= 3; ++id) list.pushFront(id, ledger);
    {
      const ParkedReader reader(list);
      list.filter([](TrackedElement& e) { return e.id() <= 2; });
    }
    auto handler = [&]() noexcept {
      if (++steps == step) handler_changes(list, ledger);
    };
    const PreemptPolicy::ScopedHook hook(handler);
    owner_changes(list, ledger);
    if (steps < step) return kNoSuchStep;
  }
  return ledger.alive() == 0 && ledger.faults() == 0 ? kWhole : kBroken;
}

// The same in a child process, which a report ends.
int endInChild(int step, Change owner_changes, Change handler_changes) {
  const pid_t child = fork();
  if (child == 0) _exit(endOfMisuseAt(step, owner_changes, handler_changes));
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : kBroken;
}

void expectReportedOrHarmlessAtEveryStep(Change owner_changes, Change handler_changes) {
  int reported = 0;
  for (int step = 1;; ++step) {
    const int end = endInChild(step, owner_changes, handler_changes);
    if (end == kNoSuchStep) break;
    // Harmless: the handler ran before the owner began to change anything, or after it had ended.
    ASSERT_TRUE(end == kReported || end == kWhole) << "step " << step << ", end " << end;
    if (end == kReported) ++reported;
  }
  EXPECT_GT(reported, 0);
}

// clearAll() touches every field, so it stands for the other changes that a handler can make.
TEST(AtomicListMisuseDeathTest, L5_AChangeByAHandlerThatStrikesAPushIsReportedOrHarmless) {
  expectReportedOrHarmlessAtEveryStep(pushOne, clearAll);
}
TEST(AtomicListMisuseDeathTest, L5_AChangeByAHandlerThatStrikesAFilterIsReportedOrHarmless) {
  expectReportedOrHarmlessAtEveryStep(keepOne, clearAll);
}
TEST(AtomicListMisuseDeathTest, L5_AChangeByAHandlerThatStrikesAClearIsReportedOrHarmless) {
  expectReportedOrHarmlessAtEveryStep(clearAll, pushOne);
}
TEST(AtomicListMisuseDeathTest, L5_AChangeByAHandlerThatStrikesAFreeingIsReportedOrHarmless) {
  expectReportedOrHarmlessAtEveryStep(reclaimAll, clearAll);
}

}  // namespace
}  // namespace sigproof
