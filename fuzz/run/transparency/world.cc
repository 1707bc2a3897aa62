#include "fuzz/run/transparency/world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "core/v8/testing/predictable_platform.h"
#include "fuzz/generate/scripts/script_writer.h"
#include "fuzz/run/transparency/world_prelude.h"
#include "fuzz/spec/protocol_constants.h"
#include "fuzz/wasm/binary/wasm_sections.h"
#include "fuzz/wasm/numbered_module.h"

namespace sigproof::fuzz {
namespace {

// Of the isolate; core has the last one.
constexpr std::uint32_t kWorldSlot = 0;

// After each script and task the promises are watched in every microtask tick, until so many have
// passed in which nothing was noted. What programs chain in silence is shorter.
constexpr unsigned kQuietTicks = 10;
// And no longer than that, whatever happens.
constexpr unsigned kWatchedTicks = 200;

// A context costs as much as a program that leaves no trace.
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

// The prelude, called with the numbers and names that the writers of modules and programs use.
std::string preludeCall() {
  return fmt::format("({})({}, {}, ['{}'])", worldPreludeText(), kWasmHeader.size(),
                     kNumberSectionBytes, fmt::join(kImportDresses, "', '"));
}

}  // namespace

void World::addEngineFlags(const char* flags) { v8::V8::SetFlagsFromString(flags); }

World& World::of(Core core) {
  static const bool kIsStarted = [] {
    // Comparisons of what the engine does by chance would find chance. Its maintenance comes when
    // it likes and would change the order of other tasks.
    v8::V8::SetFlagsFromString(
        "--hash-seed=7 --random-seed=7 --no-opt --no-sparkplug --no-scavenge-task "
        "--no-incremental-marking --no-wasm-code-gc");
    // The prelude's functions are compiled once, not after each collection.
    v8::V8::SetFlagsFromString("--no-flush-bytecode");
    // Or the first stack with a function on it has the function parsed once more.
    v8::V8::SetFlagsFromString("--no-enable-lazy-source-positions");
    host::initializeEngine({.async_compilation = false, .is_predictable = true});
    allowCollections(false);
    return true;
  }();
  static_cast<void>(kIsStarted);
  static std::array<World*, 3> worlds{};
  World*& world = worlds.at(static_cast<std::size_t>(core));
  if (world == nullptr) world = new World(core);
  return *world;
}

World::World(Core core)
    : isolate_({.is_shim_on = core != Core::kAbsent,
                .observer = this,
                .is_enabled = core != Core::kSwitchedOff,
                .rollout_gate = [this] { return is_gate_open_; }}),
      values_(isolate()) {
  isolate()->SetData(kWorldSlot, this);
  isolate()->SetPromiseRejectCallback(&onRejection);
  // Without a listener, the engine prints what is thrown where nobody can catch it.
  isolate()->AddMessageListener([](v8::Local<v8::Message>, v8::Local<v8::Value>) {});
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
  isolate()->SetWasmStreamingCallback(program.has_streaming ? &onStream : nullptr);
  program_ = &program;
  realm_ = &realmFor(program);
  v8::Local<v8::Context> context = realm_->context.Get(isolate());
  const v8::Context::Scope scope(context);
  startProgram(context, program);
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
  endProgram(context);
}

World::Realm& World::realmFor(const ScriptProgram& program) {
  const bool is_kept = program.leaves_no_trace && program.installation == Installation::kFresh;
  const unsigned kind = (program.has_other_realm ? 1 : 0) + (program.has_streaming ? 2 : 0);
  Realm& realm = is_kept ? kept_.at(kind) : fresh_;
  if (realm.runs++ % kRunsInKeptContext == 0) {
    make(realm, program);
    realm.runs = is_kept ? 1 : 0;
  }
  return realm;
}

void World::make(Realm& realm, const ScriptProgram& program) {
  realm = {};
  is_gate_open_ = program.installation != Installation::kGateClosed;
  v8::Local<v8::Context> context = v8::Context::New(isolate());
  const v8::Context::Scope scope(context);
  realm.context.Reset(isolate(), context);
  const bool is_changed = !program.change_before.empty();
  if (!is_changed) realm.is_installed = install(context);
  defineFunctions(context);
  runPrelude(context, realm);
  if (is_changed) {
    changeContext(context, program);
    realm.is_installed = install(context);
    if (program.installation == Installation::kChanged) takeReplaced(context, realm);
  }
  if (program.has_other_realm) {
    v8::Local<v8::Context> other = v8::Context::New(isolate());
    install(other);
    other->SetSecurityToken(context->GetSecurityToken());
    setGlobal(context, "other", other->Global());
  }
}

bool World::install(v8::Local<v8::Context> context) {
  return isolate_.signals() != nullptr && isolate_.signals()->install(context);
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
  defineModule(context, "emptyModule", -1);
}

void World::runPrelude(v8::Local<v8::Context> context, Realm& realm) {
  if (prelude_.IsEmpty()) {
    v8::ScriptOrigin origin(isolate(), textInWorld(isolate(), "prelude.js"));
    v8::ScriptCompiler::Source source(textInWorld(isolate(), preludeCall()), origin);
    prelude_.Reset(isolate(),
                   v8::ScriptCompiler::CompileUnboundScript(isolate(), &source).ToLocalChecked());
  }
  v8::Local<v8::Value> value;
  if (!prelude_.Get(isolate())->BindToCurrentContext()->Run(context).ToLocal(&value)) {
    std::fputs("fuzz: world_prelude.js fails\n", stderr);
    std::abort();
  }
  const auto taken = [&](std::uint32_t index) {
    return value.As<v8::Array>()->Get(context, index).ToLocalChecked().As<v8::Object>();
  };
  realm.start.Reset(isolate(), taken(0).As<v8::Function>());
  realm.restore.Reset(isolate(), taken(1).As<v8::Function>());
  realm.web_assembly.Reset(isolate(), taken(2));
  realm.instance_prototype.Reset(isolate(), taken(3));
  realm.instantiate.Reset(isolate(), taken(4));
  realm.exports_getter.Reset(isolate(), taken(5).As<v8::Function>());
  realm.value_getter.Reset(isolate(), taken(6).As<v8::Function>());
}

void World::changeContext(v8::Local<v8::Context> context, const ScriptProgram& program) {
  const v8::TryCatch caught(isolate());
  if (evaluate(context, program.change_before, "change.js").IsEmpty()) {
    note(Notice::Kind::kEnd, "the change of the context throws");
  }
}

// Core put its own in the place of what the prelude took, in the object that the program finds.
void World::takeReplaced(v8::Local<v8::Context> context, Realm& realm) {
  const v8::TryCatch caught(isolate());
  const auto take = [&](v8::Local<v8::Object> from, std::string_view name, auto& into) {
    v8::Local<v8::Value> value;
    if (from->GetRealNamedProperty(context, textInWorld(isolate(), name)).ToLocal(&value) &&
        value->IsObject()) {
      into.Reset(isolate(), value.As<v8::Object>());
    }
  };
  take(context->Global(), "WebAssembly", realm.web_assembly);
  take(realm.web_assembly.Get(isolate()), "instantiate", realm.instantiate);
}

void World::startProgram(v8::Local<v8::Context> context, const ScriptProgram& program) {
  for (; realm_->modules < program.modules.size(); ++realm_->modules) {
    defineModule(context, fmt::format("m{}", realm_->modules), static_cast<int>(realm_->modules));
  }
  const bool has_witnesses = !program.modules.empty() && program.modules.front().witness;
  v8::Local<v8::Value> count =
      v8::Integer::New(isolate(), has_witnesses ? static_cast<int>(program.modules.size()) : 0);
  v8::Local<v8::Array> made = realm_->start.Get(isolate())
                                  ->Call(context, v8::Undefined(isolate()), 1, &count)
                                  .ToLocalChecked()
                                  .As<v8::Array>();
  for (std::uint32_t i = 0; i < made->Length(); ++i) {
    witnesses_.at(i).Reset(isolate(), made->Get(context, i).ToLocalChecked().As<v8::Object>());
  }
  collections_ = 0;
}

// What the program changed is changed back, or the next one doesn't get its context.
void World::endProgram(v8::Local<v8::Context> context) {
  if (realm_ == &fresh_) return;
  v8::Local<v8::Value> is_restored;
  if (!realm_->restore.Get(isolate())
           ->Call(context, v8::Undefined(isolate()), 0, nullptr)
           .ToLocal(&is_restored) ||
      !is_restored->IsTrue()) {
    realm_->runs = 0;
  }
}

void World::readWitnesses() {
  for (std::size_t i = 0; i < witnesses_.size(); ++i) {
    v8::Local<v8::Value> count;
    if (!witnesses_.at(i).IsEmpty() &&
        realm_->value_getter.Get(isolate())
            ->Call(isolate()->GetCurrentContext(), witnesses_.at(i).Get(isolate()), 0, nullptr)
            .ToLocal(&count) &&
        count->IsUint32()) {
      witnessed_.made.at(i) = count.As<v8::Uint32>()->Value();
    }
    witnesses_.at(i).Reset();
  }
}

// m0, m1, ...: each read gives other bytes for the same module.
void World::defineModule(v8::Local<v8::Context> context, std::string_view name, int index) {
  context->Global()
      ->SetAccessor(context, textInWorld(isolate(), name), &onBytes, nullptr,
                    v8::Integer::New(isolate(), index))
      .Check();
}

void World::onBytes(v8::Local<v8::Name> /*name*/, const v8::PropertyCallbackInfo<v8::Value>& info) {
  static const ScriptModule kEmpty{.bytes = {kWasmHeader.begin(), kWasmHeader.end()},
                                   .signal_addresses = {}};
  v8::Isolate* isolate = info.GetIsolate();
  World& self = World::self(isolate);
  const std::int32_t index = info.Data().As<v8::Int32>()->Value();
  if (index >= static_cast<std::int32_t>(self.program_->modules.size())) return;
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
  std::string line = beginning("the script throws ");
  values_.describeWithStack(line, exception);
  note(Notice::Kind::kEnd, std::move(line));
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
  fresh_ = {};
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

std::string World::beginning(std::string_view text) {
  // As long as most notices get.
  constexpr std::size_t kUsualBytes = 250;
  std::string line;
  line.reserve(kUsualBytes);
  return line.append(text);
}

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
  const v8::Context::Scope scope(self.realm_->context.Get(self.isolate()));
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
    std::string line = beginning();
    values_.describe(line, promise);
    line += promise->State() == v8::Promise::kFulfilled ? " is fulfilled" : " is rejected";
    line.append(" in tick ").append(std::to_string(tick_)).append(": ");
    values_.describe(line, promise->Result());
    note(Notice::Kind::kSettlement, std::move(line));
  }
}

void World::onRejection(v8::PromiseRejectMessage message) {
  World& self = World::self(message.GetPromise()->GetIsolate());
  std::string text = beginning();
  self.values_.describe(text, message.GetPromise());
  text.append(" ").append(rejectionText(message.GetEvent()));
  if (!message.GetValue().IsEmpty()) self.values_.describe(text += ": ", message.GetValue());
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
  v8::Local<v8::Object> root = realm_->web_assembly.Get(isolate());
  // What belongs to the language and not to `WebAssembly` is described as far as its own
  // properties.
  v8::Local<v8::Value> object_prototype = v8::Object::New(isolate())->GetPrototype();
  v8::Local<v8::Value> function_prototype = realm_->exports_getter.Get(isolate())->GetPrototype();
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
       {realm_->instance_prototype.Get(isolate()), realm_->web_assembly.Get(isolate()),
        object_prototype, realm_->instantiate.Get(isolate())}) {
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
  std::string text = beginning();
  for (int i = 0; i < info.Length(); ++i) {
    if (i != 0) text += ' ';
    self.values_.describeWithStack(text, info[i]);
  }
  self.note(Notice::Kind::kNoted, std::move(text));
}

void World::onSee(const v8::FunctionCallbackInfo<v8::Value>& info) {
  World& self = World::self(info.GetIsolate());
  std::string text = beginning("see ");
  self.values_.describe(text, info[0]);
  self.note(Notice::Kind::kNoted, std::move(text));
}

void World::onShow(const v8::FunctionCallbackInfo<v8::Value>& info) {
  World::self(info.GetIsolate()).show(info[0]);
}

void World::show(v8::Local<v8::Value> value) {
  std::string text = beginning("show ");
  values_.describe(text, value);
  note(Notice::Kind::kNoted, std::move(text));
  if (!value->IsObject() || value->IsProxy() || value->IsFunction() || value->IsPromise() ||
      value->IsNativeError()) {
    return;
  }
  v8::Local<v8::Context> context = isolate()->GetCurrentContext();
  const v8::TryCatch caught(isolate());
  v8::Local<v8::Value> exports;
  if (realm_->exports_getter.Get(isolate())->Call(context, value, 0, nullptr).ToLocal(&exports)) {
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
  std::string first = beginning("exports ");
  values_.describe(first, exports);
  note(Notice::Kind::kNoted, std::move(first));
  v8::Local<v8::Context> context = isolate()->GetCurrentContext();
  v8::Local<v8::Array> keys;
  if (!exports->GetOwnPropertyNames(context).ToLocal(&keys)) return;
  for (std::uint32_t i = 0; i < keys->Length(); ++i) {
    v8::Local<v8::Value> key;
    v8::Local<v8::Value> value;
    if (!keys->Get(context, i).ToLocal(&key) || !exports->Get(context, key).ToLocal(&value)) return;
    std::string text = beginning("export ");
    values_.describe(text, value);
    v8::Local<v8::Value> number;
    if (!value->IsFunction() && !value->IsWasmMemoryObject() &&
        realm_->value_getter.Get(isolate())->Call(context, value, 0, nullptr).ToLocal(&number)) {
      values_.describe(text += " = ", number);
      keepSignalAddress(key, number);
    }
    note(Notice::Kind::kNoted, std::move(text));
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

// The argument's bytes, as they come from a network.
void World::onStream(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const auto streaming = v8::WasmStreaming::Unpack(info.GetIsolate(), info.Data());
  if (!info[0]->IsUint8Array()) {
    streaming->Abort(v8::Exception::TypeError(textInWorld(info.GetIsolate(), "no bytes")));
    return;
  }
  v8::Local<v8::Uint8Array> bytes = info[0].As<v8::Uint8Array>();
  std::vector<std::uint8_t> copy(bytes->ByteLength());
  bytes->CopyContents(copy.data(), copy.size());
  const std::size_t half = copy.size() / 2;
  streaming->OnBytesReceived(copy.data(), half);
  streaming->OnBytesReceived(copy.data() + half, copy.size() - half);
  streaming->Finish();
}

void World::onReachable(const v8::FunctionCallbackInfo<v8::Value>& info) {
  World::self(info.GetIsolate()).noteReachable();
}

}  // namespace sigproof::fuzz
