#include "models/stepping/list/list_case.h"

#include <fmt/format.h>

#include <bit>
#include <optional>
#include <string>
#include <utility>

#include "models/stepping/judge/case_run.h"

namespace sigproof::stepping {
namespace {

// Ends a case that went well so far. What is wrong with its end, or nothing: nothing may be left of
// the list, and nothing freed twice.
std::optional<CaseFailure> tearDown(const ListScene& scene, AnyListWorld& world, HeapScope& heap) {
  const int crash = runGuarded([&]() noexcept {
    if (scene.reader && scene.reader->isInside()) scene.reader->leave();
    if (!world.isListDestroyed()) world.destroyList();
  });
  if (crash != 0) return CaseFailure{{}, {}, "the list to be destroyed", describeCrash(crash)};
  if (scene.reader && !scene.reader->complaint().empty()) {
    return CaseFailure{{}, {}, "a walk over live elements", scene.reader->complaint()};
  }
  const int alive = std::popcount(world.aliveBits());
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

// Brings the list to where the operation finds it. What is wrong with that, or nothing.
std::optional<CaseFailure> prepare(const ListScene& scene, AnyListWorld& world) {
  const int crash = runGuarded([&]() noexcept { scene.prepare(world); });
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

std::function<void(AnyListWorld&)> pushElements(std::size_t count) {
  return [count](AnyListWorld& world) {
    for (std::size_t i = 0; i < count; ++i) world.push(false);
  };
}

CaseResult runListCase(const ListScene& scene, const CasePlan& plan,
                       const MakeListWorld& make_world, const ListOperation& operation) {
  const std::unique_ptr<AnyListWorld> world = make_world(scene.expectation);
  CaseRun<ListState> run(*world);
  std::string_view complaint;
  CaseResult result;
  HeapScope heap(scene.heap);
  result.failure = prepare(scene, *world);
  if (result.failure) return result;
  run.step(plan, [&]() noexcept { complaint = operation(*world); });
  heap.leave();
  result = run.conclude(std::string(complaint));
  if (!result.failure) result.failure = tearDown(scene, *world, heap);
  return result;
}

ListScene readerScene(HeapMode heap, ListExpectation expectation) {
  const auto reader = std::make_shared<ParkedReader>();
  return {heap, std::move(expectation),
          [=](AnyListWorld& world) {
            pushElements(4)(world);
            reader->enter(world, 2);
          },
          reader};
}

ListScene retiredScene(HeapMode heap, ListExpectation expectation, bool is_reader_gone) {
  ListScene scene = readerScene(heap, std::move(expectation));
  scene.prepare = [enter = std::move(scene.prepare), reader = scene.reader,
                   is_reader_gone](AnyListWorld& world) {
    enter(world);
    world.filterQuietly(0b1001);
    if (is_reader_gone) reader->leave();
  };
  return scene;
}

}  // namespace sigproof::stepping
