#include "fuzz/run/registration/registration_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "fuzz/support/allocation_watch.h"
#include "fuzz/support/node_arena.h"
#include "fuzz/support/record/report_violation.h"
#include "fuzz/support/record/statistics.h"
#include "reports/record/explain.h"

namespace sigproof::fuzz {
namespace {

using RegistrationKind = RegistrationOperation::Kind;
using Place = RegistrationOperation::Place;
using OwnerAct = RegistrationOperation::OwnerAct;
using ProgramProtocol = RegistrationProgram::Protocol;
using specified::kSignalValue;

// No call sets this by accident.
constexpr int kErrnoMark = 4711;

SignalProtocol protocolOf(ProgramProtocol protocol) {
  SignalProtocol result = protocol == ProgramProtocol::kAddress ? SignalProtocol::address()
                                                                : SignalProtocol::instance();
  if (protocol == ProgramProtocol::kOwn) {
    result.liveness_rule = LivenessRule::kTerminatedWordOrCollected;
  }
  return result;
}

specified::ProtocolRules rulesOf(ProgramProtocol protocol) {
  return {.are_both_required = protocol == ProgramProtocol::kAddress,
          .does_word_kill = protocol != ProgramProtocol::kInstance};
}

}  // namespace

class RegistrationRunner::Attachment final : public EntryAttachment {
 public:
  /// Of the entry `id` in the memory that began at the place `memory`.
  Attachment(std::size_t& count, std::size_t id, std::size_t memory)
      : id(id), memory(memory), count_(count) {
    ++count_;
  }
  ~Attachment() override { --count_; }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

  static const Attachment& of(const Registry::Entry& entry) {
    return static_cast<const Attachment&>(*entry.attachment());
  }

  const std::size_t id;
  const std::size_t memory;

 private:
  std::size_t& count_;
};

RegistrationRunner::RegistrationRunner(const RegistrationProgram& program)
    : program_(program), reference_(rulesOf(program.protocol), program.max_entries) {
  NodeArena::beginRun();
  registry_.emplace(Registry::Options{.protocol = protocolOf(program.protocol),
                                      .max_entries = program.max_entries,
                                      .observer = this});
  for (const MemoryPlan& plan : program.memories) {
    memories_.push_back(std::make_shared<GuardedMemory>(plan));
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
  if (performOwnerAct(operation_->owner_act)) return;
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

// The owner's thread comes between two steps of a delivery on another one. Whether that is what a
// strike is here.
bool RegistrationRunner::performOwnerAct(OwnerAct act) {
  static std::uint64_t& acts = Statistics::counter("owner_acts");
  if (act == OwnerAct::kNone) return false;
  if (strikes_.owner_acted_at) return true;
  ++acts;
  strikes_.owner_acted_at = step_ - 1;
  if (act == OwnerAct::kRenew) {
    registry_->renew();
  } else {
    registry_->retireGeneration();
  }
  return true;
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
      return deliver(operation, is_struck);
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
    case RegistrationKind::kMove:
      return move(operation);
    case RegistrationKind::kRefresh:
      return refresh(operation, is_struck);
    case RegistrationKind::kFollow:
      return follow(operation, is_struck);
    case RegistrationKind::kRetire:
      return retire(is_struck);
  }
}

void RegistrationRunner::add(const Operation& operation) {
  const std::size_t index = reference_.placeOf(operation.memory);
  const std::shared_ptr<GuardedMemory>& memory = memories_[index];
  const Reference::Entry entry{
      .memory = index, .signal = operation.signal, .terminated = operation.terminated};
  if (operation.clears_terminated_first && operation.terminated &&
      reference_.isInside(index, *operation.terminated)) {
    std::memset(memory->data() + *operation.terminated, 0, specified::kWordSizeBytes);
    reference_.write(index, *operation.terminated, 0);
  }
  const bool is_struck = operation.strikes.mask != 0 && reference_.areWordsApart(&entry);

  FaultyPolicy::failing_allocation = operation.failing_allocation;
  const Registry::Result result = strike(is_struck, [&] {
    return registry_->add(
        spanOf(index), {.signal = operation.signal, .terminated = operation.terminated},
        std::make_unique<Attachment>(attachments_, entries_.size(), operation.memory));
  });
  FaultyPolicy::failing_allocation = 0;

  if (strikes_.count != 0) reference_.deliver();
  const std::size_t live_before = liveSignals();
  const RegistrationOutcome expected = reference_.add(entry, operation.failing_allocation != 0);
  static CounterOfEach<RegistrationOutcome, kRegistrationOutcomeCount> count("outcomes");
  count(expected);
  ++expected_counts_.at(static_cast<std::size_t>(expected));
  const bool is_told_once = observed_.size() == 1 && observed_[0] == expected;
  if (result.outcome != expected || !is_told_once ||
      (result.entry != nullptr) != (expected == RegistrationOutcome::kRegistered)) {
    fail("R7", fmt::format("expected outcome {}, got {}, and the observer was told {} outcomes",
                           name(expected), name(result.outcome), observed_.size()));
  }
  observed_.clear();
  if (registry_->counters()[expected] != expected_counts_.at(static_cast<std::size_t>(expected)) ||
      sigproof::describe(expected).empty()) {
    fail("R7", fmt::format("outcome {} is not counted right, or has no text", name(expected)));
  }
  checkStrikes(live_before, liveSignals());
  if (result.entry == nullptr) return;
  entries_.push_back(result.entry);
}

void RegistrationRunner::deliver(const Operation& operation, bool is_struck) {
  if (is_struck && operation.owner_act != OwnerAct::kNone) {
    return deliverWhileOwnerActs(
        operation, [this] { return registry_->deliver(); },
        [this] { return reference_.deliver(); });
  }
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
  if (is_struck && operation.owner_act != OwnerAct::kNone) {
    return deliverWhileOwnerActs(
        operation, [this, generation] { return registry_->deliver(generation); },
        [this, generation] { return reference_.deliver(generation); });
  }
  const std::size_t written = strike(is_struck, [&] { return registry_->deliver(generation); });
  checkWritten(reference_.deliver(generation), written);
  if (strikes_.count != 0) reference_.deliver();
  checkStrikes(liveSignals(), liveSignals());
}

// D6: whatever was in between, in the end every word is what the newest level asks for. A delivery
// has raised the level with its first step, or found that it is late.
template <class Deliver, class Expect>
void RegistrationRunner::deliverWhileOwnerActs(const Operation& operation, Deliver deliver,
                                               Expect expect) {
  const std::size_t written = strike(true, deliver);
  const auto act = [&] {
    if (operation.owner_act == OwnerAct::kRenew) {
      reference_.renew();
    } else {
      reference_.retire();
    }
  };
  if (strikes_.owner_acted_at == 0U) act();
  std::size_t expected = expect();
  if (strikes_.owner_acted_at.value_or(0) > 0) {
    act();
    if (!reference_.isWarned()) expected = 0;
  }
  checkWritten(expected, written);
}

void RegistrationRunner::retire(bool is_struck) {
  strike(is_struck, [&] { registry_->retireGeneration(); });
  if (strikes_.count != 0) reference_.deliver();
  checkStrikes(liveSignals(), liveSignals());
  reference_.retire();
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
  std::size_t memory = reference_.placeOf(operation.memory);
  std::optional<std::uint64_t> address = operation.offset;
  if (operation.place != Place::kAnywhere) {
    if (reference_.entries().empty()) return;
    const auto& entry = reference_.entries()[operation.entry % reference_.entries().size()];
    memory = reference_.placeOf(entry.memory);
    address = operation.place == Place::kSignalOfEntry ? entry.signal : entry.terminated;
  }
  if (!address || !reference_.isInside(memory, *address)) return;
  reference_.write(memory, *address, operation.value);
  for (unsigned i = 0; i < specified::kWordSizeBytes; ++i) {
    memories_[memory]->data()[*address + i] = static_cast<std::byte>(operation.value >> (8 * i));
  }
}

void RegistrationRunner::grow(const Operation& operation) {
  const std::size_t memory = reference_.placeOf(operation.memory);
  memories_[memory]->grow(operation.growth);
  reference_.memories()[memory].length = memories_[memory]->length();
}

// --- memories that move --------------------------------------------------------------------------

OwnedSpan RegistrationRunner::spanOf(std::size_t memory) const {
  return {memories_[memory], memories_[memory]->data(), &GuardedMemory::byteLength};
}

// The engine copies the bytes; the runtime learns of it later.
void RegistrationRunner::move(const Operation& operation) {
  // There is one range of addresses for a big one.
  if (program_.memories[operation.memory].is_big || moves_ == RegistrationProgram::kMaxMoves)
    return;
  ++moves_;
  const std::size_t memory = reference_.placeOf(operation.memory);
  const GuardedMemory& before = *memories_[memory];
  const std::uint64_t length =
      before.length() - std::min(before.length(), operation.shrinkage) + operation.growth;
  memories_.push_back(std::make_shared<GuardedMemory>(
      MemoryPlan{.length = length,
                 .capacity = length + operation.growth,
                 .fill = program_.memories[operation.memory].fill}));
  if (const std::uint64_t copied = std::min(length, before.length()); copied != 0) {
    std::memcpy(memories_.back()->data(), before.data(), copied);
  }
  reference_.moveMemory(memory, memories_.back()->snapshot());
}

// Whether a handler came late enough to see that a word in the new place is not 0, nobody can say.
// From here on it was seen.
void RegistrationRunner::look(Registry::Entry& entry) const {
  entry.isDead(registry_->protocol().liveness_rule);
}

void RegistrationRunner::checkRefreshed(const Reference::Refresh& how,
                                        std::vector<std::size_t> moved, bool is_complete) {
  if (strikes_.count != 0) reference_.look();
  const std::size_t live_before = liveSignals();
  // A handler may have written to the old place or to the new one.
  if (strikes_.count != 0) expectEitherForLiveSignals();
  Reference::Refreshed expected = reference_.refresh(how);
  if (strikes_.count != 0) {
    expectEitherForLiveSignals();
    reference_.deliver();
    for (const std::size_t id : moved) look(*entries_[id]);
  }
  std::ranges::sort(moved);
  std::ranges::sort(expected.moved);
  if (is_complete != expected.is_complete || moved != expected.moved) {
    fail("D3", fmt::format("entries [{}] were to follow their memories, all: {}; [{}] did, all: {}",
                           fmt::join(expected.moved, " "), expected.is_complete,
                           fmt::join(moved, " "), is_complete));
  }
  checkStrikes(liveSignals(), live_before);
}

void RegistrationRunner::refresh(const Operation& operation, bool is_struck) {
  Reference::Refresh how{.drops = operation.drops,
                         .failing_successor = operation.failing_allocation};
  if (!reference_.entries().empty()) {
    how.collects_at = operation.collects_at;
    how.collected = reference_.entries()[operation.entry % reference_.entries().size()].id;
  }
  std::size_t questions = 0;
  std::size_t elsewhere = 0;
  const auto ask = [&](Registry::Entry& entry) noexcept -> std::optional<OwnedSpan> {
    const std::size_t place = reference_.placeOf(Attachment::of(entry).memory);
    const bool has_moved = entry.memory().data() != memories_[place]->data();
    if (questions++ == how.collects_at) {
      entries_[how.collected]->markDead();
      if (how.drops) registry_->dropDead();
    }
    if (!has_moved) return std::nullopt;
    ++elsewhere;
    return spanOf(place);
  };
  std::vector<std::size_t> moved;
  const auto on_moved = [&](Registry::Entry& entry) noexcept {
    moved.push_back(Attachment::of(entry).id);
    entries_[moved.back()] = &entry;
  };
  FaultyPolicy::failing_allocation = operation.failing_allocation;
  const bool is_complete =
      strike(is_struck, [&] { return registry_->refreshMemories(ask, on_moved); });
  FaultyPolicy::failing_allocation = 0;

  checkRefreshed(how, std::move(moved), is_complete);
  // Where there is nothing to follow, what was dropped under way waits for the next prologue (G1).
  if (how.drops && elsewhere == 0) {
    registry_->dropDead();
    reference_.dropDead();
  }
}

void RegistrationRunner::follow(const Operation& operation, bool is_struck) {
  if (reference_.entries().empty()) return;
  const std::size_t index = operation.entry % reference_.entries().size();
  const auto [memory, signal, terminated, is_dead, id] = reference_.entries()[index];
  const std::size_t place = reference_.placeOf(memory);
  if (place == memory) return;
  FaultyPolicy::failing_allocation = operation.failing_allocation;
  Registry::Entry* const successor =
      strike(is_struck, [&] { return registry_->moveMemory(*entries_[id], spanOf(place)); });
  FaultyPolicy::failing_allocation = 0;

  if (strikes_.count != 0) {
    reference_.look();
    expectEitherForLiveSignals();
  }
  const std::size_t live_before = liveSignals();
  const bool is_followed = reference_.follow(index, operation.failing_allocation == 1);
  if (strikes_.count != 0) {
    expectEitherForLiveSignals();
    reference_.deliver();
    checkStrikes(liveSignals(), live_before);
    if (successor != nullptr) look(*successor);
  }
  if (is_followed != (successor != nullptr)) {
    fail("D3", fmt::format("entry {} was {}to follow its memory", id, is_followed ? "" : "not "));
  }
  if (successor == nullptr) return;
  if (Attachment::of(*successor).id != id ||
      successor->memory().data() != memories_[place]->data()) {
    fail("D3", fmt::format("entry {} follows with another's attachment or memory", id));
  }
  entries_[id] = successor;
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

void RegistrationRunner::fail(BrokenProperty property, const std::string& text) const {
  const std::string operation = reports::explained("its text", [&] {
    return operation_ == nullptr ? std::string("end") : describe(*operation_);
  });
  reportViolation({property, fmt::format("{}; operation: {}; step {}", text, operation, step_)});
}

}  // namespace sigproof::fuzz
