#include "fuzz/peer/sides/core_server.h"

#include <v8.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/registry/registration_outcome.h"
#include "core/v8/testing/isolate.h"
#include "core/v8/testing/read_file.h"
#include "fuzz/peer/sides/frame.h"

namespace sigproof::peer {
namespace {

v8::Local<v8::String> toV8(v8::Isolate* isolate, std::string_view text) {
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

std::string toText(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  const v8::String::Utf8Value text(isolate, value);
  return *text == nullptr ? "" : std::string(*text, static_cast<std::size_t>(text.length()));
}

// What the driver calls to compile: the constructor of the context, of which nothing is replaced.
constexpr std::string_view kCompile = "(bytes) => new WebAssembly.Module(bytes)";

class Server final : private RegistrationObserver {
 public:
  Server(const std::filesystem::path& driver, bool is_core_on)
      : isolate_(
            {.is_shim_on = is_core_on, .protocol = SignalProtocol::instance(), .observer = this}) {
    const v8::HandleScope handles(isolate());
    v8::Local<v8::Context> context = isolate_.makeContext();
    context_.Reset(isolate(), context);
    const v8::Context::Scope scope(context);
    const auto bytes = host::readFile(driver.string());
    run_.Reset(isolate(),
               makeRun(context, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  }
  ~Server() override {
    run_.Reset();
    context_.Reset();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string answer(const std::string& cases, const std::string& modules) {
    outcomes_.clear();
    const v8::HandleScope handles(isolate());
    v8::Local<v8::Context> context = context_.Get(isolate());
    const v8::Context::Scope scope(context);
    v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate(), modules.size());
    std::memcpy(buffer->GetBackingStore()->Data(), modules.data(), modules.size());
    v8::Local<v8::Value> arguments[] = {toV8(isolate(), cases), buffer};
    v8::Local<v8::Value> value = call(context, run_.Get(isolate()), 2, arguments);
    isolate_.pump();
    v8::Local<v8::Promise> promise = value.As<v8::Promise>();
    if (promise->State() != v8::Promise::kFulfilled) {
      throw std::runtime_error("the driver fails: " +
                               (promise->State() == v8::Promise::kPending
                                    ? std::string("its promise is never settled")
                                    : toText(isolate(), promise->Result())));
    }
    return toText(isolate(), promise->Result());
  }

  // The instances of a batch are garbage, but nobody collected it yet.
  void forget() {
    if (isolate_.signals() != nullptr) isolate_.signals()->registry().clear();
  }

 private:
  v8::Isolate* isolate() const { return isolate_.get(); }

  v8::Local<v8::Value> call(v8::Local<v8::Context> context, v8::Local<v8::Function> function,
                            int count, v8::Local<v8::Value>* arguments) {
    const v8::TryCatch caught(isolate());
    v8::Local<v8::Value> value;
    if (function->Call(context, v8::Undefined(isolate()), count, arguments).ToLocal(&value)) {
      return value;
    }
    throw std::runtime_error("the driver fails: " + toText(isolate(), caught.Exception()));
  }

  v8::Local<v8::Object> load(v8::Local<v8::Context> context, std::string_view text) {
    const v8::TryCatch caught(isolate());
    constexpr bool kIsModule = true;
    const v8::ScriptOrigin origin(isolate(), toV8(isolate(), "driver.mjs"), 0, 0, false, -1,
                                  v8::Local<v8::Value>(), false, false, kIsModule);
    v8::ScriptCompiler::Source source(toV8(isolate(), text), origin);
    v8::Local<v8::Module> module;
    const auto import_nothing = [](v8::Local<v8::Context>, v8::Local<v8::String>,
                                   v8::Local<v8::FixedArray>,
                                   v8::Local<v8::Module>) { return v8::MaybeLocal<v8::Module>(); };
    v8::Local<v8::Value> ignored;
    if (!v8::ScriptCompiler::CompileModule(isolate(), &source).ToLocal(&module) ||
        module->InstantiateModule(context, import_nothing).IsNothing() ||
        !module->Evaluate(context).ToLocal(&ignored) ||
        module->GetStatus() != v8::Module::kEvaluated) {
      throw std::runtime_error("the driver can't be loaded: " +
                               toText(isolate(), caught.Exception()));
    }
    return module->GetModuleNamespace().As<v8::Object>();
  }

  v8::Local<v8::Function> makeRun(v8::Local<v8::Context> context, std::string_view driver) {
    v8::Local<v8::Object> exported = load(context, driver);
    v8::Local<v8::Value> compile = v8::Script::Compile(context, toV8(isolate(), kCompile))
                                       .ToLocalChecked()
                                       ->Run(context)
                                       .ToLocalChecked();
    v8::Local<v8::Function> take_outcomes =
        v8::Function::New(context, &onTakeOutcomes, v8::External::New(isolate(), this))
            .ToLocalChecked();
    v8::Local<v8::Value> arguments[] = {compile, take_outcomes};
    v8::Local<v8::Value> make =
        exported->Get(context, toV8(isolate(), "makeDriver")).ToLocalChecked();
    return call(context, make.As<v8::Function>(), 2, arguments).As<v8::Function>();
  }

  // For the driver: an array of outcomes, each followed by how often it came in a row.
  static void onTakeOutcomes(const v8::FunctionCallbackInfo<v8::Value>& info) {
    auto* self = static_cast<Server*>(info.Data().As<v8::External>()->Value());
    if (self->isolate_.signals() == nullptr) return;
    std::vector<v8::Local<v8::Value>> values;
    for (const auto& [outcome, count] : self->outcomes_) {
      values.push_back(toV8(info.GetIsolate(), name(outcome)));
      values.push_back(v8::Number::New(info.GetIsolate(), static_cast<double>(count)));
    }
    self->outcomes_.clear();
    info.GetReturnValue().Set(v8::Array::New(info.GetIsolate(), values.data(), values.size()));
  }

  void onRegistration(RegistrationOutcome outcome) noexcept override {
    if (!outcomes_.empty() && outcomes_.back().first == outcome) {
      ++outcomes_.back().second;
    } else {
      outcomes_.emplace_back(outcome, 1);
    }
  }

  std::vector<std::pair<RegistrationOutcome, std::uint64_t>> outcomes_;
  host::Isolate isolate_;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Function> run_;
};

}  // namespace

int serveCore(int socket, const std::filesystem::path& driver, bool is_core_on) {
  // R1 speaks of 64-bit memories, which V8 10.2 has behind a flag.
  v8::V8::SetFlagsFromString("--experimental-wasm-memory64");
  host::initializeEngine({.async_compilation = false});
  Server server(driver, is_core_on);
  while (const std::optional<std::string> cases = receiveFrame(socket, std::nullopt)) {
    const std::optional<std::string> modules = receiveFrame(socket, std::nullopt);
    if (!modules) break;
    sendFrame(socket, server.answer(*cases, *modules));
    server.forget();
  }
  return 0;
}

}  // namespace sigproof::peer
