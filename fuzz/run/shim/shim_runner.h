// Runs a ShimProgram in V8 with `core` installed, and has the oracle judge errors, outcomes and
// every byte of every memory that can be reached.
//
//   ShimRunner(input).run();      // aborts with a report where a property is broken
#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/generate/stored_input.h"
#include "fuzz/oracles/registration_oracle.h"
#include "fuzz/run/shim/instance_requests.h"
#include "fuzz/run/shim/shim_host.h"

namespace sigproof::fuzz {

class ShimRunner {
 public:
  /// `input` outlives it.
  explicit ShimRunner(const ShimInput& input);

  /// Returns what was seen, in one text: the same input must give the same text whatever ran before
  /// in the process.
  std::string run();

 private:
  // An instance that the program holds.
  struct Instance {
    Prediction prediction;
    v8::Global<v8::Object> object;
    v8::Global<v8::WasmMemoryObject> memory;  // empty where it can't be reached
  };

  void runInContext();
  void instantiate(Way way);
  void instantiateBroken(Way way);
  void instantiateStruck(Way way);
  void setThen(bool is_there);
  ShimHost::Result requestStruck(Way way, const StrikePlan& strike);
  void take(Way way, const ShimHost::Result& result, const Prediction& prediction);
  void note(Way way, const ShimHost::Result& result,
            const std::vector<RegistrationOutcome>& outcomes);
  void countInstantiation(const std::string& error,
                          const std::vector<RegistrationOutcome>& outcomes);
  void checkReads(Way way, std::uint32_t reads_before) const;
  void checkPrototype(Way way, v8::Local<v8::Object> instance);

  void perform(const AfterAction& action);
  void writeTerminated(Instance& instance, std::uint32_t value);
  void grow(Instance& instance, std::uint32_t pages);
  void poll(const Instance& instance);
  void collect(Instance& instance);
  void end();

  void checkWritten(std::size_t expected, std::size_t written) const;
  void checkEntries();
  void checkMemories();
  void checkMemory(std::size_t index, v8::Local<v8::WasmMemoryObject> memory);
  void checkDecoy() const;
  [[noreturn]] void fail(BrokenProperty property, const std::string& what) const;
  [[noreturn]] void failHarness(const std::string& what) const;

  v8::Local<v8::Value> number(double value) const { return v8::Number::New(isolate_, value); }

  const ShimProgram& program_;
  ShimHost& host_;
  v8::Isolate* isolate_;
  RegistrationOracle oracle_;
  std::vector<std::uint8_t> bytes_;
  std::optional<InstanceRequests> requests_;  // while in the run's handle scope
  std::vector<Instance> instances_;

  bool is_registered_ = false;  // at least one
  bool is_cut_short_ = false;   // a fault injection may have ended it early
  std::string why_wasted_ = "nothing";
  std::string step_ = "start";
  std::string seen_;
};

}  // namespace sigproof::fuzz
