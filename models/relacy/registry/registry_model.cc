#include "models/relacy/engine/simulate.h"
// Relacy comes first.
#include <fmt/format.h>

#include "core/registry/signal_registry.h"
#include "models/relacy/engine/history.h"
#include "models/relacy/engine/relacy_policy.h"
#include "models/relacy/registry/model_module.h"
#include "models/relacy/registry/registry_ledger.h"
#include "models/relacy/registry/registry_model.h"

namespace sigproof::models {
namespace {

constexpr std::size_t kMaxModules = 3;

// The program of the search that is under way.
const RegistryProgram* running_program = nullptr;

template <class Policy>
class RegistryWorld {
 public:
  using Registry = SignalRegistry<Policy>;

  RegistryWorld() {
    StepHook::function = nullptr;
    ConstantVariables::are_links = ConstantVariables::are_watched = false;
    ModelWord::forgetAll();
    for (const char letter : running_program->owner) {
      if (letter != 'a' && letter != 'z' && letter != 'w') continue;
      const auto layout = letter == 'z'                   ? ModelModule::Layout::kOverlapping
                          : running_program->is_unaligned ? ModelModule::Layout::kUnaligned
                                                          : ModelModule::Layout::kAligned;
      modules_[module_count_].emplace(module_count_ + 1, layout, letter == 'w' ? 1 : 0);
      terminated_value_[module_count_] = letter == 'w' ? 1 : 0;
      ++module_count_;
    }
    does_generation_change_ = running_program->owner.find_first_of("nr") != std::string::npos;
    registry_.emplace(typename Registry::Options{.protocol = protocol()});
    registry_address_ = &*registry_;
    const rl::preemption_disabler no_switch(rl::ctx());
    handover_.store(0, rl::mo_relaxed, debugInfo(Location::current()));
  }

  void setUp() {
    const std::size_t bar = running_program->owner.find('|');
    if (bar == std::string::npos) return;
    for (std::size_t i = 0; i < bar; ++i) execute(running_program->owner[i]);
    next_step_ = bar + 1;
    pinned_ = {.listed = ledger_.listed(), .dead = ledger_.dead()};
    const std::string_view rest = std::string_view(running_program->owner).substr(bar);
    ConstantVariables::are_links = rest.find_first_of("azwDcpMtd") == std::string_view::npos;
    ConstantVariables::are_watched =
        running_program->owner.find_first_of("gkm") == std::string::npos;
  }

  void runThread(unsigned index) {
    if (index == 0) {
      runOwner();
      return;
    }
    for (const char letter : running_program->deliverers[index - 1]) deliverElsewhere(letter);
    ++deliverers_through_;
  }

  // What the words hold when all is over: nothing but what somebody had a right to write.
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
  // D6: every word that is listened to is what the newest level asks for.
  void requireAsLevel(unsigned index, std::uint32_t signal) {
    if (isMovePending(index) || ledger_.isDetached()) return requireLastWritten(index, signal);
    require(!registry_->isWarned() || signal == kSignalValue,
            "D6/R6: the isolate is warned, but an entry's word does not say so");
    require(registry_->isWarned() || signal == 0,
            "D6/R6: the isolate is not warned, but an entry's word is not 0");
  }

  // Of an entry that was dropped or died: whatever was written before that.
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

  // The engine has moved the memory, and the registry was not told yet.
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
    if (handlers_left_ > 0)
      StepHook::function = [](void* world) noexcept {
        static_cast<RegistryWorld*>(world)->strike();
      };
    for (; next_step_ < running_program->owner.size(); ++next_step_)
      execute(running_program->owner[next_step_]);
    StepHook::function = nullptr;
  }

  void execute(char letter) {
    switch (letter) {
      case 'a':
        return add(RegistrationOutcome::kRegistered);
      case 'z':
        return add(RegistrationOutcome::kOverlap);
      case 'w':
        return add(RegistrationOutcome::kAlreadyTerminated);
      case 'm':
        return writeTerminated(1);
      case 'v':
        return writeTerminated(0);
      case 'g':
        return collect();
      case 'D':
        return change("dropDead()", ledger_.listed() & ~deadNow(), [&] { registry_->dropDead(); });
      case 'p':
        return dropPerhaps();
      case 'f':
        if (deliverers_through_ == running_program->deliverers.size()) execute('D');
        return;
      case 'c':
        return change("clear()", 0, [&] { registry_->clear(); });
      case 'k':
        return markTerminated();
      case 'n':
        return renew();
      case 'r':
        return retireGeneration();
      case 's':
        return deliverOnOwnersThread();
      case 'G':
        return grow();
      case 'M':
        return followMemory();
      case 'h':
        return handOver();
      case 't':
        return detach();
      case 'd':
        return destroy();
      default:
        fail("the model's program has a letter that means nothing");
    }
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

  // No entry is plainly dead; one that a delivery on another thread saw dead may go.
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

  // A handler strikes between two calls, too.
  void endCall() {
    note("(call has ended)");
    beginStep();
  }

  void requireCount() const {
    require(registry_->entryCount() == static_cast<std::size_t>(std::popcount(ledger_.listed())),
            "G1: entryCount() is not the number of entries");
  }

  // Entries that are dead at this moment, by the words and by what was seen of them before.
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
    require(alive != 0, "the model's program wants an entry where none is alive");
    return static_cast<unsigned>(std::countr_zero(alive));
  }

  void add(RegistrationOutcome expected) {
    const unsigned index = added_++;
    ModelModule& module = *modules_[index];
    const bool is_accepted = expected == RegistrationOutcome::kRegistered;
    const ModuleSet after = ledger_.listed() | (is_accepted ? onlyModule(index) : 0);
    if (is_accepted) ever_listed_ |= onlyModule(index);
    change("add()", after, [&] {
      const typename Registry::Result result =
          registry_->add(module.span(), module.words(), nullptr);
      require(result.outcome == expected, "R7: not the outcome that the words deserve");
      entries_[index] = result.entry;
    });
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
    if (running_program->owner.find('h') == std::string::npos) return pinned_;
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

  // Nobody may come to a destroyed registry.
  void destroy() {
    if (deliverers_through_ < running_program->deliverers.size()) return;
    change("~SignalRegistry()", 0, [&] {
      registry_.reset();
      StepHook::function = nullptr;
    });
  }

  // Delivers as a writer of its own, and judges what it wrote.
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
      // Nor one word in the old memory and one in the new.
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

  // How often a delivery wrote the signal word of a module, wherever that is.
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

  static Delivery deliveryOf(char letter) noexcept {
    return letter == 'l' ? Delivery{.generation = 0} : Delivery{};
  }

  void deliverElsewhere(char letter) {
    Delivery delivery = deliveryOf(letter);
    ledger_.beginElsewhere(delivery, takeOver());
    deliver(*registry_, delivery);
    const bool can_be_revived = running_program->owner.find('v') != std::string::npos;
    if (can_be_revived) seen_dead_ |= pinned_.listed & ~writtenBy(delivery.writer);
  }

  void deliverOnOwnersThread() {
    Delivery delivery;
    ledger_.beginOnOwnersThread(delivery, deadNow(), true);
    deliver(*registry_, delivery);
    endCall();
  }

  void strike() noexcept {
    if (handlers_left_ == 0 || rl::thread_index() != 0 || rl::rand(2) == 0) return;
    --handlers_left_;
    note(kHandlerBegins);
    const ModuleSet dead = deadNow();
    Delivery delivery = deliveryOf(running_program->handler);
    // Through its address: the destructor, too, may be under way.
    const bool has_begun = registry_address_->generation() == ledger_.generation();
    ledger_.beginOnOwnersThread(delivery, dead, has_begun);
    delivery.must &= ~collecting_;
    deliver(*registry_address_, delivery);
    // Dead is sticky: what this delivery saw dead stays dead, whatever its word says later.
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
  unsigned module_count_ = 0;
  unsigned added_ = 0;
  unsigned growing_ = 0;    // whose memory moved last
  ModuleSet followed_ = 0;  // whose new memory the registry knows
  bool does_generation_change_ = false;
  unsigned revivable_ = 0;  // whose terminated word was written last
  ModuleSet collected_ = 0;
  ModuleSet collecting_ = 0;  // markDead() is under way: perhaps dead, perhaps not yet
  ModuleSet seen_dead_ = 0;
  ModuleSet ever_listed_ = 0;
  ModuleSet ever_signalled_ = 0;
  std::size_t next_step_ = 0;
  unsigned writer_count_ = 0;
  unsigned handlers_left_ = 0;
  std::size_t deliverers_through_ = 0;
};

// With threads: the code as it ships. With handlers alone, where steps are few: the debug build's.
SearchResult searchProgram(const RegistryProgram& searched, const Search& search) {
  running_program = &searched;
  switch (running_program->deliverers.size()) {
    case 0:
      return simulate<RegistryWorld<DebugRelacyPolicy>, 1>(search);
    case 1:
      return simulate<RegistryWorld<RelacyPolicy>, 2>(search);
    case 2:
      return simulate<RegistryWorld<RelacyPolicy>, 3>(search);
    default:
      throw std::logic_error("models of a registry have at most two deliverers");
  }
}

std::string_view word(char letter) {
  switch (letter) {
    case 'a':
      return "add";
    case 'z':
      return "add with overlapping words";
    case 'w':
      return "add a terminated module";
    case 'm':
      return "a module writes its terminated word";
    case 'v':
      return "it writes 0 there again";
    case 'g':
      return "an instance is collected";
    case 'D':
      return "dropDead";
    case 'p':
      return "dropDead, perhaps of what a delivery saw dead";
    case 'f':
      return "dropDead, if all deliveries are through";
    case 'c':
      return "clear";
    case 'k':
      return "markTerminated";
    case 'n':
      return "renew";
    case 'r':
      return "retireGeneration";
    case 's':
      return "deliver";
    case 'G':
      return "the engine moves a memory";
    case 'M':
      return "moveMemory";
    case 'h':
      return "hand over";
    case 't':
      return "detach the readers";
    case 'd':
      return "destroy";
    case '|':
      return "(threads start)";
    default:
      throw std::logic_error("a registry program has a letter that means nothing");
  }
}

std::string describe(const RegistryProgram& described) {
  std::string text = "Owner:";
  for (const char letter : described.owner) text += fmt::format(" {},", word(letter));
  text.back() = '.';
  for (const std::string& deliverer : described.deliverers) {
    text += " On another thread:";
    for (const char letter : deliverer) {
      text += letter == 'l' ? " deliver for the first generation," : " deliver,";
    }
    text.back() = '.';
  }
  if (described.handler_count > 0) {
    text += fmt::format(
        " Up to {} handlers (nested or not) deliver{} on the owner's thread, before any atomic "
        "step, allocation, destruction and deallocation.",
        described.handler_count, described.handler == 'l' ? " for the first generation" : "");
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
  const std::size_t first_free = made.owner.find_first_of("DcpM");
  model.reuses_addresses = first_free != std::string::npos &&
                           made.owner.find_first_of("azwM", first_free + 1) != std::string::npos;
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
