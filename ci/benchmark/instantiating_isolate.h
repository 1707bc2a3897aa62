// An isolate that only makes instances of one module.
//
//   InstantiatingIsolate isolate(Feature::kOn, TestModule{});
//   isolate.instantiate(100);
//   isolate.removeCore();
//   isolate.instantiate(100);   // the same isolate, context and module without core
#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/v8/isolate_signals.h"
#include "core/v8/testing/isolate.h"
#include "core/v8/testing/test_module.h"

namespace sigproof::benchmarks {

enum class Feature : std::uint8_t {
  kAbsent,  ///< the isolate has no part of core
  kOff,     ///< the isolate has core, with its compatibility flag off
  kOn,
};

/// Several may live on one thread. Destroy them in the reverse order of their construction.
class InstantiatingIsolate {
 public:
  /// `imports` is a JavaScript expression. Throws std::runtime_error with the engine's message if
  /// it refuses the module.
  InstantiatingIsolate(Feature feature, const std::vector<std::uint8_t>& module,
                       const std::string& imports);
  InstantiatingIsolate(Feature feature, const TestModule& module);
  ~InstantiatingIsolate();
  InstantiatingIsolate(const InstantiatingIsolate&) = delete;
  InstantiatingIsolate& operator=(const InstantiatingIsolate&) = delete;

  /// Runs `new WebAssembly.Instance(module, imports)` `count` times. Throws std::runtime_error.
  void instantiate(std::size_t count);

  /// Runs a script that can use `module` and `imports`. Throws std::runtime_error with what it
  /// threw.
  void run(const std::string& script);

  /// Lets the engine use this many bytes of the calling thread's stack from here on.
  void allowStack(std::size_t bytes);

  /// Removes core from `new WebAssembly.Instance` of this isolate. That suffices, because core adds
  /// only a callback there and, for collections, a prologue.
  void removeCore();

  /// Undoes removeCore(), except for what core remembered of modules. Make one instance that isn't
  /// counted to restore that.
  void restoreCore();

  /// Keeps instances alive from now on.
  void keepInstances();

  /// Runs one full collection.
  void collectGarbage();

  /// Returns how many instances were registered since core was installed or restored; 0 unless the
  /// feature is on.
  std::uint64_t registeredCount() const;

 private:
  v8::Local<v8::Value> evaluate(const std::string& source);
  void prepare(const std::vector<std::uint8_t>& module, const std::string& imports);

  const Feature feature_;
  host::Isolate host_;
  std::unique_ptr<IsolateSignals> signals_;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Function> instantiate_;
};

}  // namespace sigproof::benchmarks
