// Edits of single sections of a module's bytes, for what Binaryen can't write.
//
//   bytes = withCustomSection(bytes, "note", content);
//   const std::optional<SplitModule> split = splitCustomSection(bytes, "note");
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sigproof::fuzz {

/// The types of imported funcref globals in two bytes, as drafts of typed function references had
/// them (a nullable reference was 0x6C, it is 0x63 now). V8 10.2 takes that with the proposal's
/// flag; the inspector knows the standard only and refuses it. Precondition: a whole module, as
/// Binaryen writes it.
std::vector<std::uint8_t> withOlderFuncrefs(std::span<const std::uint8_t> module);

/// A custom section of that name at the end.
std::vector<std::uint8_t> withCustomSection(std::span<const std::uint8_t> module,
                                            std::string_view name,
                                            std::span<const std::uint8_t> content);

/// A module in two parts: the content of its last section, and everything before that section.
struct SplitModule {
  std::span<const std::uint8_t> module;
  std::span<const std::uint8_t> content;
};
/// Nothing where the module's last section is no custom section of that name, or the module is cut
/// off.
std::optional<SplitModule> splitCustomSection(std::span<const std::uint8_t> module,
                                              std::string_view name);

}  // namespace sigproof::fuzz
