// R10: fault injection. Each test injects termination, stack overflow, allocation failure or a
// collection at the n-th point of a registration where it can happen, for n = 0, 1, 2, ... until a
// run ends before its n-th point.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/v8/internal/isolate_signals_impl.h"
#include "core/v8/testing/injection_policy.h"
#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

using enum RegistrationOutcome;

using InjectedSignals = BasicIsolateSignals<InjectionPolicy>;

// One way to make an instance: a script that leaves it in `instance`, or leaves `error`.
struct Way {
  const char* name;
  MemoryKind memory;
  const char* script;
};

constexpr const char* kKeep =
    ".then((r) => { instance = r.instance || r; }, (e) => { error = String(e); });";

constexpr Way kWays[] = {
    {"ConstructorExporting", MemoryKind::kExported, "instance = new WebAssembly.Instance(module);"},
    {"ConstructorImporting", MemoryKind::kImported,
     "instance = new WebAssembly.Instance(module, imports);"},
    {"ModuleExporting", MemoryKind::kExported, "WebAssembly.instantiate(module)"},
    {"ModuleImporting", MemoryKind::kImported, "WebAssembly.instantiate(module, imports)"},
    {"BytesExporting", MemoryKind::kExported, "WebAssembly.instantiate(m)"},
    {"BytesImporting", MemoryKind::kImported, "WebAssembly.instantiate(m, imports)"},
    {"StreamedImporting", MemoryKind::kImported, "WebAssembly.instantiateStreaming(m, imports)"},
    {"ModuleUnderAThen", MemoryKind::kImported,
     "shadow(); WebAssembly.instantiate(module, imports)"},
    {"BytesUnderAThen", MemoryKind::kImported, "shadow(); WebAssembly.instantiate(m, imports)"},
    {"ModuleTakenOver", MemoryKind::kImported,
     "takeOver(); WebAssembly.instantiate(module, imports)"},
    {"BytesTakenOver", MemoryKind::kImported, "takeOver(); WebAssembly.instantiate(m, imports)"},
};

class InjectionTest : public ScriptTest, public testing::WithParamInterface<Way> {
 protected:
  InjectionTest() : signals_(sandbox_.isolate(), {}) {
    sandbox_.isolate()->SetWasmStreamingCallback(&streamTheArgument);
  }

  // Runs the way with a fault at point `at` and judges it. Returns whether the run reached the
  // point.
  bool runWithFault(Strike fault, int at) {
    SCOPED_TRACE(testing::Message() << "fault " << static_cast<int>(fault) << " at " << at);
    prepare();
    const Counts before = counts();
    const std::string then_before = sandbox_.run("shape()");
    injection.arm(sandbox_.isolate(), fault, at);
    {
      // The context is entered while tasks run, too; otherwise a termination could not take effect
      // there.
      const v8::HandleScope handles(sandbox_.isolate());
      const v8::Context::Scope scope(sandbox_.context());
      sandbox_.run(script());
    }
    injection.disarm();
    sandbox_.run("1");
    judge(fault, before, then_before);
    sandbox_.run("instance = undefined");
    return injection.hasStruck();
  }

  // The size of all global handles. What the binding leaks shows up here.
  std::size_t globalHandleBytes() {
    sandbox_.renewContext();
    sandbox_.host().collectGarbage();
    v8::HeapStatistics statistics;
    sandbox_.isolate()->GetHeapStatistics(&statistics);
    return statistics.used_global_handles_size();
  }

  SignalRegistry<FailingAllocation>& registry() { return signals_.registry(); }

  // A stream that is cut off by termination or for want of stack is never finished, and the host
  // would wait for it. After its end, a stream passes the same points as bytes do.
  bool isStreamed() const {
    return std::string_view(GetParam().script).find("Streaming") != std::string_view::npos;
  }

  // The program's own `then` gets the resolution of the promise, and keeps it.
  bool isTakenOver() const { return std::string_view(GetParam().script).starts_with("takeOver"); }

 private:
  struct Counts {
    std::uint64_t registered = 0;
    std::uint64_t all = 0;
  };

  Counts counts() {
    Counts counts{.registered = registry().counters()[kRegistered]};
    for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) {
      counts.all += registry().counters()[static_cast<RegistrationOutcome>(i)];
    }
    return counts;
  }

  std::string script() const {
    const std::string script = GetParam().script;
    return script.ends_with(';') ? script : script + kKeep;
  }

  void prepare() {
    sandbox_.renewContext();
    const v8::HandleScope handles(sandbox_.isolate());
    ASSERT_TRUE(signals_.install(sandbox_.context()));
    sandbox_.define("m", {.memory = GetParam().memory});
    sandbox_.run(R"(
      module = new WebAssembly.Module(m);
      memory = new WebAssembly.Memory({initial: 1});
      word = (memory) => new DataView(memory.buffer).getUint32(16, true);
      new DataView(memory.buffer).setUint32(16, 0xDEADBEEF, true);
      imports = {env: {memory}};
      instance = error = undefined;
      shape = () => JSON.stringify([Object.getOwnPropertyDescriptor(Object.prototype, 'then'), Reflect.ownKeys(Object.prototype).map(String)]);
      // A `then` that changes nothing and can't be removed.
      shadow = () => Object.defineProperty(Object.prototype, 'then', {value: undefined, writable: false, configurable: false, enumerable: true});
      // A `then` that keeps the result for itself.
      takeOver = () => { Object.prototype.then = function () {}; };
    )");
    if (std::string_view(GetParam().script).starts_with("shadow")) sandbox_.run("shadow()");
    if (isTakenOver()) sandbox_.run("takeOver()");
    registry().clear();
    registry().renew();  // the last run's delivery is still a warning (D6)
  }

  void judge(Strike fault, const Counts& before, const std::string& then_before) {
    const Counts after = counts();
    const std::uint64_t registered = after.registered - before.registered;
    const std::uint64_t reported = after.all - before.all;
    const bool is_made = sandbox_.run("instance !== undefined") == "true";
    // No half entry: an entry in the list was reported and its word is zero; otherwise no byte
    // changed.
    EXPECT_EQ(registry().entryCount(), registered);
    EXPECT_LE(reported, 1U);
    if (is_made) {
      EXPECT_EQ(reported, 1U) << "an instance that nobody reported";
      const std::string word = sandbox_.run(
          "word(instance.exports.memory === undefined ? memory : instance.exports.memory)");
      EXPECT_EQ(word, registered == 1 ? "0" : std::to_string(0xDEADBEEF));
    }
    if (registered == 0 && GetParam().memory == MemoryKind::kImported) {
      EXPECT_EQ(sandbox_.run("word(memory)"), std::to_string(0xDEADBEEF));
    }
    // The program gets its instance, unless the fault itself prevented that.
    const std::string error = sandbox_.run("error");
    if (fault == Strike::kCollection || fault == Strike::kAllocationFailure) {
      EXPECT_EQ(is_made, !isTakenOver());
      EXPECT_EQ(error, "undefined");
    }
    if (fault == Strike::kCollection) EXPECT_EQ(registered, 1U);
    if (fault == Strike::kStackOverflow && error != "undefined") {
      EXPECT_EQ(error, "RangeError: Maximum call stack size exceeded");
    }
    EXPECT_EQ(sandbox_.run("shape()"), then_before);
    // The next registration works.
    sandbox_.run("new WebAssembly.Instance(module, imports)");
    EXPECT_EQ(counts().registered, after.registered + 1);
    EXPECT_EQ(registry().deliver(), registered + 1);
  }

 protected:
  Sandbox sandbox_{host::Isolate::Options{.is_shim_on = false}};
  InjectedSignals signals_;
};

TEST_P(InjectionTest, R10_AStrikeAtAnyPointLeavesNoHalfEntry) {
  // In the first run the engine makes objects that it makes once, such as its error objects.
  std::array<std::size_t, 2> handle_bytes{};
  for (std::size_t& bytes_after : handle_bytes) {
    for (const Strike fault :
         {Strike::kTerminationRequested, Strike::kTerminated, Strike::kStackOverflow,
          Strike::kCollection, Strike::kAllocationFailure}) {
      if (isStreamed() && fault <= Strike::kStackOverflow) continue;
      int at = 0;
      while (runWithFault(fault, at) && !HasFailure()) ++at;
      // If there are fewer points than this, not every call of the engine is a point.
      EXPECT_GE(at, fault == Strike::kAllocationFailure ? 3 : 10);
      RecordProperty("points_" + std::to_string(static_cast<int>(fault)), at);
    }
    registry().clear();
    bytes_after = globalHandleBytes();
  }
  EXPECT_EQ(handle_bytes[1], handle_bytes[0]) << "a handle outlives what it was for";
}

std::string nameOfWay(const testing::TestParamInfo<Way>& tested) { return tested.param.name; }

INSTANTIATE_TEST_SUITE_P(OnEveryWay, InjectionTest, testing::ValuesIn(kWays), nameOfWay);

}  // namespace
}  // namespace sigproof
