// Drives sigproof-models as the tool does: it finds weakened orders, repeats what it found, and
// never claims more than it searched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
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
Answer ask(const std::string& arguments, bool with_messages = false) {
  const std::string line =
      std::string(SIGPROOF_MODELS) + " " + arguments + (with_messages ? " 2>&1" : " 2>/dev/null");
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

// "core/atomic_list.h:92": the store by which filter() unlinks, the second that the model meets.
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
  EXPECT_THAT(trace, testing::HasSubstr("core/atomic_list.h:"));
  EXPECT_THAT(trace, testing::HasSubstr("STALE"));
  const std::string state = record.at("detail").at("state");
  const Answer replay = ask("--replay " + check + " --state '" + state + "'" + weakening, true);
  EXPECT_EQ(replay.status, 1);
  EXPECT_THAT(replay.output, testing::HasSubstr("STALE"));
  EXPECT_NE(ask("--replay " + check + " --state '" + state + "'").status, 1)
      << "the production code does not fail so";
}

TEST(Models, ASearchThatEndsByItselfIsExhaustedAndOneThatIsCutShortIsNot) {
  const nlohmann::json whole = ask("--run model/reader_against_push_filter").record();
  EXPECT_EQ(whole.at("verdict"), "passed");
  EXPECT_TRUE(whole.at("exhausted"));
  for (const char* limit : {"--max-executions 10", "--search bound:1", "--search random:50"}) {
    const Answer cut = ask(std::string("--run model/reader_against_push_filter ") + limit);
    EXPECT_FALSE(cut.record().at("exhausted")) << limit;
  }
  EXPECT_EQ(
      ask("--run model/reader_against_push_filter --max-executions 10").record().at("verdict"),
      "unfinished");
}

TEST(Models, BadInputIsRefusedInOneLine) {
  for (const char* arguments :
       {"--run model/no_such_model", "--replay model/reader_against_push_filter --state garbage",
        "--replay model/reader_against_push_filter --state 'full 3 7 2'",
        "--replay model/reader_against_push_filter --state ''", "--run",
        "--run model/reader_against_push_filter --search sideways",
        "--run model/reader_against_push_filter --weaken core/atomic_list.h"}) {
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
