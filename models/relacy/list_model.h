// Models of AtomicList: an owner program, the readers on other threads, the handlers that strike
// the owner. A new model is one line in a table:
//
//   {.name = "reader_against_push_filter", .owner = "ppf", .readers = {"i"}}
//
// The owner's program has a letter for each call; what stands before '|' is done before the threads
// start:
//   p push                           A filter all out        r reclaim
//   q push, the constructor throws   k filter, keep all      t detach the readers
//   f filter the oldest out          x filter the newest     d destroy the list (with readers: if
//   l filter the newest out            out, then throw         all of them are through)
//   m filter the second newest out   c clear                 s replace the newest
//                                                            S replace all
//   e filter every other out, from the newest on
// A reader's program: i iterate, e isEmpty. A handler asks isEmpty, then iterates.
#pragma once

#include <string>
#include <vector>

#include "models/relacy/model.h"

namespace sigproof::models {

struct ListProgram {
  std::string name;
  std::string owner;
  std::vector<std::string> readers{};
  /// How many handlers strike the owner, at any of its atomic steps; nested ones count.
  unsigned handler_count = 0;
};

Model makeListModel(const ListProgram& program);

/// The tables, one for each family.
std::vector<Model> listHandlerModels();
std::vector<Model> listReaderModels();
std::vector<Model> listDetachModels();

}  // namespace sigproof::models
