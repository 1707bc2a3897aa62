// For tests: one WebAssembly memory in the isolates of several threads, as in workers.
//
//   SharedMemory memory(first_isolate, context, wasm_memory);       // a shared WebAssembly.Memory
//   v8::Local<v8::Value> same = memory.in(second_context);          // on another thread
#pragma once

#include <v8.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace sigproof {

/// A message that contains the memory. Made on one thread; any thread may read it.
class SharedMemory {
 public:
  SharedMemory(v8::Local<v8::Context> context, v8::Local<v8::Value> memory);

  /// Returns a WebAssembly.Memory on the same bytes for another isolate. Aborts if the engine
  /// refuses.
  v8::Local<v8::Value> in(v8::Local<v8::Context> context) const;

 private:
  class Writer;
  class Reader;

  std::vector<std::uint8_t> message_;
  std::shared_ptr<v8::BackingStore> store_;
};

}  // namespace sigproof
