#include "reports/record/property_mentions.h"

#include <algorithm>
#include <set>

namespace sigproof::reports {
namespace {

bool isDigit(char c) { return '0' <= c && c <= '9'; }

// Bytes of a character that is not ASCII belong to the word that they stand in.
bool isOfWord(char c) {
  return isDigit(c) || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool hasForm(std::string_view part) {
  return part.size() >= 2 &&
         std::ranges::find(kPropertyFamilies, part.front(), &PropertyFamily::letter) !=
             kPropertyFamilies.end() &&
         std::ranges::all_of(part.substr(1), isDigit);
}

}  // namespace

std::vector<Mention> mentionsIn(std::string_view text) {
  std::vector<Mention> mentions;
  for (std::size_t at = 0; at < text.size();) {
    const auto* const end = std::find_if_not(text.begin() + at, text.end(), isOfWord);
    std::string_view word = text.substr(at, static_cast<std::size_t>(end - (text.begin() + at)));
    const std::size_t next = at + word.size() + 1;
    while (!word.empty()) {
      const std::string_view part = word.substr(0, word.find('_'));
      if (!hasForm(part)) break;
      mentions.push_back({at, part, parseProperty(part)});
      const std::size_t taken = std::min(part.size() + 1, word.size());
      word.remove_prefix(taken);
      at += taken;
    }
    at = next;
  }
  return mentions;
}

std::vector<Property> propertiesIn(std::string_view text) {
  std::set<Property> properties;
  for (const Mention& mention : mentionsIn(text)) {
    if (mention.property) properties.insert(*mention.property);
  }
  return {properties.begin(), properties.end()};
}

}  // namespace sigproof::reports
