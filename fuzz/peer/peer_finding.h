// A difference that is known: a file of corpus/findings, which stands for itself.
//
//   for (const Finding& finding : readFindings("corpus/findings")) ...
//   if (explains(finding, deviation, "workerd", features)) ...
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/peer/cases/peer_case.h"
#include "fuzz/peer/cases/peer_oracle.h"
#include "fuzz/peer/cases/verdict.h"
#include "reports/record/property.h"

namespace sigproof::peer {

/// The sides' names in signatures and files.
inline constexpr std::string_view kCoreName = "core";
inline constexpr std::string_view kWorkerdName = "workerd";

struct Finding {
  std::string signature;  ///< the file's name without .json
  std::string side;       ///< which side breaks the rule: kCoreName or kWorkerdName
  reports::Property rule = "R7";
  std::string fault;
  std::vector<std::string> features;  ///< of the minimised program, sorted
  std::string what;                   ///< what was to be seen and what was seen
  std::string core_version;
  std::string workerd_version;
  PeerCase asked;
  std::string module_text;  ///< WebAssembly text
  Verdict expected;
  Verdict core;
  Verdict workerd;
};

/// Whether a difference is an instance of the finding: the same side and the same deviation
/// (isSameDeviation()), of a program that has every feature of the finding's own.
bool explains(const Finding& finding, const Deviation& deviation, std::string_view side,
              const std::vector<std::string>& features);

/// What the rule asks for, in one sentence.
std::string_view sentenceOf(reports::Property rule);

std::string toText(const Finding& finding);
/// Throws std::runtime_error with one sentence that names the file.
Finding readFinding(const std::filesystem::path& file);
/// All of a folder, by name. Throws as readFinding(), and if there is no such folder.
std::vector<Finding> readFindings(const std::filesystem::path& folder);
/// Writes <folder>/<signature>.json, whole or not at all. Throws std::runtime_error.
std::filesystem::path writeFinding(const std::filesystem::path& folder, const Finding& finding);

/// What came of a finding that was asked again.
enum class Replay : std::uint8_t {
  kReproduces,  ///< both sides show what is stored
  kGone,        ///< the side that broke the rule does what it must
  kChanged,     ///< a side shows something else
};
Replay compare(const Finding& finding, const Verdict& core, const Verdict& workerd);

}  // namespace sigproof::peer
