// What a ShimProgram does to get instances of its module, in one context: makes what the module
// imports, compiles it, asks for instances in each way. Judges nothing.
//
//   InstanceRequests requests(host, program, bytes);      // in the context's scope
//   const ShimHost::Result result = requests.request(Way::kNew);
#pragma once

#include <v8.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/generate/shim_program.h"
#include "fuzz/run/shim/shim_host.h"
#include "fuzz/wasm/import_values.h"

namespace sigproof::fuzz {

class InstanceRequests {
 public:
  /// Makes the imports. All references outlive it. To be made in a HandleScope that outlives it,
  /// one at a time for a host.
  InstanceRequests(ShimHost& host, const ShimProgram& program,
                   const std::vector<std::uint8_t>& bytes);
  ~InstanceRequests();
  InstanceRequests(const InstanceRequests&) = delete;
  InstanceRequests& operator=(const InstanceRequests&) = delete;

  /// Compiles the module once, for all ways of the program that take a Module, if any does. An
  /// error is kept quiet: without this call or after an error each request compiles for itself, and
  /// has the error.
  void compile();

  /// An instance, or the error that the program gets.
  ShimHost::Result request(Way way);

  /// How many imports the module has, those left out that the program leaves out.
  std::uint32_t importCount() const { return import_count_; }
  /// How often the import object and what is in it were read, where its style watches that.
  std::uint32_t reads() const;

  /// The memory that the last instantiation imported; empty where none did.
  v8::Local<v8::WasmMemoryObject> lastImportedMemory() const;
  /// A Memory in the import object that is memory 0 of nothing; empty where there is none.
  v8::Local<v8::WasmMemoryObject> decoy() const { return decoy_; }

  /// The memory of an instance; empty where it can't be reached from outside.
  v8::Local<v8::WasmMemoryObject> memoryOf(v8::Local<v8::Object> instance);

 private:
  void addImports();
  void addDecoy();
  void leaveOutAnImport();
  void makeImportObject();
  void addImport(const ImportName& import, v8::Local<v8::Value> value);
  v8::Local<v8::WasmMemoryObject> makeImportedMemory();
  v8::Local<v8::Value> valueOf(const ImportValue& value) const;
  v8::Local<v8::Value> importedValue(const GlobalPlan& global);
  void prefill(v8::Local<v8::WasmMemoryObject> memory) const;
  ShimHost::Result source(Way way);

  v8::Local<v8::Value> number(double value) const { return v8::Number::New(isolate_, value); }
  v8::Local<v8::String> text(const std::string& value) const;
  // Prints what the harness itself could not do, and ends the process.
  [[noreturn]] void giveUp(const char* what, const ShimHost::Result& result) const;

  ShimHost& host_;
  const ShimProgram& program_;
  const std::vector<std::uint8_t>& bytes_;
  v8::Isolate* isolate_;
  std::uint32_t import_count_ = 0;

  v8::Local<v8::Array> entries_;
  v8::Local<v8::Object> state_;  // the driver's, of the import object; empty where there is none
  v8::Local<v8::WasmMemoryObject> shared_memory_;
  v8::Local<v8::WasmMemoryObject> decoy_;
  v8::Local<v8::Value> module_;  // once compiled
};

/// The bytes of a memory, as they are now.
std::span<std::uint8_t> bytesOf(v8::Local<v8::WasmMemoryObject> memory);

}  // namespace sigproof::fuzz
