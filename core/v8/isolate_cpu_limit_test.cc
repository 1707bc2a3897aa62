// The CPU limit of V8 isolates. core/limit/cpu_limit_test.cc has the tests that need no engine,
// testing/moving_isolate_test.cc those of isolates that move between threads, and end_to_end/ those
// with real modules in real processes.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/limit/cpu_limit.h"
#include "core/testing/real_signals.h"
#include "core/v8/testing/limited_sandbox.h"

namespace sigproof {
namespace {

using enum RegistrationOutcome;

constexpr CpuLimit::Options kSoftOnly{.soft_limit_ms = 5, .hard_limit_ms = 3'600'000};
constexpr CpuLimit::Options kShort{.soft_limit_ms = 5, .hard_limit_ms = 40};

class V8CpuLimit : public ScriptTest {
 protected:
  CpuLimiter limiter_{{}};
};

TEST_F(V8CpuLimit, D6_ARunningProgramSeesItsWordAtTheSoftLimit) {
  LimitedSandbox limited(limiter_, kSoftOnly);
  EXPECT_EQ(limited.run("a = listen(); while (a.signal === 0); a.signal"), "24");
  EXPECT_FALSE(limited.limit().isKilled());
  EXPECT_TRUE(limited.limit().renew());
  EXPECT_EQ(limited.sandbox().run("a.signal"), "0");
}

TEST_F(V8CpuLimit, D6_AnInstanceMadeUnderAWarningHearsIt) {
  LimitedSandbox limited(limiter_, kSoftOnly);
  EXPECT_EQ(limited.run("a = listen(); while (a.signal === 0); listen().signal"), "24");
}

TEST_F(V8CpuLimit, AnEndlessProgramIsKilledAndItsWordsAreMarked) {
  LimitedSandbox limited(limiter_, kShort);
  EXPECT_EQ(limited.run("a = listen(); for (;;);"), "terminated");
  EXPECT_TRUE(limited.limit().renew());
  EXPECT_EQ(limited.run("a.terminated"), "1");
  EXPECT_EQ(limited.run("a.signal"), "24") << "the dead are not written to, also not to clear";
}

TEST_F(V8CpuLimit, AProgramCanNotCatchTheKill) {
  LimitedSandbox limited(limiter_, kShort);
  EXPECT_EQ(limited.run("caught = 0; for (;;) { try { for (;;); } catch { ++caught; }"
                        " finally { ++caught; for (;;); } }"),
            "terminated");
  EXPECT_TRUE(limited.limit().renew());
  EXPECT_EQ(limited.run("caught"), "0");
}

TEST_F(V8CpuLimit, AKilledIsolateRunsAgainAfterRenewal) {
  LimitedSandbox limited(limiter_, kShort);
  for (int budget = 0; budget < 3; ++budget) {
    EXPECT_EQ(limited.run("for (;;);"), "terminated");
    EXPECT_TRUE(limited.limit().renew());
    EXPECT_EQ(limited.run("a = listen(); 1 + 1"), "2");
    EXPECT_TRUE(limited.limit().renew());
  }
}

TEST_F(V8CpuLimit, ASpentBudgetLetsNoSecondProgramRunInTheSameScope) {
  LimitedSandbox limited(limiter_, kShort);
  {
    const CpuLimit::Scope scope(limited.limit());
    limited.sandbox().run("for (;;);");
    limited.sandbox().run("for (;;);");  // would not return
  }
  EXPECT_TRUE(limited.limit().isKilled());
}

TEST_F(V8CpuLimit, ALoopInAMicrotaskIsKilled) {
  LimitedSandbox limited(limiter_, kShort);
  EXPECT_EQ(limited.run("Promise.resolve().then(() => { for (;;); }); 1"), "terminated");
  EXPECT_TRUE(limited.limit().renew());
  EXPECT_EQ(limited.run("2"), "2");
}

TEST_F(V8CpuLimit, R10_ALoopInAStartFunctionIsKilledAndNothingWasRegistered) {
  LimitedSandbox limited(limiter_, kShort);
  limited.sandbox().define("starting", {.has_start = true});
  for (const char* script :
       {"new WebAssembly.Instance(new WebAssembly.Module(starting), {env: {f() { for (;;); }}})",
        "WebAssembly.instantiate(new WebAssembly.Module(starting), {env: {f() { for (;;); }}})",
        "WebAssembly.instantiate(starting, {env: {f() { for (;;); }}})"}) {
    EXPECT_EQ(limited.run(script), "terminated") << script;
    EXPECT_EQ(limited.sandbox().count(kRegistered), 0U) << script;
    EXPECT_EQ(limited.sandbox().registry().entryCount(), 0U);
    EXPECT_TRUE(limited.limit().renew());
  }
  EXPECT_EQ(limited.sandbox().run("listen().signal"), "0") << "and the next one registers";
}

// --- nesting and threads ------------------------------------------------------------------------

// A function of the embedder that runs another isolate inside a program.
void runInner(const v8::FunctionCallbackInfo<v8::Value>& arguments) {
  auto* inner = static_cast<LimitedSandbox*>(arguments.Data().As<v8::External>()->Value());
  inner->sandbox().isolate()->Enter();
  const std::string result = inner->run("b = listen(); while (b.signal === 0); for (;;);");
  inner->sandbox().isolate()->Exit();
  arguments.GetReturnValue().Set(result == "terminated");
}

TEST_F(V8CpuLimit, G4_TheInnermostIsolateIsWarnedAndKilledAndTheOuterOneGoesOn) {
  LimitedSandbox outer(limiter_, {.soft_limit_ms = 1'000, .hard_limit_ms = 3'600'000});
  LimitedSandbox inner(limiter_, kShort);
  inner.sandbox().isolate()->Exit();
  v8::Isolate* isolate = outer.sandbox().isolate();
  {
    const v8::HandleScope handles(isolate);
    v8::Local<v8::Context> context = outer.sandbox().context();
    const v8::Context::Scope scope(context);
    v8::Local<v8::Function> function =
        v8::Function::New(context, &runInner, v8::External::New(isolate, &inner)).ToLocalChecked();
    context->Global()->Set(context, outer.sandbox().text("runInner"), function).Check();
  }
  EXPECT_EQ(outer.run("a = listen(); [runInner(), a.signal, a.terminated].join()"), "true,0,0");
  EXPECT_TRUE(inner.limit().isKilled());
  EXPECT_FALSE(outer.limit().isKilled());
  inner.sandbox().isolate()->Enter();
  EXPECT_TRUE(inner.limit().renew());
  EXPECT_EQ(inner.run("b.terminated"), "1");
}

TEST_F(V8CpuLimit, G4_SeveralThreadsEachWithAnIsolateOfItsOwn) {
  constexpr int kThreads = 3;
  std::vector<std::thread> threads;
  std::atomic<int> warned = 0;
  std::atomic<int> killed = 0;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      LimitedSandbox limited(limiter_, {.soft_limit_ms = 5, .hard_limit_ms = 2'000});
      for (int budget = 0; budget < 5; ++budget) {
        if (limited.run("a = listen(); while (a.signal === 0); a.signal") == "24") ++warned;
        EXPECT_TRUE(limited.limit().renew());
      }
      LimitedSandbox endless(limiter_, kShort);
      if (endless.run("for (;;);") == "terminated") ++killed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(warned, 5 * kThreads);
  EXPECT_EQ(killed, kThreads);
}

// --- disposal -----------------------------------------------------------------------------------

TEST_F(V8CpuLimit, G3_AnIsolateIsDisposedOfAtAnyMomentOfItsBudget) {
  int killed = 0;
  constexpr int kRounds = 24;
  for (int round = 0; round < kRounds; ++round) {
    LimitedSandbox limited(limiter_, {.soft_limit_ms = 1, .hard_limit_ms = 21});
    const std::string loops = std::to_string(round * 40'000);
    limited.run(
        "kept = [1, 2, 3].map(listen); WebAssembly.instantiate(m);"
        "for (let k = 0; k < " +
        loops + "; ++k) kept[0].signal;");
    if (limited.limit().isKilled()) ++killed;
  }
  LimitedSandbox limited(limiter_, kShort);
  limited.run("kept = listen(); WebAssembly.instantiate(m); for (;;);");
  RecordProperty("killed", killed);
  EXPECT_TRUE(limited.limit().isKilled()) << "and disposed of without a renewal";
}

// A signal may still be on its way when the isolate, its registry and its memories are gone.
TEST_F(V8CpuLimit, G3_ALateSignalFindsNothingOnceTheIsolateIsDisposedOf) {
  const BlockedSignal blocked(limiter_.signalNumber());
  auto limited = std::make_unique<LimitedSandbox>(limiter_, kSoftOnly);
  limited->run("kept = listen();");
  sendAsTimer(gettid(), limiter_.signalNumber());
  limited.reset();
  SUCCEED() << "let in when the test ends";
}

}  // namespace
}  // namespace sigproof
