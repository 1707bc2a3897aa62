// Runs a program under Relacy. A program is a class with setUp(), runThread(index) and tearDown().
// Each execution makes a new object of it:
//
//   SearchResult result = simulate<PushesAndWalks, 2>(search);
//
// setUp() happens before all that the threads do, and tearDown() after it. Neither is interleaved.
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "models/relacy/engine/delayed_store.h"
#include "models/relacy/engine/execution_gate.h"
#include "models/relacy/engine/model_heap.h"
#include "models/relacy/engine/search.h"

namespace sigproof::models {

template <class Program, int kThreadCount>
class Suite : public rl::test_suite<Suite<Program, kThreadCount>, kThreadCount> {
 public:
  void before() {
    ExecutionGate::beginExecution();
    DelayedStore::beginExecution();
    program_.setUp();
  }
  void thread(unsigned index) { program_.runThread(index); }
  void after() {
    program_.tearDown();
    ExecutionGate::endExecution();
  }

 private:
  const ModelHeap::Execution heap_;  // first, because the program frees when it is destroyed
  Program program_;
};

/// Makes one search through the executions of Program. Fills `params` from `search`, and makes the
/// result from what Relacy left in them. `run` is rl::simulate of the suite.
SearchResult runSearch(const Search& search, bool (*run)(rl::test_params&));

template <class Program, int kThreadCount>
SearchResult simulate(const Search& search) {
  return runSearch(search, &rl::simulate<Suite<Program, kThreadCount>>);
}

}  // namespace sigproof::models
