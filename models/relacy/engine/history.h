// Reads Relacy's text about a failed execution into steps. Relacy writes one line an event:
//
//   [12] 1: <0x55d0> atomic load, value=1 [NOT CURRENT], order=acquire, in FUNCTION, FILE(LINE)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sigproof::models {

struct HistoryStep {
  enum class Kind : std::uint8_t {
    kAtomicLoad,
    kAtomicStore,
    kReadModifyWrite,
    kPlainLoad,
    kPlainStore,
    kAllocate,
    kFree,
    kNote,  ///< anything else: `text`
  };

  Kind kind = Kind::kNote;
  unsigned thread = 0;
  std::uint64_t address = 0;
  std::uint64_t size_bytes = 0;  ///< kAllocate
  std::string value;             ///< read, written, or the result of a read-modify-write
  std::string former;            ///< kAtomicStore, kReadModifyWrite: the value before
  std::string order;             ///< "seq_cst"; empty where there is none
  bool is_stale = false;         ///< an atomic load that didn't read the newest store
  std::string text;              ///< kNote
  std::string function;          ///< only its name: "pushFront"
  std::string file;              ///< as the compiler recorded it
  unsigned line = 0;
};

struct History {
  std::string verdict;  ///< "DATA RACE (data race detected)"
  std::vector<HistoryStep> steps;
};

/// A model writes these notes when a handler begins and ends, on the thread that the handler runs
/// on.
inline constexpr std::string_view kHandlerBegins = "[handler begins]";
inline constexpr std::string_view kHandlerEnds = "[handler ends]";

/// Reads everything that Relacy wrote. A line of an unknown form becomes a note.
History parseHistory(std::string_view relacy_output);

/// Returns "pushFront" for "T& sigproof::AtomicList<...>::pushFront(Args &&...) [T = ..., Args =
/// <>]".
std::string shortFunctionName(std::string_view pretty);

}  // namespace sigproof::models
