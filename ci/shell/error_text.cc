#include "ci/shell/error_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace sigproof::shell {
namespace {

// A longer line is minified code, of which the place says enough.
constexpr std::size_t kMaxSourceLineBytes = 200;

std::string placeOf(v8::Local<v8::Context> context, v8::Local<v8::Message> message) {
  return fmt::format("{}:{}: ", toText(context, message->GetScriptResourceName()),
                     message->GetLineNumber(context).FromMaybe(0));
}

std::string sourceLineOf(v8::Local<v8::Context> context, v8::Local<v8::Message> message) {
  v8::Local<v8::String> line;
  if (!message->GetSourceLine(context).ToLocal(&line)) return "";
  const std::string text = toText(context, line);
  if (text.empty() || text.size() > kMaxSourceLineBytes) return "";
  const int start = message->GetStartColumn(context).FromMaybe(0);
  const int end = message->GetEndColumn(context).FromMaybe(start + 1);
  return fmt::format("{}\n{:{}}{:^>{}}\n", text, "", start, "", std::max(end - start, 1));
}

// Returns the stack without its first line where that repeats the error.
std::string stackOf(v8::Local<v8::Context> context, v8::Local<v8::Value> error) {
  v8::Local<v8::Value> stack;
  if (!v8::TryCatch::StackTrace(context, error).ToLocal(&stack) || !stack->IsString()) return "";
  const std::string text = toText(context, stack) + "\n";
  const std::string repeated = toText(context, error) + "\n";
  return text.starts_with(repeated) ? text.substr(repeated.size()) : text;
}

}  // namespace

std::string errorText(v8::Local<v8::Context> context, std::string_view heading,
                      v8::Local<v8::Value> error, v8::Local<v8::Message> message) {
  const v8::TryCatch caught(context->GetIsolate());
  const std::string place = message.IsEmpty() ? "" : placeOf(context, message);
  const std::string line = message.IsEmpty() ? "" : sourceLineOf(context, message);
  return fmt::format("{}{} {}\n{}{}", place, heading, toText(context, error), line,
                     stackOf(context, error));
}

std::string toText(v8::Local<v8::Context> context, v8::Local<v8::Value> value) {
  v8::Isolate* isolate = context->GetIsolate();
  const v8::TryCatch caught(isolate);
  v8::Local<v8::String> text;
  if (value.IsEmpty() || !value->ToDetailString(context).ToLocal(&text)) return "(no text)";
  const v8::String::Utf8Value characters(isolate, text);
  return {*characters, static_cast<std::size_t>(characters.length())};
}

v8::Local<v8::String> toV8(v8::Isolate* isolate, std::string_view text) {
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

}  // namespace sigproof::shell
