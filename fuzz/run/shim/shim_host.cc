#include "fuzz/run/shim/shim_host.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

#include "fuzz/run/shim/shim_driver.h"

namespace sigproof::fuzz {
namespace {

// A context costs as much to make as a few runs; a hundred times as many hide that cost.
constexpr unsigned kRunsPerContext = 500;

// Of a function of the driver.
constexpr std::size_t kMostArguments = 4;

void startEngine() {
  // Its own driver is not worth an optimising compiler.
  v8::V8::SetFlagsFromString("--no-opt");
  // R1 speaks of 64-bit memories, which V8 10.2 has behind a flag.
  v8::V8::SetFlagsFromString("--experimental-wasm-memory64");
  // For Fault::kOlderEncoding.
  v8::V8::SetFlagsFromString("--experimental-wasm-typed-funcref");
  host::initializeEngine({.async_compilation = false, .is_predictable = true});
}

// What the environment asks of all inputs.
std::optional<bool> isAskedForBackground() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, and nothing changes the environment.
  const char* asked = std::getenv("SIGPROOF_FUZZ_ASYNC");
  if (asked == nullptr) return std::nullopt;
  return std::strcmp(asked, "1") == 0;
}

void startEngineOnce() {
  static const bool kIsStarted = (startEngine(), true);
  static_cast<void>(kIsStarted);
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

// The names of all enumerators, in their order: the driver script calls ways and styles by their
// names.
template <class Enumeration>
v8::Local<v8::Array> namesOf(v8::Isolate* isolate, unsigned count) {
  std::vector<v8::Local<v8::Value>> names;
  for (unsigned i = 0; i < count; ++i) {
    names.push_back(toV8(isolate, name(static_cast<Enumeration>(i))));
  }
  return v8::Array::New(isolate, names.data(), names.size());
}

}  // namespace

ShimHost& ShimHost::of(specified::Protocol protocol) {
  startEngineOnce();
  const auto make = [](const SignalProtocol& signals) {
    return new ShimHost({.protocol = signals});
  };
  if (protocol == specified::Protocol::kAddress) {
    static ShimHost& address = *make(SignalProtocol::address());
    return address;
  }
  static ShimHost& instance = *make(SignalProtocol::instance());
  return instance;
}

ShimHost& ShimHost::plain() {
  startEngineOnce();
  static ShimHost& plain = *new ShimHost({.is_shim_on = false});
  return plain;
}

ShimHost::ShimHost(const Options& options) {
  if (options.is_shim_on) {
    signals_.emplace(isolate(), BasicIsolateSignals<InjectionPolicy>::Options{
                                    .protocol = options.protocol,
                                    .max_entries = ShimProgram::kMaxEntries,
                                    .observer = this});
  }
  const v8::HandleScope handles(isolate());
  static constexpr std::array<const char*, kDriverMemberCount> kNames{"reads", "lastMemory",
                                                                      "imports", "instance"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    members_.at(i).Reset(isolate(), toV8(isolate(), kNames.at(i)));
  }
  poll_name_.Reset(isolate(), toV8(isolate(), kPollName));
}

void ShimHost::chooseCompilation(const ShimProgram& program) {
  static const std::optional<bool> kAsked = isAskedForBackground();
  is_in_background_ = kAsked.value_or(program.is_in_background);
  host::setAsyncCompilation(is_in_background_);
}

v8::Local<v8::Context> ShimHost::contextForRun() {
  if (runs_in_context_++ % kRunsPerContext != 0) return context_.Get(isolate());
  v8::Local<v8::Context> context = isolate_.makeContext();
  const v8::Context::Scope scope(context);
  if (signals_) signals_->install(context);
  context_.Reset(isolate(), context);
  takeDriver(context, makeDriver(context));
  makeFunctions(context);
  makeDecoy();
  return context;
}

v8::Local<v8::Object> ShimHost::makeDriver(v8::Local<v8::Context> context) {
  const v8::TryCatch caught(isolate());
  v8::Local<v8::Value> arguments[] = {namesOf<Way>(isolate(), kWayCount),
                                      namesOf<ImportStyle>(isolate(), kImportStyleCount)};
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> maker;
  v8::Local<v8::Value> driver;
  if (!v8::Script::Compile(context, toV8(isolate(), shimDriverText())).ToLocal(&script) ||
      !script->Run(context).ToLocal(&maker) || !maker->IsFunction() ||
      !maker.As<v8::Function>()
           ->Call(context, v8::Undefined(isolate()), std::size(arguments), arguments)
           .ToLocal(&driver) ||
      !driver->IsObject()) {
    std::fprintf(stderr, "fuzz-shim: its own driver script fails: %s\n",
                 toText(isolate(), caught.Exception()).c_str());
    std::abort();
  }
  return driver.As<v8::Object>();
}

void ShimHost::takeDriver(v8::Local<v8::Context> context, v8::Local<v8::Object> driver) {
  static constexpr std::array<const char*, kDriverFunctionCount> kNames{
      "makeMemory",        "makeGlobal", "makeTable",  "makeImports", "compile", "instantiate",
      "hasRightPrototype", "exported",   "callExport", "grow",        "setThen"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    v8::Local<v8::Value> function =
        driver->Get(context, toV8(isolate(), kNames.at(i))).ToLocalChecked();
    driver_.at(i).Reset(isolate(), function.As<v8::Function>());
  }
}

void ShimHost::makeFunctions(v8::Local<v8::Context> context) {
  const auto make_memory = [](const v8::FunctionCallbackInfo<v8::Value>& info) {
    auto* self = static_cast<ShimHost*>(info.Data().As<v8::External>()->Value());
    info.GetReturnValue().Set(self->make_memory_());
  };
  memory_maker_.Reset(
      isolate(),
      v8::Function::New(context, make_memory, v8::External::New(isolate(), this)).ToLocalChecked());
  function_.Reset(isolate(), v8::Function::New(context, [](const auto&) {}).ToLocalChecked());
}

v8::Local<v8::Value> ShimHost::member(v8::Local<v8::Object> object, DriverMember name) const {
  return object
      ->Get(isolate()->GetCurrentContext(),
            members_.at(static_cast<std::size_t>(name)).Get(isolate()))
      .ToLocalChecked();
}

void ShimHost::makeDecoy() {
  const Result made =
      call(DriverFunction::kMakeMemory,
           {v8::Integer::New(isolate(), 1), v8::Integer::New(isolate(), 1), v8::False(isolate())});
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
  // V8 10.2 rejects a promise with its own mark for that, where a start function is terminated in
  // an instantiation that JavaScript waits for.
  if (result.message == "termination_exception") result.error = kTerminationError;
  return result;
}

ShimHost::Result ShimHost::call(DriverFunction function,
                                std::initializer_list<v8::Local<v8::Value>> arguments) {
  v8::Local<v8::Context> context = isolate()->GetCurrentContext();
  v8::TryCatch caught(isolate());
  v8::Local<v8::Function> callee = driver_.at(static_cast<std::size_t>(function)).Get(isolate());
  // The engine takes what it does not change as if it might.
  std::array<v8::Local<v8::Value>, kMostArguments> values;
  std::ranges::copy(arguments, values.begin());
  v8::Local<v8::Value> value;
  if (callee
          ->Call(context, v8::Undefined(isolate()), static_cast<int>(arguments.size()),
                 values.data())
          .ToLocal(&value)) {
    return {value, "", ""};
  }
  // Where it was being terminated already, nothing is caught.
  if (caught.HasTerminated() || !caught.HasCaught()) {
    return {v8::Undefined(isolate()), kTerminationError, ""};
  }
  return errorResult(caught.Exception());
}

ShimHost::Result ShimHost::await(v8::Local<v8::Promise> promise) {
  isolate_.pump();
  if (injection.isArmed()) {
    injection.disarm();
    isolate_.pump();
  }
  switch (promise->State()) {
    case v8::Promise::kFulfilled:
      return {promise->Result(), "", ""};
    case v8::Promise::kRejected:
      return errorResult(promise->Result());
    case v8::Promise::kPending:
      break;
  }
  return {v8::Undefined(isolate()), kNeverSettlesError, ""};
}

std::vector<RegistrationOutcome> ShimHost::takeOutcomes() { return std::exchange(outcomes_, {}); }

void ShimHost::onRegistration(RegistrationOutcome outcome) noexcept {
  outcomes_.push_back(outcome);
}

}  // namespace sigproof::fuzz
