#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <optional>

#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

using enum RegistrationOutcome;

class Lifetime : public ScriptTest {
 protected:
  Lifetime() { sandbox_.define("m", {}); }

  void makeInstances(int count) {
    sandbox_.run(
        "kept = []; module = new WebAssembly.Module(m);"
        "for (let k = 0; k < " +
        std::to_string(count) + "; ++k) kept.push(new WebAssembly.Instance(module));");
  }

  Sandbox sandbox_;
};

TEST_F(Lifetime, G2_ACollectedInstanceTakesItsEntryWithIt) {
  makeInstances(5);
  sandbox_.host().collectGarbage();
  EXPECT_EQ(sandbox_.registry().entryCount(), 5U) << "all five are reachable";
  sandbox_.run("kept.length = 2");
  sandbox_.host().collectGarbage();
  EXPECT_EQ(sandbox_.registry().entryCount(), 2U);
  EXPECT_EQ(sandbox_.registry().deliver(), 2U);
}

TEST_F(Lifetime, D2_NothingIsWrittenOnceTheWeakCallbackHasRun) {
  // A memory that outlives its instance would show a write.
  sandbox_.run("memory = new WebAssembly.Instance(new WebAssembly.Module(m)).exports.memory");
  sandbox_.isolate()->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
  sandbox_.registry().deliver();
  EXPECT_EQ(sandbox_.run("new DataView(memory.buffer).getUint32(16, true)"), "0");
}

TEST_F(Lifetime, G1_TheGcPrologueDropsAModuleThatDeclaredItselfTerminated) {
  makeInstances(2);
  sandbox_.run("new DataView(kept[0].exports.memory.buffer).setUint32(20, 1, true)");
  EXPECT_EQ(sandbox_.registry().entryCount(), 2U);
  sandbox_.host().collectGarbage();
  EXPECT_EQ(sandbox_.registry().entryCount(), 1U);
}

TEST_F(Lifetime, G2_TheMemoryOfADroppedEntryIsGivenBack) {
  v8::HeapStatistics before;
  v8::HeapStatistics after;
  makeInstances(1);
  sandbox_.run("kept = []");
  sandbox_.host().collectGarbage();
  sandbox_.isolate()->GetHeapStatistics(&before);
  for (int round = 0; round < 20; ++round) {
    makeInstances(20);
    sandbox_.run("kept = []");
    sandbox_.host().collectGarbage();
  }
  sandbox_.isolate()->GetHeapStatistics(&after);
  EXPECT_EQ(sandbox_.registry().entryCount(), 0U);
  EXPECT_EQ(sandbox_.count(kRegistered), 401U);
  EXPECT_LT(after.external_memory(), before.external_memory() + std::size_t{20} * 65536);
}

TEST_F(Lifetime, G2_APromiseThatWasRejectedUnderAThenIsCollected) {
  sandbox_.define("m", {.memory = MemoryKind::kImported});
  sandbox_.run(R"(
    Object.prototype.then = undefined;
    weak = new WeakRef(WebAssembly.instantiate(m, {env: {}}));
    weak.deref().catch((error) => { rejection = error.name; });
  )");
  sandbox_.host().collectGarbage();
  EXPECT_EQ(sandbox_.run("rejection"), "LinkError");
  EXPECT_EQ(sandbox_.run("weak.deref()"), "undefined");
}

TEST_F(Lifetime, G3_AnIsolateIsDisposedOfWithEntriesPresent) {
  auto sandbox = std::make_unique<Sandbox>();
  sandbox->define("m", {});
  sandbox->run("kept = new WebAssembly.Instance(new WebAssembly.Module(m))");
  ASSERT_EQ(sandbox->registry().entryCount(), 1U);
  sandbox.reset();
  SUCCEED() << "and the process is still there";
}

TEST_F(Lifetime, G3_AnIsolateIsDisposedOfWhileAnInstantiationIsPending) {
  auto sandbox = std::make_unique<Sandbox>();
  sandbox->define("m", {});
  sandbox->evaluate("kept = WebAssembly.instantiate(m)");
  EXPECT_EQ(sandbox->count(kRegistered), 0U);
  sandbox.reset();
  SUCCEED();
}

TEST_F(Lifetime, G3_ContextsBehaveAsTheEnginesOwnOnceTheFeatureIsGone) {
  auto signals = std::optional<IsolateSignals>();
  Sandbox plain({.is_shim_on = false});
  const v8::HandleScope handles(plain.isolate());
  plain.define("m", {});
  signals.emplace(plain.isolate(), IsolateSignals::Options{});
  ASSERT_TRUE(signals->install(plain.context()));
  plain.evaluate("WebAssembly.instantiate(m)");  // still pending
  signals.reset();
  EXPECT_EQ(plain.run("new WebAssembly.Instance(new WebAssembly.Module(m));"
                      "WebAssembly.instantiate(m).then(() => { done = true; }); done = false"),
            "false");
  EXPECT_EQ(plain.run("done"), "true");
}

// A page of its own, so that any access after the object's end faults.
class OnItsOwnPage {
 public:
  explicit OnItsOwnPage(v8::Isolate* isolate)
      : page_(
            mmap(nullptr, kSizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    static_assert(sizeof(IsolateSignals) <= kSizeBytes);
    signals_ = new (page_) IsolateSignals(isolate, {});
  }
  ~OnItsOwnPage() { munmap(page_, kSizeBytes); }
  OnItsOwnPage(const OnItsOwnPage&) = delete;
  OnItsOwnPage& operator=(const OnItsOwnPage&) = delete;

  IsolateSignals& signals() { return *signals_; }
  void destroy() {
    signals_->~BasicIsolateSignals();
    mprotect(page_, kSizeBytes, PROT_NONE);
  }

 private:
  static constexpr std::size_t kSizeBytes = 4096;
  void* const page_;
  IsolateSignals* signals_;
};

TEST_F(Lifetime, G3_NothingOfTheEnginesComesBackToAnObjectThatIsGone) {
  Sandbox plain({.is_shim_on = false});
  const v8::HandleScope handles(plain.isolate());
  plain.define("m", {});
  OnItsOwnPage page(plain.isolate());
  ASSERT_TRUE(page.signals().install(plain.context()));
  plain.run("kept = new WebAssembly.Instance(new WebAssembly.Module(m))");
  plain.evaluate("pending = WebAssembly.instantiate(m)");
  ASSERT_EQ(page.signals().registry().entryCount(), 1U);
  page.destroy();
  EXPECT_EQ(plain.run("new WebAssembly.Instance(new WebAssembly.Module(m)) instanceof "
                      "WebAssembly.Instance"),
            "true");
  plain.run("kept = null");
  plain.host().collectGarbage();  // the prologue and the weak callbacks are no longer installed
  SUCCEED();
}

TEST_F(Lifetime, R9_TheLimitIsPerIsolateAndFreedByCollection) {
  Sandbox sandbox({.max_entries = 3});
  sandbox.define("m", {});
  sandbox.run(
      "module = new WebAssembly.Module(m);"
      "kept = [1, 2, 3, 4, 5].map(() => new WebAssembly.Instance(module))");
  EXPECT_EQ(sandbox.count(kRegistered), 3U);
  EXPECT_EQ(sandbox.count(kTooManyEntries), 2U);
  sandbox.run("kept = []");
  sandbox.host().collectGarbage();
  sandbox.run("new WebAssembly.Instance(module)");
  EXPECT_EQ(sandbox.count(kRegistered), 4U);
}

TEST_F(Lifetime, G3_ManyIsolatesComeAndGo) {
  for (int round = 0; round < 20; ++round) {
    Sandbox sandbox;
    sandbox.define("m", {});
    sandbox.run("new WebAssembly.Instance(new WebAssembly.Module(m)); WebAssembly.instantiate(m)");
    EXPECT_EQ(sandbox.count(kRegistered), 2U);
  }
}

}  // namespace
}  // namespace sigproof
