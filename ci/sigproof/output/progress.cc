#include "ci/sigproof/output/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "ci/sigproof/process/text.h"

namespace sigproof::tool {
namespace {

using reports::Kind;
using reports::Record;
using reports::Verdict;

constexpr auto kStatusInterval = std::chrono::seconds(1);
/// A log that says nothing for a minute looks like one that hangs.
constexpr auto kPlainInterval = std::chrono::seconds(30);
constexpr const char* kEraseLine = "\r\033[K";

std::size_t terminalWidth() {
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : 80;
}

std::string verdictWord(const Record& record) {
  if (record.kind == Kind::kMutant && record.verdict == Verdict::kPassed) return "caught";
  if (record.kind == Kind::kMutant && record.verdict == Verdict::kFailed) return "SURVIVED";
  if (record.verdict == Verdict::kFailed) return "FAILED";
  if (record.verdict == Verdict::kUnfinished) return "UNFINISHED";
  return reports::toString(record.verdict);
}

std::string measured(const Record& record) {
  if (record.kind == Kind::kMutant || record.kind == Kind::kCoverage ||
      record.kind == Kind::kBenchmark || record.verdict == Verdict::kSkipped ||
      (record.verdict != Verdict::kPassed && !record.summary.empty())) {
    return record.summary;
  }
  return fmt::format("{} {}{}, {:.2f} s", withSeparators(record.executions),
                     executionsWord(record.kind), record.exhausted ? ", exhausted" : "",
                     record.seconds);
}

}  // namespace

std::string executionsWord(Kind kind) {
  switch (kind) {
    case Kind::kModel:
      return "executions";
    case Kind::kStepping:
      return "instructions";
    case Kind::kFuzz:
      return "runs";
    case Kind::kRealModule:
      return "modules";
    case Kind::kMutant:
      return "checks";
    case Kind::kUnit:
      return "tests";
    case Kind::kCoverage:
      return "branches";
    case Kind::kBenchmark:
      return "rounds";
  }
  return "executions";
}

std::string outcomeLine(const Record& record) {
  return fmt::format("{:<10}  {:<44}  {}", verdictWord(record), record.check, measured(record));
}

Progress::Style Progress::styleOfStderr() {
  return isatty(STDERR_FILENO) == 1 ? Style::kTerminal : Style::kPlain;
}

Progress::Progress(Style style) : style_(style) {
  if (style_ == Style::kQuiet) return;
  keeper_ = std::jthread([this](const std::stop_token& stop) { keepAlive(stop); });
}

Progress::~Progress() {
  if (style_ == Style::kQuiet) return;
  keeper_.request_stop();
  keeper_.join();
  if (style_ == Style::kTerminal) fmt::print(stderr, "{}", kEraseLine);
}

void Progress::begin(std::size_t total) {
  const std::lock_guard lock(mutex_);
  total_ = total;
}

void Progress::started(const std::string& check) {
  const std::lock_guard lock(mutex_);
  running_.emplace(check, Clock::now());
  drawStatus();
}

void Progress::finished(const Record& record) {
  const std::lock_guard lock(mutex_);
  running_.erase(record.check);
  ++done_;
  const std::size_t digits = std::to_string(total_).size();
  print(fmt::format("[{:>{}}/{}] {}", done_, digits, total_, outcomeLine(record)));
  drawStatus();
}

void Progress::keepAlive(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    stopped_.wait_for(lock, stop, kStatusInterval, [] { return false; });
    if (stop.stop_requested() || running_.empty()) continue;
    if (style_ == Style::kTerminal) {
      drawStatus();
    } else if (Clock::now() - last_line_ >= kPlainInterval) {
      print(status());
    }
  }
}

/// With the lock held, as the rest below.
void Progress::print(const std::string& line) {
  if (style_ == Style::kQuiet) return;
  fmt::print(stderr, "{}{}\n", style_ == Style::kTerminal ? kEraseLine : "", line);
  last_line_ = Clock::now();
}

void Progress::drawStatus() {
  if (style_ != Style::kTerminal) return;
  fmt::print(stderr, "{}{}", kEraseLine, status().substr(0, terminalWidth() - 1));
  std::fflush(stderr);
}

std::string Progress::status() const {
  std::string line = fmt::format("[{}/{}] running:", done_, total_);
  for (const auto& [check, since] : running_) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - since);
    line += fmt::format(" {} ({} s)", check, seconds.count());
  }
  return line;
}

}  // namespace sigproof::tool
