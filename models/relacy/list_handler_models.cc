// A handler against each operation of the owner, on the owner's thread (L3): it comes before any
// atomic step, and does all its work before the owner goes on.
#include "models/relacy/list_model.h"

namespace sigproof::models {

std::vector<Model> listHandlerModels() {
  const std::vector<ListProgram> programs = {
      {.name = "handler_against_push", .owner = "ppp", .handler_count = 2},
      {.name = "handler_against_failing_push", .owner = "p|qp", .handler_count = 2},
      {.name = "handler_against_filter_oldest", .owner = "ppp|f", .handler_count = 2},
      {.name = "handler_against_filter_newest", .owner = "ppp|l", .handler_count = 2},
      {.name = "handler_against_filter_middle", .owner = "ppp|m", .handler_count = 2},
      {.name = "handler_against_filter_every_other", .owner = "pppp|e", .handler_count = 2},
      {.name = "handler_against_filter_all", .owner = "ppp|A", .handler_count = 2},
      {.name = "handler_against_filter_none", .owner = "ppp|k", .handler_count = 2},
      {.name = "handler_against_throwing_filter", .owner = "ppp|xf", .handler_count = 2},
      {.name = "handler_against_replacement", .owner = "ppp|s", .handler_count = 2},
      {.name = "handler_against_replacement_of_all", .owner = "ppp|Sf", .handler_count = 2},
      {.name = "handler_against_clear", .owner = "ppp|c", .handler_count = 2},
      {.name = "handler_against_destructor", .owner = "ppp|d", .handler_count = 2},
      {.name = "handler_against_push_filter_push_clear", .owner = "ppfpc", .handler_count = 2},
  };
  std::vector<Model> models;
  models.reserve(programs.size());
  for (const ListProgram& program : programs) models.push_back(makeListModel(program));
  return models;
}

}  // namespace sigproof::models
