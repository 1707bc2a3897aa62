// The cases of the list's operations, for any list: AtomicList, or one with a known bug.
//
//   for (const Case& c : pushFrontCases<AtomicList<Element>>()) c.run(plan);
//
// Each case runs once with freed memory in quarantine and once with malloc's.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/stepping/case_run.h"
#include "models/stepping/check.h"
#include "models/stepping/heap.h"
#include "models/stepping/list_judge.h"
#include "models/stepping/list_world.h"
#include "models/stepping/parked_reader.h"

namespace sigproof::stepping {

/// What surrounds the stepped operation.
template <class List>
struct ListScene {
  HeapMode heap;
  ListExpectation expectation;
  std::function<void(ListWorld<List>&)> prepare;
  std::shared_ptr<ParkedReader> reader;  ///< null: none; walks out before the list is destroyed
};

/// "n-1 ... 1 0": a list of n elements, newest first.
inline std::vector<ElementId> firstElements(std::size_t count) {
  std::vector<ElementId> ids;
  while (count > 0) ids.push_back(static_cast<ElementId>(--count));
  return ids;
}

template <class List>
auto pushElements(std::size_t count) {
  return [count](ListWorld<List>& world) {
    for (std::size_t i = 0; i < count; ++i) world.push();
  };
}

/// Ends a case that went well so far. What is wrong with its end, or nothing: nothing may be left
/// of the list, and nothing freed twice.
template <class List>
std::optional<CaseFailure> tearDown(const ListScene<List>& scene, ListWorld<List>& world,
                                    HeapScope& heap) {
  const int crash = runGuarded([&]() noexcept {
    if (scene.reader && scene.reader->isInside()) scene.reader->leave();
    if (!world.isListDestroyed()) world.destroyList();
  });
  if (crash != 0) return CaseFailure{{}, {}, "the list to be destroyed", describeCrash(crash)};
  if (scene.reader && !scene.reader->complaint().empty()) {
    return CaseFailure{{}, {}, "a walk over live elements", scene.reader->complaint()};
  }
  const int alive = std::popcount(world.census().aliveBits());
  if (alive != 0 || heap.liveBlockCount() != 0) {
    return CaseFailure{
        {},
        {},
        "nothing to be left when the list is destroyed",
        fmt::format("{} elements, {} blocks of memory", alive, heap.liveBlockCount())};
  }
  if (heap.misuse() != nullptr) {
    return CaseFailure{{}, {}, "each block to be freed once", heap.misuse()};
  }
  return std::nullopt;
}

/// Brings the list to where the operation finds it. What is wrong with that, or nothing.
template <class List>
std::optional<CaseFailure> prepareScene(const ListScene<List>& scene, ListWorld<List>& world) {
  const int crash = runGuarded([&]() noexcept { scene.prepare(world); });
  if (crash != 0) return CaseFailure{{}, {}, "the preparation to end", describeCrash(crash)};
  if (scene.reader && !scene.reader->complaint().empty()) {
    return CaseFailure{{}, {}, "a walk over live elements", scene.reader->complaint()};
  }
  return std::nullopt;
}

/// Runs one case. `operation` gets the world and returns what is wrong with its result, or nothing.
template <class List, class Operation>
CaseResult runListCase(const ListScene<List>& scene, const CasePlan& plan, Operation operation) {
  ListWorld<List> world(scene.expectation);
  CaseRun run(world);
  std::string_view complaint;
  CaseResult result;
  HeapScope heap(scene.heap);
  result.failure = prepareScene(scene, world);
  if (result.failure) return result;
  run.step(plan, [&]() noexcept { complaint = operation(world); });
  heap.leave();
  result = run.conclude(std::string(complaint));
  if (!result.failure) result.failure = tearDown(scene, world, heap);
  return result;
}

/// Adds a case for each heap. `make_scene(heap)` is called anew for each run.
template <class MakeScene, class Operation>
void addListCase(std::vector<Case>& cases, const std::string& name, const MakeScene& make_scene,
                 Operation operation) {
  for (const HeapMode heap : {HeapMode::kQuarantine, HeapMode::kMalloc}) {
    cases.push_back({fmt::format("{}/{}", toString(heap), name), [=](const CasePlan& plan) {
                       return runListCase(make_scene(heap), plan, operation);
                     }});
  }
}

/// Elements 0 to count-1, then the operation, which leaves `after`.
template <class List, class Operation>
void addPlainCase(std::vector<Case>& cases, const std::string& name, std::size_t count,
                  std::vector<ElementId> after, Operation operation) {
  addListCase(
      cases, name,
      [=](HeapMode heap) {
        return ListScene<List>{
            heap, {firstElements(count), after, {}}, pushElements<List>(count), nullptr};
      },
      operation);
}

template <class List>
std::vector<Case> pushFrontCases() {
  using World = ListWorld<List>;
  std::vector<Case> cases;
  for (std::size_t count = 0; count <= 3; ++count) {
    addPlainCase<List>(cases, fmt::format("onto-{}", count), count, firstElements(count + 1),
                       [](World& world) noexcept -> std::string_view {
                         world.push();
                         return {};
                       });
  }
  addPlainCase<List>(cases, "allocation-fails", 2, firstElements(2),
                     [](World& world) noexcept -> std::string_view {
                       failNextAllocation();
                       try {
                         world.push();
                       } catch (const std::bad_alloc&) {
                         return {};
                       }
                       return "it did not throw std::bad_alloc";
                     });
  addPlainCase<List>(cases, "constructor-throws", 2, firstElements(2),
                     [](World& world) noexcept -> std::string_view {
                       try {
                         world.push(true);
                       } catch (const Element::Refused&) {
                         return {};
                       }
                       return "it did not throw what the constructor threw";
                     });
  return cases;
}

template <class List>
std::vector<Case> filterCases() {
  using World = ListWorld<List>;
  constexpr std::size_t kCount = 5;
  std::vector<Case> cases;
  for (unsigned kept = 0; kept < 1u << kCount; ++kept) {
    std::vector<ElementId> after = firstElements(kCount);
    std::erase_if(after, [&](ElementId id) { return (kept >> id & 1) == 0; });
    addPlainCase<List>(
        cases, fmt::format("keep-0b{:0{}b}", kept, kCount), kCount, after,
        [kept](World& world) noexcept -> std::string_view {
          world.list().filter([&](Element& element) { return (kept >> element.id() & 1) != 0; });
          return {};
        });
  }
  // Rejects 4, keeps 3, throws at 2.
  addPlainCase<List>(cases, "predicate-throws", kCount, {3, 2, 1, 0},
                     [](World& world) noexcept -> std::string_view {
                       try {
                         world.list().filter([](Element& element) {
                           if (element.id() == 2) throw Element::Refused();
                           return element.id() != 4;
                         });
                       } catch (const Element::Refused&) {
                         return {};
                       }
                       return "it did not throw what the predicate threw";
                     });
  return cases;
}

template <class List>
std::vector<Case> clearCases() {
  std::vector<Case> cases;
  for (const std::size_t count : {0, 1, 2, 5}) {
    addPlainCase<List>(cases, fmt::format("of-{}", count), count, {},
                       [](ListWorld<List>& world) noexcept -> std::string_view {
                         world.list().clear();
                         return {};
                       });
  }
  return cases;
}

/// Elements 0 to 3, a reader of another thread on element 2, elements 2 and 1 removed under it.
/// `is_reader_gone`: it walked out before the operation.
template <class List>
ListScene<List> retiredScene(HeapMode heap, ListExpectation expectation, bool is_reader_gone) {
  const auto reader = std::make_shared<ParkedReader>();
  return {heap, std::move(expectation),
          [=](ListWorld<List>& world) {
            pushElements<List>(4)(world);
            reader->enter(world, 2);
            world.list().filter([](Element& e) { return e.id() != 2 && e.id() != 1; });
            if (is_reader_gone) reader->leave();
          },
          reader};
}

template <class List>
std::vector<Case> destructorCases() {
  const auto destroy = [](ListWorld<List>& world) noexcept -> std::string_view {
    world.destroyList();
    return {};
  };
  std::vector<Case> cases;
  for (const std::size_t count : {0, 1, 2, 5}) {
    addPlainCase<List>(cases, fmt::format("of-{}", count), count, {}, destroy);
  }
  addListCase(
      cases, "of-2-with-2-retired",
      [](HeapMode heap) { return retiredScene<List>(heap, {{3, 0}, {}, {}}, true); }, destroy);
  return cases;
}

/// A filter or clear while the reader stands on element 2, which it removes.
template <class List>
void addRemovalsUnderReader(std::vector<Case>& cases) {
  using World = ListWorld<List>;
  const auto scene = [](HeapMode heap, ListExpectation expectation) {
    const auto reader = std::make_shared<ParkedReader>();
    return ListScene<List>{heap, std::move(expectation),
                           [=](World& world) {
                             pushElements<List>(4)(world);
                             reader->enter(world, 2);
                           },
                           reader};
  };
  addListCase(
      cases, "filter-under-a-reader",
      [=](HeapMode heap) { return scene(heap, {{3, 2, 1, 0}, {3, 0}, {2, 1}}); },
      [](World& world) noexcept -> std::string_view {
        world.list().filter([](Element& e) { return e.id() != 2 && e.id() != 1; });
        return {};
      });
  addListCase(
      cases, "clear-under-a-reader",
      [=](HeapMode heap) { return scene(heap, {{3, 2, 1, 0}, {}, {3, 2, 1, 0}}); },
      [](World& world) noexcept -> std::string_view {
        world.list().clear();
        return {};
      });
}

template <class List>
std::vector<Case> reclaimCases() {
  using World = ListWorld<List>;
  const auto add = [](std::vector<Case>& cases, const char* name,
                      const ListExpectation& expectation, bool is_reader_gone, auto operation) {
    addListCase(
        cases, name,
        [=](HeapMode heap) { return retiredScene<List>(heap, expectation, is_reader_gone); },
        operation);
  };
  std::vector<Case> cases;
  addRemovalsUnderReader<List>(cases);
  add(cases, "reclaim-under-a-reader", {{3, 0}, {3, 0}, {2, 1}}, false,
      [](World& world) noexcept -> std::string_view {
        return world.list().reclaim() ? "reclaim() says that nothing is left to be freed" : "";
      });
  add(cases, "reclaim", {{3, 0}, {3, 0}, {}}, true, [](World& world) noexcept -> std::string_view {
    return world.list().reclaim() ? "" : "reclaim() says that something is left to be freed";
  });
  add(cases, "push-front-frees", {{3, 0}, {4, 3, 0}, {}}, true,
      [](World& world) noexcept -> std::string_view {
        world.push();
        return {};
      });
  add(cases, "filter-frees", {{3, 0}, {0}, {}}, true,
      [](World& world) noexcept -> std::string_view {
        world.list().filter([](Element& e) { return e.id() == 0; });
        return {};
      });
  add(cases, "clear-frees", {{3, 0}, {}, {}}, true, [](World& world) noexcept -> std::string_view {
    world.list().clear();
    return {};
  });
  return cases;
}

}  // namespace sigproof::stepping
