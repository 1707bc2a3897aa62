// The sides, the minimiser and the campaign, with the engine of the embedded V8.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/peer/campaign.h"
#include "fuzz/peer/minimise.h"
#include "fuzz/peer/peer_finding.h"
#include "fuzz/peer/sides/core_side.h"
#include "fuzz/peer/sides/workerd_side.h"

namespace sigproof::peer {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kMostModuleBytes = 200;

PeerCase plainCase() {
  const PeerProgram program = fixedPrograms().front().program;
  return toCase(program, expect(program));
}

std::vector<PeerProgram> generated(std::uint64_t seed, std::uint64_t count) {
  std::vector<PeerProgram> programs;
  for (std::uint64_t number = 0; number < count; ++number) {
    programs.push_back(makePeerProgram(seed, number));
  }
  return programs;
}

std::string messageOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no exception";
}

// --- a side that dies ---------------------------------------------------------------------------

// Gives the answers of a list, one a request; "" stands for its death.
class ScriptedSide final : public Side {
 public:
  explicit ScriptedSide(std::deque<std::string> answers) : answers_(std::move(answers)) {}
  std::string version() const override { return "scripted"; }
  int sent() const { return sent_; }

 protected:
  void send(const Batch& /*batch*/) override { ++sent_; }
  std::string receive(std::chrono::milliseconds /*time_limit*/) override {
    if (answers_.empty()) throw SideDied("hung");
    std::string answer = answers_.front();
    answers_.pop_front();
    if (answer.empty()) throw SideDied("crashed");
    return answer;
  }
  void restart() override {}

 private:
  std::deque<std::string> answers_;
  int sent_ = 0;
};

constexpr const char* kFine = R"([{"error": ""}])";

TEST(PeerSide, WhatDiesOverABatchOnlyIsAskedAgainAndNothingIsLost) {
  ScriptedSide side({"", kFine, kFine});
  const auto verdicts = side.run(std::vector{plainCase(), plainCase()});
  ASSERT_THAT(verdicts, SizeIs(2));
  EXPECT_EQ(verdicts[0].died + verdicts[1].died, "");
  EXPECT_EQ(side.restarts(), 1u);
  EXPECT_EQ(side.lastDeath(), "crashed");
}

TEST(PeerSide, ADeathOverAModuleThatDoesNotRepeatIsNoVerdict) {
  ScriptedSide side({"", "", kFine});
  EXPECT_EQ(side.run(std::vector{plainCase()}).front().died, "");
  EXPECT_EQ(side.restarts(), 2u);
}

TEST(PeerSide, TheModuleThatItDiesOverIsToldFromTheOthers) {
  ScriptedSide side({"", kFine, "", "", kFine});
  const auto verdicts = side.run(std::vector{plainCase(), plainCase(), plainCase()});
  ASSERT_THAT(verdicts, SizeIs(3));
  EXPECT_EQ(verdicts[0].died, "");
  EXPECT_EQ(verdicts[1].died, "crashed");
  EXPECT_EQ(verdicts[2].died, "");
}

TEST(PeerSide, WhatWasBegunIsNotAskedASecondTime) {
  ScriptedSide side({kFine, kFine});
  side.begin(std::vector{plainCase()});
  EXPECT_EQ(side.run(std::vector{plainCase()}).front().died, "");
  EXPECT_EQ(side.sent(), 1);
  side.run(std::vector{plainCase()});
  EXPECT_EQ(side.sent(), 2);
}

TEST(PeerSide, AUselessAnswerIsADeath) {
  ScriptedSide side({"<html>", "[]", "[]"});
  EXPECT_THAT(side.run(std::vector{plainCase()}).front().died, HasSubstr("useless answer"));
  EXPECT_EQ(side.restarts(), 3u);
}

TEST(PeerSide, WhatDiesAgainAndAgainIsGivenUpWithOneSentence) {
  ScriptedSide side({});
  const std::vector<PeerCase> cases(Side::kMostRestarts + 1, plainCase());
  EXPECT_THAT(messageOf([&] { side.run(cases); }), HasSubstr("scripted died 101 times"));
}

TEST(PeerSide, CoresProcessIsStartedAgainWhenItIsKilled) {
  CoreSide core({.driver = defaultDriver()});
  ASSERT_EQ(core.run(std::vector{plainCase()}).front().error, "");
  kill(core.pid(), SIGKILL);
  EXPECT_EQ(core.run(std::vector{plainCase()}).front().died, "");
  EXPECT_EQ(core.restarts(), 1u);
  EXPECT_THAT(core.lastDeath(), HasSubstr("signal 9"));
}

TEST(PeerSide, CoresProcessMayDieBetweenTheQuestionAndTheAnswer) {
  CoreSide core({.driver = defaultDriver()});
  for (const bool is_killed_first : {false, true}) {
    if (is_killed_first) kill(core.pid(), SIGKILL);
    core.begin(std::vector{plainCase()});
    if (!is_killed_first) kill(core.pid(), SIGKILL);
    EXPECT_EQ(core.run(std::vector{plainCase()}).front().died, "");
  }
}

TEST(PeerSide, ADriverThatIsNotThereIsSaid) {
  CoreSide core({.driver = "/nonexistent.mjs"});
  EXPECT_THAT(core.run(std::vector{plainCase()}).front().died, HasSubstr("/nonexistent.mjs"));
}

TEST(PeerSide, TheDriverRefusesANameThatItDoesNotKnow) {
  for (const auto& [member, what] :
       {std::pair{"way", "way to make an instance"}, std::pair{"style", "import style"}}) {
    CoreSide core({.driver = defaultDriver()});
    PeerCase asked = plainCase();
    asked.description[member] = "another";
    EXPECT_THAT(core.run(std::vector{asked}).front().died, HasSubstr("no " + std::string(what)));
  }
}

// --- workerd ------------------------------------------------------------------------------------

class PeerWorkerd : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(defaultWorkerd())) GTEST_SKIP() << "workerd is not installed";
    folder_ = fs::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(folder_);
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  // Its configuration with another worker.
  fs::path configWith(const std::string& body) const {
    fs::copy_file(defaultWorkerdConfig(), folder_ / "workerd.capnp",
                  fs::copy_options::overwrite_existing);
    std::ofstream(folder_ / "driver.mjs") << "export const unused = 0;\n";
    std::ofstream(folder_ / "worker.mjs")
        << "export default { async fetch(request) { " << body << " } };\n";
    return folder_ / "workerd.capnp";
  }

  fs::path folder_;
};

TEST_F(PeerWorkerd, IsStartedAgainWhenItIsKilled) {
  WorkerdSide workerd({.program = defaultWorkerd(), .config = defaultWorkerdConfig()});
  ASSERT_EQ(workerd.run(std::vector{plainCase()}).front().error, "");
  kill(workerd.pid(), SIGKILL);
  const auto verdicts = workerd.run(std::vector{plainCase(), plainCase()});
  EXPECT_EQ(verdicts[0].died + verdicts[1].died, "");
  EXPECT_EQ(workerd.restarts(), 1u);
}

TEST_F(PeerWorkerd, AnAnswerThatIsNoneIsAVerdict) {
  WorkerdSide workerd(
      {.program = defaultWorkerd(), .config = configWith("return new Response('hello');")});
  EXPECT_THAT(workerd.run(std::vector{plainCase()}).front().died, HasSubstr("begins 'hello'"));
}

TEST_F(PeerWorkerd, AnErrorOfTheWorkerIsAVerdict) {
  WorkerdSide workerd(
      {.program = defaultWorkerd(), .config = configWith("throw new Error('no');")});
  EXPECT_THAT(workerd.run(std::vector{plainCase()}).front().died, HasSubstr("HTTP status 500"));
}

TEST_F(PeerWorkerd, AModuleThatHangsIsAVerdict) {
  WorkerdSide workerd({.program = defaultWorkerd(), .config = configWith("for (;;) {}")});
  workerd.setTimeLimits({std::chrono::milliseconds(200), std::chrono::milliseconds(200)});
  EXPECT_THAT(workerd.run(std::vector{plainCase()}).front().died, HasSubstr("hung"));
}

TEST_F(PeerWorkerd, AConfigurationThatItRefusesIsSaid) {
  std::ofstream(folder_ / "workerd.capnp") << "nonsense\n";
  EXPECT_THAT(messageOf([&] {
                WorkerdSide({.program = defaultWorkerd(), .config = folder_ / "workerd.capnp"});
              }),
              HasSubstr("does not start: it left with exit status"));
}

TEST(PeerWithoutWorkerd, AProgramThatIsNotThereIsSaid) {
  EXPECT_THAT(messageOf([] { WorkerdSide({.program = "/nonexistent", .config = "/nonexistent"}); }),
              HasSubstr("/nonexistent can't be run"));
}

TEST(PeerWithoutWorkerd, AProgramThatNeverListensIsGivenUp) {
  const auto start = [] {
    WorkerdSide({.program = "/bin/cat",
                 .config = "/nonexistent",
                 .start_time_limit = std::chrono::milliseconds(100)});
  };
  EXPECT_THAT(messageOf(start), HasSubstr("does not start"));
}

// --- the oracle against the engine --------------------------------------------------------------

TEST(PeerCampaign, CoreDoesWhatTheReferenceAsksFor) {
  CoreSide core({.driver = defaultDriver()});
  Campaign campaign(core, core, {});
  campaign.compare(generated(5, 300));
  EXPECT_THAT(campaign.newFindings(), IsEmpty());
  EXPECT_GT(campaign.counts().visible, 80u);
}

// The engine alone registers nothing. All else that it shows is what the oracle takes for its own:
// errors, prototypes, ticks, reads.
TEST(PeerCampaign, ARuntimeThatRegistersNothingIsTheOnlyThingWrongAboutTheEngineAlone) {
  CoreSide core({.driver = defaultDriver()});
  CoreSide engine({.driver = defaultDriver(), .is_core_on = false});
  Campaign campaign(core, engine, {});
  campaign.compare(generated(6, 300));
  ASSERT_THAT(campaign.newFindings(), SizeIs(1));
  const Finding& finding = campaign.newFindings().front();
  EXPECT_EQ(finding.fault, "misses");
  EXPECT_EQ(finding.side, kWorkerdName);
  EXPECT_EQ(finding.rule.id(), "R6");
  EXPECT_THAT(finding.features, IsEmpty());
  EXPECT_LT(finding.asked.module.size(), kMostModuleBytes);
}

TEST(PeerCampaign, WhatIsKnownIsCountedAndNotReported) {
  CoreSide core({.driver = defaultDriver()});
  CoreSide engine({.driver = defaultDriver(), .is_core_on = false});
  Campaign first(core, engine, {});
  first.compare(generated(6, 50));
  Campaign second(core, engine, first.newFindings());
  second.compare(generated(7, 50));
  EXPECT_THAT(second.newFindings(), IsEmpty());
  EXPECT_THAT(second.counts().known, SizeIs(1));
}

// The engine alone, which registers nothing, until it was asked so often; then it dies for good.
class MortalEngine : public CoreSide {
 public:
  explicit MortalEngine(int answers)
      : CoreSide({.driver = defaultDriver(), .is_core_on = false}), answers_left_(answers) {}

 protected:
  std::string receive(std::chrono::milliseconds time_limit) override {
    if (answers_left_-- <= 0) throw SideDied("crashed: signal 11");
    return CoreSide::receive(time_limit);
  }
  void restart() override { throw std::runtime_error("it can't be started again"); }

 private:
  int answers_left_;
};

TEST(PeerCampaign, ADifferenceThatCanNotBeMinimisedIsANewFindingAllTheSame) {
  for (const int answers : {1, 2}) {
    CoreSide core({.driver = defaultDriver()});
    MortalEngine engine(answers);
    Campaign campaign(core, engine, {});
    campaign.compare(fixedPrograms().front().program);
    ASSERT_THAT(campaign.newFindings(), SizeIs(1)) << answers;
    EXPECT_EQ(campaign.newFindings().front().rule.id(), "R6");
    EXPECT_THAT(campaign.newFindings().front().module_text, HasSubstr("(module"));
    EXPECT_THAT(campaign.notes(), Contains(HasSubstr("could not be made: it can't be started")));
  }
}

TEST(PeerCampaign, AFindingWhoseFileCanNotBeWrittenStands) {
  CoreSide core({.driver = defaultDriver()});
  CoreSide engine({.driver = defaultDriver(), .is_core_on = false});
  Campaign campaign(core, engine, {});
  campaign.onNewFinding([](const Finding& finding) { writeFinding("/proc/nowhere", finding); });
  campaign.compare(fixedPrograms().front().program);
  EXPECT_THAT(campaign.newFindings(), SizeIs(1));
  EXPECT_THAT(campaign.counts().fresh, SizeIs(1));
  EXPECT_THAT(campaign.notes(), Contains(HasSubstr("the file of a finding could not be made: ")));
}

TEST(PeerFinding, WhatADeadProcessSaidNeedNotBeText) {
  Finding finding;
  finding.signature = "x";
  finding.workerd.died = "crashed; last said: \xFF\xFE";
  EXPECT_THAT(toText(finding), HasSubstr("last said: \uFFFD"));
}

TEST(PeerMinimiser, LeavesNothingThatTheDifferenceDoesNotNeed) {
  CoreSide engine({.driver = defaultDriver(), .is_core_on = false});
  int minimised = 0;
  for (const PeerProgram& program : generated(9, 60)) {
    const Expectation expected = expect(program);
    const PeerCase asked = toCase(program, expected);
    const Verdict seen = engine.run({&asked, 1}).front();
    for (const Deviation& deviation : judge(program, expected, seen)) {
      if (++minimised > 5) return;
      const PeerProgram smallest = minimise(program, deviation, engine);
      EXPECT_THAT(featuresOf(smallest, expect(smallest), deviation.fault), IsEmpty());
      EXPECT_LT(toCase(smallest, expect(smallest)).module.size(), kMostModuleBytes);
    }
  }
}

TEST(PeerMinimiser, LeavesAProgramThatDoesNotShowTheDifference) {
  CoreSide core({.driver = defaultDriver()});
  const PeerProgram program = makePeerProgram(1, 1);
  const PeerProgram same = minimise(program, {Fault::kMisses, "R6", ""}, core);
  EXPECT_EQ(toCase(same, expect(same)).module, toCase(program, expect(program)).module);
}

// --- findings -----------------------------------------------------------------------------------

Finding someFinding() {
  CoreSide core({.driver = defaultDriver()});
  CoreSide engine({.driver = defaultDriver(), .is_core_on = false});
  Campaign campaign(core, engine, {});
  campaign.compare(fixedPrograms().front().program);
  return campaign.newFindings().at(0);
}

TEST(PeerFinding, IsReadBackAsItWasWritten) {
  const Finding finding = someFinding();
  const fs::path folder = fs::path(testing::TempDir()) / "peer_finding";
  const fs::path file = writeFinding(folder, finding);
  EXPECT_EQ(toText(readFinding(file)), toText(finding));
  EXPECT_THAT(readFindings(folder), SizeIs(1));
  std::ofstream(file, std::ios::app) << "more";
  EXPECT_THAT(messageOf([&] { readFindings(folder); }), HasSubstr("is no finding"));
  fs::remove_all(folder);
  EXPECT_THAT(messageOf([&] { readFindings(folder); }), HasSubstr("can't be read"));
}

TEST(PeerFinding, AFileUnderAnotherNameIsRefused) {
  const fs::path folder = fs::path(testing::TempDir()) / "peer_renamed";
  const fs::path file = writeFinding(folder, someFinding());
  fs::rename(file, folder / "other.json");
  EXPECT_THAT(messageOf([&] { readFindings(folder); }), HasSubstr("it is signed"));
  fs::remove_all(folder);
}

TEST(PeerFinding, OneThatIsMendedIsGoneAndOneThatIsOtherIsChanged) {
  const Finding finding = someFinding();
  EXPECT_EQ(compare(finding, finding.core, finding.workerd), Replay::kReproduces);
  EXPECT_EQ(compare(finding, finding.core, finding.expected), Replay::kGone);
  Verdict other = finding.workerd;
  other.error = "RangeError";
  EXPECT_EQ(compare(finding, finding.core, other), Replay::kChanged);
  EXPECT_EQ(compare(finding, other, finding.workerd), Replay::kChanged);
  other.died = "crashed";
  EXPECT_EQ(compare(finding, finding.core, other), Replay::kChanged);
}

TEST(PeerFinding, ExplainsADifferenceOfTheSameSideFaultAndCauseOnly) {
  Finding finding = someFinding();
  finding.side = kWorkerdName;
  finding.rule = "R4";
  finding.fault = "registers";
  finding.features = {"overlap"};
  const Deviation same{Fault::kRegisters, "R4", ""};
  EXPECT_TRUE(explains(finding, same, kWorkerdName, {"memory-imported", "overlap"}));
  EXPECT_FALSE(explains(finding, same, kWorkerdName, {"memory-imported"}));
  EXPECT_FALSE(explains(finding, same, kCoreName, {"overlap"}));
  EXPECT_FALSE(explains(finding, {Fault::kRegisters, "R3", ""}, kWorkerdName, {"overlap"}));
  EXPECT_FALSE(explains(finding, {Fault::kOtherBytes, "R4", ""}, kWorkerdName, {"overlap"}));
}

// --- the stored ones ----------------------------------------------------------------------------

TEST(PeerFindings, AreSmallBrokenByTheOtherSideAndOnThePage) {
  std::ifstream stream(fs::path(SIGPROOF_FINDINGS) / "README.md");
  const std::string page{std::istreambuf_iterator<char>(stream), {}};
  for (const Finding& finding : readFindings(SIGPROOF_FINDINGS)) {
    EXPECT_LT(finding.asked.module.size(), kMostModuleBytes) << finding.signature;
    EXPECT_EQ(finding.side, kWorkerdName) << finding.signature;
    EXPECT_THAT(page, HasSubstr(finding.signature + ".json"));
  }
}

}  // namespace
}  // namespace sigproof::peer
