// An isolate with instances that listen, and what a handler's delivery does to their memories while
// our part of the engine's work is stepped.
//
//   V8Fixture fixture({.modules = {{.role = Role::kListening}, {.role = Role::kLeaving}}});
//   CaseRun<DeliveryState> run(fixture);
//   run.step(plan, [&]() noexcept { fixture.destroySignals(); });
//
// Threads: the calling thread; the engine's own work in the background touches none of this.
#pragma once

#include <v8.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/v8/isolate_signals.h"
#include "core/v8/testing/isolate.h"
#include "models/stepping/judge/case_run.h"
#include "models/stepping/judge/delivery_judge.h"

namespace sigproof::stepping {

/// The known bug of the canaries: how the handler finds its entries.
enum class V8Flaw : std::uint8_t {
  kNone,
  kHides,            ///< finds no entry while our code runs
  kWritesToDropped,  ///< writes to the newest module, dropped or not
};

/// An instance of its own module, with a memory of its own.
struct V8Module {
  Role role = Role::kListening;
  bool is_made_before = true;            ///< else the stepped call makes it
  bool is_terminated_by_itself = false;  ///< declares itself dead when it is registered
  bool is_collected = false;             ///< its instance was collected, its weak callback has run
};

struct V8Scene {
  std::vector<V8Module> modules;
  V8Flaw flaw = V8Flaw::kNone;
};

class V8Fixture final : public Fixture<DeliveryState> {
 public:
  /// Starts the engine if it is not started yet. Makes the instances.
  explicit V8Fixture(const V8Scene& scene);
  ~V8Fixture() override;
  V8Fixture(const V8Fixture&) = delete;
  V8Fixture& operator=(const V8Fixture&) = delete;

  /// Turns the scene's flaw on or off.
  void setOperating(bool is_operating) noexcept { is_operating_ = is_operating; }

  /// Runs a full collection. Only core's prologue callbacks are between trapOn() and trapOff().
  void collectGarbage() noexcept;
  /// `new WebAssembly.Instance` of the last module.
  void makeLastInstance() noexcept;
  /// The destructor of IsolateSignals. Afterwards handlers still look at where it was.
  void destroySignals() noexcept;

  std::size_t entryCount() const noexcept { return registry_->entryCount(); }

  void look(DeliveryState& state, Action& action) noexcept override;
  std::optional<Violation> judge(std::span<const DeliveryState> states) const override;

 private:
  // The words of every module, and how much of the memory around them each look compares.
  static constexpr std::size_t kSignal = 16;
  static constexpr std::size_t kTerminated = 20;
  static constexpr std::size_t kWatchedBytes = 64;

  struct Memory {
    V8Module plan;
    std::shared_ptr<v8::BackingStore> store;
    std::byte* bytes = nullptr;
    std::array<std::byte, kWatchedBytes> initial{};
  };

  static void beforeProloguesOfCore(v8::Isolate* isolate, v8::GCType type,
                                    v8::GCCallbackFlags flags, void* self);
  static void afterProloguesOfCore(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags,
                                   void* self);

  void makeModules(const V8Scene& scene);
  void makeMemory(const V8Module& plan, std::size_t index);
  void settleModules();
  v8::Local<v8::Value> evaluate(std::string_view source);

  static std::uint32_t read(const std::byte* word) noexcept;
  static void write(std::byte* word, std::uint32_t value) noexcept;
  void prepare(Memory& memory, ModuleState& state) const noexcept;
  static void inspect(const Memory& memory, ModuleState& state) noexcept;
  std::size_t deliver() noexcept;

  V8Flaw flaw_;
  DeliveryExpectation expectation_;
  std::vector<Memory> memories_;
  std::unique_ptr<host::Isolate> host_;
  alignas(IsolateSignals) std::array<std::byte, sizeof(IsolateSignals)> storage_;
  IsolateSignals* signals_ = nullptr;
  SignalRegistry<>* registry_ = nullptr;  // also after its destruction
  v8::Global<v8::Context> context_;
  bool is_operating_ = false;
  bool is_window_wanted_ = false;
  std::size_t inner_looks_ = 0;  // that interrupted the running look
  DeliveryState* interrupted_ = nullptr;
};

}  // namespace sigproof::stepping
