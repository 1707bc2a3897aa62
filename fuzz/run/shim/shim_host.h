// The isolate that a run of fuzz-shim happens in: kept across runs, with a context that is
// recycled.
//
//   ShimHost& host = ShimHost::of(specified::Protocol::kAddress);
//   const v8::Isolate::Scope isolate_scope(host.isolate());
//   const v8::HandleScope handles(host.isolate());
//   const v8::Context::Scope context_scope(host.contextForRun());
//   auto result = host.call(DriverFunction::kInstantiate, {way, bytes, imports});
#pragma once

#include <v8.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/registry/registration_outcome.h"
#include "core/v8/isolate_signals.h"
#include "core/v8/testing/injection_policy.h"
#include "core/v8/testing/isolate.h"
#include "fuzz/generate/shim_program.h"
#include "fuzz/oracles/registration_oracle.h"
#include "fuzz/spec/protocol_constants.h"

namespace sigproof {

extern template class BasicIsolateSignals<InjectionPolicy>;  // in shim_signals.cc

}  // namespace sigproof

namespace sigproof::fuzz {

/// What the driver script can do, by the names of its functions.
enum class DriverFunction : std::uint8_t {
  kMakeMemory,
  kMakeGlobal,
  kMakeTable,
  kMakeImports,
  kCompile,
  kInstantiate,
  kHasRightPrototype,
  kExported,
  kCallExport,
  kGrow,
  kSetThen,
};
inline constexpr std::size_t kDriverFunctionCount = 11;

/// What is read of the driver's objects.
enum class DriverMember : std::uint8_t { kReads, kLastMemory, kImports, kInstance };
inline constexpr std::size_t kDriverMemberCount = 4;

/// One per protocol and process, made at the first use and never destroyed: the process ends with
/// it.
class ShimHost final : private RegistrationObserver {
 public:
  static ShimHost& of(specified::Protocol protocol);
  /// The same without `core`: for what a run costs, and for comparisons.
  static ShimHost& plain();

  /// Where the engine compiles in this program's run: as the program says, or for all as the
  /// environment variable SIGPROOF_FUZZ_ASYNC says (1: in the background; 0: at once).
  void chooseCompilation(const ShimProgram& program);
  bool isInBackground() const { return is_in_background_; }

  v8::Isolate* isolate() const { return isolate_.get(); }
  host::Isolate& host() { return isolate_; }
  using Registry = SignalRegistry<InjectionPolicy::RegistryPolicy>;
  Registry& registry() { return signals_->registry(); }

  /// The context for the next run: the same one for many, because no run can dirty it but through
  /// the driver, and a new one costs more than a run.
  v8::Local<v8::Context> contextForRun();

  /// A Memory of one page, full of kDecoyByte, that is memory 0 of nothing: nobody may touch it.
  v8::Local<v8::WasmMemoryObject> decoy() const { return decoy_.Get(isolate()); }
  static constexpr std::uint8_t kDecoyByte = 0x5A;

  struct Result {
    v8::Local<v8::Value> value;  ///< undefined where there was an error
    std::string error;  ///< the name of the error, such as "LinkError", or kTerminationError, or
                        ///< kNeverSettlesError
    std::string message;
  };
  /// Calls a function of the driver. In the context's scope.
  Result call(DriverFunction function, std::initializer_list<v8::Local<v8::Value>> arguments);
  v8::Local<v8::Value> member(v8::Local<v8::Object> object, DriverMember name) const;

  /// A JavaScript function that does nothing.
  v8::Local<v8::Function> function() const { return function_.Get(isolate()); }
  /// A JavaScript function that returns what the last maker that was set makes.
  v8::Local<v8::Function> memoryMaker() const { return memory_maker_.Get(isolate()); }
  using MemoryMaker = std::function<v8::Local<v8::WasmMemoryObject>()>;
  void setMemoryMaker(MemoryMaker maker) { make_memory_ = std::move(maker); }

  v8::Local<v8::String> pollName() const { return poll_name_.Get(isolate()); }

  /// What a promise came to, once everything that is pending is done. Disarms the injection.
  Result await(v8::Local<v8::Promise> promise);

  /// The outcomes that the observer heard since the last call.
  std::vector<RegistrationOutcome> takeOutcomes();

 private:
  struct Options {
    bool is_shim_on = true;
    SignalProtocol protocol = SignalProtocol::address();
  };
  explicit ShimHost(const Options& options);

  v8::Local<v8::Object> makeDriver(v8::Local<v8::Context> context);
  void takeDriver(v8::Local<v8::Context> context, v8::Local<v8::Object> driver);
  void makeFunctions(v8::Local<v8::Context> context);
  void makeDecoy();
  void onRegistration(RegistrationOutcome outcome) noexcept override;
  Result errorResult(v8::Local<v8::Value> error) const;

  std::vector<RegistrationOutcome> outcomes_;
  host::Isolate isolate_{{.is_shim_on = false}};
  std::optional<BasicIsolateSignals<InjectionPolicy>> signals_;  // of isolate_; goes before it
  v8::Global<v8::Context> context_;
  std::array<v8::Global<v8::Function>, kDriverFunctionCount> driver_;
  std::array<v8::Global<v8::String>, kDriverMemberCount> members_;
  v8::Global<v8::String> poll_name_;
  v8::Global<v8::Function> function_;
  v8::Global<v8::Function> memory_maker_;
  MemoryMaker make_memory_;
  v8::Global<v8::WasmMemoryObject> decoy_;
  unsigned runs_in_context_ = 0;
  bool is_in_background_ = false;
};

}  // namespace sigproof::fuzz
