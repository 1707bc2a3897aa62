// Readers on other threads against the owner (L4), under the C++ memory model.
#include "models/relacy/list_model.h"

namespace sigproof::models {

std::vector<Model> listReaderModels() {
  const std::vector<ListProgram> programs = {
      {.name = "reader_against_push", .owner = "ppp", .readers = {"i"}},
      {.name = "reader_against_push_filter", .owner = "ppf", .readers = {"i"}},
      {.name = "reader_against_filter_newest", .owner = "ppl", .readers = {"i"}},
      {.name = "reader_against_filter_all", .owner = "ppA", .readers = {"i"}},
      {.name = "reader_against_filter_middle", .owner = "ppp|m", .readers = {"i"}},
      {.name = "reader_against_two_filters", .owner = "pp|fpf", .readers = {"i"}},
      {.name = "reader_against_replacement", .owner = "pp|s", .readers = {"i"}},
      {.name = "reader_against_replacement_of_all", .owner = "ppp|Sf", .readers = {"i"}},
      {.name = "reader_against_push_replace_filter", .owner = "psf", .readers = {"i"}},
      {.name = "reader_against_clear", .owner = "ppc", .readers = {"i"}},
      {.name = "reader_against_push_filter_push_clear", .owner = "ppfpc", .readers = {"i"}},
      {.name = "reader_against_late_reclaim", .owner = "pp|frr", .readers = {"i"}},
      {.name = "reader_twice_against_push_filter", .owner = "ppf", .readers = {"ii"}},
      {.name = "reader_asks_is_empty", .owner = "pcpf", .readers = {"ee"}},
      {.name = "two_readers_against_push_filter", .owner = "pf", .readers = {"i", "i"}},
      {.name = "two_readers_against_filter", .owner = "p|f", .readers = {"i", "i"}},
      {.name = "reader_and_handler_against_filter",
       .owner = "pp|f",
       .readers = {"i"},
       .handler_count = 1},
  };
  std::vector<Model> models;
  models.reserve(programs.size());
  for (const ListProgram& program : programs) models.push_back(makeListModel(program));
  return models;
}

}  // namespace sigproof::models
