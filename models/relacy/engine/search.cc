#include "models/relacy/engine/search.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace sigproof::models {
namespace {

constexpr std::uint64_t kEndOfSeeds = std::uint64_t{1} << 32;

std::optional<std::uint64_t> parseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void refuse(std::string_view why) {
  throw std::invalid_argument(fmt::format(
      "that is not a state that a failed model prints ({}); copy all of it, in quotes", why));
}

// Relacy reads its numbers unchecked, and would loop or crash on invalid ones.
void validateTree(const std::vector<std::uint64_t>& numbers) {
  constexpr std::uint64_t kNumbersPerChoice = 3;
  constexpr std::uint64_t kMaxAlternatives = 16;
  constexpr std::uint64_t kChoiceTypes = 5;
  if (numbers.size() < 2) refuse("it is too short");
  const std::size_t rest = numbers.size() - 2;
  if (rest % kNumbersPerChoice != 0 || rest / kNumbersPerChoice != numbers[1]) {
    refuse(fmt::format("it announces {} choices and holds {} numbers for them", numbers[1], rest));
  }
  for (std::size_t i = 2; i < numbers.size(); i += kNumbersPerChoice) {
    const std::uint64_t alternatives = numbers[i];
    if (alternatives == 0 || alternatives > kMaxAlternatives || numbers[i + 1] >= alternatives ||
        numbers[i + 2] >= kChoiceTypes) {
      refuse(fmt::format("choice {} of it is none", (i - 2) / kNumbersPerChoice));
    }
  }
}

}  // namespace

std::optional<Search> parseSearch(std::string_view text) {
  if (text == "full") return Search{};
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> number = parseNumber(text.substr(colon + 1));
  const std::string_view kind = text.substr(0, colon);
  if (!number || *number > std::numeric_limits<unsigned>::max()) return std::nullopt;
  if (kind == "bound") {
    return Search{.kind = SearchKind::kBounded, .preemption_bound = static_cast<unsigned>(*number)};
  }
  if (kind == "random" && *number > 0) {
    return Search{.kind = SearchKind::kRandom, .random_executions = *number};
  }
  return std::nullopt;
}

std::string describe(const Search& search) {
  switch (search.kind) {
    case SearchKind::kFull:
      return "full search";
    case SearchKind::kBounded:
      return fmt::format("search with at most {} preemption{}", search.preemption_bound,
                         search.preemption_bound == 1 ? "" : "s");
    case SearchKind::kRandom:
      return "random search";
  }
  return {};
}

std::string formatState(const Search& search, std::string_view relacy_state) {
  while (relacy_state.ends_with(' ')) relacy_state.remove_suffix(1);
  switch (search.kind) {
    case SearchKind::kFull:
      return fmt::format("full {}", relacy_state);
    case SearchKind::kBounded:
      return fmt::format("bound:{} {}", search.preemption_bound, relacy_state);
    case SearchKind::kRandom:
      return fmt::format("random {}", relacy_state);
  }
  return {};
}

std::optional<Search> searchBehind(const Search& failed, std::string_view state) {
  std::istringstream words{std::string(state)};
  std::string kind;
  std::vector<std::uint64_t> numbers;
  words >> kind;
  for (std::uint64_t number = 0; words >> number;) numbers.push_back(number);
  if (numbers.empty()) return std::nullopt;
  Search next = failed;
  if (failed.kind == SearchKind::kRandom) {
    next.seed = numbers[0] + 1;
    if (next.seed >= kEndOfSeeds) return std::nullopt;
    return next;
  }
  // Does Relacy's own step from one execution to the next: the last choice that has another
  // alternative takes it, and the choices after it are forgotten.
  constexpr std::size_t kNumbersPerChoice = 3;
  while (numbers.size() > 2 &&
         numbers[numbers.size() - 2] + 1 >= numbers[numbers.size() - kNumbersPerChoice]) {
    numbers.resize(numbers.size() - kNumbersPerChoice);
  }
  if (numbers.size() <= 2) return std::nullopt;
  ++numbers[numbers.size() - 2];
  ++numbers[0];
  numbers[1] = (numbers.size() - 2) / kNumbersPerChoice;
  next.first_state.clear();
  for (const std::uint64_t number : numbers) next.first_state += std::to_string(number) + " ";
  return next;
}

Search parseState(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string kind;
  words >> kind;
  std::optional<Search> search = parseSearch(kind == "random" ? "random:1" : kind);
  if (!search || (search->kind == SearchKind::kRandom && kind != "random")) {
    refuse("it doesn't begin with 'full', 'bound:N' or 'random'");
  }
  std::vector<std::uint64_t> numbers;
  for (std::string word; words >> word;) {
    const std::optional<std::uint64_t> number = parseNumber(word);
    if (!number) refuse(fmt::format("'{}' is not a number", word));
    numbers.push_back(*number);
    search->first_state += word + " ";
  }
  if (numbers.empty() || numbers[0] == 0) refuse("the execution has no number");
  if (search->kind == SearchKind::kRandom) {
    if (numbers.size() != 1 || numbers[0] >= kEndOfSeeds) refuse("a random one is one number");
    search->seed = numbers[0];
  } else {
    validateTree(numbers);
  }
  search->max_executions = 1;
  return *search;
}

}  // namespace sigproof::models
