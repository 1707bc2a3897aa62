// A list with elements that know whether they live, in the state in which an operation finds it,
// and what a handler sees of it.
//
//   const ListExpectation clearing{.before = {1, 0}, .after = {}};
//   ListWorld<AtomicList<WritingElement>, WritingElement> world(clearing);
//   CaseRun<ListState> run(world);
//   HeapScope heap(HeapMode::kQuarantine);
//   world.push(false);  world.push(false);             // elements 0 and 1
//   run.step(plan, [&]() noexcept { world.list().clear(); });
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>

#include "models/stepping/engine/heap.h"
#include "models/stepping/engine/stepper.h"
#include "models/stepping/judge/case_run.h"
#include "models/stepping/judge/list_judge.h"
#include "models/stepping/judge/look_fault.h"
#include "models/stepping/list/elements.h"

namespace sigproof::stepping {

/// The operations, for any kind of list and element: the cases are compiled once, and only what
/// these functions are made of is compiled at each level.
class AnyListWorld : public World<ListState> {
 public:
  class Visitor {
   public:
    virtual ~Visitor() = default;
    virtual void visit(ElementId id, bool is_alive) noexcept = 0;
  };

  /// `expectation` outlives the world.
  explicit AnyListWorld(const ListExpectation& expectation) : expectation_(expectation) {}

  /// pushFront() of the next element; its number is the count of those before it. Throws Refused if
  /// the constructor is told to, and std::bad_alloc.
  virtual void push(bool is_refused) = 0;
  /// filter(), keeping element i if bit i of `kept` is set, throwing Refused at element
  /// `throws_at`.
  virtual void filter(unsigned kept, ElementId throws_at) = 0;
  virtual void clear() noexcept = 0;
  virtual bool reclaim() noexcept = 0;
  /// The destructor; afterwards handlers still look at where the list was, as they do in a process
  /// whose handler was not told.
  virtual void destroyList() noexcept = 0;
  /// iterate().
  virtual void walk(Visitor& visitor) noexcept = 0;
  /// Bit i: element i exists, as far as its kind can tell.
  virtual std::uint8_t aliveBits() const noexcept = 0;

  /// filter() that throws nothing.
  void filterQuietly(unsigned kept) noexcept { filter(kept, kMaxElements); }
  bool isListDestroyed() const noexcept { return is_list_destroyed_; }
  std::optional<Violation> judge(std::span<const ListState> states) const override {
    return judgeList(states, expectation_);
  }

 protected:
  const ListExpectation& expectation_;
  bool is_list_destroyed_ = false;
};

template <class List, class ElementType>
class ListWorld final : public AnyListWorld {
 public:
  using Element = ElementType;

  explicit ListWorld(const ListExpectation& expectation) : AnyListWorld(expectation) {
    new (storage_.data()) List();
  }
  // Destroying the list is an operation (or, in a case that failed, not to be attempted).
  ~ListWorld() override = default;
  ListWorld(const ListWorld&) = delete;
  ListWorld& operator=(const ListWorld&) = delete;

  List& list() noexcept { return *std::launder(reinterpret_cast<List*>(storage_.data())); }

  void push(bool is_refused) override { Element::push(list(), census_, next_id_++, is_refused); }

  void filter(unsigned kept, ElementId throws_at) override {
    list().filter([&](Element& element) {
      const ElementId id = element.id();
      if (id == throws_at) throw Refused();
      return (kept >> id & 1U) != 0;
    });
  }

  void clear() noexcept override { list().clear(); }
  bool reclaim() noexcept override { return list().reclaim(); }

  void walk(Visitor& visitor) noexcept override {
    list().iterate([&](Element& element) noexcept {
      const ElementId id = element.id();
      visitor.visit(id, Element::isAlive(census_, id, &element));
    });
  }

  void destroyList() noexcept override {
    is_list_destroyed_ = true;
    list().~List();
  }

  std::uint8_t aliveBits() const noexcept override {
    return expectation_.is_life_known ? Element::aliveBits(census_) : 0;
  }

  /// What a shutdown handler does, and what it saw.
  void look(ListState& state, Action& action) noexcept override {
    constexpr int kErrnoMark = 77;
    errno = kErrnoMark;
    state.alive = aliveBits();
    action.run([&]() noexcept {
      list().iterate([&](Element& element) noexcept { visit(element, state); });
    });
    if (list().isEmpty() != (state.visited_count == 0)) {
      state.fault = LookFault::kEmptinessDiffers;
    } else if (errno != kErrnoMark) {
      state.fault = LookFault::kErrnoChanged;
    }
  }

 private:
  void visit(Element& element, ListState& state) noexcept {
    const ElementId id = element.id();
    if (!Element::isAlive(census_, id, &element)) {
      state.fault = LookFault::kDeadElement;
      abandonLook();
    }
    if (state.visited_count == kMaxElements) {
      state.fault = LookFault::kEndless;
      abandonLook();
    }
    state.visited[state.visited_count++] = id;
  }

  Census census_;
  ElementId next_id_ = 0;
  alignas(List) std::array<std::byte, sizeof(List)> storage_;
};

/// A kind of list and its elements.
struct ListKind {
  std::string_view element;
  bool is_thrown_over = false;  ///< what throws is stepped with these elements, too
  bool (*tells_life_under)(HeapMode) = nullptr;  ///< whether aliveBits() means anything there
  std::unique_ptr<AnyListWorld> (*make_world)(const ListExpectation&) = nullptr;
};

template <class List, class Element>
ListKind listKind() {
  return {Element::kName, Element::kIsThrownOver, &Element::tellsLifeUnder,
          [](const ListExpectation& expectation) -> std::unique_ptr<AnyListWorld> {
            return std::make_unique<ListWorld<List, Element>>(expectation);
          }};
}

}  // namespace sigproof::stepping
