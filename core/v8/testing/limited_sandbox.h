// For tests: a sandbox (core/v8/testing/script_test.h) whose isolate has a CPU limit.
//
//   LimitedSandbox limited(limiter, {.soft_limit_ms = 10, .hard_limit_ms = 100});
//   EXPECT_EQ(limited.run("for (;;);"), "terminated");          // in a scope of its own
//   EXPECT_TRUE(limited.limit().isKilled());
#pragma once

#include <string>
#include <string_view>

#include "core/limit/cpu_limit.h"
#include "core/v8/isolate_execution.h"
#include "core/v8/testing/script_test.h"

namespace sigproof {

class LimitedSandbox {
 public:
  LimitedSandbox(CpuLimiter& limiter, const CpuLimit::Options& options)
      : execution_(sandbox_.isolate()), limit_(limiter, execution_, sandbox_.registry(), options) {
    sandbox_.define("m", {});
    sandbox_.run(R"(
      module = new WebAssembly.Module(m);
      listen = () => {
        const instance = new WebAssembly.Instance(module);
        const words = new Uint32Array(instance.exports.memory.buffer);
        return {instance, get signal() { return words[4]; }, get terminated() { return words[5]; },
                terminate() { words[5] = 7; }};
      };)");
  }

  Sandbox& sandbox() { return sandbox_; }
  CpuLimit& limit() { return limit_; }

  /// Runs a script and all tasks that it leaves, in one scope. Returns "terminated" if it was
  /// killed.
  std::string run(std::string_view script) {
    const CpuLimit::Scope scope(limit_);
    const std::string result = sandbox_.run(script);
    return limit_.isKilled() ? "terminated" : result;
  }

 private:
  Sandbox sandbox_;
  IsolateExecution execution_;
  CpuLimit limit_;
};

}  // namespace sigproof
