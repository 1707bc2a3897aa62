#include "fuzz/oracles/transparency_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "fuzz/spec/protocol_constants.h"

namespace sigproof::fuzz {
namespace {

constexpr std::size_t kContextLines = 3;

Property propertyOf(Notice::Kind kind) {
  switch (kind) {
    case Notice::Kind::kDescriptor:
      return "T1";
    case Notice::Kind::kSettlement:
      return "T3";
    case Notice::Kind::kRejection:
      return "T4";
    case Notice::Kind::kNoted:
    case Notice::Kind::kEnd:
      return "T5";
  }
  return "T5";
}

// Two stacks that differ are T9; a read of an import object that is there twice is T6.
Property propertyOf(const Notice& notice) {
  const std::string& text = notice.text;
  if (notice.kind != Notice::Kind::kNoted) return propertyOf(notice.kind);
  if (text.starts_with("'read'") || text.starts_with("'trap'")) return "T6";
  if (text.starts_with("'get'")) return "T2";
  if (text.find("\n    at ") != std::string::npos) return "T9";
  return "T5";
}

// Of the two lines that differ, the property of the one that says more than that it is another.
Property propertyAt(std::span<const Notice> without, std::span<const Notice> with,
                    std::size_t index) {
  constexpr Property kAnyDifference = "T5";
  Property property = kAnyDifference;
  for (const std::span<const Notice> log : {without, with}) {
    if (index < log.size() && propertyOf(log[index]) != kAnyDifference) {
      property = propertyOf(log[index]);
    }
  }
  return property;
}

std::string lineAt(std::span<const Notice> log, std::size_t index) {
  return index < log.size() ? log[index].text : "(nothing more)";
}

}  // namespace

std::optional<Violation> judgeLogs(std::span<const Notice> without, std::span<const Notice> with) {
  const auto [there, here] = std::ranges::mismatch(without, with);
  if (there == without.end() && here == with.end()) return std::nullopt;
  const auto index = static_cast<std::size_t>(there - without.begin());
  std::string text = fmt::format("without core notice {} is `{}`, with core `{}`; before it", index,
                                 lineAt(without, index), lineAt(with, index));
  for (std::size_t i = index - std::min(index, kContextLines); i < index; ++i) {
    text += fmt::format(" `{}`", without[i].text);
  }
  std::ranges::replace(text, '\n', ' ');
  return Violation{propertyAt(without, with, index), text};
}

std::optional<Violation> judgeMemory(std::span<const std::uint8_t> without,
                                     std::span<const std::uint8_t> with,
                                     const std::vector<std::uint64_t>& addresses) {
  if (without.size() != with.size()) {
    return Violation{"R7", fmt::format("a memory has {} bytes without core and {} with it",
                                       without.size(), with.size())};
  }
  if (std::memcmp(without.data(), with.data(), with.size()) == 0) return std::nullopt;
  for (std::size_t i = 0; i < with.size(); ++i) {
    if (without[i] == with[i]) continue;
    const bool is_word = std::ranges::any_of(addresses, [&](std::uint64_t address) {
      return i >= address && i - address < specified::kWordSizeBytes;
    });
    if (!is_word) {
      return Violation{"R6", fmt::format("byte {} of a memory is {:#04x} without core and {:#04x} "
                                         "with it, and no signal word",
                                         i, without[i], with[i])};
    }
    if (with[i] != 0) {
      return Violation{"R6",
                       fmt::format("byte {} of a signal word became {:#04x}, not 0", i, with[i])};
    }
  }
  return std::nullopt;
}

}  // namespace sigproof::fuzz
