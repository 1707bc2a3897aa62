// Runs a world under Relacy. A world is a class with setUp(), runThread(index) and tearDown(), made
// anew for each execution:
//
//   SearchResult result = simulate<ListWorld, 2>(search);
//
// setUp() happens before all that the threads do, tearDown() after it; neither is interleaved.
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "models/relacy/engine/delayed_store.h"
#include "models/relacy/engine/execution_gate.h"
#include "models/relacy/engine/model_heap.h"
#include "models/relacy/engine/search.h"

namespace sigproof::models {

template <class World, int kThreadCount>
class Suite : public rl::test_suite<Suite<World, kThreadCount>, kThreadCount> {
 public:
  void before() {
    ExecutionGate::beginExecution();
    DelayedStore::beginExecution();
    world_.setUp();
  }
  void thread(unsigned index) { world_.runThread(index); }
  void after() {
    world_.tearDown();
    ExecutionGate::endExecution();
  }

 private:
  const ModelHeap::Execution heap_;  // first: the world frees when it is destroyed
  World world_;
};

/// One search through the executions of World. Fills `params` from `search` and makes the result
/// from what Relacy left in it; `run` is rl::simulate of the suite.
SearchResult runSearch(const Search& search, bool (*run)(rl::test_params&));

template <class World, int kThreadCount>
SearchResult simulate(const Search& search) {
  return runSearch(search, &rl::simulate<Suite<World, kThreadCount>>);
}

}  // namespace sigproof::models
