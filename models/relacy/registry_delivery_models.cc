// Delivery on other threads against each operation of the registry's owner.
#include "models/relacy/registry_model.h"

namespace sigproof::models {

std::vector<Model> registryDeliveryModels() {
  const std::vector<RegistryProgram> programs = {
      {.name = "delivery_against_registration",
       .owner = "aa",
       .deliverers = {"s"},
       .properties = {"R6"}},
      {.name = "delivery_against_unaligned_registration",
       .owner = "a",
       .deliverers = {"s"},
       .is_unaligned = true,
       .properties = {"R6", "D4"}},
      {.name = "delivery_after_registration",
       .owner = "ah",
       .deliverers = {"s"},
       .properties = {"R6"}},
      {.name = "delivery_against_refused_registration",
       .owner = "a|w",
       .deliverers = {"s"},
       .properties = {"R6", "R7"}},
      {.name = "delivery_against_drop_of_collected",
       .owner = "aa|gD",
       .deliverers = {"s"},
       .properties = {"D2", "G1"}},
      {.name = "delivery_against_drop_of_terminated",
       .owner = "a|mD",
       .deliverers = {"s"},
       .properties = {"D2", "G1"}},
      {.name = "delivery_after_collection",
       .owner = "a|ghD",
       .deliverers = {"s"},
       .properties = {"D2"}},
      {.name = "delivery_after_termination",
       .owner = "a|mhD",
       .deliverers = {"s"},
       .properties = {"D2"}},
      {.name = "delivery_against_mark_terminated",
       .owner = "a|k",
       .deliverers = {"s"},
       .properties = {"D2"}},
      {.name = "delivery_against_renewal",
       .owner = "a|na",
       .deliverers = {"s"},
       .properties = {"R6"}},
      {.name = "delivery_twice_against_registration",
       .owner = "|a",
       .deliverers = {"ss"},
       .properties = {"R6"}},
      {.name = "delivery_against_replacement",
       .owner = "a|gDa",
       .deliverers = {"s"},
       .properties = {"D2", "R6"}},
      {.name = "two_deliveries_against_registration",
       .owner = "a",
       .deliverers = {"s", "s"},
       .is_instance_protocol = true,
       .properties = {"R6"}},
      {.name = "delivery_against_clear",
       .owner = "aa|ca",
       .deliverers = {"s"},
       .properties = {"G3"}},
      {.name = "delivery_against_disposal",
       .owner = "a|td",
       .deliverers = {"s"},
       .properties = {"G3", "L6"}},
  };
  std::vector<Model> models;
  models.reserve(programs.size());
  for (const RegistryProgram& program : programs) models.push_back(makeRegistryModel(program));
  return models;
}

}  // namespace sigproof::models
