// Runs a program that explains something (a symbolizer, a disassembler) and takes what it prints.
// It may hang, crash, print garbage without end or be absent: that is told, and costs a bounded
// time.
//
//   const HelperAnswer answer = askHelper({"llvm-symbolizer-19", "--obj=" + file, "0x1234"});
//   if (!answer.fault.empty()) note += answer.fault;   // "llvm-symbolizer-19 hung: killed after 10
//   s"
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace sigproof::stepping {

/// Far above what a helper takes, and far below what a check may take.
inline constexpr std::chrono::milliseconds kHelperTimeLimit{10'000};

struct HelperAnswer {
  std::string output;  ///< standard output; empty where there is a fault
  std::string fault;   ///< why there is no output, in words that begin with the program; or empty
  bool has_hung = false;
};

/// Looks the program up in PATH, gives it no input, and kills it over the limit or when it prints
/// more than 16 MiB. Never throws but for want of memory.
HelperAnswer askHelper(std::vector<std::string> command,
                       std::chrono::milliseconds time_limit = kHelperTimeLimit);

}  // namespace sigproof::stepping
