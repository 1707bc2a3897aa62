#include "models/stepping/v8/v8_fixture.h"

#include <fmt/format.h>

#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/v8/testing/test_module.h"
#include "models/stepping/engine/trap_flag.h"

namespace sigproof::stepping {
namespace {

constexpr v8::GCType kEveryCollection = v8::kGCTypeAll;

void startEngineOnce() {
  static const bool kIsStarted = [] {
    host::initializeEngine({.async_compilation = false});
    return true;
  }();
  static_cast<void>(kIsStarted);
}

}  // namespace

V8Fixture::V8Fixture(const V8Scene& scene) : flaw_(scene.flaw) {
  startEngineOnce();
  host_ = std::make_unique<host::Isolate>(host::Isolate::Options{.is_shim_on = false});
  v8::Isolate* isolate = host_->get();
  const v8::HandleScope handles(isolate);
  // The engine calls them in this order.
  isolate->AddGCPrologueCallback(&beforeProloguesOfCore, this, kEveryCollection);
  signals_ = new (storage_.data()) IsolateSignals(isolate, IsolateSignals::Options{});
  isolate->AddGCPrologueCallback(&afterProloguesOfCore, this, kEveryCollection);
  registry_ = &signals_->registry();
  const v8::Local<v8::Context> context = host_->makeContext();
  context_.Reset(isolate, context);
  if (!signals_->install(context)) throw std::runtime_error("core can't be installed");
  makeModules(scene);
  settleModules();
}

V8Fixture::~V8Fixture() {
  destroySignals();
  v8::Isolate* isolate = host_->get();
  isolate->RemoveGCPrologueCallback(&beforeProloguesOfCore, this);
  isolate->RemoveGCPrologueCallback(&afterProloguesOfCore, this);
  context_.Reset();
  memories_.clear();  // backing stores must be released before the isolate
}

v8::Local<v8::Value> V8Fixture::evaluate(std::string_view source) {
  v8::Isolate* isolate = host_->get();
  v8::EscapableHandleScope handles(isolate);
  const v8::Local<v8::Context> context = context_.Get(isolate);
  const v8::Context::Scope scope(context);
  const v8::TryCatch caught(isolate);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> value;
  const v8::Local<v8::String> text =
      v8::String::NewFromUtf8(isolate, source.data(), v8::NewStringType::kNormal,
                              static_cast<int>(source.size()))
          .ToLocalChecked();
  if (!v8::Script::Compile(context, text).ToLocal(&script) ||
      !script->Run(context).ToLocal(&value)) {
    const v8::String::Utf8Value thrown(isolate, caught.Exception());
    throw std::runtime_error(fmt::format("a script of the scene failed: {}", *thrown));
  }
  return handles.Escape(value);
}

// One module with an imported memory. Each instance has a memory of its own, made before the
// instance, which outlives it.
void V8Fixture::makeModules(const V8Scene& scene) {
  v8::Isolate* isolate = host_->get();
  const std::vector<std::uint8_t> bytes =
      TestModule{.memory = MemoryKind::kImported, .signal = kSignal, .terminated = kTerminated}
          .encode();
  const v8::Local<v8::Context> context = context_.Get(isolate);
  const v8::Context::Scope scope(context);
  const v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate, bytes.size());
  std::memcpy(buffer->GetBackingStore()->Data(), bytes.data(), bytes.size());
  const v8::Local<v8::String> name = v8::String::NewFromUtf8Literal(isolate, "bytes");
  context->Global()->Set(context, name, buffer).Check();
  evaluate(
      "module = new WebAssembly.Module(bytes); memories = []; instances = [];"
      "instantiate = (i) => {"
      "  instances[i] = new WebAssembly.Instance(module, {env: {memory: memories[i]}});"
      "};");
  for (std::size_t i = 0; i < scene.modules.size(); ++i) makeMemory(scene.modules[i], i);
  for (std::size_t i = 0; i < scene.modules.size(); ++i) {
    if (scene.modules[i].is_made_before) evaluate(fmt::format("instantiate({})", i));
  }
}

void V8Fixture::makeMemory(const V8Module& plan, std::size_t index) {
  const v8::Local<v8::Value> buffer = evaluate(fmt::format(
      "(memories[{}] = new WebAssembly.Memory({{initial: 1, maximum: 4}})).buffer", index));
  Memory memory{plan, buffer.As<v8::ArrayBuffer>()->GetBackingStore(), nullptr, {}};
  memory.bytes = static_cast<std::byte*>(memory.store->Data());
  for (std::size_t i = 0; i < kWatchedBytes; ++i) {
    memory.bytes[i] = static_cast<std::byte>(0x81 + i);
  }
  // The module's own data segment writes this, so the engine's copy of it changes nothing.
  write(memory.bytes + kSignal, 0xDEADBEEF);
  write(memory.bytes + kTerminated, 0);
  std::memcpy(memory.initial.data(), memory.bytes, kWatchedBytes);
  memories_.push_back(std::move(memory));
}

// Does to the instances what happened before the stepped call.
void V8Fixture::settleModules() {
  bool is_any_collected = false;
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    if (!memories_[i].plan.is_collected) continue;
    evaluate(fmt::format("instances[{}] = null", i));
    is_any_collected = true;
  }
  if (is_any_collected) {
    host_->get()->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
  }
  for (Memory& memory : memories_) {
    if (memory.plan.is_terminated_by_itself) write(memory.bytes + kTerminated, 1);
    expectation_.modules.push_back({.role = memory.plan.role,
                                    .signal_initial = read(memory.bytes + kSignal),
                                    .terminated_before = read(memory.bytes + kTerminated),
                                    .terminated_after = read(memory.bytes + kTerminated)});
  }
}

void V8Fixture::beforeProloguesOfCore(v8::Isolate* /*isolate*/, v8::GCType /*type*/,
                                      v8::GCCallbackFlags /*flags*/, void* self) {
  auto* fixture = static_cast<V8Fixture*>(self);
  if (!fixture->is_window_wanted_) return;
  fixture->setOperating(true);
  trapOn();
}

void V8Fixture::afterProloguesOfCore(v8::Isolate* /*isolate*/, v8::GCType /*type*/,
                                     v8::GCCallbackFlags /*flags*/, void* self) {
  trapOff();
  auto* fixture = static_cast<V8Fixture*>(self);
  fixture->setOperating(false);
  fixture->is_window_wanted_ = false;  // one collection may be several
}

void V8Fixture::collectGarbage() noexcept {
  is_window_wanted_ = true;
  host_->get()->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
}

void V8Fixture::makeLastInstance() noexcept {
  const v8::HandleScope handles(host_->get());
  evaluate(fmt::format("instantiate({})", memories_.size() - 1));
}

void V8Fixture::destroySignals() noexcept {
  if (signals_ != nullptr) std::exchange(signals_, nullptr)->~IsolateSignals();
}

std::uint32_t V8Fixture::read(const std::byte* word) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, word, sizeof value);
  return value;
}

void V8Fixture::write(std::byte* word, std::uint32_t value) noexcept {
  std::memcpy(word, &value, sizeof value);
}

// Like RegistryFixture.
void V8Fixture::prepare(Memory& memory, ModuleState& state) const noexcept {
  const Role role = memory.plan.role;
  state.signal_before = read(memory.bytes + kSignal);
  if (role == Role::kSilent) return;
  if (role != Role::kJoining || state.signal_before == kWarning) {
    write(memory.bytes + kSignal, kSentinel);
  }
  if (interrupted_ == nullptr) return;
  if (state.signal_before != kSentinel && state.signal_before != kWarning) return;
  const auto index = static_cast<std::size_t>(&memory - memories_.data());
  state.signal_before = interrupted_->modules[index].signal_before;
}

void V8Fixture::inspect(const Memory& memory, ModuleState& state) noexcept {
  state.signal_after = read(memory.bytes + kSignal);
  state.terminated = read(memory.bytes + kTerminated);
  for (std::size_t i = 0; i < kWatchedBytes; ++i) {
    const bool is_word = i >= kSignal && i < kTerminated + sizeof(std::uint32_t);
    if (!is_word && memory.bytes[i] != memory.initial[i]) state.is_intact = false;
  }
}

std::size_t V8Fixture::deliver() noexcept {
  if (flaw_ == V8Flaw::kHides && is_operating_) return 0;
  const std::size_t written = registry_->deliver();
  if (flaw_ == V8Flaw::kWritesToDropped) write(memories_.back().bytes + kSignal, kWarning);
  return written;
}

// Like RegistryFixture, also if one look interrupts another.
void V8Fixture::look(DeliveryState& state, Action& action) noexcept {
  constexpr int kErrnoMark = 77;
  state.module_count = static_cast<std::uint32_t>(memories_.size());
  for (std::size_t i = 0; i < memories_.size(); ++i) prepare(memories_[i], state.modules[i]);
  DeliveryState* interrupted = std::exchange(interrupted_, &state);
  const std::size_t earlier_inner = std::exchange(inner_looks_, 0);
  errno = kErrnoMark;
  state.generation = static_cast<std::uint32_t>(registry_->generation());
  state.was_warned = registry_->isWarned();
  if (interrupted != nullptr) {
    state.was_warned = state.was_warned && (earlier_inner > 0 || interrupted->was_warned);
  }
  action.run([&]() noexcept { state.written = static_cast<std::uint32_t>(deliver()); });
  if (inner_looks_ > 0) state.was_warned = registry_->isWarned();
  if (errno != kErrnoMark) state.fault = LookFault::kErrnoChanged;
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    inspect(memories_[i], state.modules[i]);
    if (interrupted == nullptr || state.modules[i].signal_after != kWarning) continue;
    interrupted->modules[i].signal_before = kWarning;
  }
  interrupted_ = interrupted;
  inner_looks_ = earlier_inner + 1;
}

std::optional<Violation> V8Fixture::judge(std::span<const DeliveryState> states) const {
  return judgeDeliveries(states, expectation_);
}

}  // namespace sigproof::stepping
