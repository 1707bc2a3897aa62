// What libFuzzer and replay_main.cc call of a target: its start and one input.
//
//   fuzz-list --describe      prints the target's description as JSON
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/support/record/own_record.h"
#include "fuzz/support/record/target_description.h"

// libFuzzer's names, for which it has no header.
extern "C" {
// NOLINTBEGIN(readability-identifier-naming): their names
int LLVMFuzzerInitialize(int* argc, char*** argv);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// NOLINTEND(readability-identifier-naming)
}

namespace {

// "list" of "fuzz-list" and "replay-list": CMake gives a target's programs its name.
std::string targetName() {
  const std::string_view program = program_invocation_short_name;
  return std::string(program.substr(program.find('-') + 1));
}

// Prints the description; returns the exit status.
int describeTarget(const std::string& check) {
  const auto& target = sigproof::fuzz::kTargetDescription;
  if (target.properties.empty() || target.covered.empty() || target.cannot_see.empty()) {
    std::fprintf(stderr,
                 "%s: its description lacks something; say in its file in fuzz/targets which "
                 "properties it defends, what it covers and what it can't see\n",
                 check.c_str());
    return 2;
  }
  std::printf("%s\n", sigproof::fuzz::describe(target, check).c_str());
  return 0;
}

}  // namespace

int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const std::string check = "fuzz/" + targetName();
  const std::span arguments(*argv, static_cast<std::size_t>(*argc));
  if (arguments.size() == 2 && std::string_view(arguments[1]) == "--describe") {
    std::exit(describeTarget(check));  // NOLINT(concurrency-mt-unsafe): there is one thread
  }
  sigproof::fuzz::beginRecord(sigproof::fuzz::kTargetDescription, check);
  return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::countExecution();
  return sigproof::fuzz::runInput({data, size});
}
