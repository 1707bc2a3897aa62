// Compares the two sides program by program, and sorts the differences into known and new ones.
//
//   Campaign campaign(core, workerd, readFindings(folder));
//   campaign.run({.seed = 7, .modules = 10000});
//   for (const Finding& finding : campaign.newFindings()) ...
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/peer/cases/peer_oracle.h"
#include "fuzz/peer/cases/peer_program.h"
#include "fuzz/peer/peer_finding.h"
#include "fuzz/peer/sides/side.h"

namespace sigproof::peer {

class Campaign {
 public:
  struct Options {
    std::uint64_t seed = 1;
    /// Ends after so many programs, or so much time, whichever comes first. Neither: for ever.
    std::optional<std::uint64_t> modules = {};
    std::optional<std::chrono::duration<double>> time = {};
    /// Ends with the first new finding, too.
    bool is_first_enough = false;
  };

  struct Counts {
    std::uint64_t modules = 0;          ///< that both sides were asked about
    std::uint64_t refused_by_both = 0;  ///< by the engines: nothing to compare
    std::uint64_t refused_by_core_engine = 0;
    std::uint64_t refused_by_workerd = 0;
    std::uint64_t registered = 0;  ///< of which the reference says that they are to be
    std::uint64_t visible = 0;     ///< and whose zeroed word can be seen
    std::uint64_t differing = 0;   ///< on which a side deviates from the reference
    std::uint64_t deviations = 0;
    std::uint64_t minimised = 0;
    std::map<std::string, std::uint64_t> outcomes;  ///< what the reference says, by name
    std::map<std::string, std::uint64_t> known;     ///< deviations by finding
    std::map<std::string, std::uint64_t> fresh;     ///< the same, of new findings
  };

  /// How many modules go into one request.
  static constexpr std::size_t kBatchSize = 200;

  /// The sides outlive it.
  Campaign(Side& core, Side& workerd, std::vector<Finding> known)
      : core_(core), workerd_(workerd), known_(std::move(known)) {}

  /// Called with each new finding when it is found, so that nothing of it is lost with the process.
  void onNewFinding(std::function<void(const Finding&)> listener) {
    listener_ = std::move(listener);
  }

  /// Throws std::runtime_error if a side can't be kept alive. What was found until then stands.
  void run(const Options& options);
  /// One program, as run() does.
  void compare(const PeerProgram& program) { compare(std::vector<PeerProgram>{program}); }
  void compare(const std::vector<PeerProgram>& programs);

  const Counts& counts() const { return counts_; }
  const std::vector<Finding>& newFindings() const { return new_; }
  /// What could not be done to explain them, and why: a difference that is not minimised, or whose
  /// file is not written, is a new finding all the same.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void compareOne(const PeerProgram& program, const Expectation& expected, const Verdict& core,
                  const Verdict& workerd);
  void judgeSide(const PeerProgram& program, const Expectation& expected, const Verdict& seen,
                 std::string_view side);
  void sort(const PeerProgram& program, const Expectation& expected, const Deviation& deviation,
            std::string_view side);
  std::optional<std::string> explained(const Deviation& deviation, std::string_view side,
                                       const std::vector<std::string>& features) const;
  void minimiseAndSort(const PeerProgram& program, const Deviation& deviation,
                       std::string_view side, const std::optional<std::string>& known_as);
  Finding makeFinding(const PeerProgram& program, const Deviation& deviation,
                      std::string_view side);
  void add(Finding finding);
  void note(const std::string& note);
  void count(const std::string& signature);

  Side& core_;
  Side& workerd_;
  std::vector<Finding> known_;
  std::vector<Finding> new_;
  std::vector<std::string> notes_;
  std::function<void(const Finding&)> listener_ = [](const Finding&) {};
  Counts counts_;
};

}  // namespace sigproof::peer
