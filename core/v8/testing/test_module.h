// Small WebAssembly modules for tests of the V8 binding, written byte by byte.
//
//   std::vector<std::uint8_t> bytes = TestModule{.memory = MemoryKind::kImported}.encode();
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sigproof {

enum class MemoryKind : std::uint8_t {
  kExported,
  kImported,
  kImportedAndExported,
  kHidden,
  kAbsent
};

/// A module with one memory of one to four pages ("memory", or import "env" "memory"); two
/// immutable i32 globals with the words' addresses; the signal word pre-filled with 0xDEADBEEF if
/// there is a memory; and, if wanted, a function "f" imported from "env" that the start function
/// calls.
struct TestModule {
  MemoryKind memory = MemoryKind::kExported;
  std::optional<std::int32_t> signal = 16;
  std::optional<std::int32_t> terminated = 20;
  std::string signal_name = "__signal_address";
  std::string terminated_name = "__terminated_address";
  bool is_float = false;  // the globals are f32 instead
  bool has_start = false;

  std::vector<std::uint8_t> encode() const {
    std::vector<std::uint8_t> module{0, 'a', 's', 'm', 1, 0, 0, 0};
    addSection(module, 1, {1, 0x60, 0, 0});  // one type: () -> ()
    addSection(module, 2, importSection());
    if (memory == MemoryKind::kExported || memory == MemoryKind::kHidden) {
      addSection(module, 5, {1, 1, 1, 4});
    }
    addSection(module, 6, globalSection());
    addSection(module, 7, exportSection());
    if (has_start) addSection(module, 8, {0});
    if (memory != MemoryKind::kAbsent && signal && *signal >= 0 && *signal < 65532) {
      addSection(module, 11, dataSection());
    }
    return module;
  }

 private:
  using Bytes = std::vector<std::uint8_t>;

  static void addName(Bytes& bytes, std::string_view name) {
    bytes.push_back(static_cast<std::uint8_t>(name.size()));
    bytes.insert(bytes.end(), name.begin(), name.end());
  }

  static void addSection(Bytes& module, std::uint8_t id, const Bytes& content) {
    if (content.empty() || content[0] == 0) {
      if (id != 8) return;  // an empty vector; but a start section names function 0
    }
    module.push_back(id);
    module.push_back(static_cast<std::uint8_t>(content.size() & 0x7F) | 0x80);
    module.push_back(static_cast<std::uint8_t>(content.size() >> 7));
    module.insert(module.end(), content.begin(), content.end());
  }

  static void addSignedLeb(Bytes& bytes, std::int32_t value) {
    for (int i = 0; i < 4; ++i, value >>= 7) {
      bytes.push_back(static_cast<std::uint8_t>(value & 0x7F) | 0x80);
    }
    bytes.push_back(static_cast<std::uint8_t>(value & 0x7F));
  }

  bool isMemoryImported() const {
    return memory == MemoryKind::kImported || memory == MemoryKind::kImportedAndExported;
  }

  Bytes importSection() const {
    Bytes content{static_cast<std::uint8_t>(int{has_start} + int{isMemoryImported()})};
    if (has_start) {
      addName(content, "env");
      addName(content, "f");
      content.insert(content.end(), {0, 0});
    }
    if (isMemoryImported()) {
      addName(content, "env");
      addName(content, "memory");
      content.insert(content.end(), {2, 0, 1});
    }
    return content;
  }

  Bytes globalSection() const {
    Bytes content{static_cast<std::uint8_t>(int{signal.has_value()} + int{terminated.has_value()})};
    for (const auto& address : {signal, terminated}) {
      if (!address) continue;
      if (is_float) {
        content.insert(content.end(), {0x7D, 0, 0x43, 0, 0, 0x80, 0x41, 0x0B});  // 16.0
      } else {
        content.insert(content.end(), {0x7F, 0, 0x41});
        addSignedLeb(content, *address);
        content.push_back(0x0B);
      }
    }
    return content;
  }

  Bytes exportSection() const {
    Bytes content{0};
    std::uint8_t global_index = 0;
    const auto add = [&](std::string_view name, std::uint8_t kind, std::uint8_t index) {
      ++content[0];
      addName(content, name);
      content.insert(content.end(), {kind, index});
    };
    if (memory == MemoryKind::kExported || memory == MemoryKind::kImportedAndExported) {
      add("memory", 2, 0);
    }
    if (signal) add(signal_name, 3, global_index++);
    if (terminated) add(terminated_name, 3, global_index);
    return content;
  }

  Bytes dataSection() const {
    Bytes content{1, 0, 0x41};
    addSignedLeb(content, *signal);
    content.insert(content.end(), {0x0B, 4, 0xEF, 0xBE, 0xAD, 0xDE});
    return content;
  }
};

}  // namespace sigproof
