// Shows the progress of a run of many checks on stderr: a line for each check that ended, and on a
// terminal a last line with the checks that run now.
//
//   Progress progress(Progress::Style::kQuiet);
//   progress.begin(12);
//   progress.started("model/a");
//   progress.finished(record);
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "reports/record/record.h"

namespace sigproof::tool {

class Progress {
 public:
  enum class Style : std::uint8_t {
    kQuiet,     ///< nothing
    kPlain,     ///< lines; one every half minute while nothing ends
    kTerminal,  ///< lines, and a status line that is drawn again every second
  };
  /// kTerminal if stderr is one, else kPlain.
  static Style styleOfStderr();

  explicit Progress(Style style);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Any thread.
  void begin(std::size_t total);
  void started(const std::string& check);
  void finished(const reports::Record& record);

 private:
  using Clock = std::chrono::steady_clock;

  void keepAlive(const std::stop_token& stop);
  void print(const std::string& line);
  void drawStatus();
  std::string status() const;

  const Style style_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  std::map<std::string, Clock::time_point> running_;
  Clock::time_point last_line_ = Clock::now();
  std::jthread keeper_;  // last: it uses the others
};

/// One check's outcome on one line: "passed      model/a   13,576 executions, exhausted, 0.02 s".
std::string outcomeLine(const reports::Record& record);

/// What Record::executions counts for a kind: "executions", "instructions", "runs", ...
std::string executionsWord(reports::Kind kind);

}  // namespace sigproof::tool
