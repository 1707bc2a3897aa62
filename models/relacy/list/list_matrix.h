// The models of AtomicList: each owner's program with each combination of readers and handlers. A
// new owner's program is one line of the table in list_matrix.cc.
//
//   for (const ListProgram& program : listMatrix()) models.push_back(makeListModel(program));
#pragma once

#include <vector>

#include "models/relacy/list/list_model.h"

namespace sigproof::models {

std::vector<ListProgram> listMatrix();

}  // namespace sigproof::models
