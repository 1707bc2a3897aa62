#include "fuzz/generate/raw_bytes/edited_module.h"

#include <cstddef>
#include <utility>

#include "fuzz/wasm/binary/raw_module.h"

namespace sigproof::fuzz {
namespace {

enum class Edit : std::uint8_t { kOverwrite, kInsert, kErase, kPad, kDrop, kDouble, kSwap };

std::ptrdiff_t indexIn(std::size_t size, ByteSource& source) {
  return source.below(static_cast<std::uint32_t>(size));
}

void editContent(std::vector<std::uint8_t>& content, Edit edit, ByteSource& source) {
  const auto at = content.begin() + indexIn(content.size() + 1, source);
  if (edit == Edit::kInsert) {
    content.insert(at, source.byte());
  } else if (at != content.end()) {
    if (edit == Edit::kErase) {
      content.erase(at);
    } else {
      *at = source.byte();
    }
  }
}

void editOnce(RawModule& module, ByteSource& source) {
  std::vector<RawSection>& sections = module.sections;
  const auto chosen = sections.begin() + indexIn(sections.size(), source);
  const Edit edit =
      source.pick({Edit::kOverwrite, Edit::kOverwrite, Edit::kOverwrite, Edit::kInsert,
                   Edit::kErase, Edit::kPad, Edit::kDrop, Edit::kDouble, Edit::kSwap});
  switch (edit) {
    case Edit::kOverwrite:
    case Edit::kInsert:
    case Edit::kErase:
      return editContent(chosen->content, edit, source);
    case Edit::kPad:
      chosen->length_padding = 1 + source.below(4);
      return;
    case Edit::kDrop:
      sections.erase(chosen);
      return;
    case Edit::kDouble:
      sections.insert(chosen, RawSection(*chosen));
      return;
    case Edit::kSwap:
      std::swap(*chosen, *(sections.begin() + indexIn(sections.size(), source)));
      return;
  }
}

}  // namespace

std::vector<std::uint8_t> editModule(std::span<const std::uint8_t> module, ByteSource& source) {
  constexpr std::uint32_t kMostEdits = 3;
  RawModule raw = RawModule::split(module);
  for (std::uint32_t i = source.below(kMostEdits + 1); i > 0 && !raw.sections.empty(); --i) {
    editOnce(raw, source);
  }
  std::vector<std::uint8_t> changed = raw.join();
  if (source.oneIn(16)) changed.resize(static_cast<std::size_t>(indexIn(changed.size(), source)));
  return changed;
}

}  // namespace sigproof::fuzz
