#include "fuzz/wasm/binary/wasm_bytes.h"

#include "fuzz/wasm/binary/leb128.h"

namespace sigproof::fuzz {

WasmBytes WasmBytes::header() { return WasmBytes().add(std::span(kWasmHeader)); }

WasmBytes& WasmBytes::add(std::initializer_list<std::uint8_t> bytes) {
  bytes_.insert(bytes_.end(), bytes);
  return *this;
}

WasmBytes& WasmBytes::add(std::span<const std::uint8_t> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}

WasmBytes& WasmBytes::addUnsigned(std::uint64_t value, unsigned least_bytes) {
  appendUnsigned(bytes_, value, least_bytes);
  return *this;
}

WasmBytes& WasmBytes::addSigned(std::int64_t value, unsigned least_bytes) {
  appendSigned(bytes_, value, least_bytes);
  return *this;
}

WasmBytes& WasmBytes::addWord(std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  return *this;
}

WasmBytes& WasmBytes::addName(std::string_view name) {
  addUnsigned(name.size());
  bytes_.insert(bytes_.end(), name.begin(), name.end());
  return *this;
}

WasmBytes& WasmBytes::addSized(const WasmBytes& content) {
  return addUnsigned(content.bytes_.size()).add(content);
}

WasmBytes& WasmBytes::addI32Initializer(std::uint32_t value, unsigned least_bytes) {
  return add({kI32ConstCode})
      .addSigned(static_cast<std::int32_t>(value), least_bytes)
      .add({kEndCode});
}

WasmBytes& WasmBytes::addSection(SectionId id, const WasmBytes& content) {
  return add({static_cast<std::uint8_t>(id)}).addSized(content);
}

}  // namespace sigproof::fuzz
