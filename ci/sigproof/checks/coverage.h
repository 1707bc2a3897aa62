// Reads which lines and branches of core tests reached, from llvm-cov's report in lcov's format,
// and judges whether each unreached one has a reason.
//
//   const auto files = readLcov(text, "/home/me/sigproof/");
//   const Record record = judgeCoverage(unitTestAim(), files, exceptions, source_line);
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "reports/record/record.h"

namespace sigproof::tool {

/// A line, or one of the two ways that a branch of it can go.
struct CoveredThing {
  std::uint64_t line = 0;
  bool is_branch = false;
  bool is_reached = false;
};

struct CoveredFile {
  std::string file;  ///< from the repository's root
  std::vector<CoveredThing> things;
};

/// What is to reach core, and how much of it.
struct CoverageAim {
  std::string check;       ///< the record's: "coverage/core"
  double bar = 0;          ///< of lines and of branches each, at least this share
  std::string exceptions;  ///< the file with the arguments, from the repository's root
  std::string covered;     ///< what was measured, for people
  std::string replay;      ///< the command
};

/// core under its own unit tests; and core's list, registration and shim under the stored inputs of
/// the fuzz targets alone.
CoverageAim unitTestAim();
CoverageAim corpusAim();

/// Excuses unreached lines or branches of `file` in lines that contain `code`, because of `reason`.
/// A line that only ends a block belongs to the line before it.
struct CoverageException {
  std::string file;
  bool is_branch = false;
  std::string code;
  std::string reason;
  std::size_t places = 1;  ///< lines that it excuses; a match in more is an error
};

/// The lines of the files below `root`, which ends with a slash. Throws UserError if the text is
/// none of lcov's.
std::vector<CoveredFile> readLcov(const std::string& text, const std::string& root);

/// Adds the branches, from llvm-cov's own JSON, because only there each has its column: a
/// template's instantiations tell of the same branch several times, and it is reached if one of
/// them reached it. Throws UserError if the text is not that JSON.
void readBranches(const std::string& json_text, const std::string& root,
                  std::vector<CoveredFile>& files);

/// From an array of {"file", "lines": [code...], "branches": [code...], "reason"}, and "places" for
/// code that stands in several lines. Throws UserError with one sentence that names `file`, the
/// entry and what is wrong with it.
std::vector<CoverageException> readExceptions(const std::string& json_text,
                                              const std::string& file);

/// Passed if both shares are at least the aim's, every unreached thing is excused, and every
/// exception excuses something, in as many places as it says: one that doesn't is stale.
/// `source_line(file, line)` is the text of a line.
reports::Record judgeCoverage(
    const CoverageAim& aim, const std::vector<CoveredFile>& files,
    const std::vector<CoverageException>& exceptions,
    const std::function<std::string(const std::string&, std::uint64_t)>& source_line);

}  // namespace sigproof::tool
