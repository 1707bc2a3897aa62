#include "ci/shell/shell.h"

#include <fmt/format.h>

#include <cstdio>

#include "ci/shell/error_text.h"
#include "ci/shell/globals.h"

namespace sigproof::shell {
namespace {

void report(const std::string& text) {
  (void)std::fflush(stdout);
  fmt::print(stderr, "{}", text);
}

}  // namespace

Shell::Shell(const host::Isolate::Options& options, const std::vector<std::string>& arguments)
    : isolate_(options), rejections_(isolate_.get()) {
  const v8::HandleScope handles(isolate_.get());
  v8::Local<v8::Context> context = isolate_.makeContext();
  addGlobals(context, isolate_, arguments);
  context_.Reset(isolate_.get(), context);
}

Shell::~Shell() { context_.Reset(); }

bool Shell::run(std::string_view name, std::string_view source) {
  const v8::HandleScope handles(isolate_.get());
  v8::Local<v8::Context> context = context_.Get(isolate_.get());
  const v8::Context::Scope scope(context);
  if (evaluate(context, name, source).IsEmpty()) {
    (void)finish(context);
    return false;
  }
  return finish(context);
}

bool Shell::runAndPrint(std::string_view name, std::string_view source) {
  const v8::HandleScope handles(isolate_.get());
  v8::Local<v8::Context> context = context_.Get(isolate_.get());
  const v8::Context::Scope scope(context);
  v8::Local<v8::Value> value;
  const bool is_fine = evaluate(context, name, source).ToLocal(&value);
  if (is_fine && !value->IsUndefined()) {
    fmt::print("{}\n", toText(context, value));
    (void)std::fflush(stdout);
  }
  return finish(context) && is_fine;
}

v8::MaybeLocal<v8::Value> Shell::evaluate(v8::Local<v8::Context> context, std::string_view name,
                                          std::string_view source) {
  v8::Isolate* isolate = isolate_.get();
  const v8::TryCatch caught(isolate);
  v8::ScriptOrigin origin(isolate, toV8(isolate, name));
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> value;
  if (v8::Script::Compile(context, toV8(isolate, source), &origin).ToLocal(&script) &&
      script->Run(context).ToLocal(&value)) {
    return value;
  }
  report(errorText(context, "Uncaught", caught.Exception(), caught.Message()));
  return {};
}

// Lets the script's promises settle, and reports rejections that nobody handled.
bool Shell::finish(v8::Local<v8::Context> context) {
  isolate_.pump();
  const auto rejections = rejections_.takeAll();
  for (const auto& [reason, message] : rejections) {
    report(errorText(context, "Unhandled rejection:", reason, message));
  }
  return rejections.empty();
}

}  // namespace sigproof::shell
