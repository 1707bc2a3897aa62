// D3: deliveries while the engine moves a memory and the registry follows it.
#include "models/relacy/registry/registry_model.h"

namespace sigproof::models {

std::vector<RegistryProgram> registryMovePrograms() {
  return {
      {.name = "delivery_against_move",
       .owner = "a|GM",
       .deliverers = {"s"},
       .is_instance_protocol = true,
       .properties = {"D3", "D6"}},
      {.name = "delivery_against_move_under_warning",
       .owner = "as|GM",
       .deliverers = {"s"},
       .is_instance_protocol = true,
       .properties = {"D3", "D6"}},
      {.name = "late_delivery_against_move_and_renewal",
       .owner = "a|GMn",
       .deliverers = {"l"},
       .is_instance_protocol = true,
       .properties = {"D3", "D6"}},
      {.name = "watchdog_and_handler_against_move",
       .owner = "a|GM",
       .deliverers = {"s"},
       .handler_count = 1,
       .is_instance_protocol = true,
       .properties = {"D3", "D6"}},
      {.name = "handler_against_move",
       .owner = "aa|GM",
       .handler_count = 2,
       .properties = {"D3", "D6"}},
      {.name = "handler_against_move_under_warning",
       .owner = "aas|GM",
       .handler_count = 2,
       .properties = {"D3", "D6"}},
      {.name = "handler_against_renewal_and_move",
       .owner = "as|GnM",
       .handler_count = 2,
       .properties = {"D3", "D6"}},
      {.name = "handler_against_move_and_collection",
       .owner = "aa|GMgD",
       .handler_count = 2,
       .properties = {"D3", "D2", "G1"}},
      {.name = "handler_against_move_and_termination",
       .owner = "aa|GMmD",
       .handler_count = 1,
       .properties = {"D3", "D2", "G1"}},
      {.name = "handler_against_unaligned_move",
       .owner = "a|GM",
       .handler_count = 2,
       .is_unaligned = true,
       .properties = {"D3", "D4"}},
  };
}

}  // namespace sigproof::models
