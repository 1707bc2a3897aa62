// Runs a ListProgram on an AtomicList and has the oracle judge every walk of a handler and what is
// alive after every operation.
//
//   ListRunner().run(makeListProgram(source));     // aborts with a report where a property is
//   broken
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/list/atomic_list.h"
#include "fuzz/generate/list_program.h"
#include "fuzz/oracles/list_oracle.h"
#include "fuzz/support/faulty_policy.h"

namespace sigproof::fuzz {

/// An element that knows whether it is alive and reports that to the set of live elements. Handlers
/// also run inside its constructor and its destructor.
class ListElement {
 public:
  struct ConstructorFailure {};

  /// What takes the place of another one.
  struct Successor {
    ElementId id;
    bool throws;
  };

  ListElement(ElementSet& alive, ElementId id, bool throws);
  ListElement(ListElement& old, const Successor& successor);
  ~ListElement();
  ListElement(const ListElement&) = delete;
  ListElement& operator=(const ListElement&) = delete;

  ElementId id() const noexcept { return id_; }
  bool isAlive() const noexcept { return canary_ == kAlive; }

 private:
  // Unlikely in memory that was freed or never filled.
  static constexpr std::uint64_t kAlive = 0x5197'1EE7'A11F'E000;
  static constexpr std::uint64_t kDestroyed = 0xDEAD'DEAD'DEAD'DEAD;

  ElementSet& alive_;
  ElementId id_;
  std::uint64_t canary_ = 0;
};

class ListRunner {
 public:
  ListRunner();
  ~ListRunner();
  ListRunner(const ListRunner&) = delete;
  ListRunner& operator=(const ListRunner&) = delete;

  void run(const ListProgram& program);

 private:
  using List = AtomicList<ListElement, FaultyPolicy>;
  struct PredicateFailure {};
  // What replace() is to answer for each element, by position, and what must result.
  struct Succession {
    std::vector<std::optional<ListElement::Successor>> answers = {};
    std::vector<std::optional<ElementId>> successors = {};
    std::optional<std::size_t> failing = {};  // asked for, and does not come to be
  };

  void runStruck(const ListOperation& operation);
  void perform(const ListOperation& operation);
  void push(const ListOperation& operation);
  void filter(const ListOperation& operation);
  Succession planSuccession(const ListOperation& operation);
  void replace(const ListOperation& operation);
  void destroy();
  void checkAtRest();

  void onStep() noexcept;
  void walk() noexcept;
  [[noreturn]] void fail(const Violation& violation) const;
  void failIf(const std::optional<Violation>& violation) const {
    if (violation) fail(*violation);
  }

  std::unique_ptr<List> owned_list_;
  List* list_ = nullptr;  // also while its destructor runs
  ElementSet alive_;
  ElementId next_id_ = 0;
  ListOracle oracle_;

  const ListOperation* operation_ = nullptr;
  unsigned step_ = 0;
  unsigned strikes_ = 0;
};

}  // namespace sigproof::fuzz
