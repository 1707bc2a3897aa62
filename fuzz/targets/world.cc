#include "fuzz/targets/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "fuzz/host/predictable_platform.h"
#include "fuzz/oracles/specification.h"
#include "fuzz/targets/world_prelude.h"

namespace sigproof::fuzz {
namespace {

// Of the isolate; core has the last one.
constexpr std::uint32_t kWorldSlot = 0;

// After each script and task the promises are watched in every microtask tick, until so many have
// passed in which nothing was noted. What programs chain in silence is shorter.
constexpr unsigned kQuietTicks = 10;
// And no longer than that, whatever happens.
constexpr unsigned kWatchedTicks = 200;

// A context costs as much as several runs of a program that leaves no trace.
constexpr unsigned kRunsInKeptContext = 500;

// A program that notes more says nothing new.
constexpr std::size_t kMostNotices = 3000;

v8::Local<v8::String> textInWorld(v8::Isolate* isolate, std::string_view text) {
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

void setGlobal(v8::Local<v8::Context> context, std::string_view name, v8::Local<v8::Value> value) {
  context->Global()->Set(context, textInWorld(context->GetIsolate(), name), value).Check();
}

// The number makes the module another one for the engine. It would otherwise find it compiled
// already in one of the worlds, and have less to do in the background there; and it waits, on this
// thread, for what is being compiled from the same bytes.
std::vector<std::uint8_t> withNumber(std::vector<std::uint8_t> module, std::uint64_t number) {
  module.insert(module.end(), {0, 12, 3, 'r', 'u', 'n'});  // a custom section
  for (unsigned i = 0; i < 8; ++i) module.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  return module;
}

// Where it is allowed, each new context compiles an extension for it, a tenth of its cost.
void allowCollections(bool is_allowed) {
  v8::V8::SetFlagsFromString(is_allowed ? "--expose-gc" : "--no-expose-gc");
}

// In the whole process.
std::uint64_t modules_numbered = 0;

const char* rejectionText(v8::PromiseRejectEvent event) {
  switch (event) {
    case v8::kPromiseRejectWithNoHandler:
      return "is rejected, unhandled";
    case v8::kPromiseHandlerAddedAfterReject:
      return "is handled late";
    case v8::kPromiseRejectAfterResolved:
      return "is rejected after it was resolved";
    case v8::kPromiseResolveAfterResolved:
      return "is resolved after it was resolved";
  }
  return "";
}

}  // namespace

void World::addEngineFlags(const char* flags) { v8::V8::SetFlagsFromString(flags); }

World& World::of(bool is_shim_on) {
  static const bool kIsStarted = [] {
    // Comparisons of what the engine does by chance would find chance. Its maintenance comes when
    // it likes and would change the order of other tasks.
    v8::V8::SetFlagsFromString(
        "--hash-seed=7 --random-seed=7 --no-opt --no-sparkplug --no-scavenge-task "
        "--no-incremental-marking --no-wasm-code-gc");
    // The prelude's functions are compiled once, not after each collection.
    v8::V8::SetFlagsFromString("--no-flush-bytecode");
    host::initializeEngine({.async_compilation = false, .is_predictable = true});
    allowCollections(false);
    return true;
  }();
  static_cast<void>(kIsStarted);
  if (is_shim_on) {
    static World& with = *new World(true);
    return with;
  }
  static World& without = *new World(false);
  return without;
}

World::World(bool is_shim_on)
    : isolate_({.is_shim_on = is_shim_on, .observer = this}), values_(isolate()) {
  isolate()->SetData(kWorldSlot, this);
  isolate()->SetPromiseRejectCallback(&onRejection);
  isolate()->AddGCEpilogueCallback(&onCollection, v8::kGCTypeMarkSweepCompact);
}

World& World::self(v8::Isolate* isolate) {
  return *static_cast<World*>(isolate->GetData(kWorldSlot));
}

std::span<std::uint8_t> World::memory(std::size_t index) const {
  return {static_cast<std::uint8_t*>(stores_[index]->Data()), stores_[index]->ByteLength()};
}

// --- a run ---------------------------------------------------------------------------------------

void World::run(const ScriptProgram& program) {
  const v8::Isolate::Scope isolate_scope(isolate());
  const v8::HandleScope handles(isolate());
  host::setAsyncCompilation(program.is_async);
  host::PredictablePlatform::instance().setOrder(program.task_order);
  v8::Local<v8::Context> context = contextFor(program);
  const v8::Context::Scope scope(context);
  context_.Reset(isolate(), context);
  takeObjects(context);
  if (program.has_other_realm) {
    v8::Local<v8::Context> other = isolate_.makeContext();
    other->SetSecurityToken(context->GetSecurityToken());
    setGlobal(context, "other", other->Global());
  }
  defineModules(context, program);
  if (!program.modules.empty() && program.modules.front().witness) makeWitnesses(context);
  collections_ = 0;
  static_cast<void>(evaluate(context, "left = seenMemory = changeBytes = undefined", "taken.js"));
  for (const std::string& segment : program.segments) {
    const v8::HandleScope segment_handles(isolate());
    runSegment(context, segment);
    settle();
  }
  if (program.describes_reachable) {
    noteReachable();
  } else {
    noteChain();
  }
  readWitnesses();
  holdMemories();
}

v8::Local<v8::Context> World::contextFor(const ScriptProgram& program) {
  // Another context's objects stay reachable from what was made with them.
  if (!program.leaves_no_trace || program.has_other_realm) return makeContext();
  if (kept_context_runs_++ % kRunsInKeptContext == 0) kept_context_.Reset(isolate(), makeContext());
  return kept_context_.Get(isolate());
}

v8::Local<v8::Context> World::makeContext() {
  v8::Local<v8::Context> context = isolate_.makeContext();
  const v8::Context::Scope scope(context);
  defineFunctions(context);
  if (evaluate(context, worldPreludeText(), "prelude.js").IsEmpty()) {
    std::fputs("fuzz: world_prelude.js fails\n", stderr);
    std::abort();
  }
  return context;
}

void World::defineFunctions(v8::Local<v8::Context> context) {
  const auto define = [&](const char* name, v8::FunctionCallback callback) {
    setGlobal(context, name, v8::Function::New(context, callback).ToLocalChecked());
  };
  define("note", &onNote);
  define("show", &onShow);
  define("see", &onSee);
  define("declare", &onDeclare);
  define("collect", &onCollect);
  define("detach", &onDetach);
  define("reachable", &onReachable);
}

void World::takeObjects(v8::Local<v8::Context> context) {
  const auto object = [&](const char* text) {
    return evaluate(context, text, "taken.js").ToLocalChecked().As<v8::Object>();
  };
  const auto getter = [&](const char* text) { return object(text).As<v8::Function>(); };
  web_assembly_.Reset(isolate(), object("WebAssembly"));
  instance_prototype_.Reset(isolate(), object("WebAssembly.Instance.prototype"));
  instantiate_.Reset(isolate(), object("WebAssembly.instantiate"));
  exports_getter_.Reset(
      isolate(),
      getter("Object.getOwnPropertyDescriptor(WebAssembly.Instance.prototype, 'exports').get"));
  value_getter_.Reset(
      isolate(),
      getter("Object.getOwnPropertyDescriptor(WebAssembly.Global.prototype, 'value').get"));
}

void World::makeWitnesses(v8::Local<v8::Context> context) {
  for (std::size_t i = 0; i < witnesses_.size(); ++i) {
    v8::Local<v8::Value> witness =
        evaluate(context, "new WebAssembly.Global({value: 'i32', mutable: true}, 0)", "taken.js")
            .ToLocalChecked();
    witnesses_.at(i).Reset(isolate(), witness.As<v8::Object>());
    setGlobal(context, fmt::format("witness{}", i), witness);
  }
}

void World::readWitnesses() {
  for (std::size_t i = 0; i < witnesses_.size(); ++i) {
    v8::Local<v8::Value> count;
    if (!witnesses_.at(i).IsEmpty() &&
        value_getter_.Get(isolate())
            ->Call(isolate()->GetCurrentContext(), witnesses_.at(i).Get(isolate()), 0, nullptr)
            .ToLocal(&count) &&
        count->IsUint32()) {
      witnessed_.made.at(i) = count.As<v8::Uint32>()->Value();
    }
    witnesses_.at(i).Reset();
  }
}

// m0, m1, ...: each read gives other bytes for the same module.
void World::defineModules(v8::Local<v8::Context> context, const ScriptProgram& program) {
  program_ = &program;
  for (std::size_t i = 0; i < program.modules.size(); ++i) {
    context->Global()
        ->SetAccessor(context, textInWorld(isolate(), fmt::format("m{}", i)), &onBytes, nullptr,
                      v8::Integer::New(isolate(), static_cast<int>(i)))
        .Check();
  }
  context->Global()
      ->SetAccessor(context, textInWorld(isolate(), "emptyModule"), &onBytes, nullptr,
                    v8::Integer::New(isolate(), -1))
      .Check();
}

void World::onBytes(v8::Local<v8::Name> /*name*/, const v8::PropertyCallbackInfo<v8::Value>& info) {
  static const ScriptModule kEmpty{.bytes = {0, 'a', 's', 'm', 1, 0, 0, 0}, .signal_addresses = {}};
  v8::Isolate* isolate = info.GetIsolate();
  World& self = World::self(isolate);
  const std::int32_t index = info.Data().As<v8::Int32>()->Value();
  const ScriptModule& module =
      index < 0 ? kEmpty : self.program_->modules.at(static_cast<std::size_t>(index));
  const std::vector<std::uint8_t> bytes =
      module.is_verbatim ? module.bytes : withNumber(module.bytes, ++modules_numbered);
  v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate, bytes.size());
  std::ranges::copy(bytes, static_cast<std::uint8_t*>(buffer->GetBackingStore()->Data()));
  info.GetReturnValue().Set(v8::Uint8Array::New(buffer, 0, bytes.size()));
}

v8::MaybeLocal<v8::Value> World::evaluate(v8::Local<v8::Context> context, std::string_view text,
                                          const char* name) {
  v8::ScriptOrigin origin(isolate(), textInWorld(isolate(), name));
  v8::Local<v8::Script> script;
  if (!v8::Script::Compile(context, textInWorld(isolate(), text), &origin).ToLocal(&script)) {
    return {};
  }
  return script->Run(context);
}

void World::runSegment(v8::Local<v8::Context> context, std::string_view text) {
  v8::TryCatch caught(isolate());
  v8::Local<v8::Value> value;
  if (evaluate(context, text, "program.js").ToLocal(&value)) {
    note(Notice::Kind::kEnd, "the script ends");
    return;
  }
  v8::Local<v8::Value> exception = caught.Exception();
  caught.Reset();
  note(Notice::Kind::kEnd, "the script throws " + values_.describeWithStack(exception));
}

// Everything that is pending, each microtask checkpoint with the ticks in which promises settle.
void World::settle() {
  const v8::HandleScope handles(isolate());
  do {
    startTicks();
    v8::MicrotasksScope::PerformCheckpoint(isolate());
  } while (host::PredictablePlatform::instance().runOneTask(isolate()));
  noteSettlements();
}

void World::forget() {
  const v8::Isolate::Scope isolate_scope(isolate());
  if (isolate_.signals() != nullptr) {
    isolate_.signals()->registry().clear();
    isolate_.signals()
        ->registry()
        .renew();  // or the next program's modules would be warned at once
  }
  context_.Reset();
  web_assembly_.Reset();
  instance_prototype_.Reset();
  instantiate_.Reset();
  exports_getter_.Reset();
  value_getter_.Reset();
  values_.clear();
  log_.clear();
  stores_.clear();
  signal_addresses_.clear();
  is_settled_.clear();
  witnessed_ = {};
  declared_ = {};
  has_declared_ = false;
}

// --- what is observed ----------------------------------------------------------------------------

void World::note(Notice::Kind kind, std::string text) {
  if (log_.size() < kMostNotices) log_.push_back({kind, std::move(text)});
}

void World::startTicks() {
  tick_ = quiet_ticks_ = 0;
  isolate()->EnqueueMicrotask(&onTick, this);
}

// Looks at the promises and attaches nothing to them.
void World::onTick(void* world) {
  World& self = *static_cast<World*>(world);
  const v8::HandleScope handles(self.isolate());
  const v8::Context::Scope scope(self.context_.Get(self.isolate()));
  self.noteSettlements();
  if (self.log_.size() != self.noticed_) self.quiet_ticks_ = 0;
  self.noticed_ = self.log_.size();
  ++self.tick_;
  if (++self.quiet_ticks_ < kQuietTicks && self.tick_ < kWatchedTicks) {
    self.isolate()->EnqueueMicrotask(&onTick, world);
  }
}

void World::noteSettlements() {
  is_settled_.resize(values_.promiseCount());
  for (std::size_t i = 0; i < is_settled_.size(); ++i) {
    if (is_settled_[i]) continue;
    v8::Local<v8::Promise> promise = values_.promise(i);
    if (promise->State() == v8::Promise::kPending) continue;
    is_settled_[i] = true;
    note(Notice::Kind::kSettlement,
         fmt::format("{} {} in tick {}: {}", values_.describe(promise),
                     promise->State() == v8::Promise::kFulfilled ? "is fulfilled" : "is rejected",
                     tick_, values_.describe(promise->Result())));
  }
}

void World::onRejection(v8::PromiseRejectMessage message) {
  World& self = World::self(message.GetPromise()->GetIsolate());
  std::string text = self.values_.describe(message.GetPromise());
  text.append(" ").append(rejectionText(message.GetEvent()));
  if (!message.GetValue().IsEmpty()) text += ": " + self.values_.describe(message.GetValue());
  self.note(Notice::Kind::kRejection, std::move(text));
}

void World::onCollection(v8::Isolate* isolate, v8::GCType /*type*/, v8::GCCallbackFlags /*flags*/) {
  ++self(isolate).collections_;
}

void World::onRegistration(RegistrationOutcome outcome) noexcept {
  ++witnessed_.outcomes.at(static_cast<std::size_t>(outcome));
}

void World::noteReachable() {
  const v8::TryCatch caught(isolate());
  v8::Local<v8::Object> root = web_assembly_.Get(isolate());
  // What belongs to the language and not to `WebAssembly` is described as far as its own
  // properties.
  v8::Local<v8::Value> object_prototype = v8::Object::New(isolate())->GetPrototype();
  v8::Local<v8::Value> function_prototype = exports_getter_.Get(isolate())->GetPrototype();
  std::vector<v8::Local<v8::Object>> borders{object_prototype.As<v8::Object>()};
  if (function_prototype->IsObject()) borders.push_back(function_prototype.As<v8::Object>());
  v8::Local<v8::Value> error = v8::Exception::Error(v8::String::Empty(isolate()));
  v8::Local<v8::Value> error_prototype = error.As<v8::Object>()->GetPrototype();
  if (error_prototype->IsObject()) borders.push_back(error_prototype.As<v8::Object>());
  for (std::string& line : values_.reachable(root, borders)) {
    note(Notice::Kind::kDescriptor, std::move(line));
  }
}

// The objects that core puts something into, if for a moment only.
void World::noteChain() {
  const v8::TryCatch caught(isolate());
  v8::Local<v8::Object> object_prototype =
      v8::Object::New(isolate())->GetPrototype().As<v8::Object>();
  for (v8::Local<v8::Object> object :
       {instance_prototype_.Get(isolate()), web_assembly_.Get(isolate()), object_prototype,
        instantiate_.Get(isolate())}) {
    note(Notice::Kind::kDescriptor, values_.describeAgain(object));
  }
}

void World::holdMemories() {
  for (std::size_t i = 0; i < values_.memoryCount(); ++i) {
    stores_.push_back(values_.memory(i)->Buffer()->GetBackingStore());
  }
}

// --- what programs call --------------------------------------------------------------------------

void World::onNote(const v8::FunctionCallbackInfo<v8::Value>& info) {
  World& self = World::self(info.GetIsolate());
  std::string text;
  for (int i = 0; i < info.Length(); ++i) {
    if (i != 0) text += " ";
    text += self.values_.describeWithStack(info[i]);
  }
  self.note(Notice::Kind::kNoted, std::move(text));
}

void World::onSee(const v8::FunctionCallbackInfo<v8::Value>& info) {
  World& self = World::self(info.GetIsolate());
  self.note(Notice::Kind::kNoted, "see " + self.values_.describe(info[0]));
}

void World::onShow(const v8::FunctionCallbackInfo<v8::Value>& info) {
  World::self(info.GetIsolate()).show(info[0]);
}

void World::show(v8::Local<v8::Value> value) {
  note(Notice::Kind::kNoted, "show " + values_.describe(value));
  if (!value->IsObject() || value->IsProxy() || value->IsFunction() || value->IsPromise() ||
      value->IsNativeError()) {
    return;
  }
  v8::Local<v8::Context> context = isolate()->GetCurrentContext();
  const v8::TryCatch caught(isolate());
  v8::Local<v8::Value> exports;
  if (exports_getter_.Get(isolate())->Call(context, value, 0, nullptr).ToLocal(&exports)) {
    showExports(exports.As<v8::Object>());
    return;
  }
  // {module, instance}
  v8::Local<v8::String> name = v8::String::NewFromUtf8Literal(isolate(), "instance");
  v8::Local<v8::Value> descriptor;
  v8::Local<v8::Value> instance;
  if (value.As<v8::Object>()->GetOwnPropertyDescriptor(context, name).ToLocal(&descriptor) &&
      descriptor->IsObject() &&
      descriptor.As<v8::Object>()
          ->GetRealNamedProperty(context, v8::String::NewFromUtf8Literal(isolate(), "value"))
          .ToLocal(&instance) &&
      instance != value) {
    show(instance);
  }
}

void World::showExports(v8::Local<v8::Object> exports) {
  note(Notice::Kind::kNoted, "exports " + values_.describe(exports));
  v8::Local<v8::Context> context = isolate()->GetCurrentContext();
  v8::Local<v8::Array> keys;
  if (!exports->GetOwnPropertyNames(context).ToLocal(&keys)) return;
  for (std::uint32_t i = 0; i < keys->Length(); ++i) {
    v8::Local<v8::Value> key;
    v8::Local<v8::Value> value;
    if (!keys->Get(context, i).ToLocal(&key) || !exports->Get(context, key).ToLocal(&value)) return;
    std::string text = values_.describe(value);
    v8::Local<v8::Value> number;
    if (!value->IsFunction() && !value->IsWasmMemoryObject() &&
        value_getter_.Get(isolate())->Call(context, value, 0, nullptr).ToLocal(&number)) {
      text += " = " + values_.describe(number);
      keepSignalAddress(key, number);
    }
    note(Notice::Kind::kNoted, "export " + std::move(text));
  }
}

void World::keepSignalAddress(v8::Local<v8::Value> key, v8::Local<v8::Value> value) {
  const v8::String::Utf8Value name(isolate(), key);
  if (!value->IsInt32() || *name == nullptr ||
      *name != specified::names(specified::Protocol::kAddress).signal) {
    return;
  }
  signal_addresses_.push_back(static_cast<std::uint32_t>(value.As<v8::Int32>()->Value()));
}

void World::onDeclare(const v8::FunctionCallbackInfo<v8::Value>& info) {
  World& self = World::self(info.GetIsolate());
  const auto text = [&](int index) {
    const v8::String::Utf8Value utf8(info.GetIsolate(), info[index]);
    return *utf8 == nullptr ? "" : std::string(*utf8, static_cast<std::size_t>(utf8.length()));
  };
  self.has_declared_ = true;
  if (info.Length() == 0) return;
  const bool is_import = info[0]->IsTrue();
  (is_import ? self.declared_.imports : self.declared_.exports)
      .push_back({.name = text(1), .kind = text(2), .value_type = text(3)});
}

void World::onCollect(const v8::FunctionCallbackInfo<v8::Value>& info) {
  allowCollections(true);
  info.GetIsolate()->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
  allowCollections(false);
}

void World::onDetach(const v8::FunctionCallbackInfo<v8::Value>& info) {
  if (!info[0]->IsArrayBuffer()) return;
  v8::Local<v8::ArrayBuffer> buffer = info[0].As<v8::ArrayBuffer>();
  if (buffer->IsDetachable()) buffer->Detach();
}

void World::onReachable(const v8::FunctionCallbackInfo<v8::Value>& info) {
  World::self(info.GetIsolate()).noteReachable();
}

}  // namespace sigproof::fuzz
