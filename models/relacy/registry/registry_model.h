// Models of SignalRegistry: an owner program (the isolate's thread, which also runs the modules),
// deliveries on other threads, handlers that deliver on the owner's own thread. A new model is one
// line in a table:
//
//   {.name = "delivery_against_registration", .owner = "aa", .deliverers = {"s"}}
//
// The owner's program has a letter for each call; what stands before '|' is done before the threads
// start. "The oldest" is the oldest entry that is not dead:
//   a  add a module                    m  the oldest's module writes 1 to its terminated word
//   z  add one whose words overlap:    v  it writes 0 there again (revives its memory)
//      refused                         g  the engine collects the oldest's instance
//   w  add one that is terminated:     G  the engine moves the oldest's memory
//      refused                         M  moveMemory() of that entry
//   D  dropDead                        k  markTerminated
//   p  dropDead, which perhaps drops   f  dropDead, if all deliverers are through
//      what a delivery saw dead
//   c  clear                           s  deliver
//   n  renew                           t  detachReaders
//   r  retireGeneration                d  destroy (with deliverers: if all are through)
//   h  hand over: deliveries that see this come after all of the above
// A deliverer's program: s deliver, l deliver for the first generation, late if it has ended.
#pragma once

#include <string>
#include <vector>

#include "models/relacy/search/model.h"

namespace sigproof::models {

struct RegistryProgram {
  std::string name;
  std::string owner;
  std::vector<std::string> deliverers{};
  /// How many handlers strike the owner, at any of its atomic steps; nested ones count.
  unsigned handler_count = 0;
  /// What a handler does, as in a deliverer's program.
  char handler = 's';
  /// Whether the modules' words lie across 4-byte boundaries.
  bool is_unaligned = false;
  bool is_instance_protocol = false;
  /// What it defends first; D1, D5 and L4 come with every model.
  std::vector<reports::Property> properties{};
};

Model makeRegistryModel(const RegistryProgram& program);

/// The tables, one for each family.
std::vector<Model> registryHandlerModels();
std::vector<Model> registryDeliveryModels();
std::vector<Model> registryLevelModels();
std::vector<Model> registryMoveModels();

}  // namespace sigproof::models
