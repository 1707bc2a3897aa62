// A runtime in one file. It makes an isolate, installs core, and runs a module that listens under a
// CPU limit: warned at 50 ms of CPU time, killed at 500 ms.
//
//   embedder listening.wasm          (made of listening.c)
#include <libplatform/libplatform.h>
#include <v8.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>

#include "core/limit/cpu_limit.h"
#include "core/v8/isolate_execution.h"
#include "core/v8/isolate_signals.h"

namespace {

constexpr sigproof::CpuLimit::Options kLimits{.soft_limit_ms = 50, .hard_limit_ms = 500};

// Answers "My module gets no signal".
class Log : public sigproof::RegistrationObserver {
  void onRegistration(sigproof::RegistrationOutcome outcome) noexcept override {
    std::printf("instance: %s\n", std::string(describe(outcome)).c_str());
  }
};

constexpr const char* kProgram =
    "const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));"
    "const primes = instance.exports.run();"
    "`${primes > 0 ? 'left in good order' : 'did nothing'}, ${primes} primes`";

std::string runProgram(v8::Isolate* isolate, sigproof::IsolateSignals& signals,
                       sigproof::CpuLimit& limit, const std::string& module) {
  const v8::HandleScope handles(isolate);
  v8::Local<v8::Context> context = v8::Context::New(isolate);
  signals.install(context);  // before any program runs in the context
  const v8::Context::Scope context_scope(context);
  v8::Local<v8::ArrayBuffer> bytes = v8::ArrayBuffer::New(isolate, module.size());
  std::copy(module.begin(), module.end(), static_cast<char*>(bytes->Data()));
  context->Global()->Set(context, v8::String::NewFromUtf8Literal(isolate, "bytes"), bytes).Check();
  v8::Local<v8::Script> script =
      v8::Script::Compile(context, v8::String::NewFromUtf8(isolate, kProgram).ToLocalChecked())
          .ToLocalChecked();
  const v8::TryCatch caught(isolate);
  v8::Local<v8::Value> result;
  {
    const sigproof::CpuLimit::Scope scope(limit);  // from here on its CPU time counts
    if (!script->Run(context).ToLocal(&result)) result = caught.Exception();
  }
  if (limit.isKilled()) return "killed at the hard limit";
  return *v8::String::Utf8Value(isolate, result);
}

void run(v8::Isolate* isolate, const std::string& module) {
  const v8::Isolate::Scope isolate_scope(isolate);
  Log log;
  sigproof::CpuLimiter limiter({});  // one a process: its signal, its watchdog
  sigproof::IsolateSignals signals(isolate, {.observer = &log});
  sigproof::IsolateExecution execution(isolate);
  sigproof::CpuLimit limit(limiter, execution, signals.registry(), kLimits);
  std::printf("module: %s\n", runProgram(isolate, signals, limit, module).c_str());
}  // core is destroyed before the isolate

}  // namespace

int main(int argc, char** argv) try {
  std::ifstream file(argc == 2 ? argv[1] : "", std::ios::binary);
  if (!file) return std::fputs("usage: embedder MODULE.wasm\n", stderr), 2;
  const std::string module{std::istreambuf_iterator<char>(file), {}};
  const auto platform = v8::platform::NewDefaultPlatform();
  v8::V8::InitializePlatform(platform.get());
  v8::V8::Initialize();
  v8::Isolate::CreateParams parameters;
  parameters.array_buffer_allocator_shared.reset(v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  v8::Isolate* isolate = v8::Isolate::New(parameters);
  run(isolate, module);
  isolate->Dispose();
  v8::V8::Dispose();
  v8::V8::DisposePlatform();
  return 0;
} catch (const std::exception& error) {
  return std::fprintf(stderr, "embedder: %s\n", error.what()), 1;
}
