// Runs a ShimProgram in V8 with `core` installed, and has the oracle judge errors, outcomes and
// every byte of every memory that can be reached.
//
//   ShimRunner(program).run();      // aborts with a report where a property is broken
#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/generate/shim_program.h"
#include "fuzz/oracles/registration_oracle.h"
#include "fuzz/targets/shim_host.h"

namespace sigproof::fuzz {

class ShimRunner {
 public:
  explicit ShimRunner(const ShimProgram& program);

  /// Returns what was seen, in one text: the same input must give the same text whatever ran before
  /// in the process.
  std::string run();

 private:
  // An instance that the program holds.
  struct Instance {
    Prediction prediction;
    v8::Global<v8::Object> object;
    v8::Global<v8::WasmMemoryObject> memory;  // empty where it can't be reached
  };

  void runInContext();
  void instantiate(Way way);
  void instantiateBroken(Way way);
  ShimHost::Result request(Way way);
  v8::Local<v8::WasmMemoryObject> memoryOf(v8::Local<v8::Object> instance);

  void prepareImports();
  v8::Local<v8::WasmMemoryObject> makeImportedMemory();
  static void onFreshMemory(const v8::FunctionCallbackInfo<v8::Value>& info);
  v8::Local<v8::WasmMemoryObject> lastImportedMemory() const;
  v8::Local<v8::Value> importedValue(const GlobalPlan& global);
  void addImports();
  void addDecoy();
  void addImport(const ImportName& import, v8::Local<v8::Value> value);
  void prefill(v8::Local<v8::WasmMemoryObject> memory) const;
  void checkReads(Way way, std::uint32_t reads_before) const;
  void checkPrototype(Way way, v8::Local<v8::Object> instance);
  std::uint32_t reads() const;

  void perform(const AfterAction& action);
  void writeTerminated(Instance& instance, std::uint32_t value);
  void grow(Instance& instance, std::uint32_t pages);
  void collect(Instance& instance);
  void end();

  void checkWritten(std::size_t expected, std::size_t written) const;
  void checkEntries();
  void checkMemories();
  void checkMemory(std::size_t index, v8::Local<v8::WasmMemoryObject> memory);
  void checkDecoy() const;
  [[noreturn]] void fail(const char* property, const std::string& text) const;

  v8::Local<v8::Value> number(double value) const { return v8::Number::New(isolate_, value); }
  v8::Local<v8::String> text(const std::string& value) const;

  const ShimProgram& program_;
  ShimHost& host_;
  v8::Isolate* isolate_;
  RegistrationOracle oracle_;
  std::vector<std::uint8_t> bytes_;
  std::uint32_t import_count_ = 0;

  // Local to the run's handle scope.
  v8::Local<v8::Array> import_entries_;
  v8::Local<v8::Object> imports_;  // the driver's state of them
  v8::Local<v8::WasmMemoryObject> shared_memory_;
  v8::Local<v8::WasmMemoryObject> decoy_;
  std::vector<Instance> instances_;

  std::string step_ = "start";
  std::string seen_;
};

}  // namespace sigproof::fuzz
