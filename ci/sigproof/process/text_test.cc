#include "ci/sigproof/process/text.h"

#include <gtest/gtest.h>

namespace sigproof::tool {
namespace {

TEST(Text, NumbersHaveSeparators) {
  EXPECT_EQ(withSeparators(0), "0");
  EXPECT_EQ(withSeparators(999), "999");
  EXPECT_EQ(withSeparators(1234567), "1,234,567");
}

TEST(Text, AGlobMatchesTheNameWithItsKindOrWithout) {
  EXPECT_TRUE(matchesGlob("model/a", "model/a"));
  EXPECT_TRUE(matchesGlob("a", "model/a"));
  EXPECT_TRUE(matchesGlob("model/*", "model/a"));
  EXPECT_TRUE(matchesGlob("*@O2", "stepping/x@O2"));
  EXPECT_FALSE(matchesGlob("model/*", "mutant/a"));
  EXPECT_FALSE(matchesGlob("b", "model/a"));
}

TEST(Text, AShellReadsAQuotedWordAsOneWord) {
  EXPECT_EQ(shellQuoted("plain/word-1.2@O2"), "plain/word-1.2@O2");
  EXPECT_EQ(shellQuoted("two words"), "'two words'");
  EXPECT_EQ(shellQuoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shellQuoted(""), "''");
  EXPECT_EQ(commandLine({"a", "b c"}), "a 'b c'");
}

TEST(Text, TheLastLineIsTheLastThatIsNotEmpty) {
  EXPECT_EQ(lastLine("a\nb\n\n"), "b");
  EXPECT_EQ(lastLine("a"), "a");
  EXPECT_EQ(lastLine(" \n"), "");
}

TEST(Text, TheLineWithAPartIsWhole) {
  EXPECT_EQ(lineWith("one\ntwo words\nthree", "words"), "two words");
  EXPECT_EQ(lineWith("one", "one"), "one");
  EXPECT_EQ(lineWith("one", "two"), "");
}

TEST(Text, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(validUtf8("\xC3\xA4 fine"), "\xC3\xA4 fine");
  EXPECT_EQ(validUtf8("a\xFF"), "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace sigproof::tool
