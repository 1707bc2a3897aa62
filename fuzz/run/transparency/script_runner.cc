#include "fuzz/run/transparency/script_runner.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fuzz/oracles/installation_oracle.h"
#include "fuzz/oracles/transparency_oracle.h"
#include "fuzz/oracles/witness_oracle.h"
#include "fuzz/run/transparency/world.h"
#include "fuzz/support/record/report_violation.h"
#include "fuzz/support/record/statistics.h"

namespace sigproof::fuzz {
namespace {

void countIn(const std::string& folder, std::string_view name, std::uint64_t by = 1) {
  Statistics::counter(std::string(folder).append("/").append(name)) += by;
}

void failProgram(const ScriptProgram& program, const std::optional<Violation>& violation) {
  if (violation) reportViolation(*violation, [&] { return describe(program); });
}

// By the modules' structure; of modules that are only bytes, by what the world without core shows.
std::vector<std::uint64_t> signalAddressesOf(const ScriptProgram& program, const World& without) {
  std::vector<std::uint64_t> addresses;
  for (const ScriptModule& module : program.modules) {
    const std::vector<std::uint64_t>& more =
        module.is_verbatim ? without.signalAddresses() : module.signal_addresses;
    addresses.insert(addresses.end(), more.begin(), more.end());
  }
  return addresses;
}

void compareMemories(const ScriptProgram& program, const World& without, const World& with) {
  const std::vector<std::uint64_t> addresses = signalAddressesOf(program, without);
  if (without.memoryCount() != with.memoryCount()) {
    failProgram(program, Violation{"T5", "the program met another number of memories"});
  }
  for (std::size_t i = 0; i < with.memoryCount(); ++i) {
    failProgram(program, judgeMemory(without.memory(i), with.memory(i), addresses));
  }
}

void countProgram(const ScriptProgram& program, const World& with) {
  const WitnessObservation& seen = with.witnessed();
  ++Statistics::counter("runs");
  countIn("compilation", program.is_async ? "asynchronous" : "synchronous");
  std::size_t outcomes = 0;
  for (std::size_t i = 0; i < seen.outcomes.size(); ++i) {
    const std::size_t count = seen.outcomes.at(i);
    outcomes += count;
    if (count != 0) countIn("outcomes", name(static_cast<RegistrationOutcome>(i)), count);
  }
  std::size_t threw = 0;
  bool has_instance = false;
  for (const Notice& notice : with.log()) {
    has_instance = has_instance || notice.text.starts_with("exports ");
    if (notice.text.find(" 'threw' ") != std::string::npos) ++threw;
  }
  const bool is_registered =
      seen.outcomes.at(static_cast<std::size_t>(RegistrationOutcome::kRegistered)) != 0;
  countIn("programs", is_registered   ? "registered"
                      : outcomes != 0 ? "instantiated, registered nothing"
                      : has_instance  ? "instantiated, nothing listened"
                                      : "instantiated nothing");
  if (has_instance) countIn("programs", "showed an instance");
  if (threw != 0) countIn("programs", "threw");
  countIn("contexts", program.leaves_no_trace && program.installation == Installation::kFresh
                          ? "used again"
                          : "made for the program");
  for (const std::string& feature : program.features) countIn("features", feature);
}

// Of a changed context core may rightly not understand what it is shown.
void judgeWitnesses(const ScriptProgram& program, World& with) {
  if (program.modules.empty() || !program.modules.front().witness ||
      program.installation != Installation::kFresh) {
    return;
  }
  const WitnessOracle oracle(program);
  failProgram(program, oracle.judge(with.witnessed()));
  with.deliver();
  for (std::size_t i = 0; i < with.memoryCount(); ++i) {
    failProgram(program, oracle.judgeDelivery(with.memory(i), with.isAllAlive()));
  }
}

std::string textOf(const World& world) {
  std::string text;
  for (const Notice& notice : world.log()) text += notice.text + "\n";
  return text;
}

}  // namespace

ScriptRun runInBothWorlds(const ScriptProgram& program) {
  World& without = World::of(World::Core::kAbsent);
  World& with =
      World::of(program.installation == Installation::kSwitchedOff ? World::Core::kSwitchedOff
                                                                   : World::Core::kOn);
  without.run(program);
  with.run(program);
  failProgram(program, judgeLogs(without.log(), with.log()));
  compareMemories(program, without, with);
  countProgram(program, with);
  failProgram(program,
              judgeInstallation(program.installation, with.isInstalled(), with.witnessed()));
  judgeWitnesses(program, with);
  ScriptRun run{.text = textOf(with), .declared = {}};
  if (with.hasDeclared()) run.declared = with.declared();
  without.forget();
  with.forget();
  return run;
}

}  // namespace sigproof::fuzz
