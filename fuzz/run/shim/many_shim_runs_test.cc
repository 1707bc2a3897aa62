// What a run leaves behind in the engine adds up over a night: memory, handles, and JavaScript
// state that a later run could meet.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "fuzz/run/shim/shim_host.h"
#include "fuzz/run/shim/shim_runner.h"
#include "fuzz/support/random_inputs.h"

namespace sigproof::fuzz {
namespace {

// A hundred thousand take a minute or two: SIGPROOF_TEST_RUNS=100000 asks for them.
constexpr std::uint32_t kShimRuns = 6'000;
constexpr std::uint32_t kShimWarmUp = 2'000;
// What the engine's own caches and statistics may add.
constexpr std::size_t kHeapSlackBytes = std::size_t{512} * 1024;

std::uint32_t runCount() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* asked = std::getenv("SIGPROOF_TEST_RUNS");
  return asked == nullptr ? kShimRuns
                          : static_cast<std::uint32_t>(std::strtoul(asked, nullptr, 10));
}

void runShim(std::uint32_t seed) {
  const ShimInput input = makeInput(randomBytes(ShimProgram::inputLayout().maxBytes(), seed));
  ShimRunner(input).run();
}

// Of the engine, once all that can go is gone.
struct Engine {
  std::size_t heap_bytes = 0;
  std::size_t malloced_bytes = 0;
  std::size_t global_handle_bytes = 0;
  std::size_t contexts = 0;
};

Engine measure(specified::Protocol protocol) {
  ShimHost& host = ShimHost::of(protocol);
  const v8::Isolate::Scope scope(host.isolate());
  host.host().collectGarbage();
  v8::HeapStatistics statistics;
  host.isolate()->GetHeapStatistics(&statistics);
  return {.heap_bytes = statistics.used_heap_size(),
          .malloced_bytes = statistics.malloced_memory(),
          .global_handle_bytes = statistics.used_global_handles_size(),
          .contexts = statistics.number_of_native_contexts()};
}

// The names of everything that a program could find: on the global object and on WebAssembly.
std::string globalNames(specified::Protocol protocol) {
  ShimHost& host = ShimHost::of(protocol);
  const v8::Isolate::Scope scope(host.isolate());
  const v8::HandleScope handles(host.isolate());
  v8::Local<v8::Context> context = host.contextForRun();
  const v8::Context::Scope context_scope(context);
  std::string names;
  const auto add = [&](v8::Local<v8::Object> object) {
    v8::Local<v8::Array> own =
        object->GetOwnPropertyNames(context, v8::ALL_PROPERTIES).ToLocalChecked();
    for (std::uint32_t i = 0; i < own->Length(); ++i) {
      const v8::String::Utf8Value name(
          host.isolate(),
          own->Get(context, i).ToLocalChecked()->ToDetailString(context).ToLocalChecked());
      names.append(*name).push_back(' ');
    }
  };
  add(context->Global());
  for (const char* holder : {"WebAssembly", "Promise", "Object", "Array", "Function"}) {
    add(context->Global()
            ->Get(context, v8::String::NewFromUtf8(host.isolate(), holder).ToLocalChecked())
            .ToLocalChecked()
            .As<v8::Object>());
  }
  return names;
}

class ManyShimRuns : public testing::TestWithParam<specified::Protocol> {};

TEST_P(ManyShimRuns, LeaveNeitherMemoryNorJavaScriptStateBehind) {
  for (std::uint32_t seed = 0; seed < kShimWarmUp; ++seed) runShim(seed);
  const Engine before = measure(GetParam());
  const std::string names_before = globalNames(GetParam());
  for (std::uint32_t seed = kShimWarmUp; seed < kShimWarmUp + runCount(); ++seed) runShim(seed);
  const Engine after = measure(GetParam());
  EXPECT_LE(after.heap_bytes, before.heap_bytes + kHeapSlackBytes);
  EXPECT_LE(after.malloced_bytes, before.malloced_bytes + kHeapSlackBytes);
  EXPECT_LE(after.global_handle_bytes, before.global_handle_bytes);
  EXPECT_LE(after.contexts, before.contexts);
  EXPECT_EQ(globalNames(GetParam()), names_before);
}

INSTANTIATE_TEST_SUITE_P(Protocols, ManyShimRuns, testing::Values(specified::Protocol::kAddress));

}  // namespace
}  // namespace sigproof::fuzz
