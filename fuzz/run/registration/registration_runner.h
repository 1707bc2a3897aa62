// Runs a RegistrationProgram on a SignalRegistry and on the reference, and compares outcomes,
// counts, lifetimes and every byte of every memory after each operation.
//
//   RegistrationRunner(program).run();      // aborts with a report where a property is broken
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/registry/signal_registry.h"
#include "fuzz/generate/registration_program.h"
#include "fuzz/oracles/registration_reference.h"
#include "fuzz/run/registration/guarded_memory.h"
#include "fuzz/support/faulty_policy.h"

namespace sigproof::fuzz {

class RegistrationRunner final : private RegistrationObserver {
 public:
  explicit RegistrationRunner(const RegistrationProgram& program);
  ~RegistrationRunner() override = default;
  RegistrationRunner(const RegistrationRunner&) = delete;
  RegistrationRunner& operator=(const RegistrationRunner&) = delete;

  void run();

 private:
  using Registry = SignalRegistry<FaultyPolicy>;
  using Reference = RegistrationReference;
  using Operation = RegistrationOperation;
  class Attachment;

  // The words that the handlers' deliveries said they wrote.
  struct Strikes {
    unsigned count = 0;
    std::size_t least = SIZE_MAX;
    std::size_t most = 0;
    /// Whether the last one came after the operation had begun a generation.
    bool is_of_new_generation = false;
    /// The step at which the owner acted in the middle of a delivery.
    std::optional<unsigned> owner_acted_at = {};
  };

  template <class Action>
  auto strike(bool is_struck, Action action);
  void onStep() noexcept;

  void perform(const Operation& operation);
  void add(const Operation& operation);
  void deliver(const Operation& operation, bool is_struck);
  void deliverFor(const Operation& operation, bool is_struck);
  template <class Deliver, class Expect>
  void deliverWhileOwnerActs(const Operation& operation, Deliver deliver, Expect expect);
  void renew(bool is_struck);
  void retire(bool is_struck);
  void markTerminated(bool is_struck);
  void dropDead(bool is_struck);
  void clear(bool is_struck);
  void collect(const Operation& operation);
  void writeWord(const Operation& operation);
  void grow(const Operation& operation);
  void move(const Operation& operation);
  void refresh(const Operation& operation, bool is_struck);
  void follow(const Operation& operation, bool is_struck);

  void checkRefreshed(const Reference::Refresh& how, std::vector<std::size_t> moved,
                      bool is_complete);
  void look(Registry::Entry& entry) const;
  OwnedSpan spanOf(std::size_t memory) const;
  bool performOwnerAct(Operation::OwnerAct act);

  // Live entries that have a signal word: how many, and that a handler may have signalled each.
  std::size_t liveSignals() const;
  void expectEitherForLiveSignals();
  void checkStrikes(std::size_t least, std::size_t most) const;
  void checkWritten(std::size_t expected, std::size_t written) const;
  void checkState();
  void checkMemory(std::size_t index);
  void finish();

  void onRegistration(RegistrationOutcome outcome) noexcept override;
  [[noreturn]] void fail(BrokenProperty property, const std::string& text) const;

  const RegistrationProgram& program_;
  Reference reference_;
  std::vector<std::shared_ptr<GuardedMemory>> memories_;  // as the reference's
  unsigned moves_ = 0;
  std::optional<Registry> registry_;
  std::vector<Registry::Entry*> entries_;  // by the reference's id
  std::size_t attachments_ = 0;
  std::vector<RegistrationOutcome> observed_;
  std::array<std::uint64_t, kRegistrationOutcomeCount> expected_counts_{};

  const Operation* operation_ = nullptr;
  unsigned step_ = 0;
  Strikes strikes_;
  // Words that may hold kSignalValue instead of what the reference says.
  std::vector<std::pair<std::size_t, std::uint64_t>> either_;
};

}  // namespace sigproof::fuzz
