// WebAssembly binaries as bytes: their sections, and changes that leave most of a module whole.
//
//   RawModule module = RawModule::split(bytes);
//   module.sections[2].content.pop_back();
//   const std::vector<std::uint8_t> changed = module.join();
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace sigproof::fuzz {

struct RawSection {
  std::uint8_t id = 0;
  std::vector<std::uint8_t> content;
  /// Bytes that the length is written with beyond those that it takes; the format allows up to 5.
  unsigned length_padding = 0;
};

struct RawModule {
  static constexpr std::uint8_t kStartSection = 8;

  std::vector<std::uint8_t> header;  ///< 8 bytes, or as many as there are
  std::vector<RawSection> sections;
  std::vector<std::uint8_t> rest;  ///< what is no section

  static RawModule split(std::span<const std::uint8_t> bytes);
  std::vector<std::uint8_t> join() const;
  bool hasSection(std::uint8_t id) const;
};

/// Changes bytes in place, up to `max_size` of them: libFuzzer's own mutation, or another.
using MutateBytes = std::function<void(std::vector<std::uint8_t>& bytes, std::size_t max_size)>;

/// A mutant of the module `bytes`: one section changed, dropped, doubled or moved, a length written
/// longer than it need be, the end cut off, a module made anew, or any byte changed. `seed`
/// decides.
std::vector<std::uint8_t> mutateModule(std::span<const std::uint8_t> bytes, std::size_t max_size,
                                       std::uint32_t seed, const MutateBytes& mutate);

}  // namespace sigproof::fuzz
