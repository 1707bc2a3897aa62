#include "fuzz/targets/shim_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>
#include <utility>

#include "fuzz/generate/module_writer.h"
#include "fuzz/targets/report_violation.h"
#include "fuzz/targets/statistics.h"

namespace sigproof::fuzz {
namespace {

using Kind = AfterAction::Kind;

void count(const std::string& name) { ++Statistics::counter(name); }

std::span<std::uint8_t> bytesOf(v8::Local<v8::WasmMemoryObject> memory) {
  const auto store = memory->Buffer()->GetBackingStore();
  return {static_cast<std::uint8_t*>(store->Data()), store->ByteLength()};
}

// Fails rarely: when the machine has no address space left.
bool isOutOfMemory(const ShimHost::Result& result) {
  return result.error == "RangeError" && result.message.find("emory") != std::string::npos;
}

std::vector<std::uint8_t> broken(std::vector<std::uint8_t> bytes, std::uint32_t position) {
  const std::uint32_t at = position % static_cast<std::uint32_t>(bytes.size());
  if ((position >> 31) != 0) {
    bytes.resize(at);
  } else {
    bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << ((position >> 24) % 8)));
  }
  return bytes;
}

// The largest of an i32's JavaScript forms are beyond 32 bits, all exact in a double.
double toNumber(std::uint32_t bits, ImportForm form) {
  constexpr double kTwoTo32 = 4294967296.0;
  const double as_signed = static_cast<std::int32_t>(bits);
  switch (form) {
    case ImportForm::kSignedNumber:
    case ImportForm::kGlobalObject:
      return as_signed;
    case ImportForm::kUnsignedNumber:
      return bits;
    case ImportForm::kWrappedNumber:
      return bits + kTwoTo32;
    case ImportForm::kFractionNumber:
      return bits + 0.75;
  }
  return 0;
}

const char* typeName(ValueType type) {
  switch (type) {
    case ValueType::kI64:
      return "i64";
    case ValueType::kF32:
      return "f32";
    case ValueType::kF64:
      return "f64";
    default:
      return "i32";
  }
}

}  // namespace

ShimRunner::ShimRunner(const ShimProgram& program)
    : program_(program),
      host_(ShimHost::of(program.protocol)),
      isolate_(host_.isolate()),
      oracle_(program),
      bytes_(writeModule(program.module)) {
  if (program.fault == Fault::kBrokenBytes) bytes_ = broken(bytes_, program.fault_position);
}

std::string ShimRunner::run() {
  static std::uint64_t& runs = Statistics::counter("runs");
  ++runs;
  const v8::Isolate::Scope isolate_scope(isolate_);
  {
    const v8::HandleScope handles(isolate_);
    const v8::Context::Scope context_scope(host_.contextForRun());
    runInContext();
  }
  end();
  return std::move(seen_);
}

void ShimRunner::runInContext() {
  prepareImports();
  for (const Way way : program_.ways) {
    step_ = name(way);
    count(std::string("ways/") + name(way));
    const v8::HandleScope handles(isolate_);
    if (program_.fault == Fault::kBrokenBytes) {
      instantiateBroken(way);
    } else {
      instantiate(way);
      checkEntries();
      checkMemories();
    }
  }
  if (instances_.empty()) return;
  for (const AfterAction& action : program_.after) {
    step_ = name(action.kind);
    const v8::HandleScope handles(isolate_);
    perform(action);
    checkEntries();
    checkMemories();
  }
}

// --- imports -------------------------------------------------------------------------------------

v8::Local<v8::String> ShimRunner::text(const std::string& value) const {
  return v8::String::NewFromUtf8(isolate_, value.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(value.size()))
      .ToLocalChecked();
}

// A new memory of the kind that the module imports, with what the host put into it.
v8::Local<v8::WasmMemoryObject> ShimRunner::makeImportedMemory() {
  const WasmMemoryPlan& plan = *program_.module.memory;
  v8::Local<v8::Value> maximum = v8::Undefined(isolate_);
  if (plan.given_maximum) maximum = number(*plan.given_maximum);
  const ShimHost::Result memory =
      host_.call("makeMemory",
                 {number(plan.given_pages), maximum, v8::Boolean::New(isolate_, plan.is_shared)});
  if (!memory.error.empty()) fail("the harness", "makes no memory: " + memory.message);
  prefill(memory.value.As<v8::WasmMemoryObject>());
  return memory.value.As<v8::WasmMemoryObject>();
}

void ShimRunner::onFreshMemory(const v8::FunctionCallbackInfo<v8::Value>& info) {
  auto* self = static_cast<ShimRunner*>(info.Data().As<v8::External>()->Value());
  info.GetReturnValue().Set(self->makeImportedMemory());
}

v8::Local<v8::Value> ShimRunner::importedValue(const GlobalPlan& global) {
  v8::Local<v8::Value> value;
  switch (global.type) {
    case ValueType::kI64:
      value = v8::BigInt::NewFromUnsigned(isolate_, global.bits);
      break;
    case ValueType::kF32:
    case ValueType::kF64:
      value = number(static_cast<double>(global.bits));
      break;
    default:
      value = number(toNumber(static_cast<std::uint32_t>(global.bits), global.form));
  }
  if (global.form != ImportForm::kGlobalObject) return value;
  const ShimHost::Result object = host_.call(
      "makeGlobal",
      {text(typeName(global.type)), v8::Boolean::New(isolate_, global.is_mutable), value});
  if (!object.error.empty()) fail("the harness", "makes no global: " + object.message);
  return object.value;
}

void ShimRunner::addImport(const ImportName& import, v8::Local<v8::Value> value) {
  v8::Local<v8::Value> parts[] = {text(import.module), text(import.name), value};
  import_entries_
      ->Set(isolate_->GetCurrentContext(), import_entries_->Length(),
            v8::Array::New(isolate_, parts, std::size(parts)))
      .Check();
}

void ShimRunner::prefill(v8::Local<v8::WasmMemoryObject> memory) const {
  const std::span<std::uint8_t> bytes = bytesOf(memory);
  for (const DataPlan& data : program_.prefill) {
    for (std::size_t i = 0; i < data.bytes.size(); ++i) {
      if (data.address + i < bytes.size()) bytes[data.address + i] = data.bytes[i];
    }
  }
}

void ShimRunner::addImports() {
  const ModulePlan& module = program_.module;
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  if (module.imports_function) {
    addImport(kFunctionImport, v8::Function::New(context, [](const auto&) {}).ToLocalChecked());
  }
  for (std::uint32_t i = 0; i < module.globals.size() && module.globals[i].is_imported; ++i) {
    addImport(globalImportName(i), importedValue(module.globals[i]));
  }
  if (module.memory && module.memory->is_imported) {
    shared_memory_ = makeImportedMemory();
    addImport(kMemoryImport, shared_memory_);
  }
  if (module.imports_table) addImport(kTableImport, host_.call("makeTable", {}).value);
}

// A Memory in the import object under a name that the module doesn't import.
void ShimRunner::addDecoy() {
  decoy_ = host_.decoy();
  addImport({kMemoryImport.module, shared_memory_.IsEmpty() ? kMemoryImport.name : "decoy"},
            decoy_);
}

void ShimRunner::prepareImports() {
  step_ = "imports";
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  import_entries_ = v8::Array::New(isolate_);
  addImports();
  import_count_ = import_entries_->Length();
  if (program_.fault == Fault::kMissingImport && import_count_ > 0) {
    import_entries_->Get(context, program_.fault_position % import_count_)
        .ToLocalChecked()
        .As<v8::Array>()
        ->Set(context, 2, v8::Undefined(isolate_))
        .Check();
  }
  if (program_.has_decoy_memory) addDecoy();
  v8::Local<v8::Function> make_memory =
      v8::Function::New(context, &onFreshMemory, v8::External::New(isolate_, this))
          .ToLocalChecked();
  const ShimHost::Result state =
      host_.call("makeImports", {import_entries_, number(static_cast<double>(program_.imports)),
                                 text(kMemoryImport.name), make_memory});
  if (!state.error.empty()) fail("the harness", "makes no imports: " + state.message);
  imports_ = state.value.As<v8::Object>();
}

std::uint32_t ShimRunner::reads() const {
  return imports_->Get(isolate_->GetCurrentContext(), text("reads"))
      .ToLocalChecked()
      .As<v8::Uint32>()
      ->Value();
}

// The memory that the last instantiation imported; empty where none did.
v8::Local<v8::WasmMemoryObject> ShimRunner::lastImportedMemory() const {
  if (program_.imports != ImportStyle::kFreshMemory) return shared_memory_;
  v8::Local<v8::Value> last =
      imports_->Get(isolate_->GetCurrentContext(), text("lastMemory")).ToLocalChecked();
  if (!last->IsWasmMemoryObject()) return {};
  return last.As<v8::WasmMemoryObject>();
}

// T6: each import is read once, from an import object that was read once for it.
void ShimRunner::checkReads(Way way, std::uint32_t reads_before) const {
  const bool is_watched = program_.imports == ImportStyle::kGetters ||
                          program_.imports == ImportStyle::kProxy ||
                          program_.imports == ImportStyle::kFreshMemory;
  const std::uint32_t expected = is_watched && way != Way::kCallConstructor ? 2 * import_count_ : 0;
  const std::uint32_t seen = reads() - reads_before;
  if (seen != expected) {
    fail("T6", fmt::format("imports were to be read {} times, they were {} times", expected, seen));
  }
}

// --- instances -----------------------------------------------------------------------------------

ShimHost::Result ShimRunner::request(Way way) {
  v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate_, bytes_.size());
  std::ranges::copy(bytes_, static_cast<std::uint8_t*>(buffer->GetBackingStore()->Data()));
  v8::Local<v8::Value> imports =
      imports_->Get(isolate_->GetCurrentContext(), text("imports")).ToLocalChecked();
  ShimHost::Result result =
      host_.call("instantiate", {number(static_cast<double>(way)), buffer, imports});
  if (!result.error.empty() || !result.value->IsPromise()) return result;
  result = host_.await(result.value.As<v8::Promise>());
  const bool is_pair = way == Way::kInstantiateBuffer || way == Way::kInstantiateView;
  if (result.error.empty() && is_pair) {
    result.value = result.value.As<v8::Object>()
                       ->Get(isolate_->GetCurrentContext(), text("instance"))
                       .ToLocalChecked();
  }
  return result;
}

// Empty where it can't be reached from outside.
v8::Local<v8::WasmMemoryObject> ShimRunner::memoryOf(v8::Local<v8::Object> instance) {
  const ModulePlan& module = program_.module;
  if (!module.memory) return {};
  if (module.memory->is_imported) return lastImportedMemory();
  const auto found = std::ranges::find(module.exports, ExternalKind::kMemory, &ExportPlan::kind);
  if (found == module.exports.end()) return {};
  const ShimHost::Result memory = host_.call("exported", {instance, text(found->name)});
  if (!memory.value->IsWasmMemoryObject()) fail("the harness", "does not find the memory");
  return memory.value.As<v8::WasmMemoryObject>();
}

void ShimRunner::checkPrototype(Way way, v8::Local<v8::Object> instance) {
  const ShimHost::Result is_right =
      host_.call("hasRightPrototype", {number(static_cast<double>(way)), instance});
  if (!is_right.value->IsTrue()) fail("T2", "the instance has another prototype than it should");
}

void ShimRunner::instantiate(Way way) {
  const std::uint32_t reads_before = reads();
  const ShimHost::Result result = request(way);
  const std::vector<RegistrationOutcome> outcomes = host_.takeOutcomes();
  seen_ += fmt::format("{}: {}", name(way), result.error);
  for (const auto outcome : outcomes) seen_ += fmt::format(" {}", name(outcome));
  seen_ += "\n";
  count(result.error.empty() ? "instantiations/made" : "instantiations/" + result.error);
  for (const auto outcome : outcomes) count("outcomes/" + std::string(name(outcome)));

  const Prediction prediction = oracle_.instantiate(way);
  if (isOutOfMemory(result)) {
    fail("the harness", "has no memory left: " + result.message);
  }
  if (auto violation = RegistrationOracle::judge(prediction, {result.error, outcomes})) {
    fail(violation->property.c_str(), violation->text + "; " + result.message);
  }
  checkReads(way, reads_before);
  Instance instance{.prediction = prediction, .object = {}, .memory = {}};
  v8::Local<v8::WasmMemoryObject> memory = lastImportedMemory();
  if (result.error.empty()) {
    checkPrototype(way, result.value.As<v8::Object>());
    instance.object.Reset(isolate_, result.value.As<v8::Object>());
    memory = memoryOf(result.value.As<v8::Object>());
  }
  if (prediction.memory && !memory.IsEmpty()) instance.memory.Reset(isolate_, memory);
  instances_.push_back(std::move(instance));
}

// What a broken module comes to can't be foreseen. It must be harmless, and told at most once.
void ShimRunner::instantiateBroken(Way way) {
  const ShimHost::Result result = request(way);
  count("broken_modules/" + (result.error.empty() ? std::string("made") : result.error));
  const std::size_t told = host_.takeOutcomes().size();
  if (told > 1 || (told == 0 && result.error.empty())) {
    fail("R7", fmt::format("the observer was told {} outcomes of one instance", told));
  }
  host_.registry().deliver();
  host_.registry().markTerminated();
  checkDecoy();
}

// --- afterwards
// ------------------------------------------------------------------------------------

void ShimRunner::perform(const AfterAction& action) {
  count(std::string("actions/") + name(action.kind));
  Instance& instance = instances_[action.instance % instances_.size()];
  RegistrationReference& reference = oracle_.reference();
  switch (action.kind) {
    case Kind::kDeliver:
      return checkWritten(reference.deliver(), host_.registry().deliver());
    case Kind::kRenew:
      return checkWritten(reference.renew(), host_.registry().renew());
    case Kind::kMarkTerminated:
      return checkWritten(reference.markTerminated(), host_.registry().markTerminated());
    case Kind::kModuleTerminates:
      return writeTerminated(instance, 1 + action.instance);
    case Kind::kModuleRevives:
      return writeTerminated(instance, 0);
    case Kind::kGrow:
      return grow(instance, action.pages);
    case Kind::kCollect:
      return collect(instance);
  }
}

void ShimRunner::writeTerminated(Instance& instance, std::uint32_t value) {
  const auto& [error, outcome, memory, signal, terminated, entry] = instance.prediction;
  if (instance.memory.IsEmpty() || !terminated || !memory ||
      !oracle_.reference().isInside(*memory, *terminated)) {
    return;
  }
  oracle_.reference().write(*memory, *terminated, value);
  const auto bytes = bytesOf(instance.memory.Get(isolate_)).subspan(*terminated);
  for (unsigned i = 0; i < specified::kWordSizeBytes; ++i) {
    bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  // Sometimes a delivery is the first to see it.
  if (value % 2 != 0) checkWritten(oracle_.reference().deliver(), host_.registry().deliver());
}

void ShimRunner::grow(Instance& instance, std::uint32_t pages) {
  if (instance.memory.IsEmpty()) return;
  const ShimHost::Result grown = host_.call("grow", {instance.memory.Get(isolate_), number(pages)});
  const bool is_to_grow = oracle_.grow(*instance.prediction.memory, pages);
  if (!grown.error.empty() || grown.value->IsTrue() != is_to_grow) {
    fail("the harness",
         fmt::format("a memory was {}to grow: {}", is_to_grow ? "" : "not ", grown.message));
  }
}

// D2, G2: the entry dies with its instance, though the memory lives on.
void ShimRunner::collect(Instance& instance) {
  // A table that an instance imports keeps the instance alive; that is the engine's way.
  if (instance.object.IsEmpty() || program_.module.imports_table) return;
  instance.object.Reset();
  host_.host().collectGarbage();
  if (instance.prediction.entry_id) oracle_.collect(*instance.prediction.entry_id);
  oracle_.reference().dropDead();
}

void ShimRunner::end() {
  step_ = "end";
  SignalRegistry<>& registry = host_.registry();
  instances_.clear();
  if (program_.is_collected_at_end) {
    count("collections");
    host_.host().collectGarbage();
    if (!registry.isEmpty() || registry.entryCount() != 0) {
      fail("G2", fmt::format("{} entries outlive the garbage collection of their instances",
                             registry.entryCount()));
    }
  }
  registry.clear();
  registry.renew();  // a warning is a level (D6): the next run's entries would hear it
  host_.takeOutcomes();
}

// --- checks --------------------------------------------------------------------------------------

void ShimRunner::checkWritten(std::size_t expected, std::size_t written) const {
  static std::uint64_t& words = Statistics::counter("words_written");
  words += written;
  if (expected == written) return;
  fail("D1", fmt::format("{} words were to be written, {} were", expected, written));
}

// The engine may collect garbage at any time, and the prologue then drops what is dead: the
// registry has the live entries, and may have the dead ones too.
void ShimRunner::checkEntries() {
  RegistrationReference& reference = oracle_.reference();
  const auto live = [&] {
    return static_cast<std::size_t>(
        std::ranges::count(reference.entries(), false, &RegistrationReference::Entry::is_dead));
  };
  const std::size_t live_before = live();
  reference.look();
  if (live() != live_before) {
    // Whether a collection saw that word before the module takes it back is up to the engine: so
    // that both sides agree, it is seen now.
    host_.registry().dropDead();
    reference.dropDead();
  }
  const std::size_t seen = host_.registry().entryCount();
  if (seen < live() || seen > reference.entries().size()) {
    fail("R9", fmt::format("expected {} to {} entries, the registry has {}", live(),
                           reference.entries().size(), seen));
  }
}

void ShimRunner::checkMemories() {
  for (const Instance& instance : instances_) {
    if (instance.memory.IsEmpty()) continue;
    const v8::HandleScope handles(isolate_);
    checkMemory(*instance.prediction.memory, instance.memory.Get(isolate_));
  }
  checkDecoy();
}

void ShimRunner::checkMemory(std::size_t index, v8::Local<v8::WasmMemoryObject> memory) {
  const std::span<const std::uint8_t> seen = bytesOf(memory);
  const ReferenceMemory& expected = oracle_.reference().memories()[index];
  if (seen.size() != expected.length) {
    fail("the harness",
         fmt::format("expects a memory of {} bytes, it has {}", expected.length, seen.size()));
  }
  for (const auto& [begin, bytes] : expected.pieces) {
    const auto part = seen.subspan(begin, bytes.size());
    if (bytes.empty() || std::memcmp(part.data(), bytes.data(), bytes.size()) == 0) continue;
    const auto [is, was] = std::ranges::mismatch(part, bytes);
    fail("R6/D1", fmt::format("byte {:#x} of the memory is {:#x} and should be {:#x}",
                              begin + static_cast<std::uint64_t>(is - part.begin()), *is, *was));
  }
}

void ShimRunner::checkDecoy() const {
  if (decoy_.IsEmpty()) return;
  const auto bytes = bytesOf(decoy_);
  // Every byte is as the next one; memcmp, because a loop is slow under the sanitizers.
  const bool is_even = std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
  if (is_even && bytes[0] == ShimHost::kDecoyByte) return;
  fail("R5", "a Memory in the import object that is not imported was changed");
}

void ShimRunner::fail(const char* property, const std::string& what) const {
  reportViolation(
      {property, fmt::format("{}; at {}; program: {}", what, step_, describe(program_))},
      writeModuleText(program_.module));
}

}  // namespace sigproof::fuzz
