// Drives sigproof-models as the tool does: it finds weakened orders, repeats what it found, and
// never claims more than it searched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sigproof::models {
namespace {

struct Answer {
  int status = -1;
  std::string output;

  nlohmann::json record() const { return nlohmann::json::parse(output); }
};

// What the program prints on standard output; what it tells people is left out, or put there too.
Answer ask(const std::string& arguments, bool with_messages = false,
           const std::string& program = SIGPROOF_MODELS) {
  const std::string line = program + " " + arguments + (with_messages ? " 2>&1" : " 2>/dev/null");
  Answer answer;
  // NOLINTNEXTLINE(cert-env33-c): a command line is what is tested
  FILE* pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) return answer;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    answer.output.push_back(static_cast<char>(c));
  }
  const int status = pclose(pipe);
  answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return answer;
}

// The orders of the atomic steps of a model, as its record lists them: "file:line" to order.
std::map<std::string, std::string> stepsOf(const std::string& check) {
  std::map<std::string, std::string> steps;
  const nlohmann::json record = ask("--random-executions 0 --run " + check).record();
  for (const auto& step : record.at("detail").at("atomic_steps")) {
    steps[step.at("at")] =
        step.at("step").get<std::string>() + " " + step.at("order").get<std::string>();
  }
  return steps;
}

// "core/list/atomic_list.h:92": the store by which filter() unlinks, the second that the model
// meets.
std::string unlinkingStep() {
  std::vector<std::string> stores;
  for (const auto& [place, step] : stepsOf("model/reader_against_push_filter")) {
    if (step == "store seq_cst") stores.push_back(place);
  }
  return stores.size() < 2 ? "" : stores[1];
}

// The order that a sequentially consistent step of this kind falls back to.
std::string weakerThan(const std::string& step) {
  if (step.starts_with("load")) return "acquire";
  return step.starts_with("store") ? "release" : "acq_rel";
}

bool doesFailWith(const std::string& check, const std::string& place, const std::string& order) {
  std::string arguments = "--random-executions 0 --run " + check;
  arguments.append(" --weaken ").append(place).append("=").append(order);
  const Answer answer = ask(arguments);
  EXPECT_EQ(answer.status == 1, answer.record().at("verdict") == "failed") << arguments;
  return answer.status == 1;
}

TEST(Models, L4_EverySequentiallyConsistentStepThatAReaderMeetsIsNeeded) {
  const std::string filter = "model/reader_against_push_filter";
  const std::string clear = "model/reader_against_clear";
  std::vector<std::string> needed;
  std::vector<std::string> unneeded;
  for (const auto& [place, step] : stepsOf(clear)) {
    if (!step.ends_with("seq_cst")) continue;
    const std::string order = weakerThan(step);
    const bool is_needed = doesFailWith(filter, place, order) || doesFailWith(clear, place, order);
    (is_needed ? needed : unneeded)
        .push_back(step.substr(0, step.find(' ')).append(" at ").append(place));
  }
  // Publication, emptying, the announcement, both loads of the walk, the owner's check.
  EXPECT_GE(needed.size(), 6U) << testing::PrintToString(needed);
  // isEmpty() guards nothing that a reader goes on to touch.
  EXPECT_LE(unneeded.size(), 1U) << testing::PrintToString(unneeded);
  EXPECT_TRUE(doesFailWith(filter, unlinkingStep(), "release"));
}

TEST(Models, AFailureComesWithItsInterleavingAndIsRepeatedExactly) {
  const std::string check = "model/reader_against_push_filter";
  const std::string weakening = " --weaken " + unlinkingStep() + "=release";
  const nlohmann::json record = ask("--run " + check + weakening).record();
  const std::string trace = record.at("detail").at("trace");
  EXPECT_THAT(trace, testing::HasSubstr("head_ := node 1"));
  EXPECT_THAT(trace, testing::HasSubstr("core/list/atomic_list.h:"));
  EXPECT_THAT(trace, testing::HasSubstr("STALE"));
  const std::string state = record.at("detail").at("state");
  const Answer replay = ask("--replay " + check + " --state '" + state + "'" + weakening, true);
  EXPECT_EQ(replay.status, 1);
  EXPECT_THAT(replay.output, testing::HasSubstr("STALE"));
  EXPECT_NE(ask("--replay " + check + " --state '" + state + "'").status, 1)
      << "the production code does not fail so";
}

// Whatever ends the program from here on (a hang, a crash, the end of memory), the tool takes the
// line for what it is.
TEST(Models, AFailureIsToldBeforeItIsMadeShortAndExplained) {
  const Answer answer =
      ask("--run model/reader_against_push_filter --max-executions 1000 --weaken " +
              unlinkingStep() + "=release",
          true);
  const std::size_t told = answer.output.find("SIGPROOF VIOLATION L");
  ASSERT_NE(told, std::string::npos) << answer.output;
  EXPECT_LT(told, answer.output.find("\"verdict\":\"failed\""));
  EXPECT_THAT(ask("--run model/canary_release_stores", true).output,
              testing::Not(testing::HasSubstr("SIGPROOF VIOLATION")))
      << "that a canary's victim fails is no failure";
}

// A trace names variables by what the sources call them. The program looks for them in the folders
// above its own.
TEST(Models, AFailureStandsWhereTheSourcesThatItsTraceReadsAreMissingOrGarbage) {
  namespace fs = std::filesystem;
  const std::string weakening = " --weaken " + unlinkingStep() + "=release";
  const fs::path folder = fs::path(testing::TempDir()) / ("models-" + std::to_string(getpid()));
  for (const std::string source : {"missing", "a folder", "garbage"}) {
    fs::create_directories(folder / "libexec");
    fs::copy_file(SIGPROOF_MODELS, folder / "libexec/sigproof-models");
    const fs::path file = folder / "core/list/atomic_list.h";
    if (source == "a folder") fs::create_directories(file);
    if (source == "garbage") {
      fs::create_directories(file.parent_path());
      std::ofstream stream(file);
      for (int i = 0; i < 1000; ++i) stream << "\xFF\xFE" << '\0' << ".load(.store(\n";
    }
    const Answer answer = ask("--run model/reader_against_push_filter" + weakening, false,
                              (folder / "libexec/sigproof-models").string());
    EXPECT_EQ(answer.status, 1) << source;
    ASSERT_EQ(answer.record().at("verdict"), "failed") << source;
    EXPECT_THAT(answer.record().at("detail").at("trace").get<std::string>(),
                testing::HasSubstr("STALE"));
    fs::remove_all(folder);
  }
}

// Everything about a failure but the search that found it.
nlohmann::json failureWith(const std::string& check, const std::string& weakening) {
  return ask("--run " + check + " --weaken " + weakening).record().at("detail");
}

// "core/list/atomic_list.h:219": the owner's look for readers, the last load of the list.
std::string lookForReaders() {
  std::string last;
  for (const auto& [place, step] : stepsOf("model/reader_against_push_filter")) {
    if (step == "load seq_cst") last = place;
  }
  return last;
}

TEST(Models, AFailureIsShownWithTheFewestPreemptionsAndThenTheFewestSteps) {
  const std::string check = "model/reader_against_3_pushes_filter";
  const std::string weakening = lookForReaders() + "=acquire";
  const nlohmann::json shown = failureWith(check, weakening);
  ASSERT_TRUE(shown.contains("shortest")) << shown;
  const unsigned preemptions = shown.at("shortest").at("preemptions");
  EXPECT_TRUE(shown.at("state").get<std::string>().starts_with(
      "bound:" + std::to_string(preemptions) + " "));
  ASSERT_GT(preemptions, 0U) << "somebody has to be inside while the owner looks";
  const nlohmann::json fewer = ask("--run " + check + " --random-executions 0 --weaken " +
                                   weakening + " --search bound:" + std::to_string(preemptions - 1))
                                   .record();
  EXPECT_EQ(fewer.at("verdict"), "passed") << "fewer preemptions would have done";
  EXPECT_EQ(shown.at("shortest").at("steps"), shown.at("interleaving").at("steps").size());
}

TEST(Models, AnInterleavingSaysForEachStepWhoDoesWhatInWhichOrderAndWhereItReadFrom) {
  const nlohmann::json drawn =
      failureWith("model/reader_against_push_filter", unlinkingStep() + "=release")
          .at("interleaving");
  EXPECT_EQ(drawn.at("columns"), (nlohmann::json{"owner", "reader"}));
  const auto& steps = drawn.at("steps");
  const auto stale = std::ranges::find_if(
      steps, [](const nlohmann::json& step) { return step.contains("stale"); });
  ASSERT_NE(stale, steps.end());
  EXPECT_EQ(stale->at("column"), 1);
  EXPECT_TRUE(stale->contains("order"));
  EXPECT_THAT(stale->at("at").get<std::string>(), testing::HasSubstr("core/list/atomic_list.h:"));
  const std::string source = steps.at(stale->at("from").get<std::size_t>()).at("does");
  EXPECT_THAT(source, testing::HasSubstr(":="));
  EXPECT_TRUE(steps.back().contains("broken"));
}

TEST(Models, HandlersHaveAColumnForEachThreadAndLevel) {
  const nlohmann::json record =
      ask("--run model/handlers_on_both_threads_against_push_filter --weaken " + unlinkingStep() +
          "=release")
          .record();
  EXPECT_EQ(record.at("detail").at("interleaving").at("columns"),
            (nlohmann::json{"owner", "reader", "handler on the owner", "handler on the reader"}));
}

TEST(Models, ASearchThatEndsByItselfIsExhausted) {
  const nlohmann::json whole = ask("--run model/reader_against_push_filter").record();
  EXPECT_EQ(whole.at("verdict"), "passed");
  EXPECT_TRUE(whole.at("exhausted"));
}

TEST(Models, ASearchThatIsCutShortIsNotExhausted) {
  const std::string run = "--run model/reader_against_push_filter ";
  for (const char* limit :
       {"--max-executions 1", "--search full --max-executions 10",
        "--search bound:3 --max-executions 10", "--search random:50 --max-executions 10"}) {
    const nlohmann::json cut = ask(run + limit).record();
    EXPECT_FALSE(cut.at("exhausted")) << limit;
    EXPECT_EQ(cut.at("verdict"), "unfinished") << limit;
  }
  for (const char* search : {"--search bound:1", "--search bound:99", "--search random:50"}) {
    const nlohmann::json partial = ask(run + search).record();
    EXPECT_FALSE(partial.at("exhausted")) << search;
    EXPECT_EQ(partial.at("verdict"), "passed") << search;
  }
}

TEST(Models, WhereAFullSearchDoesNotEndTheLargestBoundThatDoesSpeaksForIt) {
  const nlohmann::json record =
      ask("--run model/reader_against_push_filter --max-executions 200").record();
  EXPECT_EQ(record.at("verdict"), "passed");
  EXPECT_FALSE(record.at("exhausted"));
  EXPECT_THAT(record.at("engine").get<std::string>(), testing::HasSubstr("at most"));
  const auto& searches = record.at("detail").at("searches");
  EXPECT_EQ(searches.front().at("search"), "full");
  EXPECT_EQ(searches.front().at("end"), "cut short");
  std::string largest;
  for (const auto& search : searches) {
    const bool is_bound = search.at("search").get<std::string>().starts_with("bound:");
    if (is_bound && search.at("end") == "ended by itself") largest = search.at("search");
  }
  EXPECT_EQ(record.at("detail").at("growth").at("search"), largest);
  EXPECT_EQ(searches.back().at("search"), "random");
}

TEST(Models, BothLifetimesAreSearchedWhereAnAddressCanComeBack) {
  const nlohmann::json reuse = ask("--run model/handler_against_two_filters").record();
  const nlohmann::json quarantine =
      ask("--run model/handler_against_two_filters@quarantine").record();
  EXPECT_EQ(reuse.at("detail").at("lifetime_of_freed_addresses"), "reuse");
  EXPECT_EQ(quarantine.at("detail").at("lifetime_of_freed_addresses"), "quarantine");
  // One element is freed before the only push: twice as many.
  EXPECT_EQ(reuse.at("executions"), 2 * quarantine.at("executions").get<unsigned>());
}

TEST(Models, ACanaryThatLivesFailsTheRun) {
  const std::string canary = "--run model/canary_release_stores";
  EXPECT_EQ(ask(canary).record().at("verdict"), "passed");
  const Answer blinded = ask(canary + " --max-executions 1 --random-executions 0");
  EXPECT_EQ(blinded.status, 1);
  EXPECT_EQ(blinded.record().at("verdict"), "failed");
  EXPECT_THAT(blinded.record().at("summary").get<std::string>(),
              testing::HasSubstr("the canary lives"));
}

TEST(Models, AnotherRelacyIsNoticed) {
  const std::string litmus = "--run model/litmus_message_passing_three_stores_two_back";
  EXPECT_EQ(ask(litmus).record().at("verdict"), "passed");
  // As good as a Relacy whose random search reaches no further than the others.
  const nlohmann::json other = ask(litmus + " --random-executions 1").record();
  EXPECT_EQ(other.at("verdict"), "failed");
  EXPECT_THAT(other.at("summary").get<std::string>(), testing::HasSubstr("no longer reaches"));
}

TEST(Models, WhatARecordCannotSeeIsWhatTheLitmusTestsSay) {
  const std::string blind =
      ask("--run model/handler_against_push").record().at("cannot_see").get<std::string>();
  EXPECT_THAT(blind, testing::HasSubstr("load buffering"));
  EXPECT_THAT(blind, testing::HasSubstr("2+2W"));
  EXPECT_THAT(blind, testing::Not(testing::HasSubstr("IRIW"))) << "Relacy reaches it";
}

TEST(Models, BadInputIsRefusedInOneLine) {
  for (const char* arguments :
       {"--run model/no_such_model", "--replay model/reader_against_push_filter --state garbage",
        "--replay model/reader_against_push_filter --state 'full 3 7 2'",
        "--replay model/reader_against_push_filter --state ''", "--run",
        "--run model/reader_against_push_filter --search sideways",
        "--run model/reader_against_push_filter --weaken core/list/atomic_list.h"}) {
    const Answer answer = ask(arguments, true);
    EXPECT_EQ(answer.status, 2) << arguments;
    EXPECT_EQ(std::count(answer.output.begin(), answer.output.end(), '\n'), 1) << answer.output;
  }
}

TEST(Models, EveryModelNamesThePropertiesThatItDefends) {
  const nlohmann::json list = nlohmann::json::parse(ask("--list --json").output);
  EXPECT_GE(list.size(), 50U);
  for (const auto& check : list) {
    EXPECT_FALSE(check.at("properties").empty()) << check;
    EXPECT_FALSE(check.at("covered").get<std::string>().empty()) << check;
  }
}

}  // namespace
}  // namespace sigproof::models
