#include "reports/html/markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sigproof::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string shown(std::string_view page) { return markdown(page, {.heading_level = 2}).str(); }

TEST(Markdown, HeadingsHaveTheAnchorsOfAForge) {
  EXPECT_EQ(shown("# What core promises"), "<h2 id=\"what-core-promises\">What core promises</h2>");
  EXPECT_EQ(shown("## L: the `list`"), "<h3 id=\"l-the-list\">L: the <code>list</code></h3>");
}

TEST(Markdown, TheHeadingOfAPropertyLeadsToItsRow) {
  EXPECT_THAT(shown("### L3"), HasSubstr("<h4 id=\"l3\"><a class=\"chip\" href=\"#property-l3\""));
  EXPECT_THAT(shown("### About L3"), Not(HasSubstr("href")));
}

TEST(Markdown, ParagraphsListsTablesAndCode) {
  EXPECT_EQ(shown("a *b*\n**c** `<d>`"),
            "<p>a <em>b</em>\n<strong>c</strong> <code>&lt;d&gt;</code></p>");
  EXPECT_EQ(shown("- a\n- b"), "<ul><li>a</li><li>b</li></ul>");
  EXPECT_EQ(shown("| a | b |\n|---|---|\n| c | |"),
            "<div class=\"scroll\"><table><tr><th>a</th><th>b</th></tr>"
            "<tr><td>c</td><td></td></tr></table></div>");
  EXPECT_EQ(shown("```\na < b\n```"), "<pre>a &lt; b\n</pre>");
}

TEST(Markdown, OnlyLinksWithinThePageAreLinks) {
  EXPECT_EQ(shown("[L2](#l2)"), "<p><a href=\"#l2\">L2</a></p>");
  EXPECT_EQ(shown("[core/v8/README.md](v8/README.md)"), "<p><code>core/v8/README.md</code></p>");
  EXPECT_EQ(shown("[x](javascript:alert)"), "<p><code>x</code></p>");
}

TEST(Markdown, HtmlIsShownAsText) {
  EXPECT_THAT(shown("<script>x</script>"), HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(shown("a <b onclick=x>"), HasSubstr("&lt;b"));
}

}  // namespace
}  // namespace sigproof::reports
