#include "fuzz/real_modules/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/v8/testing/test_module.h"
#include "fuzz/real_modules/import_source.h"
#include "fuzz/real_modules/listening_module.h"
#include "fuzz/real_modules/wasm_shape.h"

namespace sigproof::modules {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::StartsWith;

struct Subject {
  Program program;
  Words words;
};

Subject subject(MemoryKind memory, bool has_start = false) {
  const TestModule unaware{
      .memory = memory, .signal = {}, .terminated = {}, .has_start = has_start};
  ListeningModule made = makeListen(unaware.encode());
  const WasmShape shape = readShape(made.bytes);
  return {{std::move(made.bytes), importSource(shape), memorySource(shape)},
          {made.signal_address, made.terminated_address}};
}

class Judge : public testing::Test {
 protected:
  static void SetUpTestSuite() { host::initializeEngine({.async_compilation = true}); }
};

TEST_F(Judge, FindsNothingWrongWithCoreHoweverTheMemoryIsReached) {
  for (const MemoryKind memory :
       {MemoryKind::kExported, MemoryKind::kImported, MemoryKind::kImportedAndExported}) {
    const Subject made = subject(memory, true);
    const Findings findings = judge(made.program, made.words);
    EXPECT_THAT(findings.violations, IsEmpty());
    EXPECT_EQ(findings.instances, 15U) << "three ways: plain, and twice under two protocols";
    EXPECT_EQ(findings.grown, 6U);
  }
}

// The judge is no judge if it doesn't see that nothing happens.
TEST_F(Judge, MissesEveryStepWhereThereIsNoShim) {
  const Subject made = subject(MemoryKind::kExported);
  const Findings findings = judge(made.program, made.words, false);
  for (const char* property : {"R6", "D1", "D2", "G2"}) {
    EXPECT_THAT(findings.violations, Contains(StartsWith(property)));
  }
}

TEST_F(Judge, SeesAByteThatIsNotWhereItShouldBe) {
  const Subject made = subject(MemoryKind::kExported);
  // The editor left zeroes around the terminated word, so the judge's own premise holds.
  const Words wrong{made.words.signal_address, made.words.terminated_address + 1};
  EXPECT_THAT(judge(made.program, wrong).violations, Contains(StartsWith("D1: ")));
}

TEST_F(Judge, RefusesToCompareWhereTheWordsAreNotAsTheyWereLeft) {
  const Subject made = subject(MemoryKind::kExported);
  EXPECT_THROW(judge(made.program, {made.words.signal_address - 8, made.words.terminated_address}),
               std::runtime_error);
}

TEST_F(Judge, GivesTheEnginesReasonForWhatItRefuses) {
  Subject made = subject(MemoryKind::kImported);
  made.program.import_source = "({env: {memory: 5}})";
  try {
    (void)judge(made.program, made.words);
    FAIL() << "the engine takes a number for a memory";
  } catch (const EngineRefused& refusal) {
    EXPECT_THAT(refusal.what(), StartsWith("LinkError: "));
  }
  made.program.bytes.resize(20);
  EXPECT_THROW(judge(made.program, made.words), EngineRefused);
}

TEST(ImportSource, MakesEveryKindOfImport) {
  WasmShape shape;
  shape.dynamic_linking.table_size = 9;
  shape.imports = {
      {.module = "a", .name = "f", .function = {{}, {ValueType::kI64}}},
      {.module = "a", .name = "__proto__", .function = {}},
      {.module = "b",
       .name = "\"q",
       .kind = ImportKind::kFunction,
       .function = {{}, {ValueType::kF64, ValueType::kExternref}}},
      {.module = "c",
       .name = "t",
       .kind = ImportKind::kTable,
       .limits = {.initial = 2, .maximum = 12}},
      {.module = "d",
       .name = "m",
       .kind = ImportKind::kMemory,
       .limits = {.initial = 1, .maximum = 2, .is_shared = true}},
      {.module = "e",
       .name = "g",
       .kind = ImportKind::kGlobal,
       .type = ValueType::kI64,
       .is_mutable = true},
  };
  EXPECT_EQ(
      importSource(shape),
      R"(({["a"]: {["__proto__"]: () => {}, ["f"]: () => 0n}, )"
      R"(["b"]: {["\"q"]: () => [0, null]}, )"
      R"(["c"]: {["t"]: new WebAssembly.Table({element: "anyfunc", initial: 9, maximum: 12})}, )"
      R"(["d"]: {["m"]: new WebAssembly.Memory({initial: 1, maximum: 2, shared: true})}, )"
      R"(["e"]: {["g"]: new WebAssembly.Global({value: "i64", mutable: true}, 0n)}}))");
}

TEST(ImportSource, RefusesWhatJavaScriptCanNotMake) {
  WasmShape shape;
  shape.imports = {
      {.module = "a", .name = "v", .kind = ImportKind::kGlobal, .type = ValueType::kV128}};
  EXPECT_THROW(importSource(shape), CanNotImport);
}

}  // namespace
}  // namespace sigproof::modules
