#include "models/relacy/engine/simulate.h"
// Relacy comes first.
#include <fmt/format.h>

#include "core/registry/signal_registry.h"
#include "models/relacy/engine/history.h"
#include "models/relacy/engine/relacy_policy.h"
#include "models/relacy/registry/model_module.h"
#include "models/relacy/registry/registry_ledger.h"
#include "models/relacy/registry/registry_model.h"
#include "models/relacy/search/letters.h"

namespace sigproof::models {
namespace {

constexpr std::size_t kMaxModules = 3;

/// A delivery on another thread, or of a handler.
struct DeliveryLetter {
  char letter;
  std::string_view words;
  std::optional<unsigned> generation{};  ///< for which it is sent; none: for the one it finds
};

constexpr std::array kDeliveryLetters{
    DeliveryLetter{'s', "deliver"},
    // Late if the generation has ended.
    DeliveryLetter{'l', "deliver for the first generation", 0},
};
static_assert(areLettersDistinct(kDeliveryLetters));

// The program of the search that is under way.
const RegistryProgram* running_program = nullptr;

template <class Policy>
class RegistryFixture {
 public:
  using Registry = SignalRegistry<Policy>;

  /// A module that a call offers to the registry.
  struct Offer {
    RegistrationOutcome outcome = RegistrationOutcome::kRegistered;
    std::uint32_t terminated = 0;  ///< what its terminated word holds
  };

  /// What a model is configured by, beside the call itself.
  struct Facts {
    std::optional<Offer> offer{};
    bool can_free = false;
    bool can_allocate = false;
    bool changes_links = false;    ///< of the list of entries
    bool changes_watched = false;  ///< the words by which a module is known as dead
    bool changes_generation = false;
    bool revives = false;
    bool hands_over = false;
  };
  static constexpr Facts kDrops{.can_free = true, .changes_links = true};

  /// A call of the owner: all that the models know of it.
  struct Letter {
    char letter;
    std::string_view words;
    void (RegistryFixture::*call)();  ///< and what the ledger expects of it
    Facts facts{};
  };

  /// The owner's calls. "The oldest" is the oldest entry that is not dead.
  static const auto& letters() {
    static constexpr std::array kLetters{
        Letter{'a', "add", &RegistryFixture::add, offers({})},
        Letter{'z', "add with overlapping words", &RegistryFixture::add,
               offers({.outcome = RegistrationOutcome::kOverlap})},
        Letter{'w', "add a terminated module", &RegistryFixture::add,
               offers({.outcome = RegistrationOutcome::kAlreadyTerminated, .terminated = 1})},
        // The oldest's module.
        Letter{'m',
               "a module writes its terminated word",
               &RegistryFixture::writeTerminated<1>,
               {.changes_watched = true}},
        Letter{'v',
               "it writes 0 there again",
               &RegistryFixture::writeTerminated<0>,
               {.revives = true}},
        // The oldest's.
        Letter{
            'g', "an instance is collected", &RegistryFixture::collect, {.changes_watched = true}},
        Letter{'D', "dropDead", &RegistryFixture::dropDead, kDrops},
        Letter{'p', "dropDead, perhaps of what a delivery saw dead", &RegistryFixture::dropPerhaps,
               kDrops},
        Letter{'f', "dropDead, if all deliveries have ended",
               &RegistryFixture::dropDeadIfAllHaveDelivered, kDrops},
        Letter{'c', "clear", &RegistryFixture::clear, kDrops},
        Letter{'k', "markTerminated", &RegistryFixture::markTerminated, {.changes_watched = true}},
        Letter{'n', "renew", &RegistryFixture::renew, {.changes_generation = true}},
        Letter{'r',
               "retireGeneration",
               &RegistryFixture::retireGeneration,
               {.changes_generation = true}},
        Letter{'s', "deliver", &RegistryFixture::deliverOnOwnersThread},
        // The oldest's.
        Letter{'G', "the engine moves a memory", &RegistryFixture::grow},
        // Of the entry whose memory moved last.
        Letter{'M',
               "moveMemory",
               &RegistryFixture::followMemory,
               {.can_free = true, .can_allocate = true, .changes_links = true}},
        // Deliveries that see the handover come after all the calls before it.
        Letter{'h', "hand over", &RegistryFixture::handOver, {.hands_over = true}},
        Letter{'t', "detach the readers", &RegistryFixture::detach, {.changes_links = true}},
        // With deliverers: if all of them have ended.
        Letter{'d', "destroy", &RegistryFixture::destroy, kDrops},
    };
    static_assert(areLettersDistinct(kLetters));
    return kLetters;
  }

  RegistryFixture() {
    StepHook::function = nullptr;
    ConstantVariables::are_links = ConstantVariables::are_watched = false;
    ModelWord::forgetAll();
    for (const char letter : running_program->owner) {
      if (letter != kThreadsStart) makeModuleFor(letterOf(letters(), letter).facts);
    }
    does_generation_change_ = ownerDoes(&Facts::changes_generation);
    registry_.emplace(typename Registry::Options{.protocol = protocol()});
    registry_address_ = &*registry_;
    const rl::preemption_disabler no_switch(rl::ctx());
    handover_.store(0, rl::mo_relaxed, debugInfo(Location::current()));
  }

  void setUp() {
    if (running_program->owner.find(kThreadsStart) == std::string::npos) return;
    const auto [before_threads, with_threads] = partsOf(running_program->owner);
    execute(before_threads);
    pinned_ = {.listed = ledger_.listed(), .dead = ledger_.dead()};
    ConstantVariables::are_links = !anyLetter(letters(), with_threads, &Facts::changes_links);
    ConstantVariables::are_watched = !ownerDoes(&Facts::changes_watched);
  }

  void runThread(unsigned index) {
    if (index == 0) {
      runOwner();
      return;
    }
    for (const char letter : running_program->deliverers[index - 1]) {
      deliverElsewhere(letterOf(kDeliveryLetters, letter));
    }
    ++deliverers_ended_;
  }

  // Checks the words when all threads have ended: each has a value that its writers may write.
  void tearDown() {
    ConstantVariables::are_links = ConstantVariables::are_watched = false;
    const ModuleSet listening = registry_ ? ledger_.listed() & ~deadNow() : 0;
    if (registry_) {
      ledger_.judgeLevel(registry_->isWarned());
      require(registry_->generation() == ledger_.generation(), "D6: generations were miscounted");
      requireCount();
    }
    for (unsigned i = 0; i < module_count_; ++i) {
      const std::uint32_t signal = modules_[i]->signal().peek();
      if ((ever_listed_ & onlyModule(i)) == 0) {
        require(signal == ModelModule::kGarbage, "R7: a refused registration changed a word");
      } else if ((listening & onlyModule(i)) != 0) {
        requireAsLevel(i, signal);
      } else {
        requireLastWritten(i, signal);
      }
      require(modules_[i]->terminated().peek() == terminated_value_[i],
              "D1: somebody else wrote to a terminated word");
    }
  }

 private:
  static constexpr Facts offers(Offer offer) {
    return {.offer = offer, .can_allocate = true, .changes_links = true};
  }

  static bool ownerDoes(bool Facts::* fact) {
    return anyLetter(letters(), running_program->owner, fact);
  }

  void makeModuleFor(const Facts& facts) {
    if (!facts.offer) return;
    const auto layout = facts.offer->outcome == RegistrationOutcome::kOverlap
                            ? ModelModule::Layout::kOverlapping
                        : running_program->is_unaligned ? ModelModule::Layout::kUnaligned
                                                        : ModelModule::Layout::kAligned;
    const unsigned index = module_count_++;
    modules_[index].emplace(index + 1, layout, facts.offer->terminated);
    terminated_value_[index] = facts.offer->terminated;
    outcomes_[index] = facts.offer->outcome;
  }

  // D6: the word of a live entry is what the newest level asks for.
  void requireAsLevel(unsigned index, std::uint32_t signal) {
    if (isMovePending(index) || ledger_.isDetached()) return requireLastWritten(index, signal);
    require(!registry_->isWarned() || signal == kSignalValue,
            "D6/R6: the isolate is warned, but an entry's word does not say so");
    require(registry_->isWarned() || signal == 0,
            "D6/R6: the isolate is not warned, but an entry's word is not 0");
  }

  // The word of an entry that was dropped or died keeps the last value written before that.
  void requireLastWritten(unsigned index, std::uint32_t signal) {
    ModelModule& module = *modules_[index];
    const bool was_signalled = (ever_signalled_ & onlyModule(index)) != 0 ||
                               module.formerSignal().signalsBy(0) != 0 ||
                               module.signal().signalsBy(0) != 0;
    require(was_signalled || signal == 0, "R6: the signal word of an entry was not zeroed");
    require(signal == kSignalValue || signal == 0, "D1: a signal word holds what nobody writes");
    require(
        !was_signalled || does_generation_change_ || module.hasMoved() || signal == kSignalValue,
        "R6: a registration overwrote the signal of a delivery to its entry");
  }

  // Whether the engine has moved the memory and the registry has not followed it yet.
  bool isMovePending(unsigned index) {
    return modules_[index]->hasMoved() && (followed_ & onlyModule(index)) == 0;
  }

  static SignalProtocol protocol() {
    return running_program->is_instance_protocol ? SignalProtocol::instance()
                                                 : SignalProtocol::address();
  }

  void runOwner() {
    StepHook::context = this;
    handlers_left_ = running_program->handler_count;
    if (handlers_left_ > 0) {
      StepHook::function = [](void* fixture) noexcept {
        static_cast<RegistryFixture*>(fixture)->runHandlerOrNot();
      };
    }
    execute(partsOf(running_program->owner).with_threads);
    StepHook::function = nullptr;
  }

  void execute(std::string_view calls) {
    for (const char letter : calls) (this->*letterOf(letters(), letter).call)();
  }

  template <class Operation>
  void change(const char* begins, ModuleSet after, Operation&& operation) {
    note(begins);
    ledger_.beginChange(after);
    operation();
    ledger_.endChange();
    if (registry_) requireCount();
    endCall();
  }

  void dropDead() {
    change("dropDead()", ledger_.listed() & ~deadNow(), [&] { registry_->dropDead(); });
  }

  void dropDeadIfAllHaveDelivered() {
    if (deliverers_ended_ == running_program->deliverers.size()) dropDead();
  }

  void clear() {
    change("clear()", 0, [&] { registry_->clear(); });
  }

  // Drops an entry or not. No entry is dead by its words, but a delivery on another thread may have
  // seen one dead.
  void dropPerhaps() {
    note("dropDead()");
    const ModuleSet listed = ledger_.listed();
    ledger_.beginChange(0);
    registry_->dropDead();
    if (registry_->entryCount() != 0) ledger_.beginChange(listed);
    ledger_.endChange();
    requireCount();
    endCall();
  }

  // A handler may run between two calls, too.
  void endCall() {
    note("(call has ended)");
    beginStep();
  }

  void requireCount() const {
    require(registry_->entryCount() == static_cast<std::size_t>(std::popcount(ledger_.listed())),
            "G1: entryCount() is not the number of entries");
  }

  // The entries that are dead now: by their words, or because a delivery saw them dead.
  ModuleSet deadNow() noexcept {
    ModuleSet dead = collected_ | seen_dead_;
    for (unsigned i = 0; i < module_count_; ++i) {
      if (!running_program->is_instance_protocol && modules_[i]->terminated().peek() != 0) {
        dead |= onlyModule(i);
      }
    }
    return dead;
  }

  unsigned oldestAlive() {
    const ModuleSet alive = ledger_.listed() & ~deadNow();
    require(alive != 0, "the model's program needs a live entry where there is none");
    return static_cast<unsigned>(std::countr_zero(alive));
  }

  void add() {
    const unsigned index = added_++;
    const RegistrationOutcome expected = outcomes_[index];
    ModelModule& module = *modules_[index];
    const bool is_accepted = expected == RegistrationOutcome::kRegistered;
    const ModuleSet after = ledger_.listed() | (is_accepted ? onlyModule(index) : 0);
    if (is_accepted) ever_listed_ |= onlyModule(index);
    change("add()", after, [&] {
      const typename Registry::Result result =
          registry_->add(module.span(), module.words(), nullptr);
      require(result.outcome == expected, "R7: not the outcome that the words ask for");
      entries_[index] = result.entry;
    });
  }

  template <std::uint32_t kValue>
  void writeTerminated() {
    writeTerminated(kValue);
  }
  void writeTerminated(std::uint32_t value) {
    if (value != 0) revivable_ = oldestAlive();
    const ModuleSet module = onlyModule(revivable_);
    note("module writes its terminated word: ", value);
    if (!running_program->is_instance_protocol) ledger_.beginDying(module);
    modules_[revivable_]->terminated().store(value);
    terminated_value_[revivable_] = value;
    if (running_program->is_instance_protocol) return endCall();
    if (value != 0) {
      ledger_.endDying(module);
    } else if ((seen_dead_ & module) == 0) {
      ledger_.revive(module, running_program->deliverers.empty());
    }
    endCall();
  }

  void collect() {
    const unsigned index = oldestAlive();
    note("markDead() of module ", index + 1);
    ledger_.beginDying(onlyModule(index));
    collecting_ = onlyModule(index);
    entries_[index]->markDead();
    collecting_ = 0;
    collected_ |= onlyModule(index);
    ledger_.endDying(onlyModule(index));
    endCall();
  }

  void markTerminated() {
    const ModuleSet alive = ledger_.listed() & ~deadNow();
    note("markTerminated()");
    for (unsigned i = 0; i < module_count_; ++i) {
      if ((alive & onlyModule(i)) != 0) terminated_value_[i] = kTerminatedValue;
    }
    if (!running_program->is_instance_protocol) ledger_.beginDying(alive);
    const std::size_t written = registry_->markTerminated();
    if (!running_program->is_instance_protocol) ledger_.endDying(alive);
    require(written == static_cast<std::size_t>(std::popcount(alive)),
            "D2: markTerminated() didn't write to just the live entries");
    endCall();
  }

  void renew() {
    const ModuleSet alive = ledger_.listed() & ~deadNow();
    note("renew()");
    ledger_.beginGeneration(true);
    const std::size_t written = registry_->renew();
    ledger_.endGeneration();
    require(written == static_cast<std::size_t>(std::popcount(alive)),
            "D2: renew() didn't write to just the live entries");
    endCall();
  }

  void retireGeneration() {
    note("retireGeneration()");
    ledger_.beginGeneration(false);
    registry_->retireGeneration();
    ledger_.endGeneration();
    endCall();
  }

  void grow() {
    growing_ = oldestAlive();
    note("the memory moves of module ", growing_ + 1);
    modules_[growing_]->grow();
    endCall();
  }

  void followMemory() {
    note("moveMemory() of module ", growing_ + 1);
    typename Registry::Entry* const successor =
        registry_->moveMemory(*entries_[growing_], modules_[growing_]->span());
    require(successor != nullptr, "D3: a move was not followed");
    entries_[growing_] = successor;
    followed_ |= onlyModule(growing_);
    requireCount();
    endCall();
  }

  void handOver() {
    note("hands over what is listed and what is dead");
    constexpr unsigned kDeadBits = 8;
    handover_.store(ledger_.listed() | ledger_.dead() << kDeadBits, rl::mo_release,
                    debugInfo(Location::current()));
    endCall();
  }

  RegistryLedger::Handover takeOver() {
    if (!ownerDoes(&Facts::hands_over)) return pinned_;
    const std::uint32_t seen = handover_.load(rl::mo_acquire, debugInfo(Location::current()));
    return {.listed = pinned_.listed | (seen & 0xFF), .dead = pinned_.dead | seen >> 8};
  }

  void detach() {
    note("detachReaders()");
    ledger_.beginDetach();
    registry_->detachReaders();
    ledger_.endDetach([this](unsigned writer) { return writtenBy(writer); });
    endCall();
  }

  // No deliverer may enter a destroyed registry.
  void destroy() {
    if (deliverers_ended_ < running_program->deliverers.size()) return;
    change("~SignalRegistry()", 0, [&] {
      registry_.reset();
      StepHook::function = nullptr;
    });
  }

  // Delivers as a writer of its own, and checks what it wrote.
  void deliver(Registry& registry, Delivery& delivery) noexcept {
    const ModuleSet followed = followed_;
    const unsigned writer = ++writer_count_;
    require(writer < ModelWord::kMaxWriters, "the model has more deliveries than writers");
    delivery.writer = writer;
    const unsigned outer_writer = std::exchange(ModelWord::writerHere(), writer);
    note(delivery.generation ? "deliver(the first generation)" : "deliver()");
    const std::size_t reported =
        delivery.generation ? registry.deliver(*delivery.generation) : registry.deliver();
    for (unsigned i = 0; i < module_count_; ++i) {
      // signalCount() adds the word in the old memory and the one in the new.
      require(signalCount(i, writer) <= 1 || delivery.is_overtaken,
              "D1: delivery wrote a word twice");
      require(modules_[i]->formerSignal().signalsBy(writer) == 0 ||
                  (followed & onlyModule(i)) == 0 || !isOwnersThread(),
              "D3: delivery wrote to the old memory after the registry had followed it");
    }
    const ModuleSet written = writtenBy(writer);
    ever_signalled_ |= written;
    ledger_.end(delivery, written, reported);
    note("(call has ended)");
    ModelWord::writerHere() = outer_writer;
  }

  // How often a delivery wrote the signal word of a module, in the old memory and in the new.
  unsigned signalCount(unsigned index, unsigned writer) noexcept {
    ModelModule& module = *modules_[index];
    const unsigned former = module.formerSignal().signalsBy(writer);
    return module.hasMoved() ? former + module.signal().signalsBy(writer) : former;
  }

  ModuleSet writtenBy(unsigned writer) noexcept {
    ModuleSet written = 0;
    for (unsigned i = 0; i < module_count_; ++i) {
      if (signalCount(i, writer) != 0) written |= onlyModule(i);
    }
    return written;
  }

  static bool isOwnersThread() noexcept { return rl::thread_index() == 0; }

  void deliverElsewhere(const DeliveryLetter& letter) {
    Delivery delivery{.generation = letter.generation};
    ledger_.beginElsewhere(delivery, takeOver());
    deliver(*registry_, delivery);
    if (ownerDoes(&Facts::revives)) seen_dead_ |= pinned_.listed & ~writtenBy(delivery.writer);
  }

  void deliverOnOwnersThread() {
    Delivery delivery;
    ledger_.beginOnOwnersThread(delivery, deadNow(), true);
    deliver(*registry_, delivery);
    endCall();
  }

  void runHandlerOrNot() noexcept {
    if (handlers_left_ == 0 || rl::thread_index() != 0 || rl::rand(2) == 0) return;
    --handlers_left_;
    note(kHandlerBegins);
    const ModuleSet dead = deadNow();
    Delivery delivery{.generation =
                          letterOf(kDeliveryLetters, running_program->handler).generation};
    // By its address, because the destructor, too, may be under way.
    const bool has_begun = registry_address_->generation() == ledger_.generation();
    ledger_.beginOnOwnersThread(delivery, dead, has_begun);
    delivery.must &= ~collecting_;
    deliver(*registry_address_, delivery);
    // What this delivery saw dead stays dead, even if its word changes later.
    if (!running_program->is_instance_protocol) seen_dead_ |= dead & ledger_.listed();
    note(kHandlerEnds);
  }

  RegistryLedger ledger_;
  std::array<std::optional<ModelModule>, kMaxModules> modules_;
  std::optional<Registry> registry_;
  Registry* registry_address_ = nullptr;
  rl::atomic<std::uint32_t> handover_;
  RegistryLedger::Handover pinned_;
  std::array<typename Registry::Entry*, kMaxModules> entries_{};
  std::array<std::uint32_t, kMaxModules> terminated_value_{};
  std::array<RegistrationOutcome, kMaxModules> outcomes_{};  // what add() must say
  unsigned module_count_ = 0;
  unsigned added_ = 0;
  unsigned growing_ = 0;    // the module whose memory moved last
  ModuleSet followed_ = 0;  // modules whose new memory the registry has
  bool does_generation_change_ = false;
  unsigned revivable_ = 0;  // the module whose terminated word was written last
  ModuleSet collected_ = 0;
  ModuleSet collecting_ = 0;  // markDead() is under way: perhaps dead, perhaps not yet
  ModuleSet seen_dead_ = 0;
  ModuleSet ever_listed_ = 0;
  ModuleSet ever_signalled_ = 0;
  unsigned writer_count_ = 0;
  unsigned handlers_left_ = 0;
  std::size_t deliverers_ended_ = 0;
};

// With threads we search the code as it ships. With handlers alone there are few steps, and we
// search the debug build's code.
SearchResult searchProgram(const RegistryProgram& searched, const Search& search) {
  running_program = &searched;
  switch (running_program->deliverers.size()) {
    case 0:
      return simulate<RegistryFixture<DebugRelacyPolicy>, 1>(search);
    case 1:
      return simulate<RegistryFixture<RelacyPolicy>, 2>(search);
    case 2:
      return simulate<RegistryFixture<RelacyPolicy>, 3>(search);
    default:
      throw std::logic_error("models of a registry have at most two deliverers");
  }
}

// What a letter means for the model is the same with every policy.
using Described = RegistryFixture<RelacyPolicy>;

std::string describe(const RegistryProgram& described) {
  std::string text = "Owner:" + wordsOf(Described::letters(), described.owner);
  for (const std::string& deliverer : described.deliverers) {
    text += " On another thread:" + wordsOf(kDeliveryLetters, deliverer);
  }
  if (described.handler_count > 0) {
    text += fmt::format(
        " Up to {} handlers (nested or not) {} on the owner's thread, before any atomic step, "
        "allocation, destruction and deallocation.",
        described.handler_count, letterOf(kDeliveryLetters, described.handler).words);
  }
  if (described.is_unaligned) text += " Words across 4-byte boundaries, written byte by byte.";
  if (described.is_instance_protocol) text += " Instance protocol.";
  return text;
}

}  // namespace

Model makeRegistryModel(const RegistryProgram& made) {
  const bool has_threads = !made.deliverers.empty();
  Model model{
      .name = made.name,
      .properties = {has_threads ? reports::Property("L4") : reports::Property("L3"), "D1", "D5"},
      .covered = describe(made),
      .columns = {"owner"},
      .thread_count = static_cast<unsigned>(made.deliverers.size()) + 1,
      .search = [made](const Search& search) { return searchProgram(made, search); }};
  model.reuses_addresses = canReuseAddresses(Described::letters(), made.owner);
  for (const reports::Property property : made.properties) model.properties.push_back(property);
  for (std::size_t i = 0; i < made.deliverers.size(); ++i) {
    model.columns.push_back(made.deliverers.size() == 1 ? "deliverer"
                                                        : fmt::format("deliverer {}", i + 1));
  }
  if (made.handler_count > 0) model.columns.emplace_back("handler on the owner");
  if (made.handler_count > 1) model.columns.emplace_back("handler in it");
  return model;
}

}  // namespace sigproof::models
