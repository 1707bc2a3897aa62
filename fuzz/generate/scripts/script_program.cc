#include "fuzz/generate/scripts/script_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sigproof::fuzz {
namespace {

constexpr std::uint32_t kOtherRealmOnceIn = 10;
constexpr std::uint32_t kStreamingOnceIn = 8;
// To describe all that is reachable costs as much as two programs.
constexpr std::uint32_t kReachableOnceIn = 12;

const char* textOf(Installation installation) {
  switch (installation) {
    case Installation::kFresh:
      return "";
    case Installation::kChanged:
      return ", core comes into a changed context";
    case Installation::kRefused:
      return ", core must refuse the changed context";
    case Installation::kGateClosed:
      return ", the gate of the rollout is closed";
    case Installation::kSwitchedOff:
      return ", core's feature is off";
  }
  return "";
}

}  // namespace

void chooseWorld(ByteSource& source, ScriptProgram& program) {
  program.is_async = source.oneIn(2);
  program.task_order = source.oneIn(2) ? source.u32() : 0;
  program.has_other_realm = source.oneIn(kOtherRealmOnceIn);
  program.describes_reachable = source.oneIn(kReachableOnceIn);
  program.has_streaming = source.oneIn(kStreamingOnceIn);
}

std::string describe(const ScriptProgram& program) {
  std::string text = fmt::format(
      "// {} compilation, task order {}{}{}{}\n", program.is_async ? "asynchronous" : "synchronous",
      program.task_order, program.has_other_realm ? ", `other` is a second context" : "",
      program.has_streaming ? ", there is instantiateStreaming" : "", textOf(program.installation));
  for (std::size_t i = 0; i < program.modules.size(); ++i) {
    text +=
        fmt::format("m{} = new Uint8Array([{}]);\n", i, fmt::join(program.modules[i].bytes, ","));
  }
  if (!program.change_before.empty()) {
    text += "// --- before core is installed\n" + program.change_before + "\n";
  }
  for (const std::string& segment : program.segments) {
    text += "// --- a script; then everything pending is done\n" + segment;
  }
  return text;
}

}  // namespace sigproof::fuzz
