#include "fuzz/wasm/section_editor.h"

#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kPreamble[] = {0x00, 'a', 's', 'm', 1, 0, 0, 0};

Bytes module(const Bytes& sections) {
  Bytes bytes(std::begin(kPreamble), std::end(kPreamble));
  bytes.insert(bytes.end(), sections.begin(), sections.end());
  return bytes;
}

TEST(SectionEditor, ImportedFuncrefsAreWrittenAsDraftsDid) {
  const Bytes imports{6,                                          // of the kinds in turn
                      1, 'a', 1,    'b', 0,    5,                 // a function
                      0, 1,   'b',  1,   0x70, 1,    1,    2,     // a table
                      1, 'a', 0,    2,   3,    1,    0x80, 0x70,  // a memory of many pages
                      1, 'a', 1,    'f', 3,    0x70, 0,           // two globals of that type
                      1, 'a', 1,    'g', 3,    0x70, 1,    0,
                      0, 3,   0x7F, 0};  // and one of another
  Bytes older = imports;
  older.insert(older.begin() + 35, 0x6C);
  older.insert(older.begin() + 28, 0x6C);
  Bytes with_section{2, static_cast<std::uint8_t>(imports.size())};
  with_section.insert(with_section.end(), imports.begin(), imports.end());
  Bytes expected{2, static_cast<std::uint8_t>(older.size())};
  expected.insert(expected.end(), older.begin(), older.end());
  EXPECT_EQ(withOlderFuncrefs(module(with_section)), module(expected));
  EXPECT_EQ(withOlderFuncrefs(module({5, 3, 1, 0, 2})), module({5, 3, 1, 0, 2}));
}

TEST(SectionEditor, ACustomSectionIsFoundAgainAndTakenOff) {
  const Bytes plain = module({1, 1, 0});
  for (const std::size_t size : {0U, 1U, 127U, 128U, 20000U}) {
    const Bytes content(size, 0xAB);
    const Bytes both = withCustomSection(plain, "note", content);
    const auto split = splitCustomSection(both, "note");
    ASSERT_TRUE(split) << size;
    EXPECT_EQ(Bytes(split->module.begin(), split->module.end()), plain);
    EXPECT_EQ(Bytes(split->content.begin(), split->content.end()), content);
    EXPECT_FALSE(splitCustomSection(both, "vote"));
    EXPECT_FALSE(splitCustomSection(both, "notes"));
  }
}

TEST(SectionEditor, ATornModuleHasNoSection) {
  const Bytes both = withCustomSection(module({1, 1, 0}), "note", Bytes(300, 1));
  for (std::size_t size = 0; size < both.size(); ++size) {
    EXPECT_FALSE(splitCustomSection(std::span(both).first(size), "note")) << size;
  }
}

}  // namespace
}  // namespace sigproof::fuzz
