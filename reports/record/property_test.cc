// The table of properties, the page that says them in full, and whoever in this repository names
// one.
#include "reports/record/property.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "reports/record/property_mentions.h"
#include "reports/record/record.h"
#include "reports/test_records.h"

namespace sigproof::reports {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const fs::path kRoot = SIGPROOF_SOURCE_DIR;

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// --- the table -----------------------------------------------------------------------------------

TEST(PropertyTable, HasEachIdentifierOnceInOrderWithinItsFamily) {
  std::map<char, int> last;
  for (const Property property : Property::all()) {
    EXPECT_EQ(property.id(), fmt::format("{}{}", property.family(), ++last[property.family()]));
    EXPECT_FALSE(property.promise().empty());
    EXPECT_EQ(parseProperty(property.id()), property);
  }
  EXPECT_THAT(last, SizeIs(kPropertyFamilies.size()));
}

TEST(PropertyTable, KnowsNoOtherIdentifier) {
  // Two are put together here, because this file is looked at for unknown ones as well.
  for (const std::string& id :
       {std::string(), std::string("L") + "0", std::string("L") + "03", std::string("L"),
        std::string("l3"), std::string("L3 "), std::string(" L3"), std::string("X1")}) {
    EXPECT_EQ(parseProperty(id), std::nullopt) << id;
  }
}

TEST(PropertyTable, SaysWhereTheSpecificationHasAProperty) {
  EXPECT_EQ(Property("R10").anchor(), "r10");
  EXPECT_EQ(Property("R10").link(), "core/SPECIFICATION.md#r10");
}

TEST(PropertyTable, ARecordWithAnotherIdentifierIsRefusedByName) {
  auto json = toJson(makeRecord("model/push", Kind::kModel, Verdict::kPassed));
  EXPECT_THAT(recordFromJson(json).properties, ElementsAre(Property("L3"), Property("L4")));
  json["properties"] = {"L3", "X1"};
  try {
    recordFromJson(json);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "\"X1\" is no property of core/SPECIFICATION.md");
  }
}

// --- the page ------------------------------------------------------------------------------------

struct Paragraph {
  std::string id;
  std::string promise;
  Standing standing = Standing::kHeld;
};

// What stands under each "### " heading: the sentence in bold, and whether core holds it.
std::vector<Paragraph> paragraphsOf(const std::string& page) {
  std::vector<Paragraph> paragraphs;
  for (const std::string& line : linesOf(page)) {
    if (line.starts_with("#")) {
      if (line.starts_with("### ")) paragraphs.push_back({.id = line.substr(4), .promise = ""});
    } else if (paragraphs.empty() || !line.starts_with("**")) {
      continue;
    } else if (paragraphs.back().promise.empty() && line.ends_with(".**")) {
      paragraphs.back().promise = line.substr(2, line.size() - 5);
    } else if (line.starts_with("**Not held yet.**")) {
      paragraphs.back().standing = Standing::kNotHeld;
    } else if (line.starts_with("**Held in part.**")) {
      paragraphs.back().standing = Standing::kHeldInPart;
    }
  }
  return paragraphs;
}

std::string_view toText(Standing standing) {
  switch (standing) {
    case Standing::kHeld:
      return "held";
    case Standing::kHeldInPart:
      return "held in part";
    case Standing::kNotHeld:
      return "not held";
  }
  return "";
}

// In what a page and the table differ, a line each.
std::vector<std::string> differencesOf(const std::string& page) {
  std::vector<std::string> differences;
  std::vector<std::string_view> ids;
  for (const Paragraph& paragraph : paragraphsOf(page)) {
    const auto property = parseProperty(paragraph.id);
    if (!property) {
      differences.push_back(paragraph.id + " is not in the table");
      continue;
    }
    ids.push_back(property->id());
    if (paragraph.promise != property->promise()) {
      differences.push_back(fmt::format("{} promises \"{}\" here and \"{}\" in the table",
                                        paragraph.id, paragraph.promise, property->promise()));
    }
    if (paragraph.standing != property->standing()) {
      differences.push_back(fmt::format("{} is {} here and {} in the table", paragraph.id,
                                        toText(paragraph.standing), toText(property->standing())));
    }
  }
  std::vector<std::string_view> all;
  for (const Property property : Property::all()) all.push_back(property.id());
  if (ids != all) {
    for (const std::string_view id : all) {
      const auto count = std::ranges::count(ids, id);
      if (count != 1) differences.push_back(fmt::format("{} is here {} times", id, count));
    }
    if (differences.empty()) differences.emplace_back("the order is another");
  }
  return differences;
}

std::string pageOfTheTable() {
  std::string page = "# Title\n";
  for (const Property property : Property::all()) {
    page += fmt::format("### {}\n\n**{}.**\n\nMore.\n\n", property.id(), property.promise());
    if (property.standing() == Standing::kNotHeld) page += "**Not held yet.** So.\n";
    if (property.standing() == Standing::kHeldInPart) page += "**Held in part.** So.\n";
  }
  return page;
}

// A page with `from` replaced by `to`.
std::string changed(std::string page, std::string_view from, std::string_view to) {
  page.replace(page.find(from), from.size(), to);
  return page;
}

TEST(SpecificationPage, AgreesWithTheTableInEveryHeadingPromiseAndStanding) {
  EXPECT_THAT(differencesOf(fileText(kRoot / "core/SPECIFICATION.md")), IsEmpty());
}

TEST(SpecificationPage, EveryDifferenceFromTheTableIsSeen) {
  const std::string page = pageOfTheTable();
  ASSERT_THAT(differencesOf(page), IsEmpty());
  EXPECT_THAT(differencesOf(changed(page, "### L3\n", "### X3\n")),
              ElementsAre("X3 is not in the table", "L3 is here 0 times"));
  EXPECT_THAT(differencesOf(page + "### L3\n\n**x.**\n"),
              ElementsAre(HasSubstr("L3 promises \"x\" here"), "L3 is here 2 times"));
  EXPECT_THAT(
      differencesOf(changed(page, "An i32 address is unsigned", "x")),
      ElementsAre("R2 promises \"x\" here and \"An i32 address is unsigned\" in the table"));
  EXPECT_THAT(differencesOf(changed(page, "More.\n", "**Not held yet.** x\n")),
              ElementsAre("L1 is not held here and held in the table"));
  EXPECT_THAT(differencesOf(changed(page, "**Held in part.**", "So")),
              ElementsAre("L8 is held here and held in part in the table"));
  EXPECT_THAT(
      differencesOf(changed(changed(changed(page, "### T1\n", "### X0\n"), "### T2\n", "### T1\n"),
                            "### X0\n", "### T2\n")),
      SizeIs(2));  // whose promises are each other's
}

// --- whoever names a property
// ----------------------------------------------------------------------

// "path:line: ..." for each word of an identifier's form that the table lacks.
std::vector<std::string> unknownIn(const std::string& path, const std::string& text) {
  std::vector<std::string> unknown;
  for (const Mention& mention : mentionsIn(text)) {
    if (mention.property) continue;
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(mention.at);
    unknown.push_back(
        fmt::format("{}:{}: {} is no property of core/SPECIFICATION.md; spell it "
                    "otherwise if it is to be none",
                    path, 1 + std::count(text.begin(), end, '\n'), mention.id));
  }
  return unknown;
}

// Bytes that no person wrote: inputs of fuzz targets, hashes of packages.
bool isWritten(const std::string& path) {
  return !path.starts_with("corpus/seeds/") && !path.starts_with("corpus/crashes/") &&
         !path.ends_with("package-lock.json");
}

// Of this repository; empty where it is no clone.
std::vector<std::string> trackedFiles() {
  const std::string command = fmt::format("git -C '{}' ls-files 2>/dev/null", kRoot.string());
  // NOLINTNEXTLINE(cert-env33-c): a command line of ours
  FILE* const pipe = popen(command.c_str(), "r");
  std::string output;
  for (int c = 0; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) {
    output += static_cast<char>(c);
  }
  if (pipe != nullptr) pclose(pipe);
  return linesOf(output);
}

TEST(MentionedProperties, AnUnknownOneIsNamedWithItsPlace) {
  // Put together here, because this file is looked at as well.
  const std::string unknown = std::string("L") + "99";
  EXPECT_THAT(unknownIn("a.cc", "// L3\n{\"L4\"}\n"), IsEmpty());
  for (const char* const text :
       {"x\nTEST(List, {}_AHandlerSees) {{\n", "x\n// as {} asks\n", "x\n#   Breaks: L3 {}\n",
        "x\n  require(false, \"L3/{}: no\");\n", "x\n{{\"properties\": [\"{}\"]}}\n"}) {
    EXPECT_THAT(unknownIn("a/b.cc", fmt::format(fmt::runtime(text), unknown)),
                ElementsAre(HasSubstr("a/b.cc:2: " + unknown + " is no property")))
        << text;
  }
}

TEST(MentionedProperties, AreThoseOfTheTableInEveryFileOfThisRepository) {
  const std::vector<std::string> files = trackedFiles();
  if (files.empty()) GTEST_SKIP() << "this is no clone, so git does not know its files";
  std::set<std::string_view> mentioned;
  for (const std::string& file : files) {
    if (!isWritten(file) || !fs::is_regular_file(kRoot / file)) continue;
    const std::string text = fileText(kRoot / file);
    EXPECT_THAT(unknownIn(file, text), IsEmpty());
    for (const Property property : propertiesIn(text)) mentioned.insert(property.id());
  }
  EXPECT_THAT(mentioned, SizeIs(Property::all().size()));
}

// "Suite.Name" in `page`, between backticks.
std::vector<std::string> testsNamedIn(const std::string& page) {
  std::vector<std::string> tests;
  for (std::size_t at = 0; (at = page.find('`', at)) != std::string::npos;) {
    const std::size_t end = page.find('`', at + 1);
    const std::string code = page.substr(at + 1, end - at - 1);
    const std::size_t dot = code.find('.');
    if (dot != std::string::npos && !mentionsIn(code).empty()) tests.push_back(code);
    at = end == std::string::npos ? end : end + 1;
  }
  return tests;
}

TEST(SpecificationPage, NamesTestsThatExist) {
  std::string sources;  // in which no space is more than one
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "core")) {
    if (!entry.path().string().ends_with("_test.cc")) continue;
    std::istringstream words(fileText(entry.path()));
    for (std::string word; words >> word;) sources += word + ' ';
  }
  const auto tests = testsNamedIn(fileText(kRoot / "core/SPECIFICATION.md"));
  EXPECT_GE(tests.size(), 10U);
  for (const std::string& test : tests) {
    const std::size_t dot = test.find('.');
    EXPECT_THAT(sources, HasSubstr(test.substr(0, dot) + ", " + test.substr(dot + 1) + ")"));
  }
}

}  // namespace
}  // namespace sigproof::reports
