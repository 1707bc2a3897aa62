#include "fuzz/generate/script_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sigproof::fuzz {
namespace {

// A second context costs as much as a small program; to describe all that is reachable, as much as
// two.
constexpr std::uint32_t kOtherRealmOnceIn = 10;
constexpr std::uint32_t kReachableOnceIn = 12;

}  // namespace

void chooseWorld(ByteSource& source, ScriptProgram& program) {
  program.is_async = source.oneIn(2);
  program.task_order = source.oneIn(2) ? source.u32() : 0;
  program.has_other_realm = source.oneIn(kOtherRealmOnceIn);
  program.describes_reachable = source.oneIn(kReachableOnceIn);
}

std::string describe(const ScriptProgram& program) {
  std::string text =
      fmt::format("// {} compilation{}{}\n", program.is_async ? "asynchronous" : "synchronous",
                  fmt::format(", task order {}", program.task_order),
                  program.has_other_realm ? ", `other` is a second context" : "");
  for (std::size_t i = 0; i < program.modules.size(); ++i) {
    text +=
        fmt::format("m{} = new Uint8Array([{}]);\n", i, fmt::join(program.modules[i].bytes, ","));
  }
  for (const std::string& segment : program.segments) {
    text += "// --- a script; then everything pending is done\n" + segment;
  }
  return text;
}

}  // namespace sigproof::fuzz
