// G4 with V8's own locks: isolates that live longer than the threads that run them. In a program of
// its own, because once a process has used a Locker, V8 wants one everywhere.
#include <gtest/gtest.h>
#include <v8.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/cpu_limit.h"
#include "core/real_signals.h"
#include "core/v8/isolate_execution.h"
#include "core/v8/isolate_signals.h"
#include "core/v8/test_module.h"
#include "fuzz/host/isolate.h"

namespace sigproof {
namespace {

// An isolate that no thread has entered: each method enters it on the calling thread and leaves it.
class MovingIsolate {
 public:
  MovingIsolate(CpuLimiter& limiter, const CpuLimit::Options& options)
      : allocator_(v8::ArrayBuffer::Allocator::NewDefaultAllocator()) {
    v8::Isolate::CreateParams parameters;
    parameters.array_buffer_allocator_shared = allocator_;
    isolate_ = v8::Isolate::New(parameters);
    const Entered entered(isolate_);
    signals_ = std::make_unique<IsolateSignals>(isolate_, IsolateSignals::Options{});
    execution_.emplace(isolate_);
    limit_.emplace(limiter, *execution_, signals_->registry(), options);
    v8::Local<v8::Context> context = v8::Context::New(isolate_);
    signals_->install(context);
    context_.Reset(isolate_, context);
    defineModule(context);
  }

  ~MovingIsolate() {
    {
      const Entered entered(isolate_);
      limit_.reset();
      signals_.reset();
      context_.Reset();
    }
    isolate_->Dispose();
  }
  MovingIsolate(const MovingIsolate&) = delete;
  MovingIsolate& operator=(const MovingIsolate&) = delete;

  /// Runs a script under the limit; "terminated" if it was killed.
  std::string run(std::string_view source) {
    const Entered entered(isolate_);
    const CpuLimit::Scope scope(*limit_);
    return evaluate(source);
  }

  std::string runUnlimited(std::string_view source) {
    const Entered entered(isolate_);
    return evaluate(source);
  }

  bool renew() {
    const Entered entered(isolate_);
    return limit_->renew();
  }

  void collectGarbage() {
    const Entered entered(isolate_);
    for (int i = 0; i < 3; ++i) {
      isolate_->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
    }
  }

  // As a scope that settles a kill does, with the isolate left unlocked.
  void followMemoriesUnlocked() { execution_->followMemories(); }

  CpuLimit& limit() { return *limit_; }
  std::size_t entryCount() const { return signals_->registry().entryCount(); }

 private:
  class Entered {
   public:
    explicit Entered(v8::Isolate* isolate) : locker_(isolate), scope_(isolate), handles_(isolate) {}

   private:
    v8::Locker locker_;
    v8::Isolate::Scope scope_;
    v8::HandleScope handles_;
  };

  std::string evaluate(std::string_view source) {
    v8::Local<v8::Context> context = context_.Get(isolate_);
    const v8::Context::Scope context_scope(context);
    const v8::TryCatch caught(isolate_);
    v8::Local<v8::Script> script;
    v8::Local<v8::Value> value;
    if (!v8::Script::Compile(context, text(source)).ToLocal(&script) ||
        !script->Run(context).ToLocal(&value)) {
      if (caught.HasTerminated()) return "terminated";
      value = caught.Exception();
    }
    return *v8::String::Utf8Value(isolate_, value);
  }

  void defineModule(v8::Local<v8::Context> context) {
    const v8::Context::Scope scope(context);
    const std::vector<std::uint8_t> bytes = TestModule{}.encode();
    v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate_, bytes.size());
    std::memcpy(buffer->GetBackingStore()->Data(), bytes.data(), bytes.size());
    context->Global()->Set(context, text("m"), buffer).Check();
    evaluate(
        "listen = () => new Uint32Array("
        "new WebAssembly.Instance(new WebAssembly.Module(m)).exports.memory.buffer)");
  }

  v8::Local<v8::String> text(std::string_view characters) {
    return v8::String::NewFromUtf8(isolate_, characters.data(), v8::NewStringType::kNormal,
                                   static_cast<int>(characters.size()))
        .ToLocalChecked();
  }

  std::shared_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_ = nullptr;
  std::unique_ptr<IsolateSignals> signals_;
  std::optional<IsolateExecution> execution_;
  std::optional<CpuLimit> limit_;
  v8::Global<v8::Context> context_;
};

constexpr CpuLimit::Options kOnlySoft{.soft_limit_ms = 5, .hard_limit_ms = 3'600'000};
constexpr CpuLimit::Options kBrief{.soft_limit_ms = 5, .hard_limit_ms = 60};

class MovingIsolateTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool kOnce = (host::initializeEngine({.async_compilation = true}), true);
    EXPECT_TRUE(kOnce);
  }

  template <class Action>
  static void onAnotherThread(Action&& action) {
    std::thread(action).join();
  }

  CpuLimiter limiter_{{}};
};

TEST_F(MovingIsolateTest, G4_InstancesMadeOnOneThreadAreWarnedOnAnother) {
  MovingIsolate isolate(limiter_, kOnlySoft);
  onAnotherThread([&] { isolate.runUnlimited("a = listen()"); });
  for (int thread = 0; thread < 4; ++thread) {
    onAnotherThread([&] {
      EXPECT_EQ(isolate.run("b = listen(); while (a[4] === 0); a[4] + ' ' + b[4]"), "24 24");
      EXPECT_TRUE(isolate.renew());
      EXPECT_EQ(isolate.runUnlimited("a[4] + ' ' + b[4]"), "0 0");
    });
  }
}

TEST_F(MovingIsolateTest, G4_AKillOnOneThreadIsSettledThereAndSeenOnTheNext) {
  MovingIsolate isolate(limiter_, kBrief);
  onAnotherThread([&] { EXPECT_EQ(isolate.run("a = listen(); for (;;);"), "terminated"); });
  onAnotherThread([&] {
    EXPECT_TRUE(isolate.limit().isKilled());
    EXPECT_TRUE(isolate.renew());
    EXPECT_EQ(isolate.runUnlimited("a[5]"), "1");
  });
}

TEST_F(MovingIsolateTest, G4_EntriesMadeOnOneThreadAreCollectedOnAnother) {
  MovingIsolate isolate(limiter_, kOnlySoft);
  onAnotherThread([&] { isolate.runUnlimited("kept = [1, 2, 3].map(listen); 1"); });
  onAnotherThread([&] {
    isolate.runUnlimited("kept.length = 0");
    isolate.collectGarbage();
  });
  EXPECT_EQ(isolate.entryCount(), 0U);
}

// Two threads that take turns with four isolates, as a pool of workers does.
TEST_F(MovingIsolateTest, G4_D3_AThreadThatDoesNotHoldTheIsolateOnlyAsksForMemoriesToBeFollowed) {
  MovingIsolate isolate(limiter_, kOnlySoft);
  onAnotherThread([&] { isolate.runUnlimited("a = listen()"); });
  isolate.followMemoriesUnlocked();
  onAnotherThread([&] { EXPECT_EQ(isolate.run("while (a[4] === 0); a[4]"), "24"); });
  EXPECT_EQ(isolate.entryCount(), 1U);
}

TEST_F(MovingIsolateTest, G4_AFewThreadsShareMoreIsolates) {
  std::vector<std::unique_ptr<MovingIsolate>> isolates;
  for (int i = 0; i < 4; ++i) {
    isolates.push_back(std::make_unique<MovingIsolate>(limiter_, kOnlySoft));
    isolates.back()->runUnlimited("a = listen()");
  }
  std::array<std::mutex, 4> in_one_hand;
  std::atomic<int> next{0};
  std::atomic<int> warned{0};
  constexpr int kTurns = 16;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int turn = next++; turn < kTurns; turn = next++) {
        const std::size_t chosen = static_cast<std::size_t>(turn) % isolates.size();
        const std::lock_guard lock(in_one_hand.at(chosen));
        MovingIsolate& isolate = *isolates.at(chosen);
        if (isolate.run("while (a[4] === 0); a[4]") == "24") ++warned;
        EXPECT_TRUE(isolate.renew());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(warned, kTurns);
}

TEST_F(MovingIsolateTest, G3_AnIsolateIsDisposedOfOnAnotherThreadThanItRanOn) {
  auto isolate = std::make_unique<MovingIsolate>(limiter_, kBrief);
  onAnotherThread([&] { EXPECT_EQ(isolate->run("a = listen(); for (;;);"), "terminated"); });
  onAnotherThread([&] { isolate.reset(); });
  SUCCEED();
}

}  // namespace
}  // namespace sigproof
