#include "fuzz/support/record/own_record.h"

#include <fmt/format.h>
#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/spec/violation.h"
#include "fuzz/support/record/fixed_json.h"
#include "fuzz/support/record/statistics.h"
#include "reports/record/atomic_file.h"
#include "reports/record/record.h"

namespace sigproof::fuzz {
namespace {

using reports::Record;
using reports::Verdict;

constinit std::atomic<std::uint64_t> executions{0};
// A second thread that finds something while a first one writes has nothing to add.
constinit std::atomic_flag is_writing;
constinit std::atomic<bool> has_finding{false};
constinit thread_local bool is_finder = false;

/// What doesn't change while the program runs. Made at the start, because a sanitizer's callback
/// may not allocate; never destroyed, because one may come after the exit handlers.
struct Beginning {
  reports::PreparedFile file;
  std::string constant_members;  ///< "{...," of the record
  std::span<const Property> properties;
  pid_t process;
};
constinit const Beginning* beginning = nullptr;

FixedJson record_text;

void say(std::string_view text) noexcept {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

struct Ending {
  Verdict verdict = Verdict::kUnfinished;
  std::string_view summary;
  std::span<const Property> broken{};
  std::string_view module_text{};  ///< WebAssembly, as text
};

const char* nameOf(Verdict verdict) noexcept {
  if (verdict == Verdict::kPassed) return "passed";
  return verdict == Verdict::kFailed ? "failed" : "unfinished";
}

// A long text must leave room for the members after it.
constexpr std::size_t kRoomForRest = FixedJson::kCapacity / 8;

void writeMember(std::string_view name, std::string_view value,
                 std::size_t kept_free = kRoomForRest) noexcept {
  record_text.text(name);
  record_text.raw(":");
  record_text.text(value, kept_free);
  record_text.raw(",");
}

/// The target's properties, and what is broken beside them.
void writeProperties(std::span<const Property> broken) noexcept {
  record_text.raw("\"properties\":[");
  bool is_first = true;
  const auto add = [&](Property property) {
    if (!is_first) record_text.raw(",");
    record_text.text(property.id());
    is_first = false;
  };
  std::ranges::for_each(beginning->properties, add);
  for (const Property property : broken) {
    const bool is_known =
        std::ranges::find(beginning->properties, property) != beginning->properties.end();
    if (!is_known) add(property);
  }
  record_text.raw("],");
}

/// Allocates nothing and takes no lock: a sanitizer calls this in the middle of its report.
void writeRecord(const Ending& ending) noexcept {
  if (beginning == nullptr || beginning->process != getpid()) return;
  record_text.clear();
  record_text.raw(beginning->constant_members);
  writeProperties(ending.broken);
  writeMember("verdict", nameOf(ending.verdict));
  writeMember("summary", ending.summary, FixedJson::kCapacity / 2);
  record_text.raw("\"executions\":");
  record_text.number(executions.load(std::memory_order_relaxed));
  record_text.raw(",\"detail\":{");
  if (!ending.broken.empty()) writeMember("property", ending.broken.front().id());
  if (!ending.module_text.empty()) writeMember("module_text", ending.module_text);
  record_text.raw("\"statistics\":");
  Statistics::writeTo(record_text);
  record_text.raw("}}\n");
  const int error = record_text.isWhole() ? beginning->file.replace(record_text.view()) : ENOMEM;
  if (error == 0) return;
  say("the record was not written: ");
  say(strerrordesc_np(error));
  say("\n");
}

void recordFinding(const Ending& finding) noexcept {
  if (is_writing.test_and_set()) return;
  if (!has_finding.exchange(true)) is_finder = true;
  if (is_finder) writeRecord(finding);
  is_writing.clear();
}

void recordExit(int status, void* /*unused*/) {
  if (is_writing.test_and_set()) return;
  const bool has_run = executions.load() != 0;
  if (has_finding.load()) {
    // It stands.
  } else if (status != 0) {
    writeRecord({.summary = "left before its end"});
  } else if (has_run) {
    writeRecord({.verdict = Verdict::kPassed, .summary = "no property broken"});
  } else {
    writeRecord({.summary = "ended well, but ran no input"});
  }
  is_writing.clear();
}

std::string engineOf(const TargetDescription& target) {
  return fmt::format(
      "libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer of clang {}.{}.{}{}{}",
      __clang_major__, __clang_minor__, __clang_patchlevel__, target.engine.empty() ? "" : "; ",
      target.engine);
}

}  // namespace

std::string describe(const TargetDescription& target, const std::string& check) {
  return nlohmann::json{{"check", check},
                        {"properties", reports::toJson(target.properties)},
                        {"covered", target.covered},
                        {"cannot_see", target.cannot_see},
                        {"engine", engineOf(target)}}
      .dump();
}

void beginRecord(const TargetDescription& target, const std::string& check) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment.
  const char* path = std::getenv("SIGPROOF_RECORD_FILE");
  if (path == nullptr || *path == '\0') return;
  Record record;
  record.check = check;
  record.kind = reports::Kind::kFuzz;
  record.engine = engineOf(target);
  record.covered = target.covered;
  record.cannot_see = target.cannot_see;
  nlohmann::json members = reports::toJson(record);
  for (const char* changing : {"properties", "verdict", "summary", "executions", "detail"})
    members.erase(changing);
  std::string constant_members = members.dump();
  constant_members.back() = ',';
  beginning = new Beginning{reports::PreparedFile(path), std::move(constant_members),
                            target.properties, getpid()};
  if (on_exit(&recordExit, nullptr) != 0) say("the record's end can't be written\n");
  writeRecord({.summary = "began, and said nothing of its end"});
}

void countExecution() noexcept { executions.fetch_add(1, std::memory_order_relaxed); }

void recordViolation(const std::string& who, const std::string& text,
                     const std::string& module_text) {
  std::string summary = who + ": " + text;
  std::ranges::replace(summary, '\n', ' ');
  const std::vector<Property> broken = propertiesOfIds(who);
  recordFinding({.verdict = Verdict::kFailed,
                 .summary = summary,
                 .broken = broken,
                 .module_text = module_text});
}

}  // namespace sigproof::fuzz

// Each sanitizer calls this at the end of its report, with the line that names the error and its
// place: "SUMMARY: AddressSanitizer: heap-use-after-free core/list/atomic_list.h:120:5 in ...".
// Ours takes the place of one that prints it. It may run in a signal handler or inside malloc().
// NOLINTNEXTLINE(readability-identifier-naming,bugprone-reserved-identifier): its name
extern "C" void __sanitizer_report_error_summary(const char* error_summary) {
  using sigproof::fuzz::say;
  constexpr std::string_view kPrefix = "SUMMARY: ";
  std::string_view summary = error_summary;
  say(summary);
  say("\n");
  if (summary.starts_with(kPrefix)) summary.remove_prefix(kPrefix.size());
  sigproof::fuzz::recordFinding(
      {.verdict = sigproof::reports::Verdict::kFailed, .summary = summary});
}
