// A list with elements that know whether they live, in the state in which an operation finds it,
// and what a handler sees of it.
//
//   const ListExpectation clearing{.before = {1, 0}, .after = {}};
//   ListWorld<AtomicList<Element>> world(clearing);
//   CaseRun run(world);
//   HeapScope heap(HeapMode::kQuarantine);
//   world.push();  world.push();                       // elements 0 and 1
//   run.step(plan, [&]() noexcept { world.list().clear(); });
#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "models/stepping/list_judge.h"
#include "models/stepping/look_fault.h"
#include "models/stepping/stepper.h"

namespace sigproof::stepping {

/// Which elements live, and where: the proof that an address was not freed and used again.
struct Census {
  // Atomic only so that no compiler drops or delays the stores of constructors and destructors.
  std::array<std::atomic<const void*>, kMaxElements> address{};

  bool isAlive(ElementId id, const void* where) const noexcept {
    return id < kMaxElements && address[id].load() == where;
  }
  std::uint8_t aliveBits() const noexcept {
    unsigned bits = 0;
    for (std::size_t id = 0; id < kMaxElements; ++id) {
      if (address[id].load() != nullptr) bits |= 1u << id;
    }
    return static_cast<std::uint8_t>(bits);
  }
};

/// An element that poisons itself when it dies.
class Element {
 public:
  struct Refused {};  ///< thrown by the constructor when told to

  Element(Census& census, ElementId id, bool is_refused = false) : census_(census), id_(id) {
    if (is_refused) throw Refused();
    census_.address[id].store(this);
  }
  ~Element() {
    census_.address[id_.load()].store(nullptr);
    id_.store(kPoison);
  }
  Element(const Element&) = delete;
  Element& operator=(const Element&) = delete;

  ElementId id() const noexcept { return id_.load(); }

 private:
  static constexpr ElementId kPoison = 0xDD;

  Census& census_;
  std::atomic<ElementId> id_;
};

template <class List>
class ListWorld {
 public:
  using State = ListState;

  /// `expectation` outlives the world.
  explicit ListWorld(const ListExpectation& expectation) : expectation_(expectation) {
    new (storage_.data()) List();
  }
  // Destroying the list is an operation (or, in a case that failed, not to be attempted).
  ~ListWorld() = default;
  ListWorld(const ListWorld&) = delete;
  ListWorld& operator=(const ListWorld&) = delete;

  List& list() noexcept { return *std::launder(reinterpret_cast<List*>(storage_.data())); }
  Census& census() noexcept { return census_; }

  /// Pushes the next element; its number is the count of those before it.
  void push(bool is_refused = false) { list().pushFront(census_, next_id_++, is_refused); }

  /// The destructor; afterwards handlers still look at where the list was, as they do in a process
  /// whose handler was not told.
  void destroyList() noexcept {
    is_list_destroyed_ = true;
    list().~List();
  }
  bool isListDestroyed() const noexcept { return is_list_destroyed_; }

  /// What a shutdown handler does, and what it saw. Async-signal-safe.
  void look(ListState& state) noexcept {
    constexpr int kErrnoMark = 77;
    errno = kErrnoMark;
    state.alive = census_.aliveBits();
    list().iterate([&](Element& element) noexcept { visit(element, state); });
    if (list().isEmpty() != (state.visited_count == 0)) {
      state.fault = LookFault::kEmptinessDiffers;
    } else if (errno != kErrnoMark) {
      state.fault = LookFault::kErrnoChanged;
    }
  }

  std::optional<Violation> judge(std::span<const ListState> states) const {
    return judgeList(states, expectation_);
  }

 private:
  void visit(Element& element, ListState& state) noexcept {
    const ElementId id = element.id();
    if (!census_.isAlive(id, &element)) {
      state.fault = LookFault::kDeadElement;
      abandonLook();
    }
    if (state.visited_count == kMaxElements) {
      state.fault = LookFault::kEndless;
      abandonLook();
    }
    state.visited[state.visited_count++] = id;
  }

  const ListExpectation& expectation_;
  Census census_;
  ElementId next_id_ = 0;
  bool is_list_destroyed_ = false;
  alignas(List) std::array<std::byte, sizeof(List)> storage_;
};

}  // namespace sigproof::stepping
