#include "fuzz/peer/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fuzz/peer/minimise.h"
#include "reports/record/explain.h"

namespace sigproof::peer {
namespace {

// A difference that has all that a known finding has may have a cause of its own beside it: one in
// so many is minimised all the same, to see whether it comes to the known one.
constexpr std::uint64_t kDoubtOneIn = 4096;

bool isVisible(const Expectation& expected) {
  return expected.verdict.memory && expected.untouched &&
         *expected.verdict.memory != *expected.untouched;
}

}  // namespace

void Campaign::run(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t number = 0;
  const auto is_over = [&] {
    return (options.is_first_enough && !new_.empty()) ||
           (options.modules && number >= *options.modules) ||
           (options.time && std::chrono::steady_clock::now() - begin >= *options.time);
  };
  for (const FixedProgram& fixed : fixedPrograms()) compare(fixed.program);
  while (!is_over()) {
    std::vector<PeerProgram> programs;
    while (programs.size() < kBatchSize && !(options.modules && number >= *options.modules)) {
      programs.push_back(makePeerProgram(options.seed, number++));
    }
    compare(programs);
  }
}

void Campaign::compare(const std::vector<PeerProgram>& programs) {
  std::vector<Expectation> expected;
  std::vector<PeerCase> cases;
  for (const PeerProgram& program : programs) {
    expected.push_back(expect(program));
    cases.push_back(toCase(program, expected.back()));
  }
  core_.begin(cases);
  const std::vector<Verdict> workerd = workerd_.run(cases);
  const std::vector<Verdict> core = core_.run(cases);
  for (std::size_t i = 0; i < programs.size(); ++i) {
    compareOne(programs[i], expected[i], core[i], workerd[i]);
  }
}

void Campaign::compareOne(const PeerProgram& program, const Expectation& expected,
                          const Verdict& core, const Verdict& workerd) {
  ++counts_.modules;
  if (!core.refused.empty() && !workerd.refused.empty()) {
    ++counts_.refused_by_both;
    return;
  }
  ++counts_.outcomes[std::string(sigproof::name(expected.outcome))];
  if (!core.refused.empty()) ++counts_.refused_by_core_engine;
  if (!workerd.refused.empty()) ++counts_.refused_by_workerd;
  if (expected.outcome == RegistrationOutcome::kRegistered && expected.verdict.error.empty()) {
    ++counts_.registered;
    if (isVisible(expected)) ++counts_.visible;
  }
  const std::uint64_t before = counts_.deviations;
  judgeSide(program, expected, core, kCoreName);
  judgeSide(program, expected, workerd, kWorkerdName);
  if (counts_.deviations != before) ++counts_.differing;
}

// What the one engine refuses is judged on the other side alone.
void Campaign::judgeSide(const PeerProgram& program, const Expectation& expected,
                         const Verdict& seen, std::string_view side) {
  if (!seen.refused.empty()) return;
  for (const Deviation& deviation : judge(program, expected, seen)) {
    ++counts_.deviations;
    sort(program, expected, deviation, side);
  }
}

std::optional<std::string> Campaign::explained(const Deviation& deviation, std::string_view side,
                                               const std::vector<std::string>& features) const {
  for (const auto* findings : {&known_, &new_}) {
    for (const Finding& finding : *findings) {
      if (explains(finding, deviation, side, features)) return finding.signature;
    }
  }
  return std::nullopt;
}

void Campaign::count(const std::string& signature) {
  const bool is_known = std::ranges::find(known_, signature, &Finding::signature) != known_.end();
  ++(is_known ? counts_.known : counts_.fresh)[signature];
}

void Campaign::sort(const PeerProgram& program, const Expectation& expected,
                    const Deviation& deviation, std::string_view side) {
  const auto signature = explained(deviation, side, featuresOf(program, expected, deviation.fault));
  const bool is_doubted = counts_.deviations % kDoubtOneIn == 0;
  if (signature && !is_doubted) return count(*signature);
  minimiseAndSort(program, deviation, side, signature);
}

// Once a difference is seen, the run has failed unless it comes to one that is known. Nothing that
// is done from here on to make it small and to write it down may lose it.
void Campaign::minimiseAndSort(const PeerProgram& program, const Deviation& deviation,
                               std::string_view side, const std::optional<std::string>& known_as) {
  ++counts_.minimised;
  if (!known_as) {
    reports::tellVerdict(deviation.rule.id(),
                         fmt::format("{}: {}; being minimised, which may bring it "
                                     "to a known finding",
                                     side, deviation.text));
  }
  const auto smallest = reports::tryToExplain("a smaller module", [&] {
    return minimise(program, deviation, side == kCoreName ? core_ : workerd_);
  });
  note(smallest.note);
  if (!smallest.value && known_as) return count(*known_as);
  Finding finding = makeFinding(smallest.value.value_or(program), deviation, side);
  const bool is_seen = [&] {
    const auto same = [&](const Finding& other) { return other.signature == finding.signature; };
    return std::ranges::any_of(known_, same) || std::ranges::any_of(new_, same);
  }();
  const std::string signature = finding.signature;
  if (!is_seen) add(std::move(finding));
  count(signature);
}

void Campaign::add(Finding finding) {
  new_.push_back(std::move(finding));
  const auto told = reports::tryToExplain("the file of a finding", [&] {
    listener_(new_.back());
    return true;
  });
  note(told.note);
}

void Campaign::note(const std::string& note) {
  const bool is_new = std::ranges::find(notes_, note) == notes_.end();
  if (!note.empty() && is_new) notes_.push_back(note);
}

Finding Campaign::makeFinding(const PeerProgram& program, const Deviation& deviation,
                              std::string_view side) {
  const Expectation expected = expect(program);
  Finding finding;
  finding.asked = toCase(program, expected);
  // In the words of the smallest program, unless it doesn't show it when it is asked alone.
  Deviation shown = deviation;
  const auto asked = reports::tryToExplain("what both sides show of it alone", [&] {
    finding.core = core_.run({&finding.asked, 1}).front();
    finding.workerd = workerd_.run({&finding.asked, 1}).front();
    for (const Deviation& other :
         judge(program, expected, side == kCoreName ? finding.core : finding.workerd)) {
      if (isSameDeviation(other, deviation)) shown = other;
    }
    return true;
  });
  note(asked.note);
  finding.signature = signatureOf(program, expected, shown, side);
  finding.side = side;
  finding.rule = shown.rule;
  finding.fault = name(shown.fault);
  finding.features = featuresOf(program, expected, shown.fault);
  finding.what = shown.text;
  finding.core_version = core_.version();
  finding.workerd_version = workerd_.version();
  finding.module_text = reports::explained("its text", [&] { return moduleText(program); });
  finding.expected = expected.verdict;
  return finding;
}

}  // namespace sigproof::peer
