// The elements of the lists under check, of three lifetimes. Each kind reports as much as it can.
//
//   Census census;
//   WritingElement::push(list, census, 0, false);
//   ... WritingElement::isAlive(census, element.id(), &element) ...
//
// Each kind offers: kName; push(); id(); isAlive(), for an element that a walk visited;
// aliveBits(); kTellsLifeUnder(heap), whether those bits mean anything under that heap; and
// kIsThrownOver, whether throwing operations are stepped with elements of this kind.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "models/stepping/engine/heap.h"
#include "models/stepping/judge/list_judge.h"

namespace sigproof::stepping {

/// Which elements live, and where. Shows that an address was not freed and used again.
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

/// A constructor throws this when the test wants it.
struct Refused {};

/// Enters the census in its constructor and leaves it in its destructor.
class Resident {
 public:
  Resident(Census& census, ElementId id, bool is_refused) : census_(census), id_(id) {
    if (is_refused) throw Refused();
    census_.address[id].store(this);
  }
  ~Resident() { census_.address[id_].store(nullptr); }
  Resident(const Resident&) = delete;
  Resident& operator=(const Resident&) = delete;

  template <class List>
  static void push(List& list, Census& census, ElementId id, bool is_refused) {
    list.pushFront(census, id, is_refused);
  }
  static std::uint8_t aliveBits(const Census& census) noexcept { return census.aliveBits(); }

  static constexpr bool kIsThrownOver = false;
  static constexpr bool tellsLifeUnder(HeapMode /*heap*/) noexcept { return true; }

 private:
  Census& census_;
  const ElementId id_;
};

/// Poisons itself in its destructor.
class WritingElement : public Resident {
 public:
  static constexpr std::string_view kName = "writing";

  WritingElement(Census& census, ElementId id, bool is_refused)
      : Resident(census, id, is_refused), shown_id_(id) {}
  ~WritingElement() { shown_id_.store(kPoison); }
  WritingElement(const WritingElement&) = delete;
  WritingElement& operator=(const WritingElement&) = delete;

  ElementId id() const noexcept { return shown_id_.load(); }
  static bool isAlive(const Census& census, ElementId id, const WritingElement* where) noexcept {
    return census.isAlive(id, static_cast<const Resident*>(where));
  }

 private:
  static constexpr ElementId kPoison = 0xDD;

  std::atomic<ElementId> shown_id_;
};

/// Keeps the data for a handler in memory of its own, which is freed with it.
class OwningElement : public Resident {
 public:
  static constexpr std::string_view kName = "owning";
  // Unwinding takes tens of thousands of instructions, so only one kind is stepped with exceptions:
  // this one, which has most to lose.
  static constexpr bool kIsThrownOver = true;

  OwningElement(Census& census, ElementId id, bool is_refused)
      : Resident(census, id, is_refused), cell_(std::make_unique<Cell>()) {
    for (std::atomic<ElementId>& copy : *cell_) copy.store(id);
  }

  ElementId id() const noexcept {
    const ElementId first = cell_->front().load();
    return first == cell_->back().load() ? first : kTorn;
  }
  static bool isAlive(const Census& census, ElementId id, const OwningElement* where) noexcept {
    return census.isAlive(id, static_cast<const Resident*>(where));
  }

 private:
  static constexpr ElementId kTorn = 0xEE;
  using Cell = std::array<std::atomic<ElementId>, 40>;

  std::unique_ptr<Cell> cell_;
};

/// Only a number. It can't detect that it is dead; memory in quarantine can.
struct TrivialElement {
  static constexpr std::string_view kName = "trivial";
  static constexpr bool kIsThrownOver = false;

  ElementId number;

  ElementId id() const noexcept { return number; }

  template <class List>
  static void push(List& list, Census& census, ElementId id, bool /*is_refused*/) {
    census.address[id].store(&list.pushFront(TrivialElement{id}));
  }
  static bool isAlive(const Census& /*census*/, ElementId id,
                      const TrivialElement* /*where*/) noexcept {
    return id < kMaxElements;
  }
  static std::uint8_t aliveBits(const Census& census) noexcept {
    unsigned bits = 0;
    for (std::size_t id = 0; id < kMaxElements; ++id) {
      const void* where = census.address[id].load();
      if (where != nullptr && isLiveInQuarantine(where)) bits |= 1u << id;
    }
    return static_cast<std::uint8_t>(bits);
  }
  static constexpr bool tellsLifeUnder(HeapMode heap) noexcept {
    return heap == HeapMode::kQuarantine;
  }
};

}  // namespace sigproof::stepping
