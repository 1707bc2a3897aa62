#include "models/relacy/search/execution_trace.h"

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

#include "models/relacy/engine/atomic_steps.h"
#include "models/relacy/engine/variable_names.h"

namespace sigproof::models {
namespace {

using Kind = HistoryStep::Kind;

// The lines of source files, to find out what a variable is called where it is used.
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
  // The compiler's file names are relative to the repository or to the build folder, so that
  // objects don't depend on where the clone is. This program lies below both.
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

// Returns "next" for "node->next.storeOwned(head)". Returns nothing for "link->store(next)", where
// the name is not the variable's own.
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

// Names addresses: blocks of Relacy's heap by the order in which they were made, variables by their
// name in the source.
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

  // Call it for each step in order, before the step is named, because addresses are reused.
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

  // Returns a value as Relacy prints it, except that a pointer becomes a block's name.
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

  // Variables of heap blocks share their names by offset: one name serves the `next` of every node.
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

// Relacy's own remarks at the start and end of an execution.
constexpr std::string_view kSetUpEnds = "[BEFORE END]";
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFrameWords{{
    {"[THREAD FINISHED]", "(end of the thread)"},
    {"[AFTER BEGIN]", "(all threads have ended)"},
    {"[DTOR BEGIN]", "(destruction)"},
}};

// Returns what to show of a note; empty: nothing.
std::string frameWord(const std::string& text) {
  for (const auto& [relacy_word, word] : kFrameWords) {
    if (text == relacy_word) return std::string(word);
  }
  return text == "[AFTER END]" || text == "[DTOR END]" ? std::string() : text;
}

std::string describe(const HistoryStep& step, const Names& names) {
  switch (step.kind) {
    case Kind::kAtomicLoad:
    case Kind::kPlainLoad:
      return fmt::format("{} -> {}", names.variable(step), names.value(step.value));
    case Kind::kAtomicStore:
    case Kind::kReadModifyWrite:
      return fmt::format("{} := {} (was {})", names.variable(step), names.value(step.value),
                         names.value(step.former));
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

// Finds the step that wrote what an atomic load reads: the newest step that wrote this value there,
// but not the newest of all if the load is stale.
class Writers {
 public:
  void track(const HistoryStep& step, std::size_t number) {
    const bool is_write = step.kind == Kind::kAtomicStore || step.kind == Kind::kReadModifyWrite;
    if (is_write) writes_[step.address].push_back({number, step.value});
    if (step.kind == Kind::kAllocate) forget(step.address, step.size_bytes);
  }

  std::optional<std::size_t> of(const HistoryStep& load) const {
    const auto found = writes_.find(load.address);
    if (load.kind != Kind::kAtomicLoad || found == writes_.end()) return std::nullopt;
    const std::vector<Write>& writes = found->second;
    for (std::size_t i = load.is_stale ? 1 : 0; i < writes.size(); ++i) {
      const Write& write = writes[writes.size() - 1 - i];
      if (write.value == load.value) return write.step;
    }
    return std::nullopt;
  }

 private:
  struct Write {
    std::size_t step;
    std::string value;
  };

  void forget(std::uint64_t begin, std::uint64_t size_bytes) {
    writes_.erase(writes_.lower_bound(begin), writes_.lower_bound(begin + size_bytes));
  }

  std::map<std::uint64_t, std::vector<Write>> writes_;
};

// The column of a thread's step, which depends on how many handlers have preempted the thread.
class Columns {
 public:
  explicit Columns(const TraceColumns& columns) : columns_(columns) {}

  void begin(const HistoryStep& step) {
    if (step.text == kHandlerBegins) ++depths_[step.thread];
  }
  void end(const HistoryStep& step) {
    if (step.text == kHandlerEnds && depths_[step.thread] > 0) --depths_[step.thread];
  }

  std::size_t of(const HistoryStep& step) const {
    const auto found = depths_.find(step.thread);
    unsigned depth = found == depths_.end() ? 0 : found->second;
    std::size_t column = std::min<std::size_t>(step.thread, columns_.thread_count - 1);
    for (std::size_t i = columns_.thread_count; i < columns_.names.size() && depth > 0; ++i) {
      const std::size_t handler = i - columns_.thread_count;
      const unsigned thread =
          handler < columns_.handler_threads.size() ? columns_.handler_threads[handler] : 0;
      if (thread != step.thread) continue;
      column = i;
      --depth;
    }
    return column;
  }

 private:
  const TraceColumns& columns_;
  std::map<unsigned, unsigned> depths_;
};

std::string inText(const TraceStep& step) {
  std::string text = step.does;
  if (step.is_stale) text += " STALE";
  if (!step.order.empty()) text += "  " + step.order;
  return text;
}

}  // namespace

Trace makeTrace(const History& history, const TraceColumns& columns) {
  Trace trace{.columns = columns.names, .steps = {}};
  Names names(history);
  Writers writers;
  Columns column_of(columns);
  bool is_set_up = false;
  for (const HistoryStep& step : history.steps) {
    names.track(step);
    const bool is_verdict = &step == &history.steps.back();
    if (!is_set_up && !is_verdict) {
      is_set_up = step.text == kSetUpEnds;
      continue;
    }
    column_of.begin(step);
    TraceStep made{.column = column_of.of(step),
                   .does = describe(step, names),
                   .order = step.kind == Kind::kReadModifyWrite ? step.order + " rmw" : step.order,
                   .is_stale = step.is_stale,
                   .is_verdict = is_verdict,
                   .from = writers.of(step),
                   .at = {},
                   .function = {}};
    if (step.line != 0 && (step.kind != Kind::kNote || is_verdict)) {
      made.at = fmt::format("{}:{}", fromRoot(step.file), step.line);
      made.function = step.function;
    }
    writers.track(step, trace.steps.size());
    if (!made.does.empty()) trace.steps.push_back(std::move(made));
    column_of.end(step);
  }
  return trace;
}

std::string renderTrace(const Trace& trace) {
  std::vector<std::size_t> widths;
  widths.reserve(trace.columns.size());
  for (const std::string& column : trace.columns) widths.push_back(column.size());
  for (const TraceStep& step : trace.steps) {
    if (step.is_verdict) continue;  // the last line, which may be longer
    std::size_t& width = widths.at(step.column);
    width = std::max(width, inText(step).size());
  }

  const auto line = [&](std::string_view number, const auto& cell, const std::string& where) {
    std::string text = fmt::format("{:>4}", number);
    for (std::size_t i = 0; i < trace.columns.size(); ++i) {
      text += fmt::format(" | {:<{}}", cell(i), widths[i]);
    }
    text += fmt::format(" | {}", where);
    while (text.ends_with(' ') || text.ends_with('|')) text.pop_back();
    return text + "\n";
  };
  std::string text = line("step", [&](std::size_t i) { return trace.columns[i]; }, "where");
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    const TraceStep& step = trace.steps[i];
    text += line(
        std::to_string(i + 1),
        [&](std::size_t column) { return column == step.column ? inText(step) : std::string(); },
        step.at.empty() ? std::string() : fmt::format("{} {}", step.at, step.function));
  }
  return text;
}

nlohmann::json toJson(const Trace& trace) {
  nlohmann::json steps = nlohmann::json::array();
  for (const TraceStep& step : trace.steps) {
    nlohmann::json json = {{"column", step.column}, {"does", step.does}};
    if (!step.order.empty()) json["order"] = step.order;
    if (step.is_stale) json["stale"] = true;
    if (step.is_verdict) json["broken"] = true;
    if (step.from) json["from"] = *step.from;
    if (!step.at.empty()) json["at"] = fmt::format("{} {}", step.at, step.function);
    steps.push_back(std::move(json));
  }
  return {{"columns", trace.columns}, {"steps", steps}};
}

}  // namespace sigproof::models
