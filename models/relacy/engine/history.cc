#include "models/relacy/engine/history.h"

#include <charconv>
#include <optional>

namespace sigproof::models {
namespace {

// Removes `token` and the text before it from the front of `text`. Returns the text before it.
std::optional<std::string_view> takeUntil(std::string_view& text, std::string_view token) {
  const std::size_t end = text.find(token);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view before = text.substr(0, end);
  text.remove_prefix(end + token.size());
  return before;
}

template <class Number>
bool parseWhole(std::string_view text, Number& number, int base = 10) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size();
}

// Returns what follows `key` up to the next comma or blank; empty if there is no `key`.
std::string valueAfter(std::string_view text, std::string_view key) {
  const std::size_t start = text.find(key);
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start + key.size());
  return std::string(text.substr(0, text.find_first_of(", )")));
}

// Splits ", in FUNCTION, FILE(LINE)" off the end of `event`. It searches from the end, because
// names of functions contain commas and parentheses.
void takePlace(std::string_view& event, HistoryStep& step) {
  const std::size_t start = event.rfind(", in ");
  if (start == std::string_view::npos || !event.ends_with(')')) return;
  std::string_view place = event.substr(start + 5);
  place.remove_suffix(1);
  const std::size_t comma = place.rfind(", ");
  const std::size_t paren = place.rfind('(');
  if (comma == std::string_view::npos || paren == std::string_view::npos || paren < comma ||
      !parseWhole(place.substr(paren + 1), step.line)) {
    return;
  }
  step.function = shortFunctionName(place.substr(0, comma));
  step.file = place.substr(comma + 2, paren - comma - 2);
  event = event.substr(0, start);
}

void readVariableEvent(std::string_view event, HistoryStep& step) {
  using enum HistoryStep::Kind;
  step.order = valueAfter(event, "order=");
  step.is_stale = event.find("[NOT CURRENT]") != std::string_view::npos;
  if (event.starts_with("atomic load")) {
    step.kind = kAtomicLoad;
  } else if (event.starts_with("atomic store")) {
    step.kind = kAtomicStore;
    step.former = valueAfter(event, "prev value=");
  } else if (event.starts_with("fetch_")) {
    step.kind = kReadModifyWrite;
    step.former = valueAfter(event, "prev=");
    step.value = valueAfter(event, "new=");
    return;
  } else if (event.starts_with("load")) {
    step.kind = kPlainLoad;
  } else if (event.starts_with("store")) {
    step.kind = kPlainStore;
  } else {
    step.text = event;
    return;
  }
  step.value = valueAfter(event, "value=");
}

void readEvent(std::string_view event, HistoryStep& step) {
  using enum HistoryStep::Kind;
  if (event.starts_with('<')) {
    std::string_view rest = event.substr(1);
    const auto address = takeUntil(rest, "> ");
    if (address && parseWhole(*address, step.address, 16)) {
      readVariableEvent(rest, step);
      return;
    }
  }
  const bool is_allocation = event.starts_with("memory allocation:");
  if (is_allocation || event.starts_with("memory deallocation:")) {
    step.kind = is_allocation ? kAllocate : kFree;
    parseWhole(valueAfter(event, "addr="), step.address, 16);
    if (is_allocation) parseWhole(valueAfter(event, "size="), step.size_bytes);
    return;
  }
  step.text = event;
}

std::optional<HistoryStep> readLine(std::string_view line) {
  if (!line.starts_with('[')) return std::nullopt;
  HistoryStep step;
  if (!takeUntil(line, "] ")) return std::nullopt;
  const auto thread = takeUntil(line, ": ");
  if (!thread || !parseWhole(*thread, step.thread)) return std::nullopt;
  takePlace(line, step);
  readEvent(line, step);
  return step;
}

}  // namespace

History parseHistory(std::string_view relacy_output) {
  History history;
  bool is_in_history = false;
  std::string_view last;
  while (!relacy_output.empty()) {
    const std::string_view line = relacy_output.substr(0, relacy_output.find('\n'));
    relacy_output.remove_prefix(std::min(line.size() + 1, relacy_output.size()));
    if (line.starts_with("execution history")) {
      is_in_history = true;
    } else if (line.starts_with("iteration:")) {
      history.verdict = last;  // it is before the number of the execution
    } else if (is_in_history) {
      std::optional<HistoryStep> step = readLine(line);
      if (!step) break;  // Relacy then repeats the steps, thread by thread
      history.steps.push_back(std::move(*step));
    }
    last = line;
  }
  return history;
}

std::string shortFunctionName(std::string_view pretty) {
  pretty = pretty.substr(0, pretty.find(" ["));
  if (const std::size_t lambda = pretty.find("::(anonymous class)");
      lambda != std::string_view::npos) {
    pretty = pretty.substr(0, lambda);
  }
  // The name up to the parameters, without what is in angle brackets.
  std::string name;
  int depth = 0;
  for (const char character : pretty) {
    if (character == '<') ++depth;
    if (depth == 0) {
      if (character == '(') break;
      name += character;
    }
    if (character == '>' && depth > 0) --depth;
  }
  if (const std::size_t colon = name.rfind("::"); colon != std::string::npos) {
    name.erase(0, colon + 2);
  }
  if (const std::size_t blank = name.find_last_of(" *&"); blank != std::string::npos) {
    name.erase(0, blank + 1);
  }
  return name;
}

}  // namespace sigproof::models
