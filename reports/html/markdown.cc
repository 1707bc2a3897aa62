#include "reports/html/markdown.h"

#include <fmt/format.h>
#include <md4c.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "reports/record/property.h"

namespace sigproof::reports {
namespace {

// The fragment that forges make of a heading.
std::string slugOf(std::string_view heading) {
  std::string slug;
  for (const char c : heading) {
    if ('A' <= c && c <= 'Z') slug += static_cast<char>(c - 'A' + 'a');
    if (('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '-' || c == '_') slug += c;
    if (c == ' ') slug += '-';
  }
  return slug;
}

std::string_view tagOf(MD_BLOCKTYPE type) {
  switch (type) {
    case MD_BLOCK_QUOTE:
      return "blockquote";
    case MD_BLOCK_UL:
      return "ul";
    case MD_BLOCK_OL:
      return "ol";
    case MD_BLOCK_LI:
      return "li";
    case MD_BLOCK_CODE:
      return "pre";
    case MD_BLOCK_TABLE:
      return "table";
    case MD_BLOCK_TR:
      return "tr";
    case MD_BLOCK_TH:
      return "th";
    case MD_BLOCK_TD:
      return "td";
    case MD_BLOCK_P:
    case MD_BLOCK_HTML:
      return "p";
    default:
      return "";  // what it holds stands without an element of its own
  }
}

// Builds the markup from the parser's calls: an open element is what has come of it so far.
class Builder {
 public:
  explicit Builder(const MarkdownOptions& options) : options_(options), open_(1) {}

  Markup result() && { return std::move(open_.front().content); }

  void enter() { open_.emplace_back(); }

  void leaveBlock(MD_BLOCKTYPE type, const void* detail) {
    const Open block = close();
    if (type == MD_BLOCK_H) {
      add(heading(static_cast<const MD_BLOCK_H_DETAIL*>(detail)->level, block));
    } else if (type == MD_BLOCK_HR) {
      add(element("div", {{"class", "rule"}}, {}));
    } else if (const std::string_view tag = tagOf(type); tag.empty()) {
      add(block.content, block.words);
    } else {
      const Markup made = element(tag, block.content);
      add(type == MD_BLOCK_TABLE ? element("div", {{"class", "scroll"}}, made) : made);
    }
  }

  void leaveSpan(MD_SPANTYPE type, const void* detail) {
    const Open span = close();
    if (type == MD_SPAN_A) {
      const MD_ATTRIBUTE& href = static_cast<const MD_SPAN_A_DETAIL*>(detail)->href;
      const std::string target(href.text, href.size);
      add(target.starts_with('#') ? element("a", {{"href", target}}, span.content)
                                  : element("code", span.content),
          span.words);
    } else if (type == MD_SPAN_CODE) {
      add(element("code", span.content), span.words);
    } else if (type == MD_SPAN_EM || type == MD_SPAN_STRONG) {
      add(element(type == MD_SPAN_EM ? "em" : "strong", span.content), span.words);
    } else {
      add(span.content, span.words);
    }
  }

  void addText(MD_TEXTTYPE type, std::string_view words) {
    if (type == MD_TEXT_SOFTBR || type == MD_TEXT_BR) words = "\n";
    add(text(words), words);
  }

 private:
  struct Open {
    Markup content;
    std::string words;  // without markup
  };

  Open close() {
    Open open = std::move(open_.back());
    open_.pop_back();
    return open;
  }

  void add(const Markup& content, std::string_view words = {}) {
    open_.back().content += content;
    open_.back().words += words;
  }

  Markup heading(unsigned level, const Open& block) const {
    const unsigned shown = std::min(level + options_.heading_level - 1, 6U);
    const Attributes attributes{{"id", slugOf(block.words)}};
    const auto property = parseProperty(block.words);
    return element(fmt::format("h{}", shown), attributes,
                   property ? element("a",
                                      {{"class", "chip"},
                                       {"href", "#property-" + property->anchor()},
                                       {"title", "What this run shows of it"}},
                                      block.content)
                            : block.content);
  }

  MarkdownOptions options_;
  std::vector<Open> open_;
};

Builder& builderOf(void* data) { return *static_cast<Builder*>(data); }

}  // namespace

Markup markdown(std::string_view page, const MarkdownOptions& options) {
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_NOHTML;
  parser.enter_block = [](MD_BLOCKTYPE /*type*/, void* /*detail*/, void* data) {
    builderOf(data).enter();
    return 0;
  };
  parser.leave_block = [](MD_BLOCKTYPE type, void* detail, void* data) {
    builderOf(data).leaveBlock(type, detail);
    return 0;
  };
  parser.enter_span = [](MD_SPANTYPE /*type*/, void* /*detail*/, void* data) {
    builderOf(data).enter();
    return 0;
  };
  parser.leave_span = [](MD_SPANTYPE type, void* detail, void* data) {
    builderOf(data).leaveSpan(type, detail);
    return 0;
  };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* words, MD_SIZE size, void* data) {
    builderOf(data).addText(type, {words, size});
    return 0;
  };
  Builder builder(options);
  if (md_parse(page.data(), static_cast<MD_SIZE>(page.size()), &parser, &builder) != 0) {
    throw std::runtime_error("no memory to read a page of Markdown");
  }
  return std::move(builder).result();
}

}  // namespace sigproof::reports
