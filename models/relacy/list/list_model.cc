#include "models/relacy/engine/simulate.h"
// Relacy comes first.
#include <fmt/format.h>

#include "core/list/atomic_list.h"
#include "models/relacy/engine/history.h"
#include "models/relacy/engine/relacy_policy.h"
#include "models/relacy/list/list_ledger.h"
#include "models/relacy/list/list_model.h"

namespace sigproof::models {
namespace {

struct ConstructionFailure {};
struct PredicateFailure {};

// An element that knows its number and whether it still exists. Relacy sees each read of the
// number, and the store in the destructor: a reader that isn't ordered before the destruction is a
// data race.
class Element {
 public:
  Element(ListLedger& ledger, unsigned number, bool is_refused) : ledger_(ledger) {
    if (is_refused) throw ConstructionFailure{};
    value_(here()).store(number);
    ledger_.born(number);
  }
  /// What takes the place of `old`.
  Element(Element& old, unsigned number) : Element(old.ledger_, number, false) {}
  Element(const Element&) = delete;
  Element& operator=(const Element&) = delete;
  ~Element() {
    const unsigned number = value_(here()).load();
    note("destroys element ", number);
    value_(here()).store(kPoison);
    ledger_.died(number);
  }

  unsigned number() noexcept { return value_(here()).load(); }

 private:
  static constexpr unsigned kPoison = 99;
  static rl::debug_info here(Location at = Location::current()) { return debugInfo(at); }

  ListLedger& ledger_;
  rl::var<unsigned> value_;
};

constexpr std::size_t kMaxThreads = 3;

// The program of the search that is under way.
const ListProgram* program = nullptr;

template <class Policy>
class ListWorld {
 public:
  using List = AtomicList<Element, Policy>;

  ListWorld() {
    StepHook::function = nullptr;
    ConstantVariables::are_links = ConstantVariables::are_watched = false;
  }
  ListWorld(const ListWorld&) = delete;
  ListWorld& operator=(const ListWorld&) = delete;
  ~ListWorld() = default;

  void setUp() {
    const std::size_t bar = program->owner.find('|');
    if (bar != std::string::npos) {
      for (std::size_t i = 0; i < bar; ++i) execute(program->owner[i]);
      next_step_ = bar + 1;
    }
    ledger_.pin();
    std::copy(program->handlers.begin(), program->handlers.end(), handlers_left_.begin());
    if (std::ranges::all_of(program->handlers, [](unsigned count) { return count == 0; })) return;
    StepHook::context = this;
    StepHook::function = [](void* world) noexcept { static_cast<ListWorld*>(world)->strike(); };
  }

  void runThread(unsigned index) {
    if (index == 0) {
      for (; next_step_ < program->owner.size(); ++next_step_) execute(program->owner[next_step_]);
    } else {
      runReader(program->readers[index - 1]);
      ++readers_through_;
    }
  }

  // All threads have ended and what they did is visible: nothing may be left to be freed (L4).
  void tearDown() {
    StepHook::function = nullptr;
    if (!list_) return;
    require(list_->reclaim(), "L4: reclaim() finds a reader although all have left");
    ledger_.requireNothingRetired();
    require(list_->isEmpty() == (ledger_.inList() == 0), "isEmpty() after all threads have ended");
  }

 private:
  void execute(char letter) {
    switch (letter) {
      case 'p':
      case 'q':
        return push(letter == 'q');
      case 'c':
        return change("clear()", 0, [&] { list_->clear(); });
      case 'r':
        return change("reclaim()", ledger_.inList(), [&] {
          if (list_->reclaim()) ledger_.requireNothingRetired();
        });
      case 's':
      case 'S':
        return replace(letter == 'S');
      case 't':
        return detach();
      case 'd':
        return destroy();
      default:
        return filter(letter);
    }
  }

  static constexpr const char* kCallEnds = "(call has ended)";

  // Calls `operation`, which leaves `after` in the list.
  template <class Operation>
  void change(const char* begins, ElementSet after, Operation&& operation) {
    note(begins);
    ledger_.beginChange(after);
    operation();
    ledger_.endChange();
    note(kCallEnds);
    beginStep();  // a handler strikes between two calls
  }

  void push(bool is_refused) {
    const unsigned number = newest_ += 2;
    const ElementSet before = ledger_.inList();
    change("pushFront()", is_refused ? before : before | only(number), [&] {
      try {
        list_->pushFront(ledger_, number, is_refused);
        require(!is_refused, "L1: a constructor's exception got lost");
      } catch (const ConstructionFailure&) {
        require(is_refused, "L1: an exception out of nowhere");
      }
    });
  }

  static ElementSet rejectedBy(char letter, ElementSet in_list) {
    if (in_list == 0 || letter == 'k') return 0;
    const ElementSet newest = only(newestOf(in_list));
    switch (letter) {
      case 'A':
        return in_list;
      case 'f':
        return only(oldestOf(in_list));
      case 'l':
      case 'x':
        return newest;
      case 'm':
        return in_list == newest ? 0 : only(newestOf(in_list & ~newest));
      case 'b': {
        const ElementSet oldest = only(oldestOf(in_list));
        return oldest | (in_list == oldest ? 0 : only(oldestOf(in_list & ~oldest)));
      }
      case 'e': {
        ElementSet rejected = 0;
        bool is_rejected = true;
        for (ElementSet rest = in_list; rest != 0; rest &= ~only(newestOf(rest))) {
          if (is_rejected) rejected |= only(newestOf(rest));
          is_rejected = !is_rejected;
        }
        return rejected;
      }
      default:
        fail("the model's program has a letter that means nothing");
    }
  }

  // L5: the predicate is called newest first, once for each element, and what it rejects is gone.
  void filter(char letter) {
    const ElementSet before = ledger_.inList();
    const ElementSet rejected = rejectedBy(letter, before);
    ElementSet expected = before;
    const auto keep = [&](Element& element) {
      const unsigned number = element.number();
      require(expected != 0 && number == newestOf(expected),
              "L5: filter() calls its predicate out of order, twice, or not at all");
      expected &= ~only(number);
      const bool is_rejected = (rejected & only(number)) != 0;
      note(is_rejected ? "rejects element " : "keeps element ", number);
      if (letter == 'x' && !is_rejected) throw PredicateFailure{};
      return !is_rejected;
    };
    change("filter()", before & ~rejected, [&] {
      try {
        list_->filter(keep);
        require(expected == 0, "L5: filter() left an element out");
      } catch (const PredicateFailure&) {
        require(letter == 'x', "L5: an exception out of nowhere");
      }
    });
  }

  // Those that were replaced already are left as they are.
  void replace(bool is_all) {
    ElementSet replaced = 0;
    ElementSet successors = 0;
    for (ElementSet rest = ledger_.inList(); rest != 0; rest &= ~only(newestOf(rest))) {
      const unsigned number = newestOf(rest);
      if (isSuccessor(number) || (!is_all && replaced != 0)) continue;
      replaced |= only(number);
      successors |= only(successorOf(number));
    }
    unsigned argument = 0;
    const auto successor = [&](Element& element) -> unsigned* {
      const unsigned number = element.number();
      argument = successorOf(number);
      return (replaced & only(number)) != 0 ? &argument : nullptr;
    };
    change("replace()", (ledger_.inList() & ~replaced) | successors,
           [&] { list_->replace(successor); });
  }

  void detach() {
    note("detachReaders()");
    ledger_.beginDetach();
    list_->detachReaders();
    ledger_.endDetach();
    note(kCallEnds);
    beginStep();
  }

  // Nobody may come to a destroyed list, so the owner waits until each reader was there (it can
  // have been turned away).
  void destroy() {
    if (readers_through_ < program->readers.size()) return;
    change("~AtomicList()", 0, [&] {
      list_.reset();
      StepHook::function = nullptr;  // and no handler may
    });
  }

  void runReader(const std::string& letters) {
    for (const char letter : letters) {
      ListWalk walk;
      ledger_.beginWalk(walk, WalkKind::kReader);
      note(letter == 'e' ? "isEmpty()" : "iterate()");
      if (letter == 'e') {
        ledger_.judgeIsEmpty(walk, list_->isEmpty());
        walk.must = 0;
      } else {
        iterate(*list_, walk);
      }
      ledger_.endWalk(walk);
      note(kCallEnds);
    }
  }

  // Before a step of any thread. A handler on a reader's thread is, to the owner, one more reader.
  void strike() noexcept {
    const unsigned thread = rl::thread_index();
    unsigned& left = handlers_left_[thread];
    if (left == 0 || rl::rand(2) == 0) return;
    --left;
    note(kHandlerBegins);
    ListWalk walk;
    ledger_.beginWalk(walk, thread == 0 ? WalkKind::kHandler : WalkKind::kReader);
    // Through its address: the destructor, too, may be under way.
    ledger_.judgeIsEmpty(walk, list_address_->isEmpty());
    iterate(*list_address_, walk);
    ledger_.endWalk(walk);
    note(kHandlerEnds);
  }

  void iterate(List& list, ListWalk& walk) noexcept {
    list.iterate([&](Element& element) noexcept { ledger_.visit(walk, element.number()); });
  }

  // The ledger goes last: elements tell it that they die.
  ListLedger ledger_;
  std::optional<List> list_{std::in_place};
  List* const list_address_ = &*list_;
  std::size_t next_step_ = 0;
  unsigned newest_ = 0;
  std::array<unsigned, kMaxThreads> handlers_left_{};
  std::size_t readers_through_ = 0;
};

// With threads: the code as it ships. With handlers alone, where steps are few: the debug build's.
SearchResult searchProgram(const ListProgram& searched, const Search& search) {
  program = &searched;
  switch (program->readers.size()) {
    case 0:
      return simulate<ListWorld<DebugRelacyPolicy>, 1>(search);
    case 1:
      return simulate<ListWorld<RelacyPolicy>, 2>(search);
    case 2:
      return simulate<ListWorld<RelacyPolicy>, 3>(search);
    default:
      throw std::logic_error("models of a list have at most two readers");
  }
}

std::string_view word(char letter) {
  switch (letter) {
    case 'p':
      return "push";
    case 'q':
      return "push (the constructor throws)";
    case 'f':
      return "filter the oldest out";
    case 'l':
      return "filter the newest out";
    case 'm':
      return "filter the second newest out";
    case 'b':
      return "filter the two oldest out";
    case 'e':
      return "filter every other out";
    case 'A':
      return "filter all out";
    case 'k':
      return "filter and keep all";
    case 'x':
      return "filter the newest out, then throw";
    case 'c':
      return "clear";
    case 'r':
      return "reclaim";
    case 's':
      return "replace the newest";
    case 'S':
      return "replace all";
    case 't':
      return "detach the readers";
    case 'd':
      return "destroy";
    case '|':
      return "(threads start)";
    default:
      throw std::logic_error("a list program has a letter that means nothing");
  }
}

unsigned handlersOn(const ListProgram& asked, std::size_t thread) {
  return thread < asked.handlers.size() ? asked.handlers[thread] : 0;
}

bool reusesAddresses(const std::string& owner) {
  const std::size_t first_free = owner.find_first_of("flmbeAxcqsS");
  return first_free != std::string::npos &&
         owner.find_first_of("pqsS", first_free + 1) != std::string::npos;
}

Axes axesOf(const ListProgram& measured) {
  const std::size_t bar = measured.owner.find('|');
  const std::size_t start = bar == std::string::npos ? 0 : bar + 1;
  return {.series = measured.series,
          .operations = static_cast<unsigned>(measured.owner.size() - start),
          .readers = static_cast<unsigned>(measured.readers.size()),
          .handlers_on_owner = handlersOn(measured, 0),
          .handlers_on_reader = handlersOn(measured, 1)};
}

std::string describe(const ListProgram& described) {
  std::string text = "Owner:";
  for (const char letter : described.owner) text += fmt::format(" {},", word(letter));
  text.back() = '.';
  for (const std::string& reader : described.readers) {
    text += " Reader on another thread:";
    for (const char letter : reader) text += letter == 'i' ? " iterate," : " isEmpty,";
    text.back() = '.';
  }
  for (std::size_t thread = 0; thread < described.handlers.size(); ++thread) {
    const unsigned count = described.handlers[thread];
    if (count == 0) continue;
    text += fmt::format(" {} on {} thread, before any atomic step{}.",
                        count == 1 ? "A handler strikes, or not,"
                                   : "Up to two handlers strike, one after the other or nested,",
                        thread == 0 ? "the owner's" : "a reader's",
                        thread == 0 ? ", allocation, destruction and deallocation" : "");
  }
  return text;
}

}  // namespace

Model makeListModel(const ListProgram& made) {
  Model model{.name = made.name,
              .covered = describe(made),
              .columns = {"owner"},
              .thread_count = static_cast<unsigned>(made.readers.size()) + 1,
              .search = [made](const Search& search) { return searchProgram(made, search); },
              .reuses_addresses = reusesAddresses(made.owner),
              .axes = axesOf(made)};
  const bool has_readers = !made.readers.empty();
  if (has_readers) {
    model.properties = {"L4", "L1", "L2"};
  } else {
    model.properties = {"L3", "L1", "L2", "L4"};
  }
  if (made.owner.find_first_of("flmbeAkx") != std::string::npos) model.properties.push_back("L5");
  if (made.owner.find('d') != std::string::npos) model.properties.push_back("L6");
  // An exception that is thrown and caught takes as long as ten executions without one.
  if (made.owner.find_first_of("qx") != std::string::npos) model.execution_cost = 10;
  if (has_readers && handlersOn(made, 0) > 0) model.properties.push_back("L3");
  for (std::size_t i = 0; i < made.readers.size(); ++i) {
    model.columns.push_back(made.readers.size() == 1 ? "reader" : fmt::format("reader {}", i + 1));
  }
  for (unsigned thread = 0; thread < made.handlers.size(); ++thread) {
    for (unsigned depth = 0; depth < made.handlers[thread]; ++depth) {
      model.columns.push_back(depth == 0 ? fmt::format("handler on the {}", model.columns[thread])
                                         : "handler in it");
      model.handler_threads.push_back(thread);
    }
  }
  return model;
}

}  // namespace sigproof::models
