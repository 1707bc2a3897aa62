// For tests: an isolate with core and a CPU limit that no thread owns. Once a process has used one,
// V8 needs a v8::Locker everywhere.
//
//   MovingIsolate isolate(limiter, {.soft_limit_ms = 5, .hard_limit_ms = 60});
//   std::thread([&] { isolate.run("a = listen(); for (;;);"); }).join();    // "terminated"
//   {
//     const MovingIsolate::Entered entered(isolate);        // on any thread
//     isolate.evaluate("a[5]");                             // "1"
//   }
#pragma once

#include <v8.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/limit/cpu_limit.h"
#include "core/v8/isolate_execution.h"
#include "core/v8/isolate_signals.h"
#include "core/v8/testing/isolate.h"
#include "core/v8/testing/test_module.h"

namespace sigproof {

/// Precondition: host::initializeEngine() was called. Scripts find the module `module` and
/// `listen()`, which makes an instance of it and returns its memory as words: [4] is the signal
/// word, [5] the terminated word.
class MovingIsolate {
 public:
  /// The calling thread has the isolate while this lives.
  class Entered {
   public:
    explicit Entered(const MovingIsolate& isolate) : Entered(isolate.isolate_) {}
    explicit Entered(v8::Isolate* isolate) : locker_(isolate), scope_(isolate), handles_(isolate) {}

   private:
    v8::Locker locker_;
    v8::Isolate::Scope scope_;
    v8::HandleScope handles_;
  };

  MovingIsolate(CpuLimiter& limiter, const CpuLimit::Options& options)
      : allocator_(v8::ArrayBuffer::Allocator::NewDefaultAllocator()) {
    v8::Isolate::CreateParams parameters;
    parameters.array_buffer_allocator_shared = allocator_;
    isolate_ = v8::Isolate::New(parameters);
    const Entered entered(isolate_);
    signals_ = std::make_unique<IsolateSignals>(isolate_, IsolateSignals::Options{});
    execution_.emplace(isolate_);
    limit_.emplace(limiter, *execution_, signals_->registry(), options);
    v8::Local<v8::Context> context = v8::Context::New(isolate_);
    signals_->install(context);
    context_.Reset(isolate_, context);
    defineModule(context);
  }

  ~MovingIsolate() {
    {
      const Entered entered(isolate_);
      endCore();
      context_.Reset();
    }
    host::forgetTasksOf(isolate_);
    isolate_->Dispose();
  }
  MovingIsolate(const MovingIsolate&) = delete;
  MovingIsolate& operator=(const MovingIsolate&) = delete;

  /// Runs a script under the limit. Returns "terminated" if it was killed.
  std::string run(std::string_view source) {
    const Entered entered(isolate_);
    const CpuLimit::Scope scope(*limit_);
    return evaluate(source);
  }

  std::string runUnlimited(std::string_view source) {
    const Entered entered(isolate_);
    return evaluate(source);
  }

  bool renew() {
    const Entered entered(isolate_);
    return limit_->renew();
  }

  void collectGarbage() {
    const Entered entered(isolate_);
    // The first collection finds instances dead, the prologue of the second drops their entries.
    for (int i = 0; i < 3; ++i) {
      isolate_->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
    }
  }

  /// From here on scripts run as if core had never been there. Precondition: the isolate is
  /// entered.
  void endCore() {
    limit_.reset();
    signals_.reset();
  }

  // Does what a scope does that settles a kill without the isolate's lock.
  void followMemoriesUnlocked() { execution_->followMemories(); }

  v8::Isolate* get() const { return isolate_; }
  CpuLimit& limit() { return *limit_; }
  SignalRegistry<>& registry() { return signals_->registry(); }
  std::size_t entryCount() const { return signals_->registry().entryCount(); }

  /// Runs a script. Leaves no handle behind. Precondition: the isolate is entered.
  std::string evaluate(std::string_view source) {
    const v8::HandleScope handles(isolate_);
    v8::Local<v8::Context> context = context_.Get(isolate_);
    const v8::Context::Scope context_scope(context);
    const v8::TryCatch caught(isolate_);
    v8::Local<v8::Script> script;
    v8::Local<v8::Value> value;
    if (!v8::Script::Compile(context, text(source)).ToLocal(&script) ||
        !script->Run(context).ToLocal(&value)) {
      if (caught.HasTerminated()) return "terminated";
      value = caught.Exception();
    }
    return *v8::String::Utf8Value(isolate_, value);
  }

  /// Returns the global variable `name`. Precondition: the isolate is entered.
  v8::Local<v8::Value> global(std::string_view name) {
    v8::Local<v8::Context> context = context_.Get(isolate_);
    return context->Global()->Get(context, text(name)).ToLocalChecked();
  }

 private:
  void defineModule(v8::Local<v8::Context> context) {
    const v8::Context::Scope scope(context);
    const std::vector<std::uint8_t> bytes = TestModule{}.encode();
    v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate_, bytes.size());
    std::memcpy(buffer->GetBackingStore()->Data(), bytes.data(), bytes.size());
    context->Global()->Set(context, text("m"), buffer).Check();
    evaluate(
        "module = new WebAssembly.Module(m);"
        "listen = () => new Uint32Array(new WebAssembly.Instance(module).exports.memory.buffer)");
  }

  v8::Local<v8::String> text(std::string_view characters) {
    return v8::String::NewFromUtf8(isolate_, characters.data(), v8::NewStringType::kNormal,
                                   static_cast<int>(characters.size()))
        .ToLocalChecked();
  }

  std::shared_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_ = nullptr;
  std::unique_ptr<IsolateSignals> signals_;
  std::optional<IsolateExecution> execution_;
  std::optional<CpuLimit> limit_;
  v8::Global<v8::Context> context_;
};

}  // namespace sigproof
