#include "ci/sigproof/fuzz/fuzz_target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

constexpr std::string_view kPrefix = "fuzz-";
const std::string kFuzzer =
    fmt::format("libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer of clang {}.{}.{}",
                __clang_major__, __clang_minor__, __clang_patchlevel__);

const std::map<std::string, FuzzTargetFacts, std::less<>>& allFacts() {
  static const std::map<std::string, FuzzTargetFacts, std::less<>> kFacts{
      {"list",
       {.properties = {"L1", "L2", "L3", "L4", "L5", "L6"},
        .covered = "AtomicList against a reference, with handlers between its atomic steps",
        .cannot_see = "points inside an atomic step, other threads",
        .engine = kFuzzer}},
      {"registration",
       {.properties = {"R3", "R4", "R6", "R7", "R9", "D1", "D2", "D4", "D5", "G2", "G3"},
        .covered = "SignalRegistry against a reference in wide arithmetic, every byte of every "
                   "memory compared after each operation",
        .cannot_see = "the engine, points inside an atomic step, other threads",
        .engine = kFuzzer}},
      {"shim",
       {.properties = {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "D1", "D2",
                       "D3", "G2", "T2", "T6"},
        .covered =
            "made modules instantiated in all ways in V8, judged by an oracle that knows what "
            "was generated",
        .cannot_see = "modules that the generator never makes, other threads, other versions of V8",
        .engine = kFuzzer + "; V8 10.2 of libnode"}},
      {"lifecycle",
       {.properties = {"D1", "D2", "D6", "G1", "G3", "G4"},
        .covered = "isolates of V8 that are made, left, moved between threads, limited, killed and "
                   "disposed of, under real signals, timers and a watchdog",
        .cannot_see = "interleavings that this machine's scheduler never makes, hostile programs",
        .engine = kFuzzer + "; V8 10.2 of libnode"}},
      {"transparency",
       {.properties = {"T1", "T2", "T3", "T4", "T6", "T9", "R6", "R7"},
        .covered = "JavaScript programs with core and without, compiled at once and in the "
                   "background: everything they can observe compared",
        .cannot_see = "threads' real timing, streams, programs that end in the middle, stacks near "
                      "their limit, other versions of V8",
        .engine = kFuzzer + "; V8 10.2 of libnode"}},
      {"hostile",
       {.properties = {"T5", "T9", "R1", "R5", "R6", "R7", "R10", "D1"},
        .covered =
            "programs that patch built-ins, getters and prototypes around instantiations: they "
            "see the same as without core, and what listens is registered all the same",
        .cannot_see =
            "patches that the grammar doesn't know, programs that end in the middle, stacks "
            "near their limit, other versions of V8",
        .engine = kFuzzer + "; V8 10.2 of libnode"}},
      {"raw_bytes",
       {.properties = {"R1", "R5", "R7", "T4"},
        .covered = "mutated and truncated modules with core and without, and core's inspector "
                   "against the engine's lists of imports and exports",
        .cannot_see =
            "instances of modules with a start section, 64-bit memories, formats newer than "
            "V8 10.2",
        .engine = kFuzzer + "; V8 10.2 of libnode"}},
      {"real_modules",
       {.properties = {"R1", "R5", "R7", "T4"},
        .covered = "modules of npm packages, up to 300,000 bytes, changed in up to three places, "
                   "listening or not, with core and without",
        .cannot_see = "what their functions do, instances of those with a start section",
        .engine = kFuzzer + "; V8 10.2 of libnode"}},
  };
  return kFacts;
}

}  // namespace

std::vector<std::string> fuzzTargets(const Workspace& workspace) {
  std::vector<std::string> targets;
  for (const auto& program : workspace.programsWithPrefix(std::string(kPrefix))) {
    targets.push_back(program.filename().string().substr(kPrefix.size()));
  }
  return targets;
}

FuzzTargetFacts factsOf(const std::string& target) {
  const auto found = allFacts().find(target);
  if (found != allFacts().end()) return found->second;
  return {.properties = {},
          .covered = "what fuzz/targets/" + target + "_fuzzer.cc says",
          .cannot_see = "what its generator never makes",
          .engine = kFuzzer};
}

std::string fuzzTargetNamed(const Workspace& workspace, const std::string& name) {
  const std::string target = name.starts_with("fuzz/") ? name.substr(5) : name;
  const std::vector<std::string> targets = fuzzTargets(workspace);
  if (std::find(targets.begin(), targets.end(), target) != targets.end()) return target;
  if (targets.empty()) {
    throw UserError("no fuzz target is built in " + workspace.shown(workspace.libexec) +
                    "; build them first: cmake --build build");
  }
  throw UserError(
      fmt::format("no fuzz target is called '{}'; there are: {}", name, fmt::join(targets, ", ")));
}

}  // namespace sigproof::tool
