#include "core/atomic_list.h"
#include "models/stepping/flawed_list.h"
#include "models/stepping/list_cases.h"
#include "models/stepping/suite.h"

namespace sigproof::stepping {
namespace {

using List = AtomicList<Element>;
template <ListFlaw kFlaw>
using Flawed = FlawedList<Element, kFlaw>;

}  // namespace

std::vector<Check> listChecks() {
  return {
      {"push_front",
       {"L1", "L2", "L3"},
       "pushFront onto lists of 0 to 3 elements, one whose allocation fails, one whose constructor "
       "throws",
       pushFrontCases<List>(),
       "publishes an element before its link is set",
       pushFrontCases<Flawed<ListFlaw::kPublishBeforeLink>>()},
      {"filter_every_subset",
       {"L2", "L3", "L5"},
       "filter of a list of 5 elements for each of the 32 subsets to keep, and one whose predicate "
       "throws",
       filterCases<List>(),
       "frees an element before it is unlinked",
       filterCases<Flawed<ListFlaw::kFreeBeforeUnlink>>()},
      {"clear",
       {"L2", "L3"},
       "clear of lists of 0, 1, 2 and 5 elements",
       clearCases<List>(),
       "frees elements before the list is empty",
       clearCases<Flawed<ListFlaw::kFreeBeforeEmptying>>()},
      {"destructor",
       {"L2", "L3", "L6"},
       "the destructor of lists of 0, 1, 2 and 5 elements, and of one with removed elements that "
       "are still to be freed",
       destructorCases<List>(),
       "frees elements before the list is empty",
       destructorCases<Flawed<ListFlaw::kFreeBeforeEmptying>>()},
      {"reclaim",
       {"L3", "L4"},
       "filter, clear and reclaim while a reader of another thread stands on a removed element, "
       "and "
       "every way to free what it left behind",
       reclaimCases<List>(),
       "frees an element under a reader",
       reclaimCases<Flawed<ListFlaw::kFreeUnderReaders>>()},
  };
}

}  // namespace sigproof::stepping
