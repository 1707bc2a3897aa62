// Edits of a module's bytes that Binaryen has no words for.
//
//   bytes = withSecondMemory(bytes);
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sigproof::fuzz {

/// One more memory, of one page, after those that the module has. V8 10.2 refuses a module of two;
/// later versions take it. Precondition: a whole module, as Binaryen writes it.
std::vector<std::uint8_t> withSecondMemory(std::span<const std::uint8_t> module);

/// The types of imported funcref globals in two bytes, as drafts of typed function references had
/// them (a nullable reference was 0x6C, it is 0x63 now). V8 10.2 takes that with the proposal's
/// flag, and the inspector, which knows the standard, does not. Precondition: as above.
std::vector<std::uint8_t> withOlderFuncrefs(std::span<const std::uint8_t> module);

/// A custom section of that name at the end.
std::vector<std::uint8_t> withCustomSection(std::span<const std::uint8_t> module,
                                            std::string_view name,
                                            std::span<const std::uint8_t> content);

/// The content of the module's last section if that is a custom one of this name, and what stands
/// before it.
struct SplitModule {
  std::span<const std::uint8_t> module;
  std::span<const std::uint8_t> content;
};
std::optional<SplitModule> splitCustomSection(std::span<const std::uint8_t> module,
                                              std::string_view name);

}  // namespace sigproof::fuzz
