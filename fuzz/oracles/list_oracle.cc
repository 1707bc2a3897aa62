#include "fuzz/oracles/list_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sigproof::fuzz {
namespace {

ElementSet toSet(const std::vector<ElementId>& elements) {
  ElementSet set;
  for (const ElementId id : elements) set.set(id);
  return set;
}

std::string toText(const ElementSet& set) {
  std::string text;
  for (ElementId id = 0; id < set.size(); ++id) {
    if (set[id]) text += fmt::format("{}{}", text.empty() ? "" : " ", id);
  }
  return "{" + text + "}";
}

}  // namespace

// `after_` was set by the caller.
void ListOracle::begin() {
  before_set_ = is_detached_ ? ElementSet() : toSet(contents_);
  after_set_ = is_detached_ ? ElementSet() : toSet(after_);
  gone_.reset();
  arrived_.reset();
  predicate_calls_ = 0;
  replaced_.clear();
}

void ListOracle::beginPush(ElementId id) {
  after_.assign(1, id);
  after_.insert(after_.end(), contents_.begin(), contents_.end());
  begin();
}

void ListOracle::beginFilter(const std::vector<bool>& keep, bool throws) {
  after_.clear();
  for (std::size_t i = 0; i < contents_.size(); ++i) {
    if (i >= keep.size() || keep[i]) after_.push_back(contents_[i]);
  }
  begin();
  predicate_calls_ = std::min(keep.size() + (throws ? 1 : 0), contents_.size());
}

void ListOracle::beginReplace(const std::vector<std::optional<ElementId>>& successors,
                              std::size_t calls) {
  after_ = contents_;
  std::vector<std::pair<ElementId, ElementId>> replaced;
  for (std::size_t i = 0; i < std::min(successors.size(), contents_.size()); ++i) {
    if (!successors[i]) continue;
    after_[i] = *successors[i];
    pushed_.at(after_[i]) = pushed_.at(contents_[i]);
    replaced.emplace_back(contents_[i], after_[i]);
  }
  begin();
  predicate_calls_ = std::min(calls, contents_.size());
  if (!is_detached_) replaced_ = std::move(replaced);
}

void ListOracle::beginClear() {
  after_.clear();
  begin();
}

void ListOracle::beginReclaim() {
  after_ = contents_;
  begin();
}

void ListOracle::beginDetach() {
  beginReclaim();
  is_detached_ = true;
  after_set_.reset();
}

void ListOracle::beginDestroy() {
  beginClear();
  is_detached_ = false;
}

std::optional<Violation> ListOracle::judgeOrder(const ListVisit& visit, ElementSet& seen) const {
  for (std::size_t i = 0; i < visit.count_; ++i) {
    const ElementId id = visit.ids_[i];
    if (seen[id]) return Violation{"L2", fmt::format("a handler met element {} twice", id)};
    seen.set(id);
    if (i == 0) continue;
    const ElementId former = visit.ids_[i - 1];
    if (pushed_[id] == pushed_[former]) {
      return Violation{
          "L3", fmt::format("a handler met element {} and {}, of which one takes the other's place",
                            former, id)};
    }
    if (pushed_[id] > pushed_[former]) {
      return Violation{"L2",
                       fmt::format("a handler met element {} before the newer {}", former, id)};
    }
  }
  return std::nullopt;
}

std::optional<Violation> ListOracle::judge(const ListVisit& visit) {
  if (visit.dead_) {
    return Violation{"L3",
                     fmt::format("a handler met element {}, which is not alive", *visit.dead_)};
  }
  ElementSet seen;
  if (auto violation = judgeOrder(visit, seen)) return violation;
  for (const auto& [old, successor] : replaced_) {
    if (!seen[old] && !seen[successor]) {
      return Violation{"L3", fmt::format("a handler met neither element {} nor {}, which takes its "
                                         "place",
                                         old, successor)};
    }
  }
  const ElementSet required = (before_set_ & after_set_) | arrived_;
  const ElementSet allowed = (before_set_ | after_set_) & ~gone_;
  if ((required & ~seen).any()) {
    return Violation{"L3", fmt::format("a handler met {} and missed {}", toText(seen),
                                       toText(required & ~seen))};
  }
  if ((seen & ~allowed).any()) {
    return Violation{"L3", fmt::format("a handler met {}, which is neither in the list nor on its "
                                       "way in or out",
                                       toText(seen & ~allowed))};
  }
  gone_ |= before_set_ & ~after_set_ & ~seen;
  arrived_ |= after_set_ & ~before_set_ & seen;
  return std::nullopt;
}

std::optional<Violation> ListOracle::judgePredicateCalls(
    const std::vector<ElementId>& calls) const {
  if (calls.size() == predicate_calls_ &&
      std::equal(calls.begin(), calls.end(), contents_.begin())) {
    return std::nullopt;
  }
  return Violation{"L5",
                   fmt::format("the predicate was to be called for the first {} of [{}], and "
                               "was called for [{}]",
                               predicate_calls_, fmt::join(contents_, " "), fmt::join(calls, " "))};
}

std::optional<Violation> ListOracle::end(const ElementSet& alive) {
  std::swap(contents_, after_);
  const ElementSet expected = toSet(contents_);
  if ((expected & ~alive).any()) {
    return Violation{"L4", fmt::format("elements {} are in the list and were destroyed",
                                       toText(expected & ~alive))};
  }
  if ((alive & ~expected).any()) {
    return Violation{"L4", fmt::format("elements {} were removed, no reader is active, and they "
                                       "were not freed",
                                       toText(alive & ~expected))};
  }
  return std::nullopt;
}

}  // namespace sigproof::fuzz
