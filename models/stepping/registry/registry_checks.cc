#include "core/registry/signal_registry.h"
#include "models/stepping/engine/suite.h"
#include "models/stepping/registry/flawed_registry.h"
#include "models/stepping/registry/registry_cases.h"

namespace sigproof::stepping {
namespace {

using Registry = SignalRegistry<>;

}  // namespace

std::vector<Check> registryChecks() {
  return {
      {"registration",
       {"R3", "R4", "R6", "R7", "R9", "D1", "D5"},
       "add of words at aligned, unaligned and last places under both protocols, with a full "
       "registry, and each refusal; a delivery at every instruction, every byte of every memory "
       "compared",
       registrationCases<Registry>(),
       "publishes an entry before its word is zeroed",
       {{"", registrationCases<FlawedRegistry<RegistryFlaw::kPublishesBeforeZeroing>>()}}},
      {"delivery",
       {"L2", "D1", "D2", "D5"},
       "deliver and renew interrupted by a whole delivery at every instruction: live, terminated "
       "and collected entries, both protocols",
       deliveryCases<Registry>(),
       "writes one byte past the word where it interrupts another delivery",
       {{"", deliveryCases<FlawedRegistry<RegistryFlaw::kWritesPastTheWord>>()}}},
      {"level",
       {"L2", "D5", "D6"},
       "renew with and without a warning, add between a renewal and a warning, retireGeneration; "
       "one handler, at each instruction of core's text in turn (of unoptimised and sanitized code "
       "at "
       "some of them), that sends a late signal and delivers",
       levelCases<Registry>(),
       "erases the warning of a handler that preempts renew",
       {{"", levelCases<FlawedRegistry<RegistryFlaw::kErasesNewWarnings>>()}}},
      {"move_memory",
       {"L3", "D1", "D3", "D5", "D6"},
       "moveMemory of the oldest, the middle and the newest of three entries under a warning that "
       "the copy missed, and with no memory for the successor; handlers at all instructions, and "
       "for the middle one at one instruction of core's text in turn (of unoptimised and sanitized "
       "code at some of them)",
       moveMemoryCases<Registry>(),
       "finds no entry while a memory is followed",
       {{"", moveMemoryCases<FlawedRegistry<RegistryFlaw::kHidesWhileMoving>>()}}},
      {"drop_dead",
       {"L3", "D1", "D2", "D5", "G1", "G2"},
       "dropDead of 4 entries for each of the 16 subsets that may be dead, by their word or "
       "collected",
       dropDeadCases<Registry>(),
       "finds no entry while the dead are dropped",
       {{"", dropDeadCases<FlawedRegistry<RegistryFlaw::kHidesWhileDropping>>()}}},
      {"registry_clear",
       {"L3", "L6", "D1", "D5", "G3"},
       "clear of 0, 1 and 4 entries, with dead ones among them, and the registry's destructor",
       registryClearCases<Registry>(),
       "writes to a module that was dropped",
       {{"", registryClearCases<FlawedRegistry<RegistryFlaw::kWritesToTheLast>>()}}},
      {"mark_terminated",
       {"D1", "D2", "D5"},
       "markTerminated of 5 entries, dead ones among them, under both protocols",
       markTerminatedCases<Registry>(),
       "writes to a module whose terminated word is not 0",
       {{"", markTerminatedCases<FlawedRegistry<RegistryFlaw::kWritesToTheLast>>()}}},
  };
}

}  // namespace sigproof::stepping
