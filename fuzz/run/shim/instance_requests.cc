#include "fuzz/run/shim/instance_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "fuzz/support/record/report_violation.h"
#include "fuzz/wasm/numbered_module.h"

namespace sigproof::fuzz {
namespace {

bool isWatched(ImportStyle style) {
  return style == ImportStyle::kGetters || style == ImportStyle::kProxy ||
         style == ImportStyle::kFreshMemory;
}

// In the whole process.
std::uint64_t bytes_handed_over = 0;

}  // namespace

std::span<std::uint8_t> bytesOf(v8::Local<v8::WasmMemoryObject> memory) {
  const auto store = memory->Buffer()->GetBackingStore();
  return {static_cast<std::uint8_t*>(store->Data()), store->ByteLength()};
}

InstanceRequests::InstanceRequests(ShimHost& host, const ShimProgram& program,
                                   const std::vector<std::uint8_t>& bytes)
    : host_(host), program_(program), bytes_(bytes), isolate_(host.isolate()) {
  entries_ = v8::Array::New(isolate_);
  addImports();
  import_count_ = entries_->Length();
  if (program_.fault == Fault::kMissingImport && import_count_ > 0) leaveOutAnImport();
  if (program_.has_decoy_memory) addDecoy();
  // A program without imports hands over no import object, unless it would show who reads it.
  if (entries_->Length() > 0 || isWatched(program_.imports)) makeImportObject();
}

InstanceRequests::~InstanceRequests() { host_.setMemoryMaker(nullptr); }

v8::Local<v8::String> InstanceRequests::text(const std::string& value) const {
  return v8::String::NewFromUtf8(isolate_, value.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(value.size()))
      .ToLocalChecked();
}

void InstanceRequests::giveUp(const char* what, const ShimHost::Result& result) const {
  reportFault("the harness", fmt::format("{}: {}", what, result.message));
}

// --- imports -------------------------------------------------------------------------------------

void InstanceRequests::prefill(v8::Local<v8::WasmMemoryObject> memory) const {
  const std::span<std::uint8_t> bytes = bytesOf(memory);
  for (const DataPlan& data : program_.prefill) {
    for (std::size_t i = 0; i < data.bytes.size(); ++i) {
      if (data.address + i < bytes.size()) bytes[data.address + i] = data.bytes[i];
    }
  }
}

// A new memory of the kind that the module imports, with what the host put into it.
v8::Local<v8::WasmMemoryObject> InstanceRequests::makeImportedMemory() {
  const WasmMemoryPlan& plan = *program_.module.memory;
  v8::Local<v8::Value> maximum = v8::Undefined(isolate_);
  if (plan.given_maximum) maximum = number(*plan.given_maximum);
  const ShimHost::Result memory =
      host_.call(DriverFunction::kMakeMemory,
                 {number(plan.given_pages), maximum, v8::Boolean::New(isolate_, plan.is_shared)});
  if (!memory.error.empty()) giveUp("makes no memory", memory);
  prefill(memory.value.As<v8::WasmMemoryObject>());
  return memory.value.As<v8::WasmMemoryObject>();
}

v8::Local<v8::Value> InstanceRequests::valueOf(const ImportValue& value) const {
  switch (value.kind) {
    case ImportValue::Kind::kNumber:
      return number(value.number);
    case ImportValue::Kind::kBigInt:
      return v8::BigInt::NewFromUnsigned(isolate_, value.integer);
    case ImportValue::Kind::kNull:
      break;
  }
  return v8::Null(isolate_);
}

v8::Local<v8::Value> InstanceRequests::importedValue(const GlobalPlan& global) {
  v8::Local<v8::Value> value = valueOf(importValue(global));
  // A Memory that an import does name, and that is memory 0 of nothing.
  if (global.type == ValueType::kExternref && program_.has_decoy_memory) {
    value = decoy_ = host_.decoy();
  }
  if (global.form != ImportForm::kGlobalObject) return value;
  const ShimHost::Result object = host_.call(
      DriverFunction::kMakeGlobal,
      {text(javaScriptName(global.type)), v8::Boolean::New(isolate_, global.is_mutable), value});
  if (!object.error.empty()) giveUp("makes no global", object);
  return object.value;
}

void InstanceRequests::addImport(const ImportName& import, v8::Local<v8::Value> value) {
  v8::Local<v8::Value> parts[] = {text(import.module), text(import.name), value};
  entries_
      ->Set(isolate_->GetCurrentContext(), entries_->Length(),
            v8::Array::New(isolate_, parts, std::size(parts)))
      .Check();
}

void InstanceRequests::addImports() {
  const ModulePlan& module = program_.module;
  if (module.imports_function) addImport(kFunctionImport, host_.function());
  for (std::uint32_t i = 0; i < module.globals.size() && module.globals[i].is_imported; ++i) {
    addImport(globalImportName(i), importedValue(module.globals[i]));
  }
  if (module.memory && module.memory->is_imported) {
    shared_memory_ = makeImportedMemory();
    addImport(kMemoryImport, shared_memory_);
  }
  if (module.imports_table) {
    addImport(kTableImport, host_.call(DriverFunction::kMakeTable, {}).value);
  }
}

void InstanceRequests::leaveOutAnImport() {
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  entries_->Get(context, program_.fault_position % import_count_)
      .ToLocalChecked()
      .As<v8::Array>()
      ->Set(context, 2, v8::Undefined(isolate_))
      .Check();
}

// A Memory in the import object under a name that the module doesn't import.
void InstanceRequests::addDecoy() {
  decoy_ = host_.decoy();
  addImport({kMemoryImport.module, shared_memory_.IsEmpty() ? kMemoryImport.name : "decoy"},
            decoy_);
}

void InstanceRequests::makeImportObject() {
  host_.setMemoryMaker([this] { return makeImportedMemory(); });
  const ShimHost::Result state = host_.call(
      DriverFunction::kMakeImports, {entries_, number(static_cast<double>(program_.imports)),
                                     text(kMemoryImport.name), host_.memoryMaker()});
  if (!state.error.empty()) giveUp("makes no imports", state);
  state_ = state.value.As<v8::Object>();
}

std::uint32_t InstanceRequests::reads() const {
  if (state_.IsEmpty()) return 0;
  return host_.member(state_, DriverMember::kReads).As<v8::Uint32>()->Value();
}

v8::Local<v8::WasmMemoryObject> InstanceRequests::lastImportedMemory() const {
  if (program_.imports != ImportStyle::kFreshMemory || state_.IsEmpty()) return shared_memory_;
  v8::Local<v8::Value> last = host_.member(state_, DriverMember::kLastMemory);
  if (!last->IsWasmMemoryObject()) return {};
  return last.As<v8::WasmMemoryObject>();
}

// --- instances -----------------------------------------------------------------------------------

void InstanceRequests::compile() {
  if (std::ranges::all_of(program_.ways, &takesBytes)) return;
  const ShimHost::Result compiled = source(Way::kNew);
  if (compiled.error.empty()) module_ = compiled.value;
}

// What the way makes an instance of: the bytes, or a Module.
ShimHost::Result InstanceRequests::source(Way way) {
  if (!takesBytes(way) && !module_.IsEmpty()) return {module_, "", ""};
  // The engine would have less to do in the background for what it has compiled before.
  // What is broken has no end to put a number at.
  const bool is_numbered = host_.isInBackground() && program_.fault != Fault::kBrokenBytes;
  const std::vector<std::uint8_t> bytes =
      is_numbered ? withNumber(bytes_, ++bytes_handed_over) : bytes_;
  v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate_, bytes.size());
  std::ranges::copy(bytes, static_cast<std::uint8_t*>(buffer->GetBackingStore()->Data()));
  if (takesBytes(way)) return {buffer, "", ""};
  return host_.call(DriverFunction::kCompile, {buffer});
}

ShimHost::Result InstanceRequests::request(Way way) {
  ShimHost::Result source_of_it = source(way);
  if (!source_of_it.error.empty()) return source_of_it;
  v8::Local<v8::Value> imports = v8::Undefined(isolate_);
  if (!state_.IsEmpty()) imports = host_.member(state_, DriverMember::kImports);
  ShimHost::Result result =
      host_.call(DriverFunction::kInstantiate,
                 {number(static_cast<double>(way)), source_of_it.value, imports});
  if (!result.error.empty() || !result.value->IsPromise()) return result;
  result = host_.await(result.value.As<v8::Promise>());
  if (result.error.empty() && takesBytes(way)) {
    result.value = host_.member(result.value.As<v8::Object>(), DriverMember::kInstance);
  }
  return result;
}

v8::Local<v8::WasmMemoryObject> InstanceRequests::memoryOf(v8::Local<v8::Object> instance) {
  const ModulePlan& module = program_.module;
  if (!module.memory) return {};
  if (module.memory->is_imported) return lastImportedMemory();
  const auto found = std::ranges::find(module.exports, ExternalKind::kMemory, &ExportPlan::kind);
  if (found == module.exports.end()) return {};
  const ShimHost::Result memory =
      host_.call(DriverFunction::kExported, {instance, text(found->name)});
  if (!memory.value->IsWasmMemoryObject()) giveUp("does not find the memory", memory);
  return memory.value.As<v8::WasmMemoryObject>();
}

}  // namespace sigproof::fuzz
