// An isolate that does nothing but make instances of one module.
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
  kAbsent,  ///< no part of core is in the isolate
  kOff,     ///< core is, and its compatibility flag is off
  kOn,
};

/// Several live beside each other on one thread; they are destroyed in the reverse order of their
/// construction.
class InstantiatingIsolate {
 public:
  /// `imports` is a JavaScript expression. Throws std::runtime_error with the engine's words when
  /// it refuses the module.
  InstantiatingIsolate(Feature feature, const std::vector<std::uint8_t>& module,
                       const std::string& imports);
  InstantiatingIsolate(Feature feature, const TestModule& module);
  ~InstantiatingIsolate();
  InstantiatingIsolate(const InstantiatingIsolate&) = delete;
  InstantiatingIsolate& operator=(const InstantiatingIsolate&) = delete;

  /// `new WebAssembly.Instance(module, imports)`, so often. Throws std::runtime_error.
  void instantiate(std::size_t count);

  /// Runs a script, with `module` and `imports` at hand. Throws std::runtime_error with what it
  /// threw.
  void run(const std::string& script);

  /// Lets the engine use so much of the calling thread's stack from here on.
  void allowStack(std::size_t bytes);

  /// Takes core out, for the `new WebAssembly.Instance` of that isolate: it puts nothing in the
  /// engine's place there but a callback and, for collections, a prologue.
  void removeCore();

  /// Undoes removeCore(), but for what core remembered of modules: an instance made now and not
  /// counted makes good for that.
  void restoreCore();

  /// From now on instances stay alive.
  void keepInstances();

  /// One full collection.
  void collectGarbage();

  /// How many instances were registered since core was put in or restored; 0 unless the feature
  /// is on.
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
