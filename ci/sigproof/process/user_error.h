// An error of the user, in the command or where it was typed: one sentence that says what to do.
//
//   throw UserError("no model matches 'x'; `build/bin/sigproof model list` names them");
//
// main() prints it and leaves with exit status 2.
#pragma once

#include <stdexcept>
#include <string>

namespace sigproof::tool {

class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The run was interrupted (Ctrl-C, SIGTERM). main() says so and leaves with kInterruptedStatus.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// The tool's exit statuses. Those of the check programs are the same, without the last.
inline constexpr int kPassedStatus = 0;
inline constexpr int kFailedStatus = 1;
inline constexpr int kUsageStatus = 2;
inline constexpr int kSkippedStatus = 3;
/// What shells report for a program that SIGINT ended.
inline constexpr int kInterruptedStatus = 130;

}  // namespace sigproof::tool
