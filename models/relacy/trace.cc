#include "models/relacy/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "models/relacy/atomic_steps.h"
#include "models/relacy/variable_names.h"

namespace sigproof::models {
namespace {

using Kind = HistoryStep::Kind;

// The lines of source files, to find what a variable is called where it is used.
class SourceLines {
 public:
  const std::string& get(const std::string& file, unsigned line) {
    auto [entry, is_new] = files_.try_emplace(file);
    if (is_new) {
      std::ifstream stream = openSource(file);
      for (std::string text; std::getline(stream, text);) entry->second.push_back(text);
    }
    static const std::string kNone;
    return line >= 1 && line <= entry->second.size() ? entry->second[line - 1] : kNone;
  }

 private:
  // The names that the compiler recorded are relative to the repository or to the build folder, so
  // that objects don't depend on where the clone is. This program lies below both.
  static std::ifstream openSource(const std::string& file) {
    std::error_code error;
    std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error);
    while (folder.has_relative_path()) {
      folder = folder.parent_path();
      if (std::filesystem::is_regular_file(folder / file, error))
        return std::ifstream(folder / file);
    }
    return std::ifstream(file);
  }

  std::map<std::string, std::vector<std::string>> files_;
};

std::vector<std::string_view> callsOf(Kind kind) {
  switch (kind) {
    case Kind::kAtomicLoad:
      return {".loadOwned(", ".load("};
    case Kind::kAtomicStore:
      return {".storeOwned(", ".store("};
    case Kind::kReadModifyWrite:
      return {".fetchAdd(", ".fetchSub(", ".fetchOr(", ".compareExchange("};
    default:
      return {};
  }
}

// "next" of "node->next.storeOwned(head)". Nothing for "link->store(next)", where the name is not
// the variable's own.
std::optional<std::string> memberName(Kind kind, std::string_view source_line) {
  for (const std::string_view call : callsOf(kind)) {
    const std::size_t end = source_line.find(call);
    if (end == std::string_view::npos) continue;
    std::size_t start = end;
    while (start > 0 && (std::isalnum(static_cast<unsigned char>(source_line[start - 1])) != 0 ||
                         source_line[start - 1] == '_')) {
      --start;
    }
    if (start < end) return std::string(source_line.substr(start, end - start));
  }
  return std::nullopt;
}

// Names addresses: blocks of Relacy's heap by the order in which they were made, variables by what
// the source calls them.
class Names {
 public:
  explicit Names(const History& history) {
    SourceLines source;
    for (const HistoryStep& step : history.steps) {
      track(step);
      if (step.address == 0 || !VariableNames::find(step.address).empty()) continue;
      if (auto name = memberName(step.kind, source.get(step.file, step.line))) {
        members_.try_emplace(offsetKey(step.address), std::move(*name));
      }
    }
    blocks_.clear();
    block_count_ = 0;
  }

  // To be called for each step in order before it is named: addresses are reused.
  void track(const HistoryStep& step) {
    if (step.kind == Kind::kAllocate) {
      blocks_[step.address] = {++block_count_, step.size_bytes};
    }
  }

  std::string variable(const HistoryStep& step) const {
    if (std::string name = VariableNames::find(step.address); !name.empty()) return name;
    const bool is_plain = step.kind == Kind::kPlainLoad || step.kind == Kind::kPlainStore;
    const auto member = members_.find(offsetKey(step.address));
    std::string name = is_plain                   ? "element"
                       : member != members_.end() ? member->second
                                                  : std::string("?");
    const auto block = blockAround(step.address);
    return block ? fmt::format("node {}.{}", block->number, name) : name;
  }

  std::string block(std::uint64_t address) const {
    const auto found = blocks_.find(address);
    return found == blocks_.end() ? fmt::format("{:#x}", address)
                                  : fmt::format("node {}", found->second.number);
  }

  // A value as Relacy prints it: a pointer becomes a block's name.
  std::string value(const std::string& text) const {
    std::uint64_t number = 0;
    const bool is_hex = text.starts_with("0x");
    const char* const begin = text.data() + (is_hex ? 2 : 0);
    const char* const end = text.data() + text.size();
    if (std::from_chars(begin, end, number, is_hex ? 16 : 10).ptr != end) return text;
    if (is_hex) return block(number);
    constexpr std::uint64_t kLargestPlain = 0xFFFF;
    return number > kLargestPlain ? fmt::format("{:#x}", number) : text;
  }

 private:
  struct Block {
    unsigned number = 0;
    std::uint64_t size_bytes = 0;
  };

  std::optional<Block> blockAround(std::uint64_t address) const {
    auto next = blocks_.upper_bound(address);
    if (next == blocks_.begin()) return std::nullopt;
    const auto& [start, block] = *--next;
    return address - start < block.size_bytes ? std::optional(block) : std::nullopt;
  }

  // Variables of heap blocks share their names by offset: a node's `next` is any node's.
  std::pair<std::uint64_t, std::uint64_t> offsetKey(std::uint64_t address) const {
    auto next = blocks_.upper_bound(address);
    if (next != blocks_.begin()) {
      const auto& [start, block] = *--next;
      if (address - start < block.size_bytes) return {block.size_bytes, address - start};
    }
    return {0, address};
  }

  std::map<std::uint64_t, Block> blocks_;
  unsigned block_count_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> members_;
};

// Relacy's own remarks about the frame of an execution.
constexpr std::string_view kSetUpEnds = "[BEFORE END]";
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFrameWords{{
    {"[THREAD FINISHED]", "(end of the thread)"},
    {"[AFTER BEGIN]", "(all threads have ended)"},
    {"[DTOR BEGIN]", "(destruction)"},
}};

// What to show of a note; empty: nothing.
std::string frameWord(const std::string& text) {
  for (const auto& [relacy_word, word] : kFrameWords) {
    if (text == relacy_word) return std::string(word);
  }
  return text == "[AFTER END]" || text == "[DTOR END]" ? std::string() : text;
}

std::string describe(const HistoryStep& step, const Names& names) {
  switch (step.kind) {
    case Kind::kAtomicLoad:
      return fmt::format("{} -> {}{}  {}", names.variable(step), names.value(step.value),
                         step.is_stale ? " STALE" : "", step.order);
    case Kind::kAtomicStore:
      return fmt::format("{} := {} (was {})  {}", names.variable(step), names.value(step.value),
                         names.value(step.former), step.order);
    case Kind::kReadModifyWrite:
      return fmt::format("{} := {} (was {})  {} rmw", names.variable(step), names.value(step.value),
                         names.value(step.former), step.order);
    case Kind::kPlainLoad:
      return fmt::format("{} -> {}", names.variable(step), names.value(step.value));
    case Kind::kPlainStore:
      return fmt::format("{} := {}", names.variable(step), names.value(step.value));
    case Kind::kAllocate:
      return fmt::format("allocate {}", names.block(step.address));
    case Kind::kFree:
      return fmt::format("free {}", names.block(step.address));
    case Kind::kNote:
      break;
  }
  return frameWord(step.text);
}

struct Row {
  std::size_t column;
  std::string text;
  std::string where;
};

std::vector<Row> makeRows(const History& history, std::size_t column_count, unsigned thread_count) {
  Names names(history);
  std::vector<Row> rows;
  bool is_set_up = false;
  unsigned handler_depth = 0;
  for (const HistoryStep& step : history.steps) {
    names.track(step);
    const bool is_verdict = &step == &history.steps.back();
    if (!is_set_up && !is_verdict) {
      is_set_up = step.text == kSetUpEnds;
      continue;
    }
    if (step.text == kHandlerBegins) ++handler_depth;
    std::size_t column = step.thread;
    if (handler_depth > 0 && step.thread == 0) column = thread_count + handler_depth - 1;
    std::string where;
    if (step.line != 0 && (step.kind != Kind::kNote || is_verdict)) {
      where = fmt::format("{}:{} {}", fromRoot(step.file), step.line, step.function);
    }
    std::string text = describe(step, names);
    if (!text.empty()) {
      rows.push_back({std::min(column, column_count - 1), std::move(text), std::move(where)});
    }
    if (step.text == kHandlerEnds && handler_depth > 0) --handler_depth;
  }
  return rows;
}

}  // namespace

std::string renderTrace(const History& history, const std::vector<std::string>& columns,
                        unsigned thread_count) {
  const std::vector<Row> rows = makeRows(history, columns.size(), thread_count);
  std::vector<std::size_t> widths;
  widths.reserve(columns.size());
  for (const std::string& column : columns) widths.push_back(column.size());
  for (const Row& row : rows) widths[row.column] = std::max(widths[row.column], row.text.size());

  const auto line = [&](std::string_view number, const auto& cell, std::string_view where) {
    std::string text = fmt::format("{:>4}", number);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += fmt::format(" | {:<{}}", cell(i), widths[i]);
    }
    text += fmt::format(" | {}", where);
    while (text.ends_with(' ') || text.ends_with('|')) text.pop_back();
    return text + "\n";
  };
  std::string trace = line("step", [&](std::size_t i) { return columns[i]; }, "where");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    trace += line(
        std::to_string(i + 1),
        [&](std::size_t column) { return column == row.column ? row.text : std::string(); },
        row.where);
  }
  return trace;
}

}  // namespace sigproof::models
