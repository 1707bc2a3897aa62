#include "fuzz/targets/shim_host.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "fuzz/generate/shim_program.h"
#include "fuzz/targets/shim_driver.h"

namespace sigproof::fuzz {
namespace {

// A context costs as much to make as a few runs; a hundred times as many hide that cost.
constexpr unsigned kRunsPerContext = 500;

void startEngine() {
  // R1 speaks of 64-bit memories, which V8 10.2 has behind a flag.
  v8::V8::SetFlagsFromString("--experimental-wasm-memory64");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, and nothing changes the environment.
  const char* async = std::getenv("SIGPROOF_FUZZ_ASYNC");
  host::initializeEngine({.async_compilation = async != nullptr && std::strcmp(async, "1") == 0});
}

v8::Local<v8::String> toV8(v8::Isolate* isolate, std::string_view text) {
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

std::string toText(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  const v8::String::Utf8Value text(isolate, value);
  return *text == nullptr ? "" : std::string(*text, static_cast<std::size_t>(text.length()));
}

}  // namespace

ShimHost& ShimHost::of(specified::Protocol protocol) {
  static const bool kIsStarted = (startEngine(), true);
  static_cast<void>(kIsStarted);
  if (protocol == specified::Protocol::kAddress) {
    static ShimHost& address = *new ShimHost(specified::Protocol::kAddress);
    return address;
  }
  static ShimHost& instance = *new ShimHost(specified::Protocol::kInstance);
  return instance;
}

ShimHost::ShimHost(specified::Protocol protocol)
    : isolate_({.protocol = protocol == specified::Protocol::kAddress ? SignalProtocol::address()
                                                                      : SignalProtocol::instance(),
                .max_entries = ShimProgram::kMaxEntries,
                .observer = this}) {}

v8::Local<v8::Context> ShimHost::contextForRun() {
  if (runs_in_context_++ % kRunsPerContext != 0) return context_.Get(isolate());
  v8::Local<v8::Context> context = isolate_.makeContext();
  const v8::Context::Scope scope(context);
  context_.Reset(isolate(), context);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> driver;
  if (!v8::Script::Compile(context, toV8(isolate(), shimDriverText())).ToLocal(&script) ||
      !script->Run(context).ToLocal(&driver) || !driver->IsObject()) {
    std::fputs("fuzz-shim: its own driver script fails\n", stderr);
    std::abort();
  }
  driver_.Reset(isolate(), driver.As<v8::Object>());
  makeDecoy();
  return context;
}

void ShimHost::makeDecoy() {
  const Result made = call("makeMemory", {v8::Integer::New(isolate(), 1),
                                          v8::Integer::New(isolate(), 1), v8::False(isolate())});
  if (!made.value->IsWasmMemoryObject()) {
    std::fprintf(stderr, "fuzz-shim: no memory can be made: %s\n", made.message.c_str());
    std::abort();
  }
  const auto store = made.value.As<v8::WasmMemoryObject>()->Buffer()->GetBackingStore();
  std::memset(store->Data(), kDecoyByte, store->ByteLength());
  decoy_.Reset(isolate(), made.value.As<v8::WasmMemoryObject>());
}

ShimHost::Result ShimHost::errorResult(v8::Local<v8::Value> error) const {
  Result result{v8::Undefined(isolate()), "no error object", toText(isolate(), error)};
  v8::Local<v8::Value> name;
  if (error->IsObject() && error.As<v8::Object>()
                               ->Get(isolate()->GetCurrentContext(), toV8(isolate(), "name"))
                               .ToLocal(&name)) {
    result.error = toText(isolate(), name);
  }
  return result;
}

ShimHost::Result ShimHost::call(const char* function,
                                std::initializer_list<v8::Local<v8::Value>> arguments) {
  v8::Local<v8::Context> context = isolate()->GetCurrentContext();
  v8::TryCatch caught(isolate());
  v8::Local<v8::Value> callee =
      driver_.Get(isolate())->Get(context, toV8(isolate(), function)).ToLocalChecked();
  std::vector<v8::Local<v8::Value>> values(arguments);
  v8::Local<v8::Value> value;
  if (callee.As<v8::Function>()
          ->Call(context, v8::Undefined(isolate()), static_cast<int>(values.size()), values.data())
          .ToLocal(&value)) {
    return {value, "", ""};
  }
  return errorResult(caught.Exception());
}

ShimHost::Result ShimHost::await(v8::Local<v8::Promise> promise) {
  isolate_.pump();
  switch (promise->State()) {
    case v8::Promise::kFulfilled:
      return {promise->Result(), "", ""};
    case v8::Promise::kRejected:
      return errorResult(promise->Result());
    case v8::Promise::kPending:
      break;
  }
  return {v8::Undefined(isolate()), "a promise that never settles", ""};
}

std::vector<RegistrationOutcome> ShimHost::takeOutcomes() { return std::exchange(outcomes_, {}); }

void ShimHost::onRegistration(RegistrationOutcome outcome) noexcept {
  outcomes_.push_back(outcome);
}

}  // namespace sigproof::fuzz
