// Models of SignalRegistry: an owner program (the isolate's thread, which also runs the modules),
// deliveries on other threads, handlers that deliver on the owner's own thread. A new model is one
// line in a table:
//
//   {.name = "delivery_against_registration", .owner = "aa", .deliverers = {"s"}}
//
// The owner's program has a letter for each call; what stands before '|' is done before the threads
// start. `oldest` is the oldest entry that is not dead:
//   a add a module                              m the oldest's module writes 1 to its terminated
//   word z add one whose words overlap: refused      v ... writes 0 there again (revives its
//   memory) w add one that is terminated: refused       g the engine collected the oldest's
//   instance D dropDead        k markTerminated          h hand over: deliveries that see this come
//   after c clear           n renew                     all of the above t detachReaders   d
//   destroy (with deliverers: if all of them are through)
// A deliverer's program: s deliver.
#pragma once

#include <string>
#include <vector>

#include "models/relacy/model.h"

namespace sigproof::models {

struct RegistryProgram {
  std::string name;
  std::string owner;
  std::vector<std::string> deliverers{};
  /// How many handlers strike the owner, at any of its atomic steps; nested ones count.
  unsigned handler_count = 0;
  /// Whether the modules' words lie across 4-byte boundaries.
  bool is_unaligned = false;
  bool is_instance_protocol = false;
  /// What it defends first; D1, D5 and L4 come with every model.
  std::vector<std::string> properties{};
};

Model makeRegistryModel(const RegistryProgram& program);

/// The tables, one for each family.
std::vector<Model> registryHandlerModels();
std::vector<Model> registryDeliveryModels();

}  // namespace sigproof::models
