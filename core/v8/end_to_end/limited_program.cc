// Runs scripts as a runtime would, under the real CPU limit. The end-to-end tests start it as a
// process. Each argument is a module or a script; each script has a budget of its own.
//
//   limited_program 20 500 m=polite.wasm 'new WebAssembly.Instance(new WebAssembly.Module(m))...'
//   limited_program 20 500 --threads 3 threaded.wasm
//
// Prints one line a script: its value, or "killed". Exit status: 0; 3 if the last script was
// killed; 2 if the command line is wrong.
#include <fmt/format.h>

#include <barrier>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "core/limit/cpu_limit.h"
#include "core/v8/end_to_end/shared_memory.h"
#include "core/v8/isolate_execution.h"
#include "core/v8/testing/read_file.h"
#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitKilled = 3;

void say(const std::string& line) {
  fmt::print("{}\n", line);
  (void)std::fflush(stdout);  // so that the lines are not lost if the process is killed
}

// Defines a module for an argument such as "m=polite.wasm". Any other argument is a script.
bool defineModule(Sandbox& sandbox, const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos || !argument.ends_with(".wasm")) return false;
  sandbox.defineBytes(argument.substr(0, equals), host::readFile(argument.substr(equals + 1)));
  return true;
}

int runScripts(CpuLimiter& limiter, const CpuLimit::Options& options,
               const std::vector<std::string>& arguments) {
  Sandbox sandbox;
  IsolateExecution execution(sandbox.isolate());
  CpuLimit limit(limiter, execution, sandbox.registry(), options);
  bool is_killed = false;
  for (const std::string& argument : arguments) {
    if (defineModule(sandbox, argument)) continue;
    std::string value;
    {
      const CpuLimit::Scope scope(limit);
      value = sandbox.run(argument);
    }
    is_killed = limit.isKilled();
    say(is_killed ? "killed" : value);
    if (!limit.renew()) return kExitUsage;  // can't happen: every scope was left
  }
  say(fmt::format("registered {}", sandbox.count(RegistrationOutcome::kRegistered)));
  return is_killed ? kExitKilled : 0;
}

// Runs one of the threads: an isolate of its own with an instance on the shared memory.
std::string runThread(CpuLimiter& limiter, const CpuLimit::Options& options,
                      const std::vector<std::uint8_t>& module, const SharedMemory& memory,
                      std::barrier<>& all_listen) {
  Sandbox sandbox;
  IsolateExecution execution(sandbox.isolate());
  CpuLimit limit(limiter, execution, sandbox.registry(), options);
  sandbox.defineBytes("m", module);
  {
    const v8::HandleScope handles(sandbox.isolate());
    v8::Local<v8::Context> context = sandbox.context();
    const v8::Context::Scope scope(context);
    context->Global()->Set(context, sandbox.text("memory"), memory.in(context)).Check();
  }
  sandbox.run("i = new WebAssembly.Instance(new WebAssembly.Module(m), {env: {memory}})");
  // Wait for all, because a registration zeroes the word that they share.
  all_listen.arrive_and_wait();
  std::string value;
  {
    const CpuLimit::Scope scope(limit);
    value = sandbox.run("i.exports.run() >= 0");
  }
  return fmt::format("{} registered {}", limit.isKilled() ? "killed" : value,
                     sandbox.count(RegistrationOutcome::kRegistered));
}

int runThreads(CpuLimiter& limiter, const CpuLimit::Options& options, int count,
               const std::string& path) {
  const std::vector<std::uint8_t> module = host::readFile(path);
  Sandbox sandbox;
  sandbox.defineBytes("m", module);
  sandbox.run("memory = new WebAssembly.Memory({initial: 2, maximum: 16, shared: true})");
  const v8::HandleScope handles(sandbox.isolate());
  v8::Local<v8::Context> context = sandbox.context();
  const v8::Context::Scope scope(context);
  const SharedMemory memory(
      context, context->Global()->Get(context, sandbox.text("memory")).ToLocalChecked());

  std::barrier<> all_listen(count);
  std::vector<std::string> lines(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (std::string& line : lines) {
    threads.emplace_back([&] { line = runThread(limiter, options, module, memory, all_listen); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& line : lines) say(line);
  say(
      sandbox.run("i = new WebAssembly.Instance(new WebAssembly.Module(m), {env: {memory}});"
                  "i.exports.how_many_started() + ' started, ' + i.exports.how_many_stopped() +"
                  "' stopped'"));
  return 0;
}

int run(const std::vector<std::string>& words) {
  try {
    if (words.size() < 3) throw std::invalid_argument("give it SOFT_MS HARD_MS and scripts");
    const CpuLimit::Options options{static_cast<std::uint32_t>(std::stoul(words[0])),
                                    static_cast<std::uint32_t>(std::stoul(words[1]))};
    CpuLimiter limiter({});
    host::initializeEngine({.async_compilation = true});
    if (words.size() == 5 && words[2] == "--threads") {
      return runThreads(limiter, options, std::stoi(words[3]), words[4]);
    }
    return runScripts(limiter, options, {words.begin() + 2, words.end()});
  } catch (const std::exception& error) {
    fmt::print(stderr, "limited_program: {}\n", error.what());
    return kExitUsage;
  }
}

}  // namespace
}  // namespace sigproof

// NOLINTNEXTLINE(bugprone-exception-escape): if even a few words find no memory, a crash is right
int main(int argc, char** argv) { return sigproof::run({argv + 1, argv + argc}); }
