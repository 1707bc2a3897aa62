// For tests: one WebAssembly memory in the isolates of several threads, as workers have it.
//
//   SharedMemory memory(first_isolate, context, wasm_memory);       // a shared WebAssembly.Memory
//   v8::Local<v8::Value> same = memory.in(second_context);          // on another thread
#pragma once

#include <v8.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace sigproof {

/// What a message with the memory in it would carry. Made on one thread, read by any.
class SharedMemory {
 public:
  SharedMemory(v8::Local<v8::Context> context, v8::Local<v8::Value> memory);

  /// The WebAssembly.Memory of another isolate on the same bytes. Aborts if the engine refuses.
  v8::Local<v8::Value> in(v8::Local<v8::Context> context) const;

 private:
  class Writer;
  class Reader;

  std::vector<std::uint8_t> message_;
  std::shared_ptr<v8::BackingStore> store_;
};

}  // namespace sigproof
