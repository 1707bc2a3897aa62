// How one case of a list's operation runs: prepare, step, judge, tear down.
//
//   ListScene scene{heap, {{1, 0}, {}, {}}, pushElements(2), nullptr};
//   CaseResult result = runListCase(scene, plan, world, [](AnyListWorld& world) -> std::string_view
//     { ...the stepped call...; return {}; });
//
// Compiled once; what is compiled at each level is in list_cases.h.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "models/stepping/engine/check.h"
#include "models/stepping/engine/heap.h"
#include "models/stepping/judge/list_judge.h"
#include "models/stepping/list/list_world.h"
#include "models/stepping/list/parked_list_reader.h"

namespace sigproof::stepping {

/// What surrounds the stepped operation.
struct ListScene {
  HeapMode heap;
  ListExpectation expectation;
  std::function<void(AnyListWorld&)> prepare;
  std::shared_ptr<ParkedReader> reader;  ///< null: none; walks out before the list is destroyed
};

/// Makes a world, an empty list, for an expectation that outlives it.
using MakeListWorld = std::function<std::unique_ptr<AnyListWorld>(const ListExpectation&)>;

/// What is stepped. Returns what is wrong with its result, or nothing. Must not throw.
using ListOperation = std::function<std::string_view(AnyListWorld&)>;

/// "n-1 ... 1 0": a list of n elements, newest first.
std::vector<ElementId> firstElements(std::size_t count);

std::function<void(AnyListWorld&)> pushElements(std::size_t count);

/// Runs one case.
CaseResult runListCase(const ListScene& scene, const CasePlan& plan,
                       const MakeListWorld& make_world, const ListOperation& operation);

/// Elements 0 to 3, a reader of another thread on element 2, elements 2 and 1 removed under it.
/// `is_reader_gone`: it walked out before the operation.
ListScene retiredScene(HeapMode heap, ListExpectation expectation, bool is_reader_gone);

/// Elements 0 to 3, a reader of another thread on element 2.
ListScene readerScene(HeapMode heap, ListExpectation expectation);

}  // namespace sigproof::stepping
