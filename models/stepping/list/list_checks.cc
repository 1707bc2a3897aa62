#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "core/list/atomic_list.h"
#include "models/stepping/engine/suite.h"
#include "models/stepping/list/elements.h"
#include "models/stepping/list/flawed_list.h"
#include "models/stepping/list/list_cases.h"
#include "models/stepping/list/list_fixture.h"

namespace sigproof::stepping {
namespace {

void append(std::vector<Case>& all, std::vector<Case> cases) {
  std::move(cases.begin(), cases.end(), std::back_inserter(all));
}

// The cases of `make`, for each kind of element.
template <class Make>
std::vector<Case> forEachElement(Make make) {
  std::vector<Case> all;
  append(all, make.template operator()<TrivialElement>());
  append(all, make.template operator()<WritingElement>());
  append(all, make.template operator()<OwningElement>());
  return all;
}

template <class Element, class Make>
Canary canaryOf(Make make) {
  return { std::string(Element::kName), make.template operator()<Element>() };
}

// A canary for each kind of element. The check must catch each.
template <class Make>
std::vector<Canary> canaryForEachElement(Make make) {
  return {canaryOf<TrivialElement>(make), canaryOf<WritingElement>(make),
          canaryOf<OwningElement>(make)};
}

template <class Element>
using List = AtomicList<Element>;
template <class Element, ListFlaw kFlaw>
using Flawed = FlawedList<Element, kFlaw>;

Check pushFrontCheck() {
  return {
      "push_front",
      {"L1", "L2", "L3"},
      "pushFront onto lists of 0 to 3 elements that are trivial, whose destructor writes, that own "
      "memory; of the last kind one whose allocation fails, one whose constructor throws",
      forEachElement([]<class E>() { return pushFrontCases(listKind<List<E>, E>()); }),
      "publishes an element before its link is set",
      canaryForEachElement([]<class E>() {
        return pushFrontCases(listKind<Flawed<E, ListFlaw::kPublishBeforeLink>, E>());
      })};
}

Check filterCheck() {
  return {"filter_every_subset",
          {"L2", "L3", "L5"},
          "filter of a list of 5 elements whose destructor writes for each of the 32 subsets to "
          "keep, of the other kinds for the 16 that treat two neighbours alike, and for those that "
          "own memory one whose predicate throws",
          forEachElement([]<class E>() { return filterCases(listKind<List<E>, E>()); }),
          "frees an element before it is unlinked",
          canaryForEachElement([]<class E>() {
            return filterCases(listKind<Flawed<E, ListFlaw::kFreeBeforeUnlink>, E>());
          })};
}

Check clearCheck() {
  return {"clear",
          {"L2", "L3"},
          "clear of lists of 0, 1, 2 and 5 elements of the three kinds",
          forEachElement([]<class E>() { return clearCases(listKind<List<E>, E>()); }),
          "frees elements before the list is empty",
          canaryForEachElement([]<class E>() {
            return clearCases(listKind<Flawed<E, ListFlaw::kFreeBeforeEmptying>, E>());
          })};
}

Check destructorCheck() {
  return {"destructor",
          {"L2", "L3", "L6"},
          "the destructor of lists of 0, 1, 2 and 5 elements of the three kinds, and of one with "
          "removed elements that are still to be freed",
          forEachElement([]<class E>() { return destructorCases(listKind<List<E>, E>()); }),
          "frees elements before the list is empty",
          canaryForEachElement([]<class E>() {
            return destructorCases(listKind<Flawed<E, ListFlaw::kFreeBeforeEmptying>, E>());
          })};
}

Check reclaimCheck() {
  return {"reclaim",
          {"L3", "L4"},
          "filter, clear and reclaim while a reader of another thread stands on a removed element, "
          "and every way to free what it left behind; elements of the three kinds",
          forEachElement([]<class E>() { return reclaimCases(listKind<List<E>, E>()); }),
          "frees an element under a reader",
          canaryForEachElement([]<class E>() {
            return reclaimCases(listKind<Flawed<E, ListFlaw::kFreeUnderReaders>, E>());
          })};
}

}  // namespace

std::vector<Check> listChecks() {
  return {pushFrontCheck(), filterCheck(), clearCheck(), destructorCheck(), reclaimCheck()};
}

}  // namespace sigproof::stepping
