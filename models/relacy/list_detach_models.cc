// The end of a list: readers are detached, by a call that waits for them, then it is destroyed (L4,
// L6).
#include "models/relacy/list_model.h"

namespace sigproof::models {

std::vector<Model> listDetachModels() {
  const std::vector<ListProgram> programs = {
      {.name = "detach_against_reader", .owner = "pp|t", .readers = {"i"}},
      {.name = "detach_against_reader_that_returns", .owner = "p|tf", .readers = {"ii"}},
      {.name = "detach_then_destructor", .owner = "pp|ftd", .readers = {"i"}},
      {.name = "detach_against_two_readers", .owner = "|td", .readers = {"i", "i"}},
      {.name = "detach_twice", .owner = "p|ttd", .readers = {"i"}},
  };
  std::vector<Model> models;
  models.reserve(programs.size());
  for (const ListProgram& program : programs) models.push_back(makeListModel(program));
  return models;
}

}  // namespace sigproof::models
