// Property names for V8.
//
//   object->Get(context, internalized(isolate, "exports"));
#pragma once

#include <v8.h>

namespace sigproof {

/// A string that V8 stores once, however often it is used. `characters` is short and UTF-8.
inline v8::Local<v8::String> internalized(v8::Isolate* isolate, const char* characters) {
  return v8::String::NewFromUtf8(isolate, characters, v8::NewStringType::kInternalized)
      .ToLocalChecked();
}

}  // namespace sigproof
