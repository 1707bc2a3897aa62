#include "models/relacy/engine/simulate.h"

#include <unistd.h>

#include <iostream>
#include <streambuf>

namespace sigproof::models {
namespace {

// After this many atomic steps of an execution Relacy reports a livelock. The models take a few
// hundred.
constexpr unsigned kMaxStepsPerExecution = 5000;
constexpr std::uint64_t kExecutionsPerProgress = 4096;

class NullBuffer : public std::streambuf {
  int overflow(int character) override { return traits_type::not_eof(character); }
};

// Relacy reports its own failed assertions on std::cout, which is reserved for the record.
class CoutToCerr {
 public:
  CoutToCerr() : former_(std::cout.rdbuf(std::cerr.rdbuf())) {}
  ~CoutToCerr() { std::cout.rdbuf(former_); }
  CoutToCerr(const CoutToCerr&) = delete;
  CoutToCerr& operator=(const CoutToCerr&) = delete;

 private:
  std::streambuf* former_;
};

void fill(rl::test_params& params, const Search& search) {
  params.execution_depth_limit = kMaxStepsPerExecution;
  params.initial_state = search.first_state;
  switch (search.kind) {
    case SearchKind::kFull:
      params.search_type = rl::sched_full;
      break;
    case SearchKind::kBounded:
      params.search_type = rl::sched_bound;
      params.context_bound = search.preemption_bound;
      break;
    case SearchKind::kRandom:
      params.search_type = rl::sched_random;
      if (search.first_state.empty()) params.initial_state = std::to_string(search.seed);
      params.iteration_count = search.seed + search.random_executions - 1;
      break;
  }
}

}  // namespace

SearchResult runSearch(const Search& search, bool (*run)(rl::test_params&)) {
  rl::test_params params;
  rl::ostringstream output;  // a std::ostringstream would allocate from the failed model's heap
  NullBuffer null_buffer;
  std::ostream nowhere(&null_buffer);
  params.output_stream = &output;
  params.progress_stream = &nowhere;
  fill(params, search);

  ModelHeap::setLifetime(search.lifetime);
  ExecutionGate::open(search);
  const CoutToCerr cout_to_cerr;
  const auto start = std::chrono::steady_clock::now();
  run(params);  // the verdict is not in its result
  ExecutionGate::close();
  SearchResult result;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.executions = ExecutionGate::executions();
  if (params.test_result == rl::test_result_success) {
    result.end = SearchEnd::kEndedByItself;
    return result;
  }
  result.history = output.str();
  if (ExecutionGate::wasCutShort()) return result;
  result.end = SearchEnd::kFailed;
  result.state = formatState(search, params.final_state);
  return result;
}

void ExecutionGate::open(const Search& search) {
  search_ = search;
  is_progress_shown_ = !search.progress_label.empty() && isatty(STDERR_FILENO) == 1;
  is_cut_short_ = false;
  is_stopped_ = false;
  begun_ = 0;
  start_ = std::chrono::steady_clock::now();
}

void ExecutionGate::close() noexcept {
  if (is_progress_shown_) std::fputs("\r\033[K", stderr);
}

void ExecutionGate::beginExecution() noexcept {
  // Relacy repeats a failed execution to print its history. Let the repetition through; it ends
  // where the first one ended.
  if (!rl::ctx().collecting_history()) {
    if (isOverLimits()) {
      is_cut_short_ = true;
    } else {
      ++begun_;
    }
    if (is_progress_shown_ && begun_ % kExecutionsPerProgress == 0) showProgress();
  }
  if (is_cut_short_) rl::ctx().rl_until("cut short", rl::debug_info());
}

void ExecutionGate::endExecution() noexcept {
  if (!search_.is_stopped_after_first) return;
  is_stopped_ = true;
  rl::ctx().rl_until("end of the execution", rl::debug_info());
}

bool ExecutionGate::isOverLimits() noexcept {
  if (search_.max_executions && begun_ >= *search_.max_executions) return true;
  return search_.time_limit && std::chrono::steady_clock::now() - start_ >= *search_.time_limit;
}

void ExecutionGate::showProgress() noexcept {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  std::fprintf(stderr, "\r%s: %llu executions, %.1f s ", search_.progress_label.c_str(),
               static_cast<unsigned long long>(begun_), elapsed.count());
}

}  // namespace sigproof::models
