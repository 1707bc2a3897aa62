// JSON text in memory of a fixed size, made where nothing may be allocated: in a sanitizer's
// callback.
//
//   static FixedJson json;
//   json.clear();
//   json.raw("{\"summary\": ");
//   json.text("heap-use-after-free");   // with its quotes
//   json.raw("}");
//   write(json.view());
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sigproof::fuzz {

class FixedJson {
 public:
  /// Enough for a module as text with all that stands beside it in a record.
  static constexpr std::size_t kCapacity = std::size_t{2} * 1024 * 1024;

  void clear() noexcept {
    size_ = 0;
    is_cut_ = false;
  }
  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

  /// Appends what is JSON already; what doesn't fit is left out, and isWhole() is false from then
  /// on.
  void raw(std::string_view json) noexcept;
  /// Appends a string, quoted and escaped. Its end is left out where less than `kept_free` bytes
  /// would remain, which are for what follows. Bytes that aren't ASCII stay as they are, so the
  /// result is UTF-8 only where `text` is.
  void text(std::string_view text, std::size_t kept_free = 0) noexcept;
  void number(std::uint64_t value) noexcept;

  bool isWhole() const noexcept { return !is_cut_; }

 private:
  std::array<char, kCapacity> bytes_;
  std::size_t size_ = 0;
  bool is_cut_ = false;
};

}  // namespace sigproof::fuzz
