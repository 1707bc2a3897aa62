#include "models/stepping/list/list_case.h"

#include <fmt/format.h>

#include <bit>
#include <optional>
#include <string>
#include <utility>

#include "models/stepping/judge/case_run.h"

namespace sigproof::stepping {
namespace {

// Ends a case that held so far. Returns what is wrong with its end, or nothing. Nothing of the list
// may be left, and nothing may be freed twice.
std::optional<CaseFailure> tearDown(const ListScene& scene, AnyListFixture& fixture,
                                    HeapScope& heap) {
  const int crash = runGuarded([&]() noexcept {
    if (scene.reader && scene.reader->isInside()) scene.reader->leave();
    if (!fixture.isListDestroyed()) fixture.destroyList();
  });
  if (crash != 0) return CaseFailure{{}, {}, "the list to be destroyed", describeCrash(crash)};
  if (scene.reader && !scene.reader->complaint().empty()) {
    return CaseFailure{{}, {}, "a walk over live elements", scene.reader->complaint()};
  }
  const int alive = std::popcount(fixture.aliveBits());
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

// Brings the list into the state before the operation. Returns what is wrong with that, or nothing.
std::optional<CaseFailure> prepare(const ListScene& scene, AnyListFixture& fixture) {
  const int crash = runGuarded([&]() noexcept { scene.prepare(fixture); });
  if (crash != 0) return CaseFailure{{}, {}, "the preparation to end", describeCrash(crash)};
  if (scene.reader && !scene.reader->complaint().empty()) {
    return CaseFailure{{}, {}, "a walk over live elements", scene.reader->complaint()};
  }
  return std::nullopt;
}

}  // namespace

std::vector<ElementId> firstElements(std::size_t count) {
  std::vector<ElementId> ids;
  while (count > 0) ids.push_back(static_cast<ElementId>(--count));
  return ids;
}

std::function<void(AnyListFixture&)> pushElements(std::size_t count) {
  return [count](AnyListFixture& fixture) {
    for (std::size_t i = 0; i < count; ++i) fixture.push(false);
  };
}

CaseResult runListCase(const ListScene& scene, const CasePlan& plan,
                       const MakeListFixture& make_fixture, const ListOperation& operation) {
  const std::unique_ptr<AnyListFixture> fixture = make_fixture(scene.expectation);
  CaseRun<ListState> run(*fixture);
  std::string_view complaint;
  CaseResult result;
  HeapScope heap(scene.heap);
  result.failure = prepare(scene, *fixture);
  if (result.failure) return result;
  run.step(plan, [&]() noexcept { complaint = operation(*fixture); });
  heap.leave();
  result = run.conclude(std::string(complaint));
  if (!result.failure) result.failure = tearDown(scene, *fixture, heap);
  return result;
}

ListScene readerScene(HeapMode heap, ListExpectation expectation) {
  const auto reader = std::make_shared<ParkedReader>();
  return {heap, std::move(expectation),
          [=](AnyListFixture& fixture) {
            pushElements(4)(fixture);
            reader->enter(fixture, 2);
          },
          reader};
}

ListScene retiredScene(HeapMode heap, ListExpectation expectation, bool is_reader_gone) {
  ListScene scene = readerScene(heap, std::move(expectation));
  scene.prepare = [enter = std::move(scene.prepare), reader = scene.reader,
                   is_reader_gone](AnyListFixture& fixture) {
    enter(fixture);
    fixture.filterQuietly(0b1001);
    if (is_reader_gone) reader->leave();
  };
  return scene;
}

}  // namespace sigproof::stepping
