// llvm-symbolizer-with-limit: stands between a sanitizer and llvm-symbolizer, and answers in its
// place where it hangs, dies, is absent or prints what is no answer.
//
// A sanitizer writes a line a query, `CODE "module" 0x1234`, and waits for an answer that ends with
// an empty line, for ever. What it then goes on to do (the end of its report, libFuzzer's file of
// the input) is worth more than names. After the first fault "??" is the answer to everything, and
// one line on standard error says why. The real symbolizer is that of SIGPROOF_REAL_SYMBOLIZER; the
// arguments are its own.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "ci/sigproof/process/symbolizer_environment.h"

namespace sigproof::tool {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kAnswerTimeLimit = std::chrono::seconds(10);
/// A stack of inlined functions is far below it.
constexpr std::size_t kLongestAnswer = std::size_t{1} << 20;
constexpr std::string_view kAnswerEnd = "\n\n";

/// "file:12:3", of which the file may be empty or "??".
bool isPlace(std::string_view line) {
  for (int numbers = 0; numbers < 2; ++numbers) {
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view number = line.substr(colon + 1);
    const auto is_digit = [](unsigned char character) { return std::isdigit(character) != 0; };
    if (number.empty() || !std::ranges::all_of(number, is_digit)) return false;
    line = line.substr(0, colon);
  }
  return true;
}

/// A function and a place for each frame: what CODE is answered with.
bool isFrames(const std::string& answer) {
  std::istringstream lines(answer);
  std::size_t frames = 0;
  for (std::string function, place; std::getline(lines, function) && !function.empty(); ++frames) {
    if (!std::getline(lines, place) || !isPlace(place)) return false;
  }
  return frames > 0;
}

bool isAnswer(const std::string& query, const std::string& answer) {
  if (!answer.ends_with(kAnswerEnd)) return false;
  return !query.starts_with("CODE") || isFrames(answer);
}

/// What llvm-symbolizer prints for an address that it knows nothing of.
std::string_view unknown(const std::string& query) {
  if (query.starts_with("DATA")) return "??\n0 0\n??:?\n\n";
  return query.starts_with("CODE") ? "??\n??:0:0\n\n" : "??\n\n";
}

class RealSymbolizer {
 public:
  explicit RealSymbolizer(std::vector<char*> arguments) {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(input[0], STDIN_FILENO);
      dup2(output[1], STDOUT_FILENO);
      execvp(arguments.front(), arguments.data());
      _exit(127);
    }
    close(input[0]);
    close(output[1]);
    input_ = input[1];
    output_ = output[0];
  }
  ~RealSymbolizer() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  RealSymbolizer(const RealSymbolizer&) = delete;
  RealSymbolizer& operator=(const RealSymbolizer&) = delete;

  /// Nothing after a fault, which fault() then says.
  std::optional<std::string> ask(const std::string& query) {
    if (!fault_.empty()) return std::nullopt;
    const std::string line = query + "\n";
    if (write(input_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      return fail("can't be run, or has ended");
    }
    std::string answer;
    const Clock::time_point deadline = Clock::now() + kAnswerTimeLimit;
    while (!answer.ends_with(kAnswerEnd)) {
      pollfd watched{.fd = output_, .events = POLLIN, .revents = 0};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      const int ready = poll(&watched, 1, static_cast<int>(std::max<long>(left.count(), 0)));
      if (ready == 0) return fail(fmt::format("gave no answer in {} s", kAnswerTimeLimit.count()));
      std::array<char, 65536> buffer{};
      const ssize_t count = ready < 0 ? -1 : read(output_, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return fail("can't be run, or has ended");
      answer.append(buffer.data(), static_cast<std::size_t>(count));
      if (answer.size() > kLongestAnswer) return fail("prints without end");
    }
    if (!isAnswer(query, answer)) return fail("printed what is no answer");
    return answer;
  }

 private:
  std::nullopt_t fail(const std::string& why) {
    fault_ = why;
    if (pid_ > 0) kill(pid_, SIGKILL);
    fmt::print(stderr, "the symbolizer {}: functions and lines are missing below\n", why);
    return std::nullopt;
  }

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string fault_;
};

int run(int argument_count, char** argument_values) {
  // One that is gone is seen where it is written to.
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return EXIT_FAILURE;
  std::vector<char*> arguments(argument_values, argument_values + argument_count);
  arguments.push_back(nullptr);
  const char* real = std::getenv(kRealSymbolizer);  // NOLINT(concurrency-mt-unsafe): one thread
  std::string program = real == nullptr ? "llvm-symbolizer-19" : real;
  arguments.front() = program.data();
  RealSymbolizer symbolizer(arguments);
  for (std::string query; std::getline(std::cin, query);) {
    const std::optional<std::string> answer = symbolizer.ask(query);
    std::cout << (answer ? std::string_view(*answer) : unknown(query)) << std::flush;
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace sigproof::tool

int main(int argument_count, char** arguments) {
  try {
    return sigproof::tool::run(argument_count, arguments);
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    return EXIT_FAILURE;
  }
}
