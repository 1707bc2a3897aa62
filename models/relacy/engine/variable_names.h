// The names under which variables of a model appear in a trace.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sigproof::models {

/// Filled while a failed execution is repeated, read when its trace is made. Allocates nothing,
/// because operator new belongs to Relacy while that runs.
class VariableNames {
 public:
  /// The trace shows `name` followed by `number`. `name` must stay valid.
  static void add(const void* begin, std::size_t size_bytes, const char* name,
                  unsigned number) noexcept {
    if (count_ < names_.size()) {
      names_[count_++] = {reinterpret_cast<std::uintptr_t>(begin), size_bytes, name, number};
    }
  }

  /// Returns the name of the object around `address`; empty if it has none.
  static std::string find(std::uintptr_t address) {
    for (std::size_t i = 0; i < count_; ++i) {
      const Named& named = names_[i];
      if (address >= named.begin && address - named.begin < named.size_bytes) {
        return std::string(named.name) + " " + std::to_string(named.number);
      }
    }
    return {};
  }

  static void clear() noexcept { count_ = 0; }

 private:
  struct Named {
    std::uintptr_t begin;
    std::size_t size_bytes;
    const char* name;
    unsigned number;
  };
  static inline std::array<Named, 64> names_{};
  static inline std::size_t count_ = 0;
};

}  // namespace sigproof::models
