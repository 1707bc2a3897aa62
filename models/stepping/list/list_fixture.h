// A list whose elements report whether they live, in the state that an operation starts from, and
// what a handler sees of it.
//
//   const ListExpectation clearing{.before = {1, 0}, .after = {}};
//   ListFixture<AtomicList<WritingElement>, WritingElement> fixture(clearing);
//   CaseRun<ListState> run(fixture);
//   HeapScope heap(HeapMode::kQuarantine);
//   fixture.push(false);  fixture.push(false);             // elements 0 and 1
//   run.step(plan, [&]() noexcept { fixture.list().clear(); });
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

/// The operations, for any kind of list and element. The cases are compiled once; only the code of
/// these functions is compiled at each level.
class AnyListFixture : public Fixture<ListState> {
 public:
  class Visitor {
   public:
    virtual ~Visitor() = default;
    virtual void visit(ElementId id, bool is_alive) noexcept = 0;
  };

  /// `expectation` outlives the fixture.
  explicit AnyListFixture(const ListExpectation& expectation) : expectation_(expectation) {}

  /// pushFront() of the next element, whose number is the count of those before it. Throws
  /// std::bad_alloc, and Refused if `is_refused`.
  virtual void push(bool is_refused) = 0;
  /// filter() that keeps element i if bit i of `kept` is set, and throws Refused at element
  /// `throws_at`.
  virtual void filter(unsigned kept, ElementId throws_at) = 0;
  virtual void clear() noexcept = 0;
  virtual bool reclaim() noexcept = 0;
  /// The destructor. Afterwards handlers still look at where the list was, as in a process that
  /// forgot to tell its handler.
  virtual void destroyList() noexcept = 0;
  /// iterate().
  virtual void walk(Visitor& visitor) noexcept = 0;
  /// Bit i says whether element i exists, as far as its kind can tell.
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
class ListFixture final : public AnyListFixture {
 public:
  using Element = ElementType;

  explicit ListFixture(const ListExpectation& expectation) : AnyListFixture(expectation) {
    new (storage_.data()) List();
  }
  // Destroying the list is an operation of its own. In a failed case it must not be attempted.
  ~ListFixture() override = default;
  ListFixture(const ListFixture&) = delete;
  ListFixture& operator=(const ListFixture&) = delete;

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

  /// Does what a handler does, and stores what it saw.
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
  bool is_thrown_over = false;  ///< throwing operations are stepped with these elements, too
  bool (*tells_life_under)(HeapMode) = nullptr;  ///< whether aliveBits() means anything there
  std::unique_ptr<AnyListFixture> (*make_fixture)(const ListExpectation&) = nullptr;
};

template <class List, class Element>
ListKind listKind() {
  return {Element::kName, Element::kIsThrownOver, &Element::tellsLifeUnder,
          [](const ListExpectation& expectation) -> std::unique_ptr<AnyListFixture> {
            return std::make_unique<ListFixture<List, Element>>(expectation);
          }};
}

}  // namespace sigproof::stepping
