#include "reports/html/markup.h"

#include <gtest/gtest.h>

namespace sigproof::reports {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

TEST(Markup, TextCannotBecomeMarkup) {
  EXPECT_EQ(text("<script>alert(\"&'\")</script>").str(),
            "&lt;script&gt;alert(&quot;&amp;&#39;&quot;)&lt;/script&gt;");
}

TEST(Markup, AttributesCannotBeLeft) {
  EXPECT_EQ(element("a", {{"href", "\"><script>"}}, text("x")).str(),
            "<a href=\"&quot;&gt;&lt;script&gt;\">x</a>");
}

TEST(Markup, KeepsUtf8OfEveryLength) {
  const std::string kept = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8E\x89\t\n";
  EXPECT_EQ(text(kept).str(), kept);
}

TEST(Markup, ReplacesControlCharactersThatXmlForbids) {
  EXPECT_EQ(text(std::string_view("a\0b\x1B[31m\x7F", 9)).str(),
            "a" + std::string(kReplacement) + "b" + std::string(kReplacement) + "[31m" +
                std::string(kReplacement));
  EXPECT_EQ(text("line\r\n").str(), "line\n");
  EXPECT_EQ(text("\xEF\xBF\xBF").str(), kReplacement);  // U+FFFF
}

TEST(Markup, ReplacesEveryKindOfBrokenUtf8) {
  for (const std::string_view broken : {"\x80", "\xFF", "\xC3", "\xC0\xAF", "\xE2\x82",
                                        "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\xAF"}) {
    const std::string shown = text(std::string(broken) + "z").str();
    EXPECT_EQ(shown.back(), 'z');
    EXPECT_EQ(shown.substr(0, 3), kReplacement);
    EXPECT_EQ(shown.size() % 3, 1U) << "only replacement characters before the z";
  }
}

}  // namespace
}  // namespace sigproof::reports
