// Models of AtomicList: an owner program, the readers on other threads, the handlers that strike
// the owner and the readers:
//
//   {.name = "reader_against_push_filter", .owner = "ppf", .readers = {"i"}}
//
// or many of them at once: list_matrix.cc.
//
// The owner's program has a letter for each call; what stands before '|' is done before the threads
// start:
//   p push                           b filter the two oldest out    c clear
//   q push, the constructor throws   e filter every other out,      r reclaim
//   f filter the oldest out              from the newest on         s replace the newest
//   l filter the newest out          A filter all out               S replace all
//   m filter the second newest out   k filter, keep all             t detach the readers
//   d destroy the list (with         x filter the newest out,
//       readers: if all of them          then throw
//       are through)
// A reader's program: i iterate, e isEmpty. A handler asks isEmpty, then iterates.
#pragma once

#include <string>
#include <vector>

#include "models/relacy/search/model.h"

namespace sigproof::models {

struct ListProgram {
  std::string name;
  std::string owner;
  std::vector<std::string> readers{};
  /// How many handlers strike the owner's thread, the first reader's, and so on, at any of their
  /// atomic steps; nested ones count.
  std::vector<unsigned> handlers{};
  /// The programs of one shape and of different length, if this is one of them.
  std::string series{};
};

Model makeListModel(const ListProgram& program);

}  // namespace sigproof::models
