// What is done to explain a verdict never costs it: what fails there becomes a note beside it.
//
//   record.verdict = Verdict::kFailed;
//   tellVerdict("L3", record.summary);  // stands, even if this process dies while it explains
//   explain(record, "trace", [&] { return traceText(failure); });
//   text += explained("the instruction", [&] { return locate(address).place; });
//
// Header-only, so that every program that explains can have it.
#pragma once

#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "reports/record/record.h"

namespace sigproof::reports {

/// What a check says on standard error as soon as it has seen a property broken:
/// "SIGPROOF VIOLATION <property>: <expected and seen>", one line.
inline constexpr std::string_view kViolationMark = "SIGPROOF VIOLATION ";

/// Where notes stand in a record's detail: a text, a line each.
inline constexpr const char* kNotExplained = "not_explained";

/// What explains, or a note that says why there is none.
template <class Value>
struct Explained {
  std::optional<Value> value;
  std::string note;  ///< "the trace could not be made: <why>"; empty where there is a value
};

/// Calls `make` and catches whatever it throws. `what` is the subject of the note: "the trace".
template <class Make>
Explained<std::invoke_result_t<Make>> tryToExplain(std::string_view what, Make&& make) {
  const auto failed = [&](std::string_view why) -> Explained<std::invoke_result_t<Make>> {
    return {std::nullopt, std::string(what).append(" could not be made: ").append(why)};
  };
  try {
    return {std::forward<Make>(make)(), {}};
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("something was thrown that is no exception");
  }
}

/// The text that `make` gives, or the note in its place.
template <class Make>
std::string explained(std::string_view what, Make&& make) {
  auto made = tryToExplain(what, std::forward<Make>(make));
  return made.value ? std::string(*std::move(made.value)) : std::move(made.note);
}

/// Adds a line to the record's notes; nothing if it is empty.
inline void addNote(Record& record, std::string_view note) {
  if (note.empty()) return;
  const auto found = record.detail.find(kNotExplained);
  const bool has_notes = found != record.detail.end() && found->is_string();
  std::string notes = has_notes ? found->get<std::string>() : std::string();
  if (!notes.empty()) notes += '\n';
  record.detail[kNotExplained] = notes.append(note);
}

/// Makes a member of the record's detail of what `make` gives. Where that fails, a note.
template <class Make>
void explain(Record& record, const char* member, Make&& make) {
  auto made = tryToExplain(std::string("the ").append(member), std::forward<Make>(make));
  if (made.value) record.detail[member] = *std::move(made.value);
  addNote(record, made.note);
}

/// Says on standard error that a property is broken, in the form that the tool takes for evidence
/// where a check ends without a record. To be called before anything is explained.
inline void tellVerdict(std::string_view property, std::string text) {
  for (char& character : text) {
    if (character == '\n') character = ' ';
  }
  std::string line(kViolationMark);
  line.append(property).append(": ").append(text).append("\n");
  // NOLINTNEXTLINE(cert-err33-c): where it can't be told, the record still tells it.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace sigproof::reports
