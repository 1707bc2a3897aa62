#include "fuzz/run/shim/shim_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <utility>

#include "fuzz/run/shim/exercised_rules.h"
#include "fuzz/run/shim/resident_pages.h"
#include "fuzz/support/record/report_violation.h"
#include "fuzz/support/record/statistics.h"
#include "fuzz/wasm/module_writer.h"
#include "reports/record/explain.h"

namespace sigproof::fuzz {
namespace {

using Kind = AfterAction::Kind;

// The first finds the instances dead, the prologue of the second drops their entries.
constexpr int kCollectionsForEntries = 2;

void count(const std::string& name) { ++Statistics::counter(name); }

// Those that never come are counted, too: as 0.
void countRule(Property rule) {
  static const std::map<Property, std::uint64_t*> kCounters = [] {
    std::map<Property, std::uint64_t*> counters;
    for (const Property each : kExercisedRules) {
      counters[each] = &Statistics::counter(std::string("rules/").append(each.id()));
    }
    return counters;
  }();
  ++*kCounters.at(rule);
}

// Fails rarely: when the machine has no address space left.
bool isOutOfMemory(const ShimHost::Result& result) {
  return result.error == "RangeError" && result.message.find("emory") != std::string::npos;
}

}  // namespace

ShimRunner::ShimRunner(const ShimInput& input)
    : program_(input.program),
      host_(ShimHost::of(input.program.protocol)),
      isolate_(host_.isolate()),
      oracle_(input.program),
      bytes_(withFault(input.program, input.module)) {}

std::string ShimRunner::run() {
  static std::uint64_t& runs = Statistics::counter("runs");
  ++runs;
  host_.chooseCompilation(program_);
  static std::uint64_t& in_background = Statistics::counter("compilation/in the background");
  static std::uint64_t& at_once = Statistics::counter("compilation/at once");
  ++(host_.isInBackground() ? in_background : at_once);
  seen_ = host_.isInBackground() ? "compiled in the background\n" : "compiled at once\n";
  const v8::Isolate::Scope isolate_scope(isolate_);
  {
    const v8::HandleScope handles(isolate_);
    const v8::Context::Scope context_scope(host_.contextForRun());
    runInContext();
    requests_.reset();
  }
  end();
  return std::move(seen_);
}

void ShimRunner::runInContext() {
  step_ = "imports";
  requests_.emplace(host_, program_, bytes_);
  if (program_.fault != Fault::kBrokenBytes) requests_->compile();
  for (const Way& way : program_.ways) {
    static CounterOfEach<Way, kWayCount> count_of_way("ways");
    step_ = name(way);
    count_of_way(way);
    const v8::HandleScope handles(isolate_);
    const bool is_last = &way == &program_.ways.back();
    if (program_.fault == Fault::kBrokenBytes) {
      instantiateBroken(way);
      continue;
    }
    if (program_.fault == Fault::kStruck && is_last) {
      instantiateStruck(way);
    } else {
      instantiate(way);
    }
    if (is_cut_short_) return;
    checkEntries();
    checkMemories();
  }
  if (instances_.empty()) return;
  for (const AfterAction& action : program_.after) {
    step_ = name(action.kind);
    const v8::HandleScope handles(isolate_);
    perform(action);
    checkEntries();
    checkMemories();
  }
}

// T6: each import is read once, from an import object that was read once for it.
void ShimRunner::checkReads(Way way, std::uint32_t reads_before) const {
  // What can't be compiled imports nothing.
  const bool is_read = way != Way::kCallConstructor && program_.fault != Fault::kSecondMemory;
  const bool is_watched = program_.imports == ImportStyle::kGetters ||
                          program_.imports == ImportStyle::kProxy ||
                          program_.imports == ImportStyle::kFreshMemory;
  const std::uint32_t expected = is_watched && is_read ? 2 * requests_->importCount() : 0;
  const std::uint32_t seen = requests_->reads() - reads_before;
  if (seen != expected) {
    fail("T6", fmt::format("imports were to be read {} times, they were {} times", expected, seen));
  }
}

// --- instances -----------------------------------------------------------------------------------

void ShimRunner::checkPrototype(Way way, v8::Local<v8::Object> instance) {
  const ShimHost::Result is_right =
      host_.call(DriverFunction::kHasRightPrototype, {number(static_cast<double>(way)), instance});
  if (!is_right.value->IsTrue()) fail("T2", "the instance has another prototype than it should");
}

void ShimRunner::instantiate(Way way) {
  const std::uint32_t reads_before = requests_->reads();
  const ShimHost::Result result = requests_->request(way);
  const std::vector<RegistrationOutcome> outcomes = host_.takeOutcomes();
  note(way, result, outcomes);
  const Prediction prediction = oracle_.instantiate(way);
  if (isOutOfMemory(result)) {
    failHarness("has no memory left: " + result.message);
  }
  if (auto violation = RegistrationOracle::judge(prediction, {result.error, outcomes})) {
    fail(violation->property, violation->text + "; " + result.message);
  }
  checkReads(way, reads_before);
  take(way, result, prediction);
}

void ShimRunner::note(Way way, const ShimHost::Result& result,
                      const std::vector<RegistrationOutcome>& outcomes) {
  seen_ += fmt::format("{}: {}", name(way), result.error);
  for (const auto outcome : outcomes) seen_ += fmt::format(" {}", name(outcome));
  seen_ += "\n";
  countInstantiation(result.error, outcomes);
}

// What came of an instantiation as it was to come.
void ShimRunner::take(Way way, const ShimHost::Result& result, const Prediction& prediction) {
  for (const Property rule : exercisedRules(program_, prediction)) countRule(rule);
  Instance instance{.prediction = prediction, .object = {}, .memory = {}};
  v8::Local<v8::WasmMemoryObject> memory = requests_->lastImportedMemory();
  if (result.error.empty()) {
    checkPrototype(way, result.value.As<v8::Object>());
    instance.object.Reset(isolate_, result.value.As<v8::Object>());
    memory = requests_->memoryOf(result.value.As<v8::Object>());
  }
  if (prediction.memory && !memory.IsEmpty()) instance.memory.Reset(isolate_, memory);
  instances_.push_back(std::move(instance));
}

void ShimRunner::countInstantiation(const std::string& error,
                                    const std::vector<RegistrationOutcome>& outcomes) {
  static std::uint64_t& made = Statistics::counter("instantiations/made");
  static CounterOfEach<RegistrationOutcome, kRegistrationOutcomeCount> count_of_outcome("outcomes");
  if (error.empty()) {
    ++made;
  } else {
    count("instantiations/" + error);
  }
  // Of several reasons the last one is told.
  for (const RegistrationOutcome outcome : outcomes) {
    count_of_outcome(outcome);
    is_registered_ = is_registered_ || outcome == RegistrationOutcome::kRegistered;
    why_wasted_ = name(outcome);
  }
  if (!error.empty()) why_wasted_ = error;
}

void ShimRunner::setThen(bool is_there) {
  const ShimHost::Result result =
      host_.call(DriverFunction::kSetThen, {v8::Boolean::New(isolate_, is_there)});
  if (!result.value->IsTrue()) fail("T2", "Object.prototype.then is not as the program left it");
}

ShimHost::Result ShimRunner::requestStruck(Way way, const StrikePlan& strike) {
  if (strike.is_then_found) setThen(true);
  injection.arm(isolate_, strike.kind, strike.at);
  const ShimHost::Result result = requests_->request(way);
  injection.disarm();
  host_.host().pump();  // what a termination stopped
  if (strike.is_then_found) setThen(false);
  static CounterOfEach<Strike, kStrikeCount> count_of_strike("strikes");
  if (injection.hasStruck()) count_of_strike(strike.kind);
  return result;
}

// R10: however far it came, it left no half entry, and what the program has is whole.
void ShimRunner::instantiateStruck(Way way) {
  const StrikePlan strike = strikeOf(program_);
  const std::uint32_t reads_before = requests_->reads();
  host_.registry().dropDead();
  const std::size_t entries_before = host_.registry().entryCount();
  const ShimHost::Result result = requestStruck(way, strike);
  const Observation seen{result.error, host_.takeOutcomes()};
  note(way, result, seen.outcomes);

  // Where it ended before it came to that point, it must be as without a strike.
  const bool has_struck = injection.hasStruck();
  const Prediction prediction = oracle_.instantiate(
      way, has_struck ? RegistrationOracle::insteadOf(strike.kind, seen) : std::nullopt);
  const Struck struck{strike.kind, takesBytes(way) && host_.isInBackground()};
  const auto violation = has_struck ? RegistrationOracle::judgeStruck(struck, prediction, seen)
                                    : RegistrationOracle::judge(prediction, seen);
  if (violation) fail(violation->property, violation->text + "; " + result.message);
  const bool is_registered = std::ranges::count(seen.outcomes, RegistrationOutcome::kRegistered);
  const std::size_t entries = host_.registry().entryCount();
  if (entries > entries_before + (is_registered ? 1 : 0)) {
    fail("R10",
         fmt::format("{} entries, before the strike there were {}", entries, entries_before));
  }
  is_cut_short_ = result.error != prediction.error;
  if (is_cut_short_) return checkDecoy();
  checkReads(way, reads_before);
  take(way, result, prediction);
}

// What a broken module comes to can't be foreseen. It must be harmless, and told at most once.
void ShimRunner::instantiateBroken(Way way) {
  const ShimHost::Result result = requests_->request(way);
  count(result.error.empty() ? "broken_modules/made" : "broken_modules/refused");
  const std::vector<RegistrationOutcome> told = host_.takeOutcomes();
  note(way, result, told);
  if (told.size() > 1 || (told.empty() && result.error.empty())) {
    fail("R7", fmt::format("the observer was told {} outcomes of one instance", told.size()));
  }
  host_.registry().deliver();
  host_.registry().markTerminated();
  checkDecoy();
}

// --- afterwards ----------------------------------------------------------------------------------

void ShimRunner::perform(const AfterAction& action) {
  static CounterOfEach<Kind, kAfterActionKindCount> count_of_action("actions");
  count_of_action(action.kind);
  Instance& instance = instances_[action.instance % instances_.size()];
  RegistrationReference& reference = oracle_.reference();
  switch (action.kind) {
    case Kind::kDeliver:
      return checkWritten(reference.deliver(), host_.registry().deliver());
    case Kind::kRenew:
      return checkWritten(reference.renew(), host_.registry().renew());
    case Kind::kMarkTerminated:
      return checkWritten(reference.markTerminated(), host_.registry().markTerminated());
    case Kind::kModuleTerminates:
      return writeTerminated(instance, 1 + action.instance);
    case Kind::kModuleRevives:
      return writeTerminated(instance, 0);
    case Kind::kGrow:
      return grow(instance, action.pages);
    case Kind::kPoll:
      return poll(instance);
    case Kind::kCollect:
      return collect(instance);
  }
}

void ShimRunner::writeTerminated(Instance& instance, std::uint32_t value) {
  const auto& [error, outcome, memory, signal, terminated, length, before, polled, entry] =
      instance.prediction;
  if (instance.memory.IsEmpty() || !terminated || !memory ||
      !oracle_.reference().isInside(*memory, *terminated)) {
    return;
  }
  oracle_.reference().write(*memory, *terminated, value);
  const auto bytes = bytesOf(instance.memory.Get(isolate_)).subspan(*terminated);
  for (unsigned i = 0; i < specified::kWordSizeBytes; ++i) {
    bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  // Sometimes a delivery is the first to see it.
  if (value % 2 != 0) checkWritten(oracle_.reference().deliver(), host_.registry().deliver());
}

void ShimRunner::grow(Instance& instance, std::uint32_t pages) {
  if (instance.memory.IsEmpty()) return;
  const ShimHost::Result grown =
      host_.call(DriverFunction::kGrow, {instance.memory.Get(isolate_), number(pages)});
  const bool is_to_grow = oracle_.grow(*instance.prediction.memory, pages);
  if (!grown.error.empty() || grown.value->IsTrue() != is_to_grow) {
    failHarness(fmt::format("a memory was {}to grow: {}", is_to_grow ? "" : "not ", grown.message));
  }
}

// What the module itself sees of its word.
void ShimRunner::poll(const Instance& instance) {
  const std::optional<std::uint64_t>& address = instance.prediction.polled;
  if (instance.object.IsEmpty() || !address || !instance.prediction.memory) return;
  static std::uint64_t& polls = Statistics::counter("polls");
  ++polls;
  const ShimHost::Result polled =
      host_.call(DriverFunction::kCallExport, {instance.object.Get(isolate_), host_.pollName()});
  const std::size_t memory = *instance.prediction.memory;
  const bool is_inside = oracle_.reference().isInside(memory, *address);
  if (polled.error != (is_inside ? "" : "RuntimeError")) {
    failHarness("a module can't read its own word: " + polled.message);
  }
  if (!is_inside) return;
  const std::uint32_t expected = oracle_.reference().read(memory, *address);
  const auto seen = static_cast<std::uint32_t>(polled.value.As<v8::Int32>()->Value());
  if (seen != expected) {
    fail("D1", fmt::format("the module was to read {:#x} and reads {:#x}", expected, seen));
  }
}

// D2, G2: the entry dies with its instance, though the memory lives on.
void ShimRunner::collect(Instance& instance) {
  // A table that an instance imports keeps the instance alive; that is the engine's way.
  if (instance.object.IsEmpty() || program_.module.imports_table) return;
  instance.object.Reset();
  host_.host().collectGarbage(kCollectionsForEntries);
  if (instance.prediction.entry_id) oracle_.collect(*instance.prediction.entry_id);
  oracle_.reference().dropDead();
}

void ShimRunner::end() {
  step_ = "end";
  if (!is_registered_) count("wasted/" + why_wasted_);
  ShimHost::Registry& registry = host_.registry();
  instances_.clear();
  if (program_.is_collected_at_end) {
    count("collections");
    host_.host().collectGarbage(kCollectionsForEntries);
    if (!registry.isEmpty() || registry.entryCount() != 0) {
      fail("G2", fmt::format("{} entries outlive the garbage collection of their instances",
                             registry.entryCount()));
    }
  }
  registry.clear();
  registry.renew();  // a warning is a level (D6): the next run's entries would hear it
  host_.takeOutcomes();
}

// --- checks --------------------------------------------------------------------------------------

void ShimRunner::checkWritten(std::size_t expected, std::size_t written) const {
  static std::uint64_t& words = Statistics::counter("words_written");
  words += written;
  if (expected == written) return;
  fail("D1", fmt::format("{} words were to be written, {} were", expected, written));
}

// The engine may collect garbage at any time, and the prologue then drops what is dead: the
// registry has the live entries, and may have the dead ones too.
void ShimRunner::checkEntries() {
  RegistrationReference& reference = oracle_.reference();
  const auto live = [&] {
    return static_cast<std::size_t>(
        std::ranges::count(reference.entries(), false, &RegistrationReference::Entry::is_dead));
  };
  const std::size_t live_before = live();
  reference.look();
  if (live() != live_before) {
    // Whether a collection saw that word before the module takes it back is up to the engine: so
    // that both sides agree, it is seen now.
    host_.registry().dropDead();
    reference.dropDead();
  }
  const std::size_t seen = host_.registry().entryCount();
  if (seen < live() || seen > reference.entries().size()) {
    fail("R9", fmt::format("expected {} to {} entries, the registry has {}", live(),
                           reference.entries().size(), seen));
  }
}

void ShimRunner::checkMemories() {
  for (const Instance& instance : instances_) {
    if (instance.memory.IsEmpty()) continue;
    const v8::HandleScope handles(isolate_);
    checkMemory(*instance.prediction.memory, instance.memory.Get(isolate_));
  }
  checkDecoy();
}

void ShimRunner::checkMemory(std::size_t index, v8::Local<v8::WasmMemoryObject> memory) {
  const std::span<const std::uint8_t> seen = bytesOf(memory);
  const ReferenceMemory& expected = oracle_.reference().memories()[index];
  if (seen.size() != expected.length) {
    failHarness(
        fmt::format("expects a memory of {} bytes, it has {}", expected.length, seen.size()));
  }
  static ResidentPages& pages = *new ResidentPages;
  if (const auto difference = pages.differenceFrom(expected, seen)) {
    fail("R6/D1", fmt::format("byte {:#x} of the memory is {:#x} and should be {:#x}",
                              difference->address, difference->seen, difference->expected));
  }
}

void ShimRunner::checkDecoy() const {
  if (requests_->decoy().IsEmpty()) return;
  const auto bytes = bytesOf(requests_->decoy());
  // Every byte is as the next one; memcmp, because a loop is slow under the sanitizers.
  const bool is_even = std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
  if (is_even && bytes[0] == ShimHost::kDecoyByte) return;
  fail("R5", "a Memory in the import object that is memory 0 of nothing was changed");
}

void ShimRunner::fail(BrokenProperty property, const std::string& what) const {
  reportViolation(
      {property, fmt::format("{}; at {}; program: {}", what, step_,
                             reports::explained("its text", [&] { return describe(program_); }))},
      [&] { return writeModuleText(program_.module); });
}

void ShimRunner::failHarness(const std::string& what) const {
  reportFault("the harness",
              fmt::format("{}; at {}; program: {}", what, step_,
                          reports::explained("its text", [&] { return describe(program_); })),
              [&] { return writeModuleText(program_.module); });
}

}  // namespace sigproof::fuzz
