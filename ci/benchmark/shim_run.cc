// What a run of fuzz-shim costs, compared with its modules alone: made, compiled and instantiated
// in a V8 without the shim, without an oracle. Both have the sanitizers of the target.
#include <cstdint>
#include <vector>

#include "ci/benchmark/measurement.h"
#include "fuzz/generate/stored_input.h"
#include "fuzz/run/shim/instance_requests.h"
#include "fuzz/run/shim/shim_host.h"
#include "fuzz/run/shim/shim_runner.h"
#include "fuzz/support/random_inputs.h"

namespace sigproof::benchmarks {
namespace {

// The programs in a round: so many that rare and slow ones are in most rounds.
constexpr std::size_t kProgramsPerRound = 128;

// The same inputs for both, one after the other.
class Inputs {
 public:
  std::vector<std::uint8_t> next() {
    return fuzz::randomBytes(fuzz::ShimProgram::inputLayout().maxBytes(), seed_++);
  }

 private:
  std::uint32_t seed_ = 20261122;  // arbitrary; the same each time
};

void runJudged(Inputs& inputs) {
  const fuzz::ShimInput input = fuzz::makeInput(inputs.next());
  fuzz::ShimRunner(input).run();
}

void runPlain(Inputs& inputs) {
  const fuzz::ShimInput input = fuzz::makeInput(inputs.next());
  const fuzz::ShimProgram& program = input.program;
  const std::vector<std::uint8_t> module = fuzz::withFault(program, input.module);
  fuzz::ShimHost& host = fuzz::ShimHost::plain();
  host.chooseCompilation(program);
  const v8::Isolate::Scope isolate_scope(host.isolate());
  const v8::HandleScope handles(host.isolate());
  const v8::Context::Scope context_scope(host.contextForRun());
  fuzz::InstanceRequests requests(host, program, module);
  if (program.fault != fuzz::Fault::kBrokenBytes) requests.compile();
  for (const fuzz::Way way : program.ways) {
    const v8::HandleScope handles_of_request(host.isolate());
    requests.request(way);
  }
}

PairedTimes measureRun(benchmark::State& state) {
  Inputs of_subject;
  Inputs of_baseline;
  return measureInTurn(state,
                       {.run = [&] { runJudged(of_subject); }, .repetitions = kProgramsPerRound},
                       {.run = [&] { runPlain(of_baseline); }, .repetitions = kProgramsPerRound});
}

}  // namespace

std::vector<Measurement> allMeasurements() {
  return {{.name = "fuzz/shim",
           .subject = "a run of fuzz-shim",
           .baseline = "making, compiling and instantiating its modules without shim and oracle",
           .bar = Bar::kAtMost,
           .limit = 1.5,
           .rounds = 41,
           .measure = &measureRun}};
}

}  // namespace sigproof::benchmarks
