// The text that the shell prints for an exception: the place, the error, the line, the stack.
//
//   fmt::print(stderr, "{}", errorText(context, "Uncaught", caught.Exception(), caught.Message()));
#pragma once

#include <v8.h>

#include <string>
#include <string_view>

namespace sigproof::shell {

/// Returns `FILE:LINE: HEADING ERROR`, the source line with a mark under the place, and the stack
/// if the error has one; ends with a newline. `message` may be empty. Never leaves an exception
/// pending, whatever the program did to its errors. Call it in a HandleScope.
std::string errorText(v8::Local<v8::Context> context, std::string_view heading,
                      v8::Local<v8::Value> error, v8::Local<v8::Message> message);

/// Returns the value as text, or a substitute if the value can't be converted.
std::string toText(v8::Local<v8::Context> context, v8::Local<v8::Value> value);

/// Makes a JavaScript string of UTF-8 text. Aborts if it is longer than the engine's limit (512
/// MiB).
v8::Local<v8::String> toV8(v8::Isolate* isolate, std::string_view text);

}  // namespace sigproof::shell
