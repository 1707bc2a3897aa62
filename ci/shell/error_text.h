// What the shell tells about an exception: where, what, the line, the stack.
//
//   fmt::print(stderr, "{}", errorText(context, "Uncaught", caught.Exception(), caught.Message()));
#pragma once

#include <v8.h>

#include <string>
#include <string_view>

namespace sigproof::shell {

/// `FILE:LINE: HEADING ERROR`, the source line with a mark under the place, and the stack where the
/// error has one; ends with a newline. `message` may be empty. Never leaves an exception behind,
/// whatever the program made of its errors. In a HandleScope.
std::string errorText(v8::Local<v8::Context> context, std::string_view heading,
                      v8::Local<v8::Value> error, v8::Local<v8::Message> message);

/// The value as text, or a word in its place if it can't be made into one.
std::string toText(v8::Local<v8::Context> context, v8::Local<v8::Value> value);

/// A JavaScript string of UTF-8 text. Aborts if it is longer than the engine's limit (512 MiB).
v8::Local<v8::String> toV8(v8::Isolate* isolate, std::string_view text);

}  // namespace sigproof::shell
