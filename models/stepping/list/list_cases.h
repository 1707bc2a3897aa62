// The cases of the list's operations, for any list and kind of element: AtomicList, or a list with
// a known bug.
//
//   for (const Case& c : pushFrontCases(listKind<AtomicList<OwningElement>, OwningElement>())) {
//     c.run(plan);
//   }
//
// Each case runs once with freed memory in quarantine and once with malloc's.
#pragma once

#include <vector>

#include "models/stepping/engine/check.h"
#include "models/stepping/list/list_fixture.h"

namespace sigproof::stepping {

std::vector<Case> pushFrontCases(const ListKind& kind);
std::vector<Case> filterCases(const ListKind& kind);
std::vector<Case> clearCases(const ListKind& kind);
std::vector<Case> destructorCases(const ListKind& kind);
/// Removals while a reader of another thread is inside, and every way to free what it left behind.
std::vector<Case> reclaimCases(const ListKind& kind);

}  // namespace sigproof::stepping
