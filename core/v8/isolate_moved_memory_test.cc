// D3 on V8: entries follow memories that `memory.grow` moved. Tests the window in which V8 reports
// no move, and what closes it.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "core/v8/testing/limited_sandbox.h"
#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

using enum RegistrationOutcome;

// While it lives, the process has hardly any address space left. V8 then can't reserve room behind
// a new memory, so `grow` has to move it. No memory may be garbage at that time, because V8 would
// collect it and reuse its room.
class TightAddressSpace {
 public:
  TightAddressSpace() {
    getrlimit(RLIMIT_AS, &before_);
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit tight = before_;
    tight.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + kLeftBytes;
    setrlimit(RLIMIT_AS, &tight);
  }
  ~TightAddressSpace() { setrlimit(RLIMIT_AS, &before_); }
  TightAddressSpace(const TightAddressSpace&) = delete;
  TightAddressSpace& operator=(const TightAddressSpace&) = delete;

 private:
  // Room for the memory's one page, and for what the engine and a sanitizer need to run a script.
  // Far less than the gigabyte that V8 wants behind a memory.
  static constexpr std::size_t kLeftBytes = std::size_t{16} << 20;
  rlimit before_{};
};

constexpr const char* kHelpers = R"(
  globalThis.word = (at) => new DataView(env.env.memory.buffer).getUint32(at, true);
  globalThis.set = (at, value) => new DataView(env.env.memory.buffer).setUint32(at, value, true);
)";

class MovedMemory : public ScriptTest {
 protected:
  // Makes a registered instance, `made`, whose memory will move when it grows.
  void makeMovable(Sandbox& sandbox) {
    sandbox.define("m", {.memory = MemoryKind::kImported});
    sandbox.run(kHelpers);
    {
      const TightAddressSpace tight;
      sandbox.run("env = {env: {memory: new WebAssembly.Memory({initial: 1}), f() {}}}");
    }
    sandbox.run("made = new WebAssembly.Instance(new WebAssembly.Module(m), env)");
    ASSERT_EQ(sandbox.count(kRegistered), 1U);
  }

  const std::byte* data(Sandbox& sandbox) {
    const v8::HandleScope handles(sandbox.isolate());
    return static_cast<const std::byte*>(
        sandbox.valueOf("env.env.memory").As<v8::WasmMemoryObject>()->Buffer()->Data());
  }

  // Grows it and checks that it moved; otherwise the test would show nothing.
  void growByMoving(Sandbox& sandbox) {
    const std::byte* before = data(sandbox);
    ASSERT_EQ(sandbox.run("env.env.memory.grow(100)"), "1");
    ASSERT_NE(data(sandbox), before) << "the memory grew in place";
  }

  Sandbox sandbox_;
};

TEST_F(MovedMemory, D3_ADeliveryAfterFollowingWritesToTheLiveMemory) {
  makeMovable(sandbox_);
  growByMoving(sandbox_);
  sandbox_.signals().followMemories();
  EXPECT_EQ(sandbox_.registry().entryCount(), 1U);
  EXPECT_EQ(sandbox_.registry().deliver(), 1U);
  EXPECT_EQ(sandbox_.run("word(16)"), "24");
  EXPECT_EQ(sandbox_.registry().renew(), 1U);
  EXPECT_EQ(sandbox_.run("word(16)"), "0");
}

TEST_F(MovedMemory, D3_TheGcPrologueFollows) {
  makeMovable(sandbox_);
  growByMoving(sandbox_);
  sandbox_.isolate()->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
  EXPECT_EQ(sandbox_.registry().deliver(), 1U);
  EXPECT_EQ(sandbox_.run("word(16)"), "24");
}

// The gap that V8 10.2 leaves: after the growth, and until we may ask, a delivery is written to the
// old place. The level corrects that afterwards.
TEST_F(MovedMemory, D3_AWarningInTheWindowIsHeardOnceTheEntryHasFollowed) {
  makeMovable(sandbox_);
  growByMoving(sandbox_);
  EXPECT_EQ(sandbox_.registry().deliver(), 1U);
  EXPECT_EQ(sandbox_.run("word(16)"), "0") << "V8 tells nobody that it moved a memory";
  sandbox_.signals().followMemories();
  EXPECT_EQ(sandbox_.run("word(16)"), "24");
}

TEST_F(MovedMemory, D3_ARequestFromAnotherThreadIsMetWithinALoopOfTheProgram) {
  makeMovable(sandbox_);
  growByMoving(sandbox_);
  sandbox_.registry().deliver();
  std::thread([isolate = sandbox_.isolate()] {
    IsolateSignals::requestFollowMemories(isolate);
  }).join();
  // Without the signal the loop would end by its own count.
  EXPECT_EQ(sandbox_.run("n = 0; while (word(16) !== 24 && n < 1e7) ++n; word(16)"), "24");
}

TEST_F(MovedMemory, D3_ARequestThatIsMetAfterTheFeatureIsGoneDoesNothing) {
  Sandbox plain({.is_shim_on = false});
  {
    const IsolateSignals signals(plain.isolate(), {});
    IsolateSignals::requestFollowMemories(plain.isolate());
  }
  EXPECT_EQ(plain.run("for (let i = 0; i < 1e6; ++i); 'done'"), "done");
}

TEST_F(MovedMemory, D2_ATerminatedWordInTheLiveMemoryCountsOnceTheEntryHasFollowed) {
  makeMovable(sandbox_);
  growByMoving(sandbox_);
  sandbox_.run("set(20, 1)");
  sandbox_.signals().followMemories();
  EXPECT_EQ(sandbox_.registry().deliver(), 0U);
  EXPECT_EQ(sandbox_.run("word(16)"), "0");
  sandbox_.host().collectGarbage();
  EXPECT_EQ(sandbox_.registry().entryCount(), 0U);
}

TEST_F(MovedMemory, G2_ACollectedInstanceTakesAnEntryThatMovedWithIt) {
  makeMovable(sandbox_);
  growByMoving(sandbox_);
  sandbox_.signals().followMemories();
  sandbox_.run("made = undefined");
  sandbox_.isolate()->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
  EXPECT_EQ(sandbox_.registry().deliver(), 0U) << "the weak callback knows the successor";
  sandbox_.host().collectGarbage();
  EXPECT_EQ(sandbox_.registry().entryCount(), 0U);
}

// End to end, in real time: the signal's handler writes 24 to the old place, and the watchdog
// closes the window while the program runs.
TEST_F(MovedMemory, D3_AProgramWhoseMemoryMovedHearsOfItsLimitWhileItRuns) {
  CpuLimiter limiter({});
  LimitedSandbox limited(limiter, {.soft_limit_ms = 20, .hard_limit_ms = 60'000});
  makeMovable(limited.sandbox());
  EXPECT_EQ(limited.run("env.env.memory.grow(100); while (word(16) !== 24); word(16)"), "24");
}

TEST_F(MovedMemory, D3_AKillMarksTheTerminatedWordOfTheLiveMemory) {
  CpuLimiter limiter({});
  LimitedSandbox limited(limiter, {.soft_limit_ms = 5, .hard_limit_ms = 40});
  makeMovable(limited.sandbox());
  EXPECT_EQ(limited.run("env.env.memory.grow(100); for (;;);"), "terminated");
  EXPECT_TRUE(limited.limit().renew());
  EXPECT_EQ(limited.run("word(20)"), "1");
}

TEST_F(MovedMemory, D3_AMemoryThatGrowsInPlaceKeepsItsEntry) {
  sandbox_.define("m", {.memory = MemoryKind::kImported});
  sandbox_.run(kHelpers);
  sandbox_.run(
      "env = {env: {memory: new WebAssembly.Memory({initial: 1}), f() {}}};"
      "made = new WebAssembly.Instance(new WebAssembly.Module(m), env)");
  const std::byte* before = data(sandbox_);
  sandbox_.run("env.env.memory.grow(2)");
  ASSERT_EQ(data(sandbox_), before);
  sandbox_.signals().followMemories();
  EXPECT_EQ(sandbox_.registry().deliver(), 1U);
  EXPECT_EQ(sandbox_.run("word(16)"), "24");
}

TEST_F(MovedMemory, D3_ManyMovedMemoriesAreFollowedInOneGo) {
  makeMovable(sandbox_);
  sandbox_.run("all = [env]; instances = [made]; module = new WebAssembly.Module(m)");
  constexpr unsigned kMemories = 9;
  for (unsigned i = 1; i < kMemories; ++i) {
    {
      const TightAddressSpace tight;
      sandbox_.run("all.push({env: {memory: new WebAssembly.Memory({initial: 1}), f() {}}})");
    }
    sandbox_.run("instances.push(new WebAssembly.Instance(module, all[all.length - 1]))");
  }
  ASSERT_EQ(sandbox_.count(kRegistered), kMemories);
  // Every second memory moves, and one of the moved instances is dropped.
  sandbox_.run(
      "all.forEach((e, i) => { if (i % 2) e.env.memory.grow(100); }); instances[3] = undefined");
  sandbox_.host().collectGarbage();
  EXPECT_EQ(sandbox_.registry().deliver(), kMemories - 1);
  EXPECT_EQ(
      sandbox_.run("all.map((e) => new DataView(e.env.memory.buffer).getUint32(16, true)).join()"),
      "24,24,24,0,24,24,24,24,24");
}

}  // namespace
}  // namespace sigproof
