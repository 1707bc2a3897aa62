// A failed execution as people read it: one column a thread (and one for each nested handler), one
// row a step.
//
//   step  owner                                    reader                         where
//     14  head_ := node 2 (was node 1)  seq_cst core/atomic_list.h:78 pushFront 15 head_ -> node 1
//     STALE  acquire core/atomic_list.h:135 iterate
#pragma once

#include <string>
#include <vector>

#include "models/relacy/history.h"

namespace sigproof::models {

/// `columns` are the names of the threads, then those of the levels of handlers; `thread_count`
/// says how many are threads. Steps before the threads start are left out.
std::string renderTrace(const History& history, const std::vector<std::string>& columns,
                        unsigned thread_count);

}  // namespace sigproof::models
