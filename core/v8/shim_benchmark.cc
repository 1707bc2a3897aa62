// What the shim costs a module that does not opt in, and one that does: the same instantiations
// with the shim and without it, in turn, in one run.
//
//   build/libexec/shim_benchmark [--rounds N]
#include <v8.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "core/v8/script_test.h"

namespace sigproof {
namespace {

constexpr int kInstancesPerRound = 300;

double secondsFor(Sandbox& sandbox) {
  sandbox.host().collectGarbage();  // each round begins with the same heap
  const auto start = std::chrono::steady_clock::now();
  sandbox.run("for (let k = 0; k < " + std::to_string(kInstancesPerRound) +
              "; ++k) new WebAssembly.Instance(module);");
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + std::ssize(values) / 2, values.end());
  return values[values.size() / 2];
}

void measure(const char* title, const TestModule& module, int rounds) {
  std::vector<double> with;
  std::vector<double> without;
  std::vector<double> ratios;
  for (int round = 0; round <= rounds; ++round) {
    // One isolate at a time is entered, so each is made anew and warmed up.
    const auto time = [&](bool is_shim_on) {
      Sandbox sandbox({.is_shim_on = is_shim_on});
      sandbox.define("m", module);
      sandbox.run("module = new WebAssembly.Module(m)");
      secondsFor(sandbox);
      return secondsFor(sandbox) / kInstancesPerRound * 1e6;
    };
    // Which comes first changes, so that a drift of the machine falls on both.
    const double first = time(round % 2 == 0);
    const double second = time(round % 2 != 0);
    if (round == 0) continue;  // warm-up
    with.push_back(round % 2 == 0 ? first : second);
    without.push_back(round % 2 == 0 ? second : first);
    ratios.push_back(with.back() / without.back());
  }
  std::printf("%-28s %8.2f us %8.2f us   ratio %.3f (%d rounds, median)\n", title, median(with),
              median(without), median(ratios), rounds);
}

}  // namespace
}  // namespace sigproof

int main(int argc, char** argv) {
  CLI::App app(
      "Times `new WebAssembly.Instance` with the shim and without it, and prints the ratio.");
  int rounds = 21;
  app.add_option("--rounds", rounds, "pairs of measurements")->check(CLI::Range(1, 10'000));
  CLI11_PARSE(app, argc, argv);
  using sigproof::TestModule;
  sigproof::host::initializeEngine({.async_compilation = false});
  std::printf("%-28s %11s %11s\n", "module", "with", "without");
  sigproof::measure("without the exports", {.signal = std::nullopt, .terminated = std::nullopt},
                    rounds);
  sigproof::measure("registered", TestModule{}, rounds);
  return 0;
}
