// Modules that people use (corpus/modules), changed in a few places and made to listen or not,
// given to `WebAssembly` with core and without.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "core/v8/testing/read_file.h"
#include "fuzz/generate/raw_bytes/edited_module.h"
#include "fuzz/real_modules/listening_module.h"
#include "fuzz/real_modules/manifest.h"
#include "fuzz/run/transparency/raw_bytes_runner.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/record/target_description.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

// One that is larger is compiled ten times a run: a run of seconds.
constexpr std::size_t kLargestBytes = 300'000;
// What most of the modules begin with is less.
constexpr unsigned kMostMemoryPages = 512;

// Each module as it is, and made to listen.
std::vector<Bytes> readModules() {
  const std::string folder = sigproof::modules::defaultModulesDir();
  std::vector<Bytes> modules;
  for (const auto& module : sigproof::modules::readManifest(folder + "/manifest.json")) {
    Bytes bytes = sigproof::host::readFile(folder + "/node_modules/" + module.path);
    if (bytes.size() > kLargestBytes) continue;
    modules.push_back(sigproof::modules::makeListen(bytes).bytes);
    modules.push_back(std::move(bytes));
  }
  return modules;
}

const std::vector<Bytes>& listeningModules() {
  static const std::vector<Bytes> kModules = [] {
    try {
      return readModules();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "fuzz-real_modules: %s; ci/setup installs the packages\n", error.what());
      std::exit(2);  // NOLINT(concurrency-mt-unsafe): before any other thread
    }
  }();
  return kModules;
}

}  // namespace

namespace sigproof::fuzz {

const TargetDescription kTargetDescription{
    .properties = {"R1", "R5", "R7", "T4"},
    .covered =
        "modules of npm packages, up to 300,000 bytes, changed in up to three places, "
        "listening or not, with core and without",
    .cannot_see = "what their functions do, instances of those with a start section",
    .engine = kV8OfLibnode};

int runInput(std::span<const std::uint8_t> input) {
  ByteSource source(input);
  const Bytes& module =
      listeningModules()[source.below(static_cast<std::uint32_t>(listeningModules().size()))];
  const bool is_async = source.oneIn(2);
  const Bytes changed = editModule(module, source);
  runRawBytes(changed, is_async, kMostMemoryPages);
  return 0;
}

}  // namespace sigproof::fuzz
