// A handler that delivers, against each operation of the registry's owner, on the owner's thread.
#include "models/relacy/registry/registry_model.h"

namespace sigproof::models {

std::vector<Model> registryHandlerModels() {
  const std::vector<RegistryProgram> programs = {
      {.name = "signal_handler_against_registration",
       .owner = "aa",
       .handler_count = 2,
       .properties = {"R6"}},
      {.name = "signal_handler_against_unaligned_registration",
       .owner = "a",
       .handler_count = 2,
       .is_unaligned = true,
       .properties = {"R6", "D4"}},
      {.name = "signal_handler_against_refused_registration",
       .owner = "a|zw",
       .handler_count = 2,
       .properties = {"R4", "R6", "R7"}},
      {.name = "signal_handler_against_terminated_module",
       .owner = "aa|mD",
       .handler_count = 2,
       .properties = {"D2", "G1"}},
      {.name = "signal_handler_against_revived_memory",
       .owner = "a|mvD",
       .handler_count = 2,
       .properties = {"D2", "G1"}},
      {.name = "signal_handler_against_unaligned_terminated_word",
       .owner = "a|mD",
       .handler_count = 2,
       .is_unaligned = true,
       .properties = {"D2", "D4", "G1"}},
      {.name = "signal_handler_against_collection",
       .owner = "aa|gD",
       .handler_count = 2,
       .properties = {"D2", "G1"}},
      {.name = "signal_handler_against_instance_protocol",
       .owner = "aa|mgD",
       .handler_count = 2,
       .is_instance_protocol = true,
       .properties = {"D2", "G1"}},
      {.name = "signal_handler_against_mark_terminated",
       .owner = "aa|kD",
       .handler_count = 2,
       .properties = {"D2", "G1"}},
      {.name = "signal_handler_against_renewal",
       .owner = "a|na",
       .handler_count = 2,
       .properties = {"R6"}},
      {.name = "signal_handler_against_clear",
       .owner = "aa|ca",
       .handler_count = 2,
       .properties = {"G3"}},
      {.name = "signal_handler_against_disposal",
       .owner = "aa|td",
       .handler_count = 2,
       .properties = {"G3", "L6"}},
  };
  std::vector<Model> models;
  models.reserve(programs.size());
  for (const RegistryProgram& program : programs) models.push_back(makeRegistryModel(program));
  return models;
}

}  // namespace sigproof::models
