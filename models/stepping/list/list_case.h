// How one case of a list's operation runs: prepare, step, judge, tear down.
//
//   ListScene scene{heap, {{1, 0}, {}, {}}, pushElements(2), nullptr};
//   CaseResult result = runListCase(scene, plan, fixture, [](AnyListFixture& fixture) ->
//   std::string_view
//     { ...the stepped call...; return {}; });
//
// Compiled once; list_cases.h has what is compiled at each level.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "models/stepping/engine/check.h"
#include "models/stepping/engine/heap.h"
#include "models/stepping/judge/list_judge.h"
#include "models/stepping/list/list_fixture.h"
#include "models/stepping/list/parked_list_reader.h"

namespace sigproof::stepping {

/// The surroundings of the stepped operation.
struct ListScene {
  HeapMode heap;
  ListExpectation expectation;
  std::function<void(AnyListFixture&)> prepare;
  std::shared_ptr<ParkedReader> reader;  ///< null: none; leaves before the list is destroyed
};

/// Makes a fixture with an empty list, for an expectation that outlives it.
using MakeListFixture = std::function<std::unique_ptr<AnyListFixture>(const ListExpectation&)>;

/// The stepped operation. Returns what is wrong with its result, or nothing. Must not throw.
using ListOperation = std::function<std::string_view(AnyListFixture&)>;

/// "n-1 ... 1 0": a list of n elements, newest first.
std::vector<ElementId> firstElements(std::size_t count);

std::function<void(AnyListFixture&)> pushElements(std::size_t count);

/// Runs one case.
CaseResult runListCase(const ListScene& scene, const CasePlan& plan,
                       const MakeListFixture& make_fixture, const ListOperation& operation);

/// Elements 0 to 3, a reader of another thread on element 2, elements 2 and 1 removed while it is
/// there. `is_reader_gone`: it left before the operation.
ListScene retiredScene(HeapMode heap, ListExpectation expectation, bool is_reader_gone);

/// Elements 0 to 3, a reader of another thread on element 2.
ListScene readerScene(HeapMode heap, ListExpectation expectation);

}  // namespace sigproof::stepping
