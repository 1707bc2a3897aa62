#include "fuzz/generate/scripts/witness_module.h"

#include <initializer_list>
#include <string_view>

#include "fuzz/spec/protocol_constants.h"
#include "fuzz/wasm/binary/leb128.h"
#include "fuzz/wasm/binary/wasm_bytes.h"

namespace sigproof::fuzz {
namespace {

// Addresses have as many bytes as they can, so that modules of other plans are as long.
constexpr unsigned kAddressBytes = kLongestLeb32;

bool isExported(const WitnessPlan& plan) {
  return plan.memory == WitnessMemory::kExported ||
         plan.memory == WitnessMemory::kImportedAndExported;
}

WasmBytes importSection(const WitnessPlan& plan) {
  WasmBytes section{static_cast<std::uint8_t>(1 + (plan.calls_import ? 1 : 0) +
                                              (isMemoryImported(plan) ? 1 : 0))};
  if (plan.calls_import) section.addName("env").addName("f").add({0, 0});
  // In the middle, so that the memory's place among the imports varies.
  if (isMemoryImported(plan))
    section.addName("env").addName("memory").add({2, 0, WitnessPlan::kPages});
  section.addName("env").addName("w").add({3, 0x7F, 1});  // a mutable i32
  return section;
}

WasmBytes globalSection(const WitnessPlan& plan) {
  WasmBytes section{2};
  for (const std::uint32_t address : {plan.signalAddress(), plan.terminatedAddress()}) {
    if (plan.exports == WitnessExports::kFloats) {
      section.add({0x7D, 0, 0x43, 0, 0, 0x80, 0x41, 0x0B});  // an immutable f32: 16
    } else {
      section.add({0x7F, 0}).addI32Initializer(address, kAddressBytes);
    }
  }
  return section;
}

WasmBytes exportSection(const WitnessPlan& plan) {
  const auto [signal, terminated] = specified::names(specified::Protocol::kAddress);
  const std::uint8_t kind = plan.exports == WitnessExports::kFunctions ? 0 : 3;
  const bool has_signal = plan.exports != WitnessExports::kNothing;
  const bool has_terminated = has_signal && plan.exports != WitnessExports::kSignalOnly;
  WasmBytes section{static_cast<std::uint8_t>((isExported(plan) ? 1 : 0) + (has_signal ? 1 : 0) +
                                              (has_terminated ? 1 : 0))};
  const std::uint8_t first =
      plan.exports == WitnessExports::kFunctions ? 0 : 1;  // behind the witness
  if (has_signal) section.addName(signal).add({kind, first});
  if (isExported(plan)) section.addName(plan.memory_name).add({2, 0});
  if (has_terminated) {
    section.addName(terminated).add({kind, static_cast<std::uint8_t>(2 * first)});
  }
  return section;
}

// call $f; memory[count] += 1; $w += 1
WasmBytes startCode(const WitnessPlan& plan) {
  WasmBytes code{0};  // no locals
  if (plan.calls_import) code.add({0x10, 0});
  const auto address = static_cast<std::int32_t>(plan.countAddress());
  for (int i = 0; i < 2; ++i) code.add({kI32ConstCode}).addSigned(address, kAddressBytes);
  code.add({0x28, 2, 0, 0x41, 1, 0x6A, 0x36, 2, 0});         // i32.load, + 1, i32.store
  return code.add({0x23, 0, 0x41, 1, 0x6A, 0x24, 0, 0x0B});  // global.get, + 1, global.set
}

WasmBytes dataSection(const WitnessPlan& plan) {
  return WasmBytes{1, 0}
      .addI32Initializer(plan.signalAddress(), kAddressBytes)
      .addUnsigned(specified::kWordSizeBytes)
      .addWord(WitnessPlan::kFilled);
}

}  // namespace

std::uint32_t WitnessPlan::terminatedAddress() const {
  if (exports == WitnessExports::kOverlapping) return signalAddress() + 3;
  if (exports == WitnessExports::kOutOfBounds) return 0x7FFF'FFFD;  // no memory is made that large
  return signalAddress() + 16;
}

bool isMemoryImported(const WitnessPlan& plan) {
  return plan.memory == WitnessMemory::kImported ||
         plan.memory == WitnessMemory::kImportedAndExported;
}

bool isRegistered(const WitnessPlan& plan) {
  return plan.exports == WitnessExports::kBothWords && plan.memory != WitnessMemory::kHidden;
}

WitnessPlan makeWitnessPlan(ByteSource& source, std::uint32_t number) {
  WitnessPlan plan{.number = number};
  plan.memory = source.pick({WitnessMemory::kExported, WitnessMemory::kImported,
                             WitnessMemory::kImportedAndExported, WitnessMemory::kExported,
                             WitnessMemory::kImported, WitnessMemory::kImported,
                             WitnessMemory::kImportedAndExported, WitnessMemory::kHidden});
  plan.exports = source.oneIn(5)
                     ? source.pick({WitnessExports::kNothing, WitnessExports::kFloats,
                                    WitnessExports::kFunctions, WitnessExports::kSignalOnly,
                                    WitnessExports::kOverlapping, WitnessExports::kOutOfBounds})
                     : WitnessExports::kBothWords;
  plan.memory_name = source.pick<std::string>({"memory", "memory", "then", "__proto__", "", "0"});
  plan.is_unaligned = source.oneIn(4);
  plan.calls_import = source.oneIn(3);
  plan.fills_signal_word = source.oneIn(3);
  return plan;
}

std::vector<std::uint8_t> writeWitnessModule(const WitnessPlan& plan) {
  WasmBytes module = WasmBytes::header();
  const std::uint8_t start = plan.calls_import ? 1 : 0;  // after the imported function
  module.addSection(SectionId::kType, {1, 0x60, 0, 0});  // () -> ()
  module.addSection(SectionId::kImport, importSection(plan));
  module.addSection(SectionId::kFunction, {1, 0});
  if (!isMemoryImported(plan)) module.addSection(SectionId::kMemory, {1, 0, WitnessPlan::kPages});
  module.addSection(SectionId::kGlobal, globalSection(plan));
  module.addSection(SectionId::kExport, exportSection(plan));
  module.addSection(SectionId::kStart, {start});
  module.addSection(SectionId::kCode, WasmBytes{1}.addSized(startCode(plan)));
  if (plan.fills_signal_word) module.addSection(SectionId::kData, dataSection(plan));
  return module.take();
}

}  // namespace sigproof::fuzz
