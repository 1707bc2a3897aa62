// Finds out which Memory an instantiation imported, without a second read of the program's import
// object (T6): the engine is given a stand-in whose property reads go through to the real object,
// once each and in the engine's order, and which remembers the one value that matters.
//
//   ImportRecorder recorder = ImportRecorder::create(context, imports, memory_import_index);
//   constructor->NewInstance(context, 2, {module, recorder.imports()});
//   v8::Local<v8::Value> memory = recorder.memory();
//
// An object with interceptors rather than a Proxy: an interceptor leaves no frame in a stack (T9),
// and getters of the program still see the program's own object as `this`.
#pragma once

#include <v8.h>

#include <cstdint>

namespace sigproof {

/// A handle on the stand-in, which is garbage collected as any object and is never visible to the
/// program. Isolate's thread only.
class ImportRecorder {
 public:
  /// A recorder for the import with position `import_index` in the module's import section. The
  /// engine reads the imports in that order, once each. Empty if the stack or the heap is
  /// exhausted.
  static v8::MaybeLocal<v8::Object> create(v8::Local<v8::Context> context,
                                           v8::Local<v8::Object> imports,
                                           std::uint32_t import_index);

  /// What the engine got for that import; undefined if it never asked.
  static v8::Local<v8::Value> recordedValue(v8::Local<v8::Object> recorder);
};

}  // namespace sigproof
