// Models of AtomicList: an owner's program, readers on other threads, and handlers that interrupt
// the owner and the readers:
//
//   {.name = "reader_against_push_filter", .owner = "ppf", .readers = {"i"}}
//
// list_matrix.cc makes many of them at once.
//
// A program is a string with a letter for each call. What stands before '|' runs before the threads
// start. Two tables in list_model.cc define the letters: ListFixture::letters() those of the owner,
// ListFixture::readerLetters() those of a reader. A handler asks isEmpty, then iterates.
//
// To add a letter, add its entry to the table: the words, the facts, and the function that makes
// the call and tells the ledger (ListLedger) what to expect.
#pragma once

#include <string>
#include <vector>

#include "models/relacy/search/model.h"

namespace sigproof::models {

struct ListProgram {
  std::string name;
  std::string owner;
  std::vector<std::string> readers{};
  /// How many handlers at most interrupt the owner's thread, the first reader's, and so on, at any
  /// of their atomic steps; nested ones count.
  std::vector<unsigned> handlers{};
  /// The programs of one shape and of different length, if this is one of them.
  std::string series{};
};

Model makeListModel(const ListProgram& program);

}  // namespace sigproof::models
