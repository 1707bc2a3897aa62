#include "fuzz/generate/stored_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fuzz/wasm/binary/wasm_sections.h"
#include "fuzz/wasm/module_writer.h"
#include "fuzz/wasm/section_editor.h"

namespace nlohmann {

template <class T>
struct adl_serializer<std::optional<T>> {
  // NOLINTNEXTLINE(readability-identifier-naming): the library's name
  static void to_json(json& j, const std::optional<T>& value) {
    j = value ? json(*value) : json(nullptr);
  }
  // NOLINTNEXTLINE(readability-identifier-naming): the library's name
  static void from_json(const json& j, std::optional<T>& value) {
    value = j.is_null() ? std::optional<T>() : std::optional<T>(j.get<T>());
  }
};

}  // namespace nlohmann

namespace sigproof::fuzz {

// Members are stored by their names, enumerators by their numbers: new ones come last.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(GlobalPlan, type, is_mutable, bits, is_imported, form,
                                   copied_from)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WasmMemoryPlan, is_imported, is_memory64, is_shared,
                                   initial_pages, maximum_pages, given_pages, given_maximum)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ExportPlan, name, kind, index)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataPlan, address, bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StartAction, kind, address, value, global, pages)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModulePlan, globals, memory, imports_function, imports_table,
                                   exports, data, start, polled)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AfterAction, kind, instance, pages)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ShimProgram, protocol, module, ways, imports, has_decoy_memory,
                                   prefill, fault, fault_position, is_in_background, after,
                                   is_collected_at_end)

namespace {

using nlohmann::json;

constexpr std::string_view kSectionName = "sigproof.input";

// A file from elsewhere must not make our own code read out of bounds.
void require(bool is_sound, const char* what) {
  if (is_sound) return;
  throw UnreadableInput(
      fmt::format("its plan is damaged ({}); make it again from its bytes, or leave it out", what));
}

template <class Enumeration>
bool isBelow(Enumeration value, std::size_t count) {
  return static_cast<std::size_t>(value) < count;
}

void requireSoundGlobals(const ModulePlan& module) {
  const auto& globals = module.globals;
  require(std::ranges::is_partitioned(globals, &GlobalPlan::is_imported), "order of the globals");
  for (const GlobalPlan& global : globals) {
    require(isBelow(global.type, kValueTypeCount) && isBelow(global.form, kImportFormCount),
            "a global");
    require(!global.copied_from ||
                (*global.copied_from < globals.size() && globals[*global.copied_from].is_imported),
            "a global's value");
  }
}

void requireSound(const ShimProgram& program) {
  const ModulePlan& module = program.module;
  requireSoundGlobals(module);
  for (const ExportPlan& exported : module.exports) {
    require(isBelow(exported.kind, 4), "an export");
    require(exported.kind != ExternalKind::kGlobal || exported.index < module.globals.size(),
            "an exported global");
    require(exported.kind != ExternalKind::kMemory || module.memory, "an exported memory");
  }
  for (const StartAction& action : module.start) {
    using Kind = StartAction::Kind;
    require(isBelow(action.kind, 4), "the start function");
    require(action.kind != Kind::kSetGlobal || action.global < module.globals.size(),
            "a global that is set");
    require((action.kind != Kind::kStore && action.kind != Kind::kGrow) || module.memory,
            "a store without a memory");
  }
  require(module.data.empty() || module.memory, "data without a memory");
  require(!module.polled || module.memory, "a word without a memory");
  require(isBelow(program.protocol, 2) && isBelow(program.imports, kImportStyleCount) &&
              isBelow(program.fault, kFaultCount),
          "the program");
  require(program.fault != Fault::kStruck || program.imports != ImportStyle::kFreshMemory,
          "a strike while the harness makes a memory");
  require(std::ranges::all_of(program.ways, [](Way way) { return isBelow(way, kWayCount); }),
          "a way to make an instance");
  require(std::ranges::all_of(program.after,
                              [](const AfterAction& action) {
                                return isBelow(action.kind, kAfterActionKindCount);
                              }),
          "an action");
}

}  // namespace

ShimInput makeInput(std::span<const std::uint8_t> bytes) {
  ByteSource source(bytes);
  ShimInput input{
      .program = makeShimProgram(source), .module = {}, .bytes = {bytes.begin(), bytes.end()}};
  input.module = writeModule(input.program.module);
  return input;
}

std::vector<std::uint8_t> toStored(const ShimInput& input) {
  std::vector<std::uint8_t> content{kStoredInputVersion};
  json::to_cbor(json{{"program", input.program}, {"bytes", json::binary(input.bytes)}}, content);
  return withCustomSection(input.module, kSectionName, content);
}

bool isStored(std::span<const std::uint8_t> file) { return startsWith(file, kWasmMagic); }

ShimInput fromStored(std::span<const std::uint8_t> file) {
  const auto split = splitCustomSection(file, kSectionName);
  if (!split || split->content.empty()) {
    throw UnreadableInput(
        "a module, but no stored input: its last section is not sigproof.input, or it is cut off");
  }
  const std::uint8_t version = split->content.front();
  if (version != kStoredInputVersion) {
    throw UnreadableInput(
        fmt::format("stored in version {} of the format, and this program reads "
                    "version {}; make it again with store-shim",
                    version, kStoredInputVersion));
  }
  try {
    json content = json::from_cbor(split->content.subspan(1));
    // Files from before there was a choice.
    content.at("program").emplace("is_in_background", false);
    ShimInput input{.program = content.at("program").get<ShimProgram>(),
                    .module = {split->module.begin(), split->module.end()},
                    .bytes = content.at("bytes").get_binary()};
    requireSound(input.program);
    return input;
  } catch (const json::exception& error) {
    throw UnreadableInput(fmt::format("its plan is damaged ({}); leave it out", error.what()));
  }
}

ShimInput readInput(std::span<const std::uint8_t> file) {
  return isStored(file) ? fromStored(file) : makeInput(file);
}

}  // namespace sigproof::fuzz
