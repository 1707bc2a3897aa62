#include "fuzz/run/list/list_runner.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <new>
#include <utility>
#include <vector>

#include "fuzz/support/allocation_watch.h"
#include "fuzz/support/node_arena.h"
#include "fuzz/support/record/report_violation.h"
#include "fuzz/support/record/statistics.h"
#include "reports/record/explain.h"

namespace sigproof::fuzz {
namespace {

using Kind = ListOperation::Kind;

// No call sets this by accident.
constexpr int kErrnoOfNobody = 4711;

// A program makes the most elements where half of its operations push one each, and the rest
// replace all of these.
constexpr std::size_t kMostMadeByHalf = ListProgram::kMaxOperations / 2 + 1;
static_assert(kMostMadeByHalf * kMostMadeByHalf <= kMaxElementIds);

}  // namespace

ListElement::ListElement(ElementSet& alive, ElementId id, bool throws) : alive_(alive), id_(id) {
  PreemptPolicy::preempt();
  if (throws) throw ConstructorFailure();
  alive_.set(id);
  canary_ = kAlive;
}

ListElement::ListElement(ListElement& old, const Successor& successor)
    : ListElement(old.alive_, successor.id, successor.throws) {
  if (!old.isAlive()) {
    reportViolation({"L3", fmt::format("element {} has a successor, and is not alive", old.id_)});
  }
}

ListElement::~ListElement() {
  if (!isAlive()) {
    reportViolation({"L4", fmt::format("element {} was destroyed twice, or never made", id_)});
  }
  canary_ = kDestroyed;
  alive_.reset(id_);
  PreemptPolicy::preempt();
}

ListRunner::ListRunner() : owned_list_(std::make_unique<List>()), list_(owned_list_.get()) {
  NodeArena::beginRun();
}
ListRunner::~ListRunner() = default;

void ListRunner::run(const ListProgram& program) {
  static std::uint64_t& runs = Statistics::counter("runs");
  ++runs;
  for (const ListOperation& operation : program.operations) {
    static CounterOfEach<Kind, kListOperationKindCount> count("operations");
    count(operation.kind);
    operation_ = &operation;
    runStruck(operation);
    failIf(oracle_.end(alive_));
    checkAtRest();
  }
  oracle_.beginDestroy();
  owned_list_.reset();
  failIf(oracle_.end(alive_));
}

void ListRunner::runStruck(const ListOperation& operation) {
  step_ = 0;
  strikes_ = 0;
  auto hook = [this]() noexcept { onStep(); };
  const PreemptPolicy::ScopedHook scope(hook, operation.strikes.nesting);
  perform(operation);
}

void ListRunner::perform(const ListOperation& operation) {
  switch (operation.kind) {
    case Kind::kPushFront:
      push(operation);
      return;
    case Kind::kFilter:
      filter(operation);
      return;
    case Kind::kReplace:
      return replace(operation);
    case Kind::kClear:
      oracle_.beginClear();
      list_->clear();
      return;
    case Kind::kReclaim:
      oracle_.beginReclaim();
      if (!list_->reclaim()) fail({"L4", "reclaim() says that a reader is active, and none is"});
      return;
    case Kind::kDetach:
      oracle_.beginDetach();
      list_->detachReaders();
      return;
    case Kind::kDestroy:
      destroy();
      return;
  }
}

void ListRunner::push(const ListOperation& operation) {
  static std::uint64_t& failures = Statistics::counter("failed_pushes");
  const ElementId id = next_id_++;
  const bool throws = operation.fault == ListOperation::Fault::kConstructorThrows;
  const bool is_to_fail = operation.fault != ListOperation::Fault::kNone;
  FaultyPolicy::failing_allocation =
      operation.fault == ListOperation::Fault::kAllocationFails ? 1 : 0;
  if (is_to_fail) {
    oracle_.beginFailedPush();
  } else {
    oracle_.beginPush(id);
  }
  bool has_failed = false;
  try {
    if (list_->pushFront(alive_, id, throws).id() != id) {
      fail({"L1", "pushFront returned another element than the one it made"});
    }
  } catch (const ListElement::ConstructorFailure&) {
    has_failed = true;
  } catch (const std::bad_alloc&) {
    has_failed = true;
  }
  if (has_failed != is_to_fail) fail({"L1", "pushFront swallowed an exception or threw one"});
  failures += has_failed ? 1 : 0;
}

void ListRunner::filter(const ListOperation& operation) {
  static std::uint64_t& exceptions = Statistics::counter("throwing_predicates");
  std::vector<bool> answers;
  const std::size_t count = oracle_.contents().size();
  const bool throws = operation.throw_at && *operation.throw_at < count;
  for (std::size_t i = 0; i < (throws ? *operation.throw_at : count); ++i) {
    answers.push_back(((operation.keep_mask >> (i % 64)) & 1) != 0);
  }
  oracle_.beginFilter(answers, throws);
  std::vector<ElementId> calls;
  bool has_thrown = false;
  try {
    list_->filter([&](ListElement& element) {
      PreemptPolicy::preempt();
      calls.push_back(element.id());
      if (throws && calls.size() > answers.size()) throw PredicateFailure();
      return calls.size() > answers.size() || answers[calls.size() - 1];
    });
  } catch (const PredicateFailure&) {
    has_thrown = true;
  }
  if (has_thrown != throws) fail({"L5", "filter swallowed its predicate's exception"});
  failIf(oracle_.judgePredicateCalls(calls));
  exceptions += has_thrown ? 1 : 0;
}

ListRunner::Succession ListRunner::planSuccession(const ListOperation& operation) {
  const std::size_t count = oracle_.contents().size();
  Succession plan;
  plan.answers.resize(count);
  plan.successors.resize(count);
  unsigned answered = 0;
  for (std::size_t i = 0; i < count && !plan.failing; ++i) {
    if (((operation.keep_mask >> (i % 64)) & 1) != 0) continue;
    const bool fails = operation.throw_at == answered++;
    const bool throws = fails && operation.fault == ListOperation::Fault::kConstructorThrows;
    plan.answers[i] = {next_id_++, throws};
    if (fails) {
      plan.failing = i;
    } else {
      plan.successors[i] = plan.answers[i]->id;
    }
  }
  return plan;
}

void ListRunner::replace(const ListOperation& operation) {
  static std::uint64_t& failures = Statistics::counter("failed_successions");
  const Succession plan = planSuccession(operation);
  const std::size_t count = oracle_.contents().size();
  oracle_.beginReplace(plan.successors, plan.failing ? *plan.failing + 1 : count);
  std::vector<ElementId> calls;
  bool has_failed = false;
  try {
    list_->replace([&](ListElement& element) -> const ListElement::Successor* {
      PreemptPolicy::preempt();
      const std::size_t i = calls.size();
      calls.push_back(element.id());
      if (i >= count || !plan.answers[i]) return nullptr;
      if (i == plan.failing && operation.fault == ListOperation::Fault::kAllocationFails) {
        FaultyPolicy::failing_allocation = 1;
      }
      return &*plan.answers[i];
    });
  } catch (const ListElement::ConstructorFailure&) {
    has_failed = true;
  } catch (const std::bad_alloc&) {
    has_failed = true;
  }
  if (has_failed != plan.failing.has_value()) {
    fail({"L1", "replace swallowed an exception or threw one"});
  }
  failIf(oracle_.judgePredicateCalls(calls));
  failures += has_failed ? 1 : 0;
}

void ListRunner::destroy() {
  oracle_.beginDestroy();
  owned_list_.reset();
  owned_list_ = std::make_unique<List>();
  list_ = owned_list_.get();
}

// Nothing is going on: a walk must meet exactly the contents.
void ListRunner::checkAtRest() {
  oracle_.beginReclaim();
  walk();
  failIf(oracle_.end(alive_));
  if (list_->isEmpty() != oracle_.contents().empty()) fail({"L2", "isEmpty() is wrong"});
}

void ListRunner::onStep() noexcept {
  const StrikeSchedule& strikes = operation_->strikes;
  if (!strikes.strikesAt(step_++) || strikes_ >= strikes.max_strikes) return;
  ++strikes_;
  walk();
}

void ListRunner::walk() noexcept {
  static std::uint64_t& walks = Statistics::counter("handler_strikes");
  static std::uint64_t& visits = Statistics::counter("elements_visited");
  const int errno_before = std::exchange(errno, kErrnoOfNobody);
  ListVisit visit;
  const AllocationWatch watch;
  list_->iterate([&](ListElement& element) noexcept {
    ++visits;
    if (!visit.see(element.id(), element.isAlive())) {
      fail({"L2", "a walk met more elements than were ever made"});
    }
  });
  if (watch.count() != 0) fail({"L2", "iterate allocated or freed memory"});
  if (errno != kErrnoOfNobody) fail({"L2", "iterate changed errno"});
  errno = errno_before;
  ++walks;
  failIf(oracle_.judge(visit));
}

void ListRunner::fail(const Violation& violation) const {
  const std::string operation = reports::explained("its text", [&] {
    return operation_ == nullptr ? std::string("end") : describe(*operation_);
  });
  reportViolation({violation.property,
                   fmt::format("{}; operation: {}; step {}", violation.text, operation, step_)});
}

}  // namespace sigproof::fuzz
