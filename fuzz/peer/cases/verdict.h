// What one side showed of one case, and what it should have shown.
//
//   const Expectation expected = expect(program);
//   const std::vector<Verdict> seen = side.run(cases);
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/registry/registration_outcome.h"

namespace sigproof::peer {

/// The bytes of a memory, as its words that are not 0.
struct MemoryImage {
  std::uint64_t length = 0;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> words;  ///< address, value; by address

  bool operator==(const MemoryImage&) const = default;
  /// The byte there; 0 where no word is listed.
  std::uint8_t byteAt(std::uint64_t address) const;
};

struct Verdict {
  /// The error with which the engine refused to compile the module; then nothing else means
  /// anything. Empty: it compiled.
  std::string refused = {};
  /// The error of the instantiation; empty: an instance was made.
  std::string error = {};
  std::string said = {};  ///< the error's message, for people
  /// The process died or hung over it; then nothing else means anything.
  std::string died = {};
  /// Absent: it can't be seen.
  std::optional<bool> has_right_prototype = {};
  std::optional<std::uint32_t> ticks = {};  ///< microtask ticks until a promise settled
  std::optional<std::uint32_t> reads = {};  ///< of the import object and its parts
  std::optional<MemoryImage> memory = {};   ///< memory 0
  std::optional<MemoryImage> stray = {};    ///< one that was made for a later read, or memory 1
  std::optional<MemoryImage> decoy = {};    ///< a memory that is not the module's
  /// The outcomes that the observer heard, in order, each with its repetitions. workerd reports
  /// none.
  std::optional<std::vector<std::pair<RegistrationOutcome, std::uint64_t>>> outcomes = {};
};

/// Both throw std::invalid_argument with one sentence: where the text is no answer of the driver's
/// to so many cases, where the JSON is no verdict.
std::vector<Verdict> parseAnswer(const std::string& answer, std::size_t cases);
Verdict verdictFromJson(const nlohmann::json& json);
nlohmann::json toJson(const Verdict& verdict);

}  // namespace sigproof::peer
