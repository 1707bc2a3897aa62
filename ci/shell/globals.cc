#include "ci/shell/globals.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>

#include "ci/shell/error_text.h"
#include "core/v8/testing/read_file.h"

namespace sigproof::shell {
namespace {

using Arguments = v8::FunctionCallbackInfo<v8::Value>;

host::Isolate& hostOf(const Arguments& arguments) {
  return *static_cast<host::Isolate*>(arguments.Data().As<v8::External>()->Value());
}

void addFunction(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                 std::string_view name, v8::FunctionCallback callback, host::Isolate& isolate) {
  v8::Local<v8::Function> function =
      v8::Function::New(context, callback, v8::External::New(context->GetIsolate(), &isolate), 0,
                        v8::ConstructorBehavior::kThrow)
          .ToLocalChecked();
  v8::Local<v8::String> key = toV8(context->GetIsolate(), name);
  function->SetName(key);
  object->Set(context, key, function).Check();
}

void throwError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::Error(toV8(isolate, message)));
}

// Prints the arguments as text, separated by spaces, and a newline.
void print(const Arguments& arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  std::string line;
  for (int i = 0; i < arguments.Length(); ++i) {
    v8::Local<v8::String> text;
    if (!arguments[i]->IsSymbol()) {
      if (!arguments[i]->ToString(isolate->GetCurrentContext()).ToLocal(&text)) return;
    } else if (!arguments[i]->ToDetailString(isolate->GetCurrentContext()).ToLocal(&text)) {
      return;
    }
    const v8::String::Utf8Value characters(isolate, text);
    if (i > 0) line += ' ';
    line.append(*characters, static_cast<std::size_t>(characters.length()));
  }
  line += '\n';
  (void)std::fwrite(line.data(), 1, line.size(), stdout);
}

void readFileAsBytes(const Arguments& arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  if (!arguments[0]->IsString()) return throwError(isolate, "readFile: give it a path");
  try {
    const auto bytes = host::readFile(*v8::String::Utf8Value(isolate, arguments[0]));
    v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate, bytes.size());
    if (!bytes.empty()) {
      std::memcpy(buffer->GetBackingStore()->Data(), bytes.data(), bytes.size());
    }
    arguments.GetReturnValue().Set(v8::Uint8Array::New(buffer, 0, bytes.size()));
  } catch (const std::exception& error) {
    throwError(isolate, std::string("readFile: ") + error.what());
  }
}

void collectGarbage(const Arguments& arguments) {
  hostOf(arguments).collectGarbageWithinJavaScript();
}

void quit(const Arguments& arguments) {
  v8::Local<v8::Context> context = arguments.GetIsolate()->GetCurrentContext();
  std::int32_t code = 0;
  if (arguments.Length() > 0 && !arguments[0]->Int32Value(context).To(&code)) return;
  // Ends at once, in the middle of a script, because there is nothing to unwind and nothing to
  // save.
  (void)std::fflush(nullptr);
  std::_Exit(code);
}

SignalRegistry<>* registryOf(const Arguments& arguments) {
  IsolateSignals* signals = hostOf(arguments).signals();
  return signals == nullptr ? nullptr : &signals->registry();
}

void setCount(const Arguments& arguments, std::size_t count) {
  arguments.GetReturnValue().Set(static_cast<double>(count));
}

void outcomes(const Arguments& arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Object> counts = v8::Object::New(isolate);
  arguments.GetReturnValue().Set(counts);
  const SignalRegistry<>* registry = registryOf(arguments);
  for (std::size_t i = 0; registry != nullptr && i < kRegistrationOutcomeCount; ++i) {
    const auto outcome = static_cast<RegistrationOutcome>(i);
    const std::uint64_t count = registry->counters()[outcome];
    if (count == 0) continue;
    (void)counts->CreateDataProperty(context, toV8(isolate, name(outcome)),
                                     v8::Number::New(isolate, static_cast<double>(count)));
  }
}

void registrations(const Arguments& arguments) {
  const SignalRegistry<>* registry = registryOf(arguments);
  setCount(arguments, registry == nullptr ? 0 : registry->entryCount());
}

void deliver(const Arguments& arguments) {
  SignalRegistry<>* registry = registryOf(arguments);
  setCount(arguments, registry == nullptr ? 0 : registry->deliver());
}

void clear(const Arguments& arguments) {
  SignalRegistry<>* registry = registryOf(arguments);
  setCount(arguments, registry == nullptr ? 0 : registry->renew());
}

void markTerminated(const Arguments& arguments) {
  SignalRegistry<>* registry = registryOf(arguments);
  setCount(arguments, registry == nullptr ? 0 : registry->markTerminated());
}

v8::Local<v8::Object> makeSigproof(v8::Local<v8::Context> context, host::Isolate& isolate) {
  v8::Local<v8::Object> sigproof = v8::Object::New(context->GetIsolate());
  addFunction(context, sigproof, "outcomes", &outcomes, isolate);
  addFunction(context, sigproof, "registrations", &registrations, isolate);
  addFunction(context, sigproof, "deliver", &deliver, isolate);
  addFunction(context, sigproof, "clear", &clear, isolate);
  addFunction(context, sigproof, "markTerminated", &markTerminated, isolate);
  return sigproof;
}

}  // namespace

void addGlobals(v8::Local<v8::Context> context, host::Isolate& isolate,
                const std::vector<std::string>& arguments) {
  v8::Isolate* v8_isolate = context->GetIsolate();
  const v8::Context::Scope scope(context);
  v8::Local<v8::Object> global = context->Global();
  addFunction(context, global, "print", &print, isolate);
  addFunction(context, global, "readFile", &readFileAsBytes, isolate);
  addFunction(context, global, "gc", &collectGarbage, isolate);
  addFunction(context, global, "quit", &quit, isolate);
  global->Set(context, toV8(v8_isolate, "sigproof"), makeSigproof(context, isolate)).Check();

  v8::Local<v8::Array> list = v8::Array::New(v8_isolate);
  for (std::uint32_t i = 0; i < arguments.size(); ++i) {
    list->Set(context, i, toV8(v8_isolate, arguments[i])).Check();
  }
  global->Set(context, toV8(v8_isolate, "arguments"), list).Check();
}

}  // namespace sigproof::shell
