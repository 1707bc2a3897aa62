#include "fuzz/targets/registration_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "fuzz/targets/allocation_watch.h"
#include "fuzz/targets/report_violation.h"
#include "fuzz/targets/statistics.h"

namespace sigproof::fuzz {
namespace {

using RegistrationKind = RegistrationOperation::Kind;
using Place = RegistrationOperation::Place;
using specified::kSignalValue;

// No call sets this by accident.
constexpr int kErrnoMark = 4711;

}  // namespace

class RegistrationRunner::Attachment final : public EntryAttachment {
 public:
  explicit Attachment(std::size_t& count) : count_(count) { ++count_; }
  ~Attachment() override { --count_; }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

 private:
  std::size_t& count_;
};

RegistrationRunner::RegistrationRunner(const RegistrationProgram& program)
    : program_(program),
      reference_(program.is_instance_protocol ? specified::Protocol::kInstance
                                              : specified::Protocol::kAddress,
                 program.max_entries) {
  registry_.emplace(Registry::Options{.protocol = program.is_instance_protocol
                                                      ? SignalProtocol::instance()
                                                      : SignalProtocol::address(),
                                      .max_entries = program.max_entries,
                                      .observer = this});
  for (const MemoryPlan& plan : program.memories) {
    memories_.push_back(std::make_shared<TestMemory>(plan));
    reference_.addMemory(memories_.back()->snapshot());
  }
}

void RegistrationRunner::run() {
  static std::uint64_t& runs = Statistics::counter("runs");
  ++runs;
  for (const Operation& operation : program_.operations) {
    static CounterOfEach<RegistrationKind, kRegistrationOperationKindCount> count("operations");
    count(operation.kind);
    operation_ = &operation;
    strikes_ = {};
    step_ = 0;
    either_.clear();
    perform(operation);
    checkState();
  }
  operation_ = nullptr;
  finish();
}

// --- handlers ----------------------------------------------------------------------------------

template <class Action>
auto RegistrationRunner::strike(bool is_struck, Action action) {
  auto hook = [this]() noexcept { onStep(); };
  const PreemptPolicy::ScopedHook scope(hook, is_struck ? operation_->strikes.nesting : 0);
  return action();
}

void RegistrationRunner::onStep() noexcept {
  static std::uint64_t& strikes = Statistics::counter("handler_strikes");
  const StrikeSchedule& schedule = operation_->strikes;
  if (!schedule.strikesAt(step_++) || strikes_.count >= schedule.max_strikes) return;
  ++strikes_.count;
  ++strikes;
  const int errno_before = std::exchange(errno, kErrnoMark);
  const AllocationWatch watch;
  const std::size_t written = registry_->deliver();
  if (watch.count() != 0) fail("D1", "deliver() allocated or freed memory");
  if (errno != kErrnoMark) fail("D1", "deliver() changed errno");
  errno = errno_before;
  strikes_.least = std::min(strikes_.least, written);
  strikes_.most = std::max(strikes_.most, written);
  strikes_.is_of_new_generation = registry_->generation() != reference_.generation();
}

std::size_t RegistrationRunner::liveSignals() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      reference_.entries(), [](const auto& entry) { return entry.signal && !entry.is_dead; }));
}

void RegistrationRunner::expectEitherForLiveSignals() {
  for (const Reference::Entry& entry : reference_.entries()) {
    if (entry.signal && !entry.is_dead) either_.emplace_back(entry.memory, *entry.signal);
  }
}

void RegistrationRunner::checkStrikes(std::size_t least, std::size_t most) const {
  if (strikes_.count == 0 || (strikes_.least >= least && strikes_.most <= most)) return;
  fail("D5", fmt::format("handlers wrote {} to {} words, {} to {} are live", strikes_.least,
                         strikes_.most, least, most));
}

void RegistrationRunner::checkWritten(std::size_t expected, std::size_t written) const {
  if (expected == written) return;
  fail("D2", fmt::format("{} words were to be written, {} were", expected, written));
}

// --- operations ----------------------------------------------------------------------------------

void RegistrationRunner::perform(const Operation& operation) {
  const bool is_struck = operation.strikes.mask != 0 && reference_.areWordsApart(nullptr);
  switch (operation.kind) {
    case RegistrationKind::kAdd:
      return add(operation);
    case RegistrationKind::kDeliver:
      return deliver(is_struck);
    case RegistrationKind::kDeliverFor:
      return deliverFor(operation, is_struck);
    case RegistrationKind::kRenew:
      return renew(is_struck);
    case RegistrationKind::kMarkTerminated:
      return markTerminated(is_struck);
    case RegistrationKind::kDropDead:
      return dropDead(is_struck);
    case RegistrationKind::kClear:
      return clear(is_struck);
    case RegistrationKind::kCollect:
      return collect(operation);
    case RegistrationKind::kWrite:
      return writeWord(operation);
    case RegistrationKind::kGrow:
      return grow(operation);
  }
}

void RegistrationRunner::add(const Operation& operation) {
  const std::size_t index = operation.memory;
  const std::shared_ptr<TestMemory>& memory = memories_[index];
  const Reference::Entry entry{
      .memory = index, .signal = operation.signal, .terminated = operation.terminated};
  if (operation.clears_terminated_first && operation.terminated &&
      reference_.isInside(index, *operation.terminated)) {
    std::memset(memory->data() + *operation.terminated, 0, specified::kWordSizeBytes);
    reference_.write(index, *operation.terminated, 0);
  }
  const bool is_struck = operation.strikes.mask != 0 && reference_.areWordsApart(&entry);

  FaultyPolicy::does_next_allocation_fail = operation.does_allocation_fail;
  const Registry::Result result = strike(is_struck, [&] {
    return registry_->add(OwnedSpan(memory, memory->data(), &TestMemory::byteLength),
                          {.signal = operation.signal, .terminated = operation.terminated},
                          std::make_unique<Attachment>(attachments_));
  });
  FaultyPolicy::does_next_allocation_fail = false;

  if (strikes_.count != 0) reference_.deliver();
  const std::size_t live_before = liveSignals();
  const RegistrationOutcome expected = reference_.add(entry, operation.does_allocation_fail);
  static CounterOfEach<RegistrationOutcome, kRegistrationOutcomeCount> count("outcomes");
  count(expected);
  const bool is_told_once = observed_.size() == 1 && observed_[0] == expected;
  if (result.outcome != expected || !is_told_once ||
      (result.entry != nullptr) != (expected == RegistrationOutcome::kRegistered)) {
    fail("R7", fmt::format("expected outcome {}, got {}, and the observer was told {} outcomes",
                           name(expected), name(result.outcome), observed_.size()));
  }
  observed_.clear();
  checkStrikes(live_before, liveSignals());
  if (result.entry == nullptr) return;
  entries_.push_back(result.entry);
}

void RegistrationRunner::deliver(bool is_struck) {
  const AllocationWatch watch;
  const std::size_t written = strike(is_struck, [&] { return registry_->deliver(); });
  // Where it is struck, the handlers watch: their own bookkeeping may allocate.
  if (!is_struck && watch.count() != 0) fail("D1", "deliver() allocated or freed memory");
  checkWritten(reference_.deliver(), written);
  checkStrikes(liveSignals(), liveSignals());
}

void RegistrationRunner::deliverFor(const Operation& operation, bool is_struck) {
  const std::uint64_t generation =
      reference_.generation() - static_cast<std::int32_t>(operation.generations_ago);
  const std::size_t written = strike(is_struck, [&] { return registry_->deliver(generation); });
  checkWritten(reference_.deliver(generation), written);
  if (strikes_.count != 0) reference_.deliver();
  checkStrikes(liveSignals(), liveSignals());
}

// D6: a handler that struck before the new generation began is renewed away, a later one stays.
void RegistrationRunner::renew(bool is_struck) {
  const std::size_t written = strike(is_struck, [&] { return registry_->renew(); });
  checkWritten(reference_.renew(), written);
  checkStrikes(liveSignals(), liveSignals());
  if (strikes_.is_of_new_generation) reference_.deliver();
}

void RegistrationRunner::markTerminated(bool is_struck) {
  const std::size_t written = strike(is_struck, [&] { return registry_->markTerminated(); });
  reference_.look();
  const std::size_t live_before = liveSignals();
  if (strikes_.count != 0) {
    reference_.warn();
    expectEitherForLiveSignals();
  }
  checkWritten(reference_.markTerminated(), written);
  checkStrikes(liveSignals(), live_before);
}

void RegistrationRunner::dropDead(bool is_struck) {
  strike(is_struck, [&] { registry_->dropDead(); });
  if (strikes_.count != 0) reference_.deliver();
  reference_.dropDead();
  checkStrikes(liveSignals(), liveSignals());
}

void RegistrationRunner::clear(bool is_struck) {
  strike(is_struck, [&] { registry_->clear(); });
  if (strikes_.count != 0) {
    reference_.look();
    reference_.warn();
    expectEitherForLiveSignals();
    checkStrikes(0, liveSignals());
  }
  reference_.clear();
}

void RegistrationRunner::collect(const Operation& operation) {
  if (reference_.entries().empty()) return;
  const std::size_t index = operation.entry % reference_.entries().size();
  entries_[reference_.entries()[index].id]->markDead();
  reference_.collect(index);
}

// A module writes to its memory, which it may at any time and anywhere.
void RegistrationRunner::writeWord(const Operation& operation) {
  std::size_t memory = operation.memory;
  std::optional<std::uint64_t> address = operation.offset;
  if (operation.place != Place::kAnywhere) {
    if (reference_.entries().empty()) return;
    const auto& entry = reference_.entries()[operation.entry % reference_.entries().size()];
    memory = entry.memory;
    address = operation.place == Place::kSignalOfEntry ? entry.signal : entry.terminated;
  }
  if (!address || !reference_.isInside(memory, *address)) return;
  reference_.write(memory, *address, operation.value);
  for (unsigned i = 0; i < specified::kWordSizeBytes; ++i) {
    memories_[memory]->data()[*address + i] = static_cast<std::byte>(operation.value >> (8 * i));
  }
}

void RegistrationRunner::grow(const Operation& operation) {
  memories_[operation.memory]->grow(operation.growth);
  reference_.memories()[operation.memory].length = memories_[operation.memory]->length();
}

// --- checks --------------------------------------------------------------------------------------

void RegistrationRunner::checkState() {
  const std::size_t count = reference_.entries().size();
  if (registry_->entryCount() != count || registry_->isEmpty() != (count == 0)) {
    fail("R9",
         fmt::format("expected {} entries, the registry says {}", count, registry_->entryCount()));
  }
  if (registry_->isWarned() != reference_.isWarned() ||
      registry_->generation() != reference_.generation()) {
    fail("D6", fmt::format("expected generation {}, {}, the registry says {}, {}",
                           reference_.generation(), reference_.isWarned() ? "warned" : "not warned",
                           registry_->generation(), registry_->isWarned() ? "warned" : "not"));
  }
  if (attachments_ != count) {
    fail("G2", fmt::format("expected {} attachments of entries, {} live", count, attachments_));
  }
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    const std::size_t expected_owners = 1 + reference_.entriesOf(i);
    if (memories_[i].use_count() != static_cast<long>(expected_owners)) {
      fail("G2", fmt::format("memory {} is to have {} owners and has {}", i, expected_owners,
                             memories_[i].use_count()));
    }
    checkMemory(i);
  }
}

void RegistrationRunner::checkMemory(std::size_t index) {
  for (const auto& [memory, address] : either_) {
    // The whole word decides: a module may have written one that only begins as a signal does.
    if (memory == index && memories_[index]->holds(address, kSignalValue)) {
      reference_.write(memory, address, kSignalValue);
    }
  }
  if (const auto difference = memories_[index]->differenceFrom(reference_.memories()[index])) {
    fail("R6/D1", fmt::format("byte {:#x} of memory {} is {:#x} and should be {:#x}",
                              difference->address, index, difference->seen, difference->expected));
  }
}

// The isolate ends (G3): nothing is written any more, everything is let go.
void RegistrationRunner::finish() {
  if (program_.is_detached_at_end) {
    registry_->detachReaders();
    checkWritten(0, registry_->deliver());
    reference_.warn();
    registry_->clear();
    reference_.clear();
    checkState();
  }
  registry_.reset();
  reference_.clear();
  if (attachments_ != 0) fail("G3", fmt::format("{} attachments outlive it", attachments_));
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    if (memories_[i].use_count() != 1) fail("G3", fmt::format("memory {} is not let go", i));
    checkMemory(i);
  }
}

void RegistrationRunner::onRegistration(RegistrationOutcome outcome) noexcept {
  observed_.push_back(outcome);
}

void RegistrationRunner::fail(const char* property, const std::string& text) const {
  reportViolation(
      {property, fmt::format("{}; operation: {}; step {}", text,
                             operation_ == nullptr ? "end" : describe(*operation_), step_)});
}

}  // namespace sigproof::fuzz
