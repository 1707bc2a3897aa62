#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

using enum RegistrationOutcome;

// Reads the four bytes of the signal word of `memory` as an unsigned number.
constexpr const char* kWordReader = R"(
  globalThis.word = (memory, at) => new DataView(memory.buffer).getUint32(at, true);
  globalThis.env = {env: {memory: new WebAssembly.Memory({initial: 1}), f() {}}};
)";

class Registration : public ScriptTest {
 protected:
  void use(const TestModule& module) {
    sandbox_.define("m", module);
    sandbox_.run(kWordReader);
  }
  Sandbox sandbox_;
};

TEST_F(Registration, R6_NewInstanceRegistersAndZeroesTheSignalWord) {
  use({});
  EXPECT_EQ(sandbox_.run("i = new WebAssembly.Instance(new WebAssembly.Module(m));"
                         "word(i.exports.memory, 16)"),
            "0");
  EXPECT_EQ(sandbox_.count(kRegistered), 1U);
}

TEST_F(Registration, R6_TheWordKeepsWhatTheModuleWroteWhereTheShimIsOff) {
  Sandbox plain({.is_shim_on = false});
  plain.define("m", {});
  plain.run(kWordReader);
  EXPECT_EQ(plain.run("i = new WebAssembly.Instance(new WebAssembly.Module(m));"
                      "word(i.exports.memory, 16)"),
            std::to_string(0xDEADBEEF));
}

TEST_F(Registration, T8_InstantiateOfAModuleRegistersBeforeItReturns) {
  use({});
  sandbox_.evaluate("WebAssembly.instantiate(new WebAssembly.Module(m))");
  EXPECT_EQ(sandbox_.count(kRegistered), 1U);
}

TEST_F(Registration, T8_InstantiateOfBytesRegistersBeforeTheFirstReactionOfTheProgram) {
  use({});
  sandbox_.evaluate(
      "WebAssembly.instantiate(m).then((r) => { seen = word(r.instance.exports.memory, 16); })");
  EXPECT_EQ(sandbox_.count(kRegistered), 0U) << "compilation is in the background";
  EXPECT_EQ(sandbox_.run("1"), "1");
  EXPECT_EQ(sandbox_.run("seen"), "0");
  EXPECT_EQ(sandbox_.count(kRegistered), 1U);
}

TEST_F(Registration, T8_EveryKindOfBufferThatTheEngineTakesIsFollowed) {
  use({});
  sandbox_.run(R"(
    WebAssembly.instantiate(m.buffer);
    const wider = new Uint8Array(m.length + 7);
    wider.set(m, 3);
    WebAssembly.instantiate(wider.subarray(3, m.length + 3));
    const shared = new Uint8Array(new SharedArrayBuffer(m.length));
    shared.set(m);
    WebAssembly.instantiate(shared);
  )");
  EXPECT_EQ(sandbox_.count(kRegistered), 3U);
}

TEST_F(Registration, T8_SubclassReflectAndNestedInstantiationsRegister) {
  use({.memory = MemoryKind::kExported, .has_start = true});
  sandbox_.run(R"(
    const module = new WebAssembly.Module(m);
    class Sub extends WebAssembly.Instance {}
    new Sub(module, env);
    Reflect.construct(WebAssembly.Instance, [module, env], Array);
    // The start function of the outer instance makes an inner one.
    new WebAssembly.Instance(module, {env: {f() { new WebAssembly.Instance(module, env); }}});
  )");
  EXPECT_EQ(sandbox_.count(kRegistered), 4U);
}

TEST_F(Registration, R5_AMemoryThatIsOnlyImportedIsRegistered) {
  use({.memory = MemoryKind::kImported});
  EXPECT_EQ(sandbox_.run("new WebAssembly.Instance(new WebAssembly.Module(m), env);"
                         "word(env.env.memory, 16)"),
            "0");
  sandbox_.run("WebAssembly.instantiate(m, env)");
  sandbox_.run("WebAssembly.instantiate(new WebAssembly.Module(m), env)");
  EXPECT_EQ(sandbox_.count(kRegistered), 3U);
  EXPECT_EQ(sandbox_.registry().deliver(), 3U);
  EXPECT_EQ(sandbox_.run("word(env.env.memory, 16)"), "24");
}

TEST_F(Registration, R5_AMemoryThatHappensToLieInTheImportObjectIsNeverTouched) {
  use({.memory = MemoryKind::kHidden});
  sandbox_.run(
      "new DataView(env.env.memory.buffer).setUint32(16, 7, true);"
      "new WebAssembly.Instance(new WebAssembly.Module(m), env)");
  EXPECT_EQ(sandbox_.count(kNoReachableMemory), 1U);
  EXPECT_EQ(sandbox_.registry().deliver(), 0U);
  EXPECT_EQ(sandbox_.run("word(env.env.memory, 16)"), "7");
}

TEST_F(Registration, R1_AFloatOfTheRightNameCountsAsAbsent) {
  use({.is_float = true});
  sandbox_.run("new WebAssembly.Instance(new WebAssembly.Module(m))");
  EXPECT_EQ(sandbox_.count(kWrongType), 1U);
  EXPECT_EQ(sandbox_.registry().entryCount(), 0U);
}

TEST_F(Registration, R3_R4_R7_ABadWordRegistersNothingAndChangesNothing) {
  use({.terminated = 65533});
  sandbox_.run("i = new WebAssembly.Instance(new WebAssembly.Module(m))");
  EXPECT_EQ(sandbox_.count(kOutOfBounds), 1U);
  EXPECT_EQ(sandbox_.run("word(i.exports.memory, 16)"), std::to_string(0xDEADBEEF));
  sandbox_.define("m", {.terminated = 18});
  sandbox_.run("i = new WebAssembly.Instance(new WebAssembly.Module(m))");
  EXPECT_EQ(sandbox_.count(kOverlap), 1U);
  EXPECT_EQ(sandbox_.run("word(i.exports.memory, 16)"), std::to_string(0xDEADBEEF));
}

TEST_F(Registration, R2_AnAddressOf2GiBAndMoreIsReadAsUnsigned) {
  use({.memory = MemoryKind::kImported, .signal = INT32_MIN, .terminated = -8});
  sandbox_.run(
      "env.env.memory = new WebAssembly.Memory({initial: 65536});"
      "new WebAssembly.Instance(new WebAssembly.Module(m), env)");
  EXPECT_EQ(sandbox_.count(kRegistered), 1U);
  EXPECT_EQ(sandbox_.registry().deliver(), 1U);
  EXPECT_EQ(sandbox_.run("word(env.env.memory, 2 ** 31)"), "24");
}

TEST_F(Registration, R8_AModuleWithoutTheExportsIsLeftToTheEngine) {
  use({.signal = std::nullopt, .terminated = std::nullopt});
  sandbox_.run("new WebAssembly.Instance(new WebAssembly.Module(m))");
  EXPECT_EQ(sandbox_.count(kNotOptedIn), 1U);
  EXPECT_TRUE(sandbox_.registry().isEmpty());
}

TEST_F(Registration, R8_ARefusalIsRememberedForItsModuleAndForNoOther) {
  use({});
  sandbox_.define("n", {.signal = std::nullopt, .terminated = std::nullopt});
  sandbox_.define("o", {.is_float = true});
  sandbox_.run(R"(
    modules = [n, o, n, o, n, o, n, m].map((bytes) => new WebAssembly.Module(bytes));
    for (let round = 0; round < 3; ++round) {
      for (const module of modules) {
        new WebAssembly.Instance(module);
        new WebAssembly.Instance(module);
        WebAssembly.instantiate(module);
      }
    })");
  EXPECT_EQ(sandbox_.count(kNotOptedIn), 36U);
  EXPECT_EQ(sandbox_.count(kWrongType), 27U);
  EXPECT_EQ(sandbox_.count(kRegistered), 9U);
}

TEST_F(Registration, G2_ARememberedRefusalKeepsNoModuleAlive) {
  use({.signal = std::nullopt, .terminated = std::nullopt});
  sandbox_.run(
      "module = new WebAssembly.Module(m); gone = new WeakRef(module);"
      "new WebAssembly.Instance(module); module = undefined");
  sandbox_.host().collectGarbage();
  EXPECT_EQ(sandbox_.run("gone.deref()"), "undefined");
}

TEST_F(Registration, R7_AFailedInstantiationRegistersNothing) {
  use({.has_start = true});
  EXPECT_THAT(sandbox_.run("new WebAssembly.Instance(new WebAssembly.Module(m),"
                           "{env: {f() { throw new Error('from start'); }}})"),
              testing::HasSubstr("from start"));
  EXPECT_EQ(sandbox_.count(kRegistered), 0U);
  EXPECT_EQ(sandbox_.registry().entryCount(), 0U);
}

TEST_F(Registration, InstanceProtocolRegistersEitherWordAndSurvivesTermination) {
  Sandbox sandbox({.protocol = SignalProtocol::instance()});
  sandbox.define("m", {.terminated = std::nullopt, .signal_name = "__instance_signal"});
  sandbox.define("n", {.signal = std::nullopt, .terminated_name = "__instance_terminated"});
  sandbox.run(
      "a = new WebAssembly.Instance(new WebAssembly.Module(m));"
      "b = new WebAssembly.Instance(new WebAssembly.Module(n))");
  EXPECT_EQ(sandbox.count(kRegistered), 2U);
  EXPECT_EQ(sandbox.registry().deliver(), 1U);
  EXPECT_EQ(sandbox.registry().markTerminated(), 1U);
  sandbox.host().collectGarbage();
  EXPECT_EQ(sandbox.registry().entryCount(), 2U);
}

TEST_F(Registration, T8_InstantiateStreamingIsFollowed) {
  sandbox_.isolate()->SetWasmStreamingCallback(&streamTheArgument);
  sandbox_.renewContext();
  for (const MemoryKind memory :
       {MemoryKind::kExported, MemoryKind::kImported, MemoryKind::kImportedAndExported}) {
    use({.memory = memory});
    sandbox_.run("WebAssembly.instantiateStreaming(m, env).then((r) => { made = r.instance; })");
    EXPECT_EQ(sandbox_.run("word(made.exports.memory || env.env.memory, 16)"), "0");
  }
  EXPECT_EQ(sandbox_.count(kRegistered), 3U);
  // Also other sources, and modules that do not opt in.
  sandbox_.run("WebAssembly.instantiateStreaming(Promise.resolve(m), env)");
  sandbox_.run("WebAssembly.compileStreaming(m).then((x) => new WebAssembly.Instance(x, env))");
  EXPECT_EQ(sandbox_.count(kRegistered), 5U);
  use({.signal = std::nullopt, .terminated = std::nullopt});
  sandbox_.run("WebAssembly.instantiateStreaming(m, env)");
  EXPECT_EQ(sandbox_.count(kNotOptedIn), 1U);
}

TEST_F(Registration, T8_AStreamingCallbackSetLaterAddsNothingToAContextThatIsThere) {
  sandbox_.isolate()->SetWasmStreamingCallback(&streamTheArgument);
  EXPECT_EQ(sandbox_.run("typeof WebAssembly.instantiateStreaming"), "undefined");
  sandbox_.renewContext();
  EXPECT_EQ(sandbox_.run("typeof WebAssembly.instantiateStreaming"), "function");
}

TEST_F(Registration, R5_OnlyTheMemoryAtTheImportsPositionIsRegistered) {
  // A Memory for an import that is no memory: the engine refuses, and core writes nothing.
  use({.memory = MemoryKind::kImported, .has_start = true});
  sandbox_.run(R"(
    other = new WebAssembly.Memory({initial: 1});
    new DataView(other.buffer).setUint32(16, 7, true);
    log = [];
    try { new WebAssembly.Instance(new WebAssembly.Module(m), {env: {f: other, memory: env.env.memory}}); } catch (e) { log.push(e.name); }
    // The function's getter hands out a memory that is not imported.
    new WebAssembly.Instance(new WebAssembly.Module(m), {env: {get f() { return () => other; }, memory: env.env.memory}});
  )");
  EXPECT_EQ(sandbox_.run("log"), "LinkError");
  EXPECT_EQ(sandbox_.count(kRegistered), 1U);
  EXPECT_EQ(sandbox_.registry().deliver(), 1U);
  EXPECT_EQ(sandbox_.run("[word(other, 16), word(env.env.memory, 16)]"), "7,24");
}

TEST_F(Registration, R5_AMemoryThatIsImportedAsTheValueOfAGlobalIsNotMemoryZero) {
  std::vector<std::uint8_t> module{0, 'a', 's', 'm', 1, 0, 0, 0};
  const auto add = [&](std::initializer_list<std::uint8_t> head, std::string_view name,
                       std::initializer_list<std::uint8_t> tail) {
    module.insert(module.end(), head);
    module.insert(module.end(), name.begin(), name.end());
    module.insert(module.end(), tail);
  };
  add({2, 24, 2, 3, 'e', 'n', 'v', 1}, "g", {3, 0x6F, 0});  // an externref global
  add({3, 'e', 'n', 'v', 6}, "memory", {2, 0, 1});          // then memory 0
  add({6, 11, 2, 0x7F, 0, 0x41, 16, 0x0B, 0x7F, 0, 0x41, 20, 0x0B}, "", {});
  add({7, 43, 2, 16}, "__signal_address", {3, 1, 20});
  add({}, "__terminated_address", {3, 2});
  use({});
  sandbox_.defineBytes("m", module);
  sandbox_.run(R"(
    decoy = new WebAssembly.Memory({initial: 1});
    memory = new WebAssembly.Memory({initial: 1});
    for (const each of [decoy, memory]) new DataView(each.buffer).setUint32(16, 7, true);
    imports = {env: {g: decoy, memory}};
    new WebAssembly.Instance(new WebAssembly.Module(m), imports);
    WebAssembly.instantiate(m, imports);
  )");
  EXPECT_EQ(sandbox_.count(kRegistered), 2U);
  EXPECT_EQ(sandbox_.run("[word(decoy, 16), word(memory, 16)]"), "7,0");
  EXPECT_EQ(sandbox_.registry().deliver(), 2U);
  EXPECT_EQ(sandbox_.run("[word(decoy, 16), word(memory, 16)]"), "7,24");
}

TEST_F(Registration, T8_AModuleThatWasSerializedIsFollowed) {
  use({});
  const v8::HandleScope handles(sandbox_.isolate());
  v8::Local<v8::Context> context = sandbox_.context();
  const v8::Context::Scope scope(context);
  sandbox_.run("module = new WebAssembly.Module(m)");
  v8::Local<v8::WasmModuleObject> module = context->Global()
                                               ->Get(context, sandbox_.text("module"))
                                               .ToLocalChecked()
                                               .As<v8::WasmModuleObject>();
  // As structured cloning does.
  const v8::CompiledWasmModule compiled = module->GetCompiledModule();
  context->Global()
      ->Set(context, sandbox_.text("module"),
            v8::WasmModuleObject::FromCompiledModule(sandbox_.isolate(), compiled).ToLocalChecked())
      .Check();
  sandbox_.run("new WebAssembly.Instance(module); WebAssembly.instantiate(module)");
  EXPECT_EQ(sandbox_.count(kRegistered), 2U);
}

}  // namespace
}  // namespace sigproof
