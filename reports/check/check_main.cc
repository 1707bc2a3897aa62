#include "reports/check/check_main.h"

#include <chrono>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

#include "reports/check/peak_memory.h"

namespace sigproof::reports {
namespace {

int exitStatusOf(Verdict verdict) {
  if (verdict == Verdict::kPassed) return kExitPassed;
  return verdict == Verdict::kSkipped ? kExitSkipped : kExitFailed;
}

}  // namespace

int report(const Record& record) {
  std::cout << toLine(record) << '\n' << std::flush;
  std::cerr << record.check << ": " << record.summary << '\n';
  const int status = exitStatusOf(record.verdict);
  const auto trace = record.detail.find("trace");
  if (status == kExitFailed && trace != record.detail.end() && trace->is_string()) {
    std::cerr << trace->get<std::string>() << "\nrepeat with: " << record.replay << '\n';
  }
  return status;
}

void measure(Record& record, const std::function<void()>& work) {
  struct Measurement {
    ~Measurement() {
      const auto end = std::chrono::steady_clock::now();
      record.seconds = std::chrono::duration<double>(end - begin).count();
      record.peak_memory_kib = peakMemoryKib();
    }
    Record& record;
    std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  } const measurement{record};
  work();
}

CheckMain::CheckMain(std::string name, const std::string& description)
    : name_(std::move(name)), app_(description, name_) {
  what_ = app_.add_option_group("what to do");
  list_flag_ = what_->add_flag("--list", is_list_, "Print the names of the checks, one a line");
  run_option_ = what_->add_option("--run", "Run one check and print its record as a line of JSON")
                    ->type_name("CHECK");
  what_->require_option(1);
  app_.add_flag("--json", is_json_, "With --list: as a JSON array, with what each check covers")
      ->needs(list_flag_);
  app_.footer(
      "Exit status: 0 passed; 1 failed or unfinished; 2 bad input, which standard error explains; "
      "3 "
      "skipped: it can't run here.");
}

CLI::Option* CheckMain::addAction(const std::string& option, const std::string& description,
                                  const std::string& type,
                                  std::function<int(const std::string&)> act) {
  CLI::Option* added = what_->add_option(option, description)->type_name(type);
  actions_.push_back({added, std::move(act)});
  return added;
}

void CheckMain::list() const {
  nlohmann::json checks = nlohmann::json::array();
  for (const CheckInfo& info : list_()) {
    if (!is_json_) std::cout << info.check << '\n';
    checks.push_back({{"check", info.check},
                      {"properties", toJson(info.properties)},
                      {"covered", info.covered}});
  }
  if (is_json_) std::cout << checks.dump() << '\n';
}

int CheckMain::act() {
  for (const Action& action : actions_) {
    if (action.option->count() > 0) return action.act(action.option->as<std::string>());
  }
  if (run_option_->count() > 0) return run_(run_option_->as<std::string>());
  list();
  return kExitPassed;
}

int CheckMain::run(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
    return act();
  } catch (const CLI::Success& help) {
    return app_.exit(help);
  } catch (const CLI::Error& error) {
    std::cerr << name_ << ": " << error.what() << " (see --help)\n";
  } catch (const std::exception& error) {
    std::cerr << name_ << ": " << error.what() << '\n';
  }
  return kExitBadInput;
}

}  // namespace sigproof::reports
