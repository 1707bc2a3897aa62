#include "fuzz/peer/cases/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace sigproof::peer {
namespace {

using nlohmann::json;

constexpr std::uint64_t kImageWordBytes = 4;

json imageToJson(const std::optional<MemoryImage>& image) {
  if (!image) return nullptr;
  json words = json::array();
  for (const auto& [address, value] : image->words) {
    words.push_back(address);
    words.push_back(value);
  }
  return {{"length", image->length}, {"words", std::move(words)}};
}

std::optional<MemoryImage> imageFromJson(const json& value) {
  if (value.is_null()) return std::nullopt;
  MemoryImage image{.length = value.at("length"), .words = {}};
  const json& words = value.at("words");
  if (words.size() % 2 != 0) throw std::invalid_argument("a memory's last word has no value");
  for (std::size_t i = 0; i < words.size(); i += 2) {
    image.words.emplace_back(words[i].get<std::uint64_t>(), words[i + 1].get<std::uint32_t>());
  }
  // The windows of a large memory may overlap and come in any order.
  std::ranges::sort(image.words);
  const auto repeated = std::ranges::unique(image.words);
  image.words.erase(repeated.begin(), repeated.end());
  return image;
}

template <class T>
std::optional<T> memberOf(const json& value, const char* key) {
  const auto found = value.find(key);
  if (found == value.end() || found->is_null()) return std::nullopt;
  return found->get<T>();
}

RegistrationOutcome outcomeNamed(std::string_view text) {
  for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) {
    const auto outcome = static_cast<RegistrationOutcome>(i);
    if (name(outcome) == text) return outcome;
  }
  throw std::invalid_argument(fmt::format("there is no outcome '{}'", text));
}

}  // namespace

std::uint8_t MemoryImage::byteAt(std::uint64_t address) const {
  const std::uint64_t word = address - address % kImageWordBytes;
  const auto found =
      std::ranges::lower_bound(words, word, {}, &std::pair<std::uint64_t, std::uint32_t>::first);
  if (found == words.end() || found->first != word) return 0;
  return static_cast<std::uint8_t>(found->second >> (8 * (address - word)));
}

Verdict verdictFromJson(const json& value) {
  try {
    Verdict verdict;
    verdict.refused = value.value("refused", "");
    verdict.error = value.at("error");
    verdict.said = value.value("said", "");
    verdict.died = value.value("died", "");
    verdict.has_right_prototype = memberOf<bool>(value, "prototype");
    verdict.ticks = memberOf<std::uint32_t>(value, "ticks");
    verdict.reads = memberOf<std::uint32_t>(value, "reads");
    verdict.memory = imageFromJson(value.value("memory", json()));
    verdict.stray = imageFromJson(value.value("stray", json()));
    verdict.decoy = imageFromJson(value.value("decoy", json()));
    if (const auto told = memberOf<json>(value, "outcomes")) {
      verdict.outcomes.emplace();
      for (std::size_t i = 0; i < told->size(); i += 2) {
        verdict.outcomes->emplace_back(outcomeNamed(told->at(i).get<std::string>()),
                                       told->at(i + 1).get<std::uint64_t>());
      }
    }
    return verdict;
  } catch (const json::exception& error) {
    throw std::invalid_argument(fmt::format("not a verdict: {}", error.what()));
  }
}

json toJson(const Verdict& verdict) {
  json result{{"error", verdict.error}};
  const auto add = [&](const char* key, const auto& member) {
    if (member) result[key] = *member;
  };
  if (!verdict.refused.empty()) result["refused"] = verdict.refused;
  if (!verdict.said.empty()) result["said"] = verdict.said;
  if (!verdict.died.empty()) result["died"] = verdict.died;
  add("prototype", verdict.has_right_prototype);
  add("ticks", verdict.ticks);
  add("reads", verdict.reads);
  if (verdict.memory) result["memory"] = imageToJson(verdict.memory);
  if (verdict.stray) result["stray"] = imageToJson(verdict.stray);
  if (verdict.decoy) result["decoy"] = imageToJson(verdict.decoy);
  if (verdict.outcomes) {
    result["outcomes"] = json::array();
    for (const auto& [outcome, count] : *verdict.outcomes) {
      result["outcomes"].push_back(name(outcome));
      result["outcomes"].push_back(count);
    }
  }
  return result;
}

std::vector<Verdict> parseAnswer(const std::string& answer, std::size_t cases) {
  const json parsed = json::parse(answer, nullptr, false);
  if (!parsed.is_array()) {
    constexpr std::size_t kShown = 80;
    throw std::invalid_argument(fmt::format("the answer is not a list of verdicts, it begins '{}'",
                                            answer.substr(0, kShown)));
  }
  if (parsed.size() != cases) {
    throw std::invalid_argument(
        fmt::format("{} cases were asked for, {} were answered", cases, parsed.size()));
  }
  std::vector<Verdict> verdicts;
  verdicts.reserve(cases);
  for (const json& value : parsed) verdicts.push_back(verdictFromJson(value));
  return verdicts;
}

}  // namespace sigproof::peer
