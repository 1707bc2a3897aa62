// A world in which a program runs: an isolate with core, or one that nobody changed. Each
// program gets a context that is as good as fresh. Everything that it can observe is written down.
//
//   World& world = World::of(World::Core::kOn);
//   world.run(program);
//   ... world.log() ...
//   world.forget();
#pragma once

#include <v8.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/registry/registration_outcome.h"
#include "core/v8/testing/isolate.h"
#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/oracles/inspection_oracle.h"
#include "fuzz/oracles/transparency_oracle.h"
#include "fuzz/oracles/witness_oracle.h"
#include "fuzz/run/transparency/value_text.h"

namespace sigproof::fuzz {

/// One of each kind in a process, made at the first use and never destroyed: the process ends with
/// them. One thread, which runs the engine's background tasks as well (host::PredictablePlatform).
class World final : private RegistrationObserver {
 public:
  enum class Core : std::uint8_t {
    kAbsent,
    kOn,
    kSwitchedOff,  ///< it is there, with its feature off
  };
  static World& of(Core core);
  /// Flags of V8's for this process. Before the first of().
  static void addEngineFlags(const char* flags);

  /// Runs the program to its end: scripts, microtasks, compilations.
  void run(const ScriptProgram& program);

  const std::vector<Notice>& log() const { return log_; }
  const WitnessObservation& witnessed() const { return witnessed_; }
  /// What install() said of the program's context. Precondition: not Core::kAbsent.
  bool isInstalled() const { return realm_->is_installed; }
  /// What the program said of a module's imports and exports.
  const Declarations& declared() const { return declared_; }
  bool hasDeclared() const { return has_declared_; }
  /// What instances that the program showed have under the signal global's name.
  const std::vector<std::uint64_t>& signalAddresses() const { return signal_addresses_; }
  /// Whether nobody collected garbage since run(), so that whatever was registered is alive.
  bool isAllAlive() const { return collections_ == 0; }
  /// Of the memories that the program met, in order. Valid until forget().
  std::size_t memoryCount() const { return stores_.size(); }
  std::span<std::uint8_t> memory(std::size_t index) const;

  /// Warns the registered. Precondition: with core.
  void deliver() { isolate_.signals()->registry().deliver(); }

  /// Lets the program's objects and entries go. After each run().
  void forget();

 private:
  // A context in which programs run, and what was taken from it before the first one did.
  struct Realm {
    v8::Global<v8::Context> context{};
    bool is_installed = false;
    unsigned runs = 0;
    std::size_t modules = 0;  // that programs have there
    // What world_prelude.js gives.
    v8::Global<v8::Function> start{};
    v8::Global<v8::Function> restore{};
    v8::Global<v8::Object> web_assembly{};
    v8::Global<v8::Object> instance_prototype{};
    v8::Global<v8::Object> instantiate{};
    v8::Global<v8::Function> exports_getter{};
    v8::Global<v8::Function> value_getter{};
  };

  explicit World(Core core);

  v8::Isolate* isolate() const { return isolate_.get(); }
  Realm& realmFor(const ScriptProgram& program);
  void make(Realm& realm, const ScriptProgram& program);
  bool install(v8::Local<v8::Context> context);
  void runPrelude(v8::Local<v8::Context> context, Realm& realm);
  void changeContext(v8::Local<v8::Context> context, const ScriptProgram& program);
  void takeReplaced(v8::Local<v8::Context> context, Realm& realm);
  void defineFunctions(v8::Local<v8::Context> context);
  void defineModule(v8::Local<v8::Context> context, std::string_view name, int index);
  void startProgram(v8::Local<v8::Context> context, const ScriptProgram& program);
  void endProgram(v8::Local<v8::Context> context);
  v8::MaybeLocal<v8::Value> evaluate(v8::Local<v8::Context> context, std::string_view text,
                                     const char* name);
  void runSegment(v8::Local<v8::Context> context, std::string_view text);
  void settle();
  void readWitnesses();
  void show(v8::Local<v8::Value> value);
  void showExports(v8::Local<v8::Object> exports);
  void keepSignalAddress(v8::Local<v8::Value> key, v8::Local<v8::Value> value);
  static std::string beginning(std::string_view text = {});
  void note(Notice::Kind kind, std::string text);
  void noteReachable();
  void noteChain();
  void noteSettlements();
  void startTicks();
  void holdMemories();
  void onRegistration(RegistrationOutcome outcome) noexcept override;

  static World& self(v8::Isolate* isolate);
  static void onBytes(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info);
  static void onNote(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void onShow(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void onSee(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void onDeclare(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void onCollect(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void onDetach(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void onReachable(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void onStream(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void onRejection(v8::PromiseRejectMessage message);
  static void onTick(void* world);
  static void onCollection(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags);

  host::Isolate isolate_;
  ValueText values_;
  v8::Global<v8::UnboundScript> prelude_;  // compiled once
  Realm fresh_;                            // for one program
  // For programs that leave no trace, with and without a second context, with and without
  // streaming.
  std::array<Realm, 4> kept_;
  Realm* realm_ = &fresh_;  // of the program that runs
  std::vector<Notice> log_;
  std::array<v8::Global<v8::Object>, WitnessPlan::kMaxModules> witnesses_;
  WitnessObservation witnessed_;
  Declarations declared_;
  bool has_declared_ = false;
  std::vector<std::shared_ptr<v8::BackingStore>> stores_;
  std::vector<std::uint64_t> signal_addresses_;
  std::vector<bool> is_settled_;            // of the promises that were met
  bool is_gate_open_ = true;                // of the rollout
  const ScriptProgram* program_ = nullptr;  // the one that runs
  std::size_t collections_ = 0;
  unsigned tick_ = 0;
  unsigned quiet_ticks_ = 0;
  std::size_t noticed_ = 0;  // of the log, at the last tick
};

}  // namespace sigproof::fuzz
