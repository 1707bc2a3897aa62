#include "models/relacy/engine/simulate.h"
// Relacy comes first.
#include <fmt/format.h>

#include <bitset>
#include <map>
#include <sstream>
#include <stdexcept>

#include "models/relacy/engine/atomic_steps.h"
#include "models/relacy/engine/relacy_bridge.h"
#include "models/relacy/litmus/litmus.h"
#include "models/relacy/search/report.h"

namespace sigproof::models {

// We measured all that the table says of Relacy with Debian's relacy-dev of 2019.
const std::vector<Litmus>& litmusTable() {
  static const std::vector<Litmus> kTable = {
      {.name = "store_buffering",
       .threads = {"x=1/relaxed r0=y/relaxed", "y=1/relaxed r1=x/relaxed"},
       .outcome = "r0=0 r1=0",
       .is_allowed = true,
       .is_reached_by_full = true,
       .is_reached_by_bounded = true,
       .is_reached_by_random = true,
       .blind_spot = "store buffering"},
      {.name = "store_buffering_seq_cst",
       .threads = {"x=1/seq_cst r0=y/seq_cst", "y=1/seq_cst r1=x/seq_cst"},
       .outcome = "r0=0 r1=0"},
      {.name = "store_buffering_seq_cst_fences",
       .threads = {"x=1/relaxed fence/seq_cst r0=y/relaxed",
                   "y=1/relaxed fence/seq_cst r1=x/relaxed"},
       .outcome = "r0=0 r1=0"},
      {.name = "message_passing_relaxed",
       .threads = {"x=1/relaxed y=1/relaxed", "r0=y/relaxed r1=x/relaxed"},
       .outcome = "r0=1 r1=0",
       .is_allowed = true,
       .is_reached_by_full = true,
       .is_reached_by_bounded = true,
       .is_reached_by_random = true,
       .blind_spot = "message passing"},
      {.name = "message_passing_release_acquire",
       .threads = {"x=1/relaxed y=1/release", "r0=y/acquire r1=x/relaxed"},
       .outcome = "r0=1 r1=0"},
      {.name = "message_passing_three_stores_two_back",
       .threads = {"x=1/relaxed x=2/relaxed x=3/relaxed y=1/relaxed", "r0=y/relaxed r1=x/relaxed"},
       .outcome = "r0=1 r1=1",
       .is_allowed = true,
       .is_reached_by_random = true,
       .blind_spot = "a load two stores back"},
      {.name = "message_passing_three_stores_three_back",
       .threads = {"x=1/relaxed x=2/relaxed x=3/relaxed y=1/relaxed", "r0=y/relaxed r1=x/relaxed"},
       .outcome = "r0=1 r1=0",
       .is_allowed = true,
       .blind_spot = "a load three or more stores back"},
      {.name = "load_buffering",
       .threads = {"r0=x/relaxed y=1/relaxed", "r1=y/relaxed x=1/relaxed"},
       .outcome = "r0=1 r1=1",
       .is_allowed = true,
       .blind_spot = "load buffering"},
      {.name = "independent_reads_of_independent_writes",
       .threads = {"x=1/release", "y=1/release", "r0=x/acquire r1=y/acquire",
                   "r2=y/acquire r3=x/acquire"},
       .outcome = "r0=1 r1=0 r2=1 r3=0",
       .is_allowed = true,
       .is_reached_by_full = true,
       .is_reached_by_bounded = true,
       .is_reached_by_random = true,
       .blind_spot = "independent reads of independent writes (IRIW)"},
      {.name = "independent_reads_of_independent_writes_seq_cst",
       .threads = {"x=1/seq_cst", "y=1/seq_cst", "r0=x/seq_cst r1=y/seq_cst",
                   "r2=y/seq_cst r3=x/seq_cst"},
       .outcome = "r0=1 r1=0 r2=1 r3=0"},
      {.name = "two_plus_two_writes",
       .threads = {"x=1/relaxed y=2/relaxed", "y=1/relaxed x=2/relaxed"},
       .outcome = "x=1 y=1",
       .is_allowed = true,
       .blind_spot = "2+2W"},
      {.name = "write_to_read_causality_relaxed",
       .threads = {"x=1/relaxed", "r0=x/relaxed y=1/relaxed", "r1=y/relaxed r2=x/relaxed"},
       .outcome = "r0=1 r1=1 r2=0",
       .is_allowed = true,
       .is_reached_by_full = true,
       .is_reached_by_bounded = true,
       .is_reached_by_random = true,
       .blind_spot = "write to read causality"},
      {.name = "write_to_read_causality_release_acquire",
       .threads = {"x=1/relaxed", "r0=x/relaxed y=1/release", "r1=y/acquire r2=x/relaxed"},
       .outcome = "r0=1 r1=1 r2=0"},
      {.name = "read_read_coherence",
       .threads = {"x=1/relaxed", "r0=x/relaxed r1=x/relaxed"},
       .outcome = "r0=1 r1=0"},
      // C++11 lets any later store of the releasing thread continue its release sequence.
      {.name = "release_sequence_of_the_same_thread",
       .threads = {"x=1/relaxed y=1/release y=2/relaxed", "r0=y/acquire r1=x/relaxed"},
       .outcome = "r0=2 r1=0",
       .is_allowed = true,
       .blind_spot = "a relaxed store that ends its thread's release sequence, as in C++20"},
      {.name = "release_sequence_of_read_modify_writes",
       .threads = {"x=1/relaxed y=1/release", "r2=y+1/relaxed", "r0=y/acquire r1=x/relaxed"},
       .outcome = "r0=2 r1=0"},
  };
  return kTable;
}

namespace {

constexpr std::size_t kMaxRegisters = 4;
constexpr std::size_t kVariables = 3;
constexpr unsigned kBitsPerValue = 2;
constexpr unsigned kBound = 2;
// Four threads of one or two steps need some hundred thousand.
constexpr std::uint64_t kMaxExecutions = 1'000'000;

struct Step {
  enum class Kind : std::uint8_t { kLoad, kStore, kFetchAdd, kFence };
  Kind kind = Kind::kFence;
  unsigned variable = 0;
  unsigned register_number = 0;
  unsigned value = 0;
  rl::memory_order order = rl::mo_relaxed;
};

using Thread = std::vector<Step>;

rl::memory_order parseOrder(std::string_view word) {
  for (const std::memory_order order :
       {std::memory_order_relaxed, std::memory_order_acquire, std::memory_order_release,
        std::memory_order_acq_rel, std::memory_order_seq_cst}) {
    if (toString(order) == word) return relacyOrder(order);
  }
  throw std::logic_error("a litmus test has a memory order that means nothing");
}

unsigned variableOf(char letter) { return static_cast<unsigned>(letter - 'x'); }
unsigned digitOf(char letter) { return static_cast<unsigned>(letter - '0'); }

Step parseStep(std::string_view word) {
  const std::size_t slash = word.find('/');
  Step step{.order = parseOrder(word.substr(slash + 1))};
  const std::string_view what = word.substr(0, slash);
  if (what == "fence") return step;
  if (what.front() != 'r') {  // "x=1"
    step.kind = Step::Kind::kStore;
    step.variable = variableOf(what[0]);
    step.value = digitOf(what[2]);
    return step;
  }
  step.kind = what.size() > 4 ? Step::Kind::kFetchAdd : Step::Kind::kLoad;  // "r0=x+1", "r0=x"
  step.register_number = digitOf(what[1]);
  step.variable = variableOf(what[3]);
  if (what.size() > 4) step.value = digitOf(what[5]);
  return step;
}

std::vector<Thread> parseThreads(const Litmus& litmus) {
  std::vector<Thread> threads;
  for (const std::string& text : litmus.threads) {
    std::istringstream words(text);
    Thread& thread = threads.emplace_back();
    for (std::string word; words >> word;) thread.push_back(parseStep(word));
  }
  return threads;
}

// The final values, two bits each: registers, then variables.
using Outcome = std::uint32_t;

// The program of the running search, and its result.
std::vector<Thread> threads;
std::bitset<std::size_t{1} << ((kMaxRegisters + kVariables) * kBitsPerValue)> outcomes;

template <unsigned kThreads>
class LitmusProgram {
 public:
  LitmusProgram() {
    const rl::preemption_disabler no_switch(rl::ctx());
    for (auto& variable : variables_) variable.store(0, rl::mo_relaxed, here());
  }

  void setUp() {}

  void runThread(unsigned index) {
    for (const Step& step : threads[index]) execute(step);
  }

  void tearDown() {
    Outcome outcome = 0;
    for (unsigned i = 0; i < kMaxRegisters; ++i) outcome |= registers_[i] << (i * kBitsPerValue);
    for (unsigned i = 0; i < kVariables; ++i) {
      outcome |= variables_[i].debug_value() << ((kMaxRegisters + i) * kBitsPerValue);
    }
    outcomes.set(outcome);
  }

 private:
  static rl::debug_info here(Location at = Location::current()) { return debugInfo(at); }

  void execute(const Step& step) {
    rl::atomic<unsigned>& variable = variables_[step.variable];
    switch (step.kind) {
      case Step::Kind::kLoad:
        registers_[step.register_number] = variable.load(step.order, here());
        return;
      case Step::Kind::kStore:
        return variable.store(step.value, step.order, here());
      case Step::Kind::kFetchAdd:
        registers_[step.register_number] = variable.fetch_add(step.value, step.order, here());
        return;
      case Step::Kind::kFence:
        return rl::atomic_thread_fence(step.order, here());
    }
  }

  std::array<rl::atomic<unsigned>, kVariables> variables_;
  std::array<unsigned, kMaxRegisters> registers_{};
};

SearchResult searchLitmus(const Litmus& litmus, const Search& search) {
  threads = parseThreads(litmus);
  outcomes.reset();
  switch (threads.size()) {
    case 2:
      return simulate<LitmusProgram<2>, 2>(search);
    case 3:
      return simulate<LitmusProgram<3>, 3>(search);
    case 4:
      return simulate<LitmusProgram<4>, 4>(search);
    default:
      throw std::logic_error("a litmus test has two, three or four threads");
  }
}

// The names in the outcome, such as "r0" and "x", and where their values are.
std::vector<std::pair<std::string, unsigned>> namesIn(const std::string& outcome) {
  std::vector<std::pair<std::string, unsigned>> names;
  std::istringstream words(outcome);
  for (std::string word; words >> word;) {
    const std::string name = word.substr(0, word.find('='));
    const unsigned place = name.front() == 'r'
                               ? digitOf(name[1])
                               : static_cast<unsigned>(kMaxRegisters) + variableOf(name[0]);
    names.emplace_back(name, place);
  }
  return names;
}

// What the finished search reached, in the form of the test's outcome.
std::vector<std::string> reachedOutcomes(const Litmus& litmus) {
  std::vector<std::string> reached;
  for (std::size_t outcome = 0; outcome < outcomes.size(); ++outcome) {
    if (!outcomes.test(outcome)) continue;
    std::string text;
    for (const auto& [name, place] : namesIn(litmus.outcome)) {
      const std::size_t value = outcome >> (place * kBitsPerValue) & ((1U << kBitsPerValue) - 1);
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
    }
    if (std::ranges::find(reached, text) == reached.end()) reached.push_back(text);
  }
  return reached;
}

// What the table expects of one search, and what the search did.
struct Sighting {
  std::string search;
  bool is_expected = false;
  bool is_reached = false;
  bool has_ended = false;
};

class LitmusCheck {
 public:
  LitmusCheck(const Litmus& litmus, const Model& model, const SearchPlan& plan)
      : litmus_(litmus), plan_(plan), record_(blankRecord(model)) {}

  reports::Record run() {
    using enum SearchKind;
    look("full", {.kind = kFull}, litmus_.is_reached_by_full);
    look(fmt::format("bound:{}", kBound), {.kind = kBounded, .preemption_bound = kBound},
         litmus_.is_reached_by_bounded);
    look("random",
         {.kind = kRandom, .random_executions = plan_.random_executions, .seed = plan_.seed},
         litmus_.is_reached_by_random);
    record_.engine = fmt::format("Relacy, full search, bound {} and random search", kBound);
    record_.seed = std::to_string(plan_.seed);
    record_.exhausted = sightings_.front().has_ended;
    for (auto& [outcome, row] : rows_) record_.detail["reached"].push_back(row);
    record_.detail["asked"] = litmus_.outcome;
    record_.detail["allowed_by_cpp20"] = litmus_.is_allowed;
    judge();
    return std::move(record_);
  }

 private:
  void look(const std::string& name, Search search, bool is_expected) {
    search.max_executions = kMaxExecutions;
    const SearchResult result = searchLitmus(litmus_, search);
    record_.executions += result.executions;
    record_.seconds += result.seconds;
    const std::vector<std::string> reached = reachedOutcomes(litmus_);
    for (const std::string& outcome : reached) {
      rows_.try_emplace(outcome, nlohmann::json{{"outcome", outcome}}).first->second[name] = true;
    }
    sightings_.push_back(
        {.search = name,
         .is_expected = is_expected,
         .is_reached = std::ranges::find(reached, litmus_.outcome) != reached.end(),
         .has_ended = result.end == SearchEnd::kEndedByItself});
  }

  void judge() {
    record_.verdict = reports::Verdict::kPassed;
    std::string reaching;
    for (const Sighting& sighting : sightings_) {
      if (!sighting.has_ended) {
        record_.verdict = reports::Verdict::kUnfinished;
        record_.summary = fmt::format("the {} search was cut short", sighting.search);
        return;
      }
      if (sighting.is_reached != sighting.is_expected) {
        record_.verdict = reports::Verdict::kFailed;
        record_.summary = fmt::format(
            "L4: this is another Relacy than the models were made for: its {} search {} {}, which "
            "C++20 {}; what the records say it can't see is no longer true",
            sighting.search, sighting.is_reached ? "reaches" : "no longer reaches", litmus_.outcome,
            litmus_.is_allowed ? "allows" : "forbids");
        return;
      }
      if (sighting.is_reached) reaching += (reaching.empty() ? "" : ", ") + sighting.search;
    }
    record_.summary = fmt::format("{} is {} by C++20 and reached by {}", litmus_.outcome,
                                  litmus_.is_allowed ? "allowed" : "forbidden",
                                  reaching.empty() ? "no search" : reaching);
  }

  const Litmus& litmus_;
  const SearchPlan& plan_;
  reports::Record record_;
  std::vector<Sighting> sightings_;
  std::map<std::string, nlohmann::json> rows_;
};

std::string describe(const Litmus& litmus) {
  std::string text = "What Relacy reaches of:";
  for (std::size_t i = 0; i < litmus.threads.size(); ++i) {
    text += (i == 0 ? " " : " || ") + litmus.threads[i];
  }
  return text;
}

}  // namespace

std::vector<Model> litmusModels() {
  std::vector<Model> models;
  for (const Litmus& litmus : litmusTable()) {
    models.push_back({.name = "litmus_" + litmus.name,
                      .properties = {"L4"},
                      .covered = describe(litmus),
                      .thread_count = static_cast<unsigned>(litmus.threads.size()),
                      .check = [&litmus](const Model& model, const SearchPlan& plan) {
                        return LitmusCheck(litmus, model, plan).run();
                      }});
  }
  return models;
}

std::string whatRelacyCannotSee() {
  std::string never;
  std::string only_random;
  for (const Litmus& litmus : litmusTable()) {
    if (!litmus.is_allowed || litmus.is_reached_by_full) continue;
    std::string& list = litmus.is_reached_by_random ? only_random : never;
    list += (list.empty() ? "" : ", ") + litmus.blind_spot;
  }
  return fmt::format(
      "Allowed by C++20 but never reached by Relacy (model/litmus_*): {}. Reached by its random "
      "search alone: {}. Reordering by the compiler; longer programs than this one.",
      never.empty() ? "nothing" : never, only_random.empty() ? "nothing" : only_random);
}

}  // namespace sigproof::models
