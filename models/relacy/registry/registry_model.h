// Models of SignalRegistry: an owner's program, deliveries on other threads, and handlers that
// deliver on the owner's thread. The owner is the isolate's thread, which also runs the modules. A
// new model is one entry of a table in registry_..._programs.cc:
//
//   {.name = "delivery_against_registration", .owner = "aa", .deliverers = {"s"}}
//
// A program is a string with a letter for each call. What stands before '|' runs before the threads
// start. Two tables in registry_model.cc define the letters: RegistryFixture::letters() those of
// the owner, kDeliveryLetters those of a deliverer and of a handler.
//
// To add a letter to the owner's, add its entry to RegistryFixture::letters(): the words, the
// facts, and the function that makes the call and tells the ledger (RegistryLedger) what to expect.
#pragma once

#include <string>
#include <vector>

#include "models/relacy/search/model.h"

namespace sigproof::models {

struct RegistryProgram {
  std::string name;
  std::string owner;
  std::vector<std::string> deliverers{};
  /// How many handlers at most interrupt the owner, at any of its atomic steps; nested ones count.
  unsigned handler_count = 0;
  /// What a handler does, as in a deliverer's program.
  char handler = 's';
  /// Whether the modules' words lie across 4-byte boundaries.
  bool is_unaligned = false;
  bool is_instance_protocol = false;
  /// What it checks besides D1, D5 and, with deliverers, L4 or, without, L3.
  std::vector<reports::Property> properties{};
};

Model makeRegistryModel(const RegistryProgram& program);

/// The tables, one for each file registry_..._programs.cc.
std::vector<RegistryProgram> registryHandlerPrograms();
std::vector<RegistryProgram> registryDeliveryPrograms();
std::vector<RegistryProgram> registryLevelPrograms();
std::vector<RegistryProgram> registryMovePrograms();

}  // namespace sigproof::models
