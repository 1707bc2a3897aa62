// A page of this repository, which is written in Markdown, as a part of an HTML page.
//
//   Markup section = markdown(specificationText(), {.heading_level = 2});
#pragma once

#include <string_view>

#include "reports/html/markup.h"

namespace sigproof::reports {

struct MarkdownOptions {
  /// The level of the page's own title: 2 makes it an <h2>, and its subtitles <h3>.
  unsigned heading_level = 1;
};

/// Headings, paragraphs, lists, tables, code, emphasis, links. Each heading gets the anchor that a
/// forge gives it ("### L3" is #l3); one that is the identifier of a property links to that
/// property's row, #property-l3. A link to a fragment of the page stays a link. Any other leads to
/// a file that a report doesn't have beside it, so its text alone is shown, as code. HTML inside of
/// the Markdown is shown as text.
Markup markdown(std::string_view page, const MarkdownOptions& options);

}  // namespace sigproof::reports
