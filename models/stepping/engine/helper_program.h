// Runs a program that explains something (a symbolizer, a disassembler) and returns its output. The
// program may hang, crash, print endless garbage or be absent. The answer then says so, and the
// time is bounded.
//
//   const HelperAnswer answer = askHelper({"llvm-symbolizer-19", "--obj=" + file, "0x1234"});
//   if (!answer.fault.empty()) note += answer.fault;   // "llvm-symbolizer-19 hung: killed after 10
//   s"
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace sigproof::stepping {

/// Much more than a helper takes, and much less than a check may take.
inline constexpr std::chrono::milliseconds kHelperTimeLimit{10'000};

struct HelperAnswer {
  std::string output;  ///< standard output; empty where there is a fault
  std::string fault;   ///< why there is no output, beginning with the program; or empty
  bool has_hung = false;
};

/// Looks the program up in PATH, gives it no input, and kills it after the limit or when it prints
/// more than 16 MiB. Throws only std::bad_alloc.
HelperAnswer askHelper(std::vector<std::string> command,
                       std::chrono::milliseconds time_limit = kHelperTimeLimit);

}  // namespace sigproof::stepping
