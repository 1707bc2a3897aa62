#include "models/stepping/list/list_cases.h"

#include <fmt/format.h>

#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "models/stepping/engine/heap.h"
#include "models/stepping/list/elements.h"
#include "models/stepping/list/list_case.h"

namespace sigproof::stepping {
namespace {

/// Bits of the elements 0 to 4.
constexpr std::size_t kFiltered = 5;
/// For filter(): keeps all of 3 2 1 0 but 2 and 1.
constexpr unsigned kWithout2And1 = 0b01001;

/// Adds a case for each heap. Each run calls `make_scene(heap)` anew.
void add(std::vector<Case>& cases, const ListKind& kind, const std::string& name,
         const std::function<ListScene(HeapMode)>& make_scene, const ListOperation& operation) {
  for (const HeapMode heap : {HeapMode::kQuarantine, HeapMode::kMalloc}) {
    cases.push_back(
        {fmt::format("{}/{}/{}", toString(heap), kind.element, name), [=](const CasePlan& plan) {
           ListScene scene = make_scene(heap);
           scene.expectation.is_life_known = kind.tells_life_under(heap);
           return runListCase(scene, plan, kind.make_fixture, operation);
         }});
  }
}

/// A list of elements 0 to count-1, then the operation, which leaves `after`.
void addPlain(std::vector<Case>& cases, const ListKind& kind, const std::string& name,
              std::size_t count, const std::vector<ElementId>& after,
              const ListOperation& operation) {
  add(
      cases, kind, name,
      [=](HeapMode heap) {
        return ListScene{heap, {firstElements(count), after, {}}, pushElements(count), nullptr};
      },
      operation);
}

std::string_view push(AnyListFixture& fixture) noexcept {
  fixture.push(false);
  return {};
}

std::string_view clear(AnyListFixture& fixture) noexcept {
  fixture.clear();
  return {};
}

ListOperation filterKeeping(unsigned kept) {
  return [kept](AnyListFixture& fixture) noexcept -> std::string_view {
    fixture.filterQuietly(kept);
    return {};
  };
}

}  // namespace

std::vector<Case> pushFrontCases(const ListKind& kind) {
  std::vector<Case> cases;
  for (std::size_t count = 0; count <= 3; ++count) {
    addPlain(cases, kind, fmt::format("onto-{}", count), count, firstElements(count + 1), push);
  }
  if (!kind.is_thrown_over) return cases;
  addPlain(cases, kind, "allocation-fails", 2, firstElements(2),
           [](AnyListFixture& fixture) noexcept -> std::string_view {
             failNextAllocation();
             try {
               fixture.push(false);
             } catch (const std::bad_alloc&) {
               return {};
             }
             return "it did not throw std::bad_alloc";
           });
  addPlain(cases, kind, "constructor-throws", 2, firstElements(2),
           [](AnyListFixture& fixture) noexcept -> std::string_view {
             try {
               fixture.push(true);
             } catch (const Refused&) {
               return {};
             }
             return "it did not throw what the constructor threw";
           });
  return cases;
}

std::vector<Case> filterCases(const ListKind& kind) {
  std::vector<Case> cases;
  for (unsigned kept = 0; kept < 1U << kFiltered; ++kept) {
    // Every subset with one kind; with the others only those that treat elements 1 and 2 alike.
    if (kind.element != WritingElement::kName && (kept >> 1 & 1U) != (kept >> 2 & 1U)) continue;
    std::vector<ElementId> after = firstElements(kFiltered);
    std::erase_if(after, [&](ElementId id) { return (kept >> id & 1U) == 0; });
    addPlain(cases, kind, fmt::format("keep-0b{:0{}b}", kept, kFiltered), kFiltered, after,
             filterKeeping(kept));
  }
  if (!kind.is_thrown_over) return cases;
  // Rejects 4, keeps 3, throws at 2.
  addPlain(cases, kind, "predicate-throws", kFiltered, {3, 2, 1, 0},
           [](AnyListFixture& fixture) noexcept -> std::string_view {
             try {
               fixture.filter(0b01111, 2);
             } catch (const Refused&) {
               return {};
             }
             return "it did not throw what the predicate threw";
           });
  return cases;
}

std::vector<Case> clearCases(const ListKind& kind) {
  std::vector<Case> cases;
  for (const std::size_t count : {0, 1, 2, 5}) {
    addPlain(cases, kind, fmt::format("of-{}", count), count, {}, clear);
  }
  return cases;
}

std::vector<Case> destructorCases(const ListKind& kind) {
  const auto destroy = [](AnyListFixture& fixture) noexcept -> std::string_view {
    fixture.destroyList();
    return {};
  };
  std::vector<Case> cases;
  for (const std::size_t count : {0, 1, 2, 5}) {
    addPlain(cases, kind, fmt::format("of-{}", count), count, {}, destroy);
  }
  add(
      cases, kind, "of-2-with-2-retired",
      [](HeapMode heap) { return retiredScene(heap, {{3, 0}, {}, {}}, true); }, destroy);
  return cases;
}

std::vector<Case> reclaimCases(const ListKind& kind) {
  std::vector<Case> cases;
  // Elements 3 2 1 0, a reader on 2.
  add(
      cases, kind, "filter-under-a-reader",
      [](HeapMode heap) { return readerScene(heap, {{3, 2, 1, 0}, {3, 0}, {2, 1}}); },
      filterKeeping(kWithout2And1));
  add(
      cases, kind, "clear-under-a-reader",
      [](HeapMode heap) { return readerScene(heap, {{3, 2, 1, 0}, {}, {3, 2, 1, 0}}); }, clear);
  // Elements 3 0; 2 and 1 were removed while the reader was there. It still is, or has left.
  const auto add_retired = [&](const char* name, const ListExpectation& expectation,
                               bool is_reader_gone, const ListOperation& operation) {
    add(
        cases, kind, name,
        [=](HeapMode heap) { return retiredScene(heap, expectation, is_reader_gone); }, operation);
  };
  add_retired("reclaim-under-a-reader", {{3, 0}, {3, 0}, {2, 1}}, false,
              [](AnyListFixture& fixture) noexcept -> std::string_view {
                return fixture.reclaim() ? "reclaim() says that nothing is left to be freed" : "";
              });
  add_retired("reclaim", {{3, 0}, {3, 0}, {}}, true,
              [](AnyListFixture& fixture) noexcept -> std::string_view {
                return fixture.reclaim() ? "" : "reclaim() says that something is left to be freed";
              });
  add_retired("push-front-frees", {{3, 0}, {4, 3, 0}, {}}, true, push);
  add_retired("filter-frees", {{3, 0}, {0}, {}}, true, filterKeeping(0b00001));
  add_retired("clear-frees", {{3, 0}, {}, {}}, true, clear);
  return cases;
}

}  // namespace sigproof::stepping
