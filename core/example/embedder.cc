// A runtime in one file: makes an isolate, installs core, runs a module that listens, and warns it
// from a signal handler when a timer on this thread's CPU clock has run out.
//
//   embedder listening.wasm          (made of listening.c)
#include <libplatform/libplatform.h>
#include <signal.h>
#include <time.h>
#include <v8.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "core/v8/isolate_signals.h"

namespace {

constexpr long kSoftLimitMs = 30;

// What the handler follows. Set before the timer is armed and cleared after it is gone.
sigproof::SignalRegistry<>* registry_to_signal = nullptr;

void onTimer(int /*signal*/) { registry_to_signal->deliver(); }

// Sends SIGXCPU once, when this thread has used so much CPU time.
timer_t armTimer(long milliseconds) {
  struct sigaction action{};
  action.sa_handler = &onTimer;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaction(SIGXCPU, &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGXCPU;
  timer_t timer{};
  timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer);
  const itimerspec due{.it_interval = {}, .it_value = {0, milliseconds * 1'000'000}};
  timer_settime(timer, 0, &due, nullptr);
  return timer;
}

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
                       const std::string& module) {
  const v8::HandleScope handles(isolate);
  v8::Local<v8::Context> context = v8::Context::New(isolate);
  signals.install(context);  // before any program runs there
  const v8::Context::Scope scope(context);
  v8::Local<v8::ArrayBuffer> bytes = v8::ArrayBuffer::New(isolate, module.size());
  std::copy(module.begin(), module.end(), static_cast<char*>(bytes->Data()));
  context->Global()->Set(context, v8::String::NewFromUtf8Literal(isolate, "bytes"), bytes).Check();
  v8::Local<v8::Script> script =
      v8::Script::Compile(context, v8::String::NewFromUtf8(isolate, kProgram).ToLocalChecked())
          .ToLocalChecked();
  registry_to_signal = &signals.registry();
  timer_t timer = armTimer(kSoftLimitMs);
  const v8::TryCatch caught(isolate);
  v8::Local<v8::Value> result;
  if (!script->Run(context).ToLocal(&result)) result = caught.Exception();
  timer_delete(timer);
  return *v8::String::Utf8Value(isolate, result);
}

}  // namespace

int main(int argc, char** argv) {
  std::ifstream file(argc == 2 ? argv[1] : "", std::ios::binary);
  if (!file) return std::fputs("usage: embedder MODULE.wasm\n", stderr), 2;
  const std::string module{std::istreambuf_iterator<char>(file), {}};
  const auto platform = v8::platform::NewDefaultPlatform();
  v8::V8::InitializePlatform(platform.get());
  v8::V8::Initialize();
  v8::Isolate::CreateParams parameters;
  parameters.array_buffer_allocator_shared.reset(v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  v8::Isolate* isolate = v8::Isolate::New(parameters);
  {
    const v8::Isolate::Scope scope(isolate);
    Log log;
    sigproof::IsolateSignals signals(isolate, {.observer = &log});  // gone before the isolate is
    std::printf("module: %s\n", runProgram(isolate, signals, module).c_str());
  }
  isolate->Dispose();
  v8::V8::Dispose();
  v8::V8::DisposePlatform();
  return 0;
}
