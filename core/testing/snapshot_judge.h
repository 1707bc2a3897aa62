// For tests: judges what handlers saw of a list during one operation (L3).
//
//   SnapshotJudge judge({.before = {3, 2, 1}, .after = {3, 1}});
//   judge.add({3, 2, 1});                       // what a handler's iterate() visited, in order
//   judge.add({3, 1});
//   EXPECT_EQ(judge.verdict(), "");
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace sigproof {

/// Element identifiers, newest first. Newer elements have greater identifiers.
using Snapshot = std::vector<int>;

struct Transition {
  Snapshot before;
  Snapshot after;
};

/// A handler must visit nothing that is in the list neither before nor after the operation. It must
/// visit everything that is in it before and after. It must visit in order, each element at most
/// once. And a later handler must agree with an earlier one on what was removed or added.
class SnapshotJudge {
 public:
  explicit SnapshotJudge(Transition transition) : transition_(std::move(transition)) {}

  /// Adds a snapshot. Snapshots must be in the order in which the handlers began.
  void add(const Snapshot& seen) {
    if (!verdict_.empty()) return;
    judgeAlone(seen);
    for (const int id : transition_.before) {
      if (!has(transition_.after, id) && has(seen, id) && !has(latest_, id)) fail("back again", id);
    }
    for (const int id : transition_.after) {
      if (!has(transition_.before, id) && !has(seen, id) && has(latest_, id))
        fail("lost again", id);
    }
    latest_ = seen;
  }

  /// Empty if all was well; otherwise the first thing that was wrong.
  const std::string& verdict() const { return verdict_; }

 private:
  static bool has(const Snapshot& ids, int id) { return std::ranges::find(ids, id) != ids.end(); }

  void judgeAlone(const Snapshot& seen) {
    for (std::size_t i = 1; i < seen.size(); ++i) {
      if (seen[i - 1] <= seen[i]) fail("out of order", seen[i]);
    }
    for (const int id : seen) {
      if (!has(transition_.before, id) && !has(transition_.after, id)) fail("not in the list", id);
    }
    for (const int id : transition_.before) {
      if (has(transition_.after, id) && !has(seen, id)) fail("missed", id);
    }
  }

  void fail(const std::string& what, int id) { verdict_ = what + ": " + std::to_string(id); }

  Transition transition_;
  Snapshot latest_ = transition_.before;
  std::string verdict_;
};

}  // namespace sigproof
