#include "models/relacy/engine/simulate.h"
// Relacy comes first.
#include <fmt/format.h>

#include "core/list/atomic_list.h"
#include "models/relacy/engine/history.h"
#include "models/relacy/engine/relacy_policy.h"
#include "models/relacy/list/list_ledger.h"
#include "models/relacy/list/list_model.h"
#include "models/relacy/search/letters.h"

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

// What a filter does with the elements that it doesn't reject.
enum class Kept : std::uint8_t { kKept, kThrowAtFirst };
enum class Constructor : std::uint8_t { kReturns, kThrows };
enum class Replaced : std::uint8_t { kNewest, kAll };

// The program of the search that is under way.
const ListProgram* program = nullptr;

template <class Policy>
class ListFixture {
 public:
  using List = AtomicList<Element, Policy>;

  /// What a model is configured by, beside the call itself.
  struct Facts {
    bool can_free = false;
    bool can_allocate = false;
    bool can_throw = false;
    /// What a program with this letter checks besides the properties of every program.
    std::optional<reports::Property> property{};
  };
  static constexpr Facts kFilters{.can_free = true, .property = reports::Property("L5")};

  /// A call of the owner: all that the models know of it.
  struct Letter {
    char letter;
    std::string_view words;
    void (ListFixture::*call)();  ///< and what the ledger expects of it
    Facts facts{};
  };

  /// A call of a reader on another thread.
  struct ReaderLetter {
    char letter;
    std::string_view words;
    void (ListFixture::*call)(ListWalk&);
  };

  /// The owner's calls. A model lists the properties of its letters in this order.
  static const auto& letters() {
    static constexpr std::array kLetters{
        Letter{'p', "push", &ListFixture::push<Constructor::kReturns>, {.can_allocate = true}},
        Letter{'q',
               "push (the constructor throws)",
               &ListFixture::push<Constructor::kThrows>,
               {.can_free = true, .can_allocate = true, .can_throw = true}},
        Letter{'f', "filter the oldest out", &ListFixture::filterOut<oldest>, kFilters},
        Letter{'l', "filter the newest out", &ListFixture::filterOut<newest>, kFilters},
        Letter{'m', "filter the second newest out", &ListFixture::filterOut<secondNewest>,
               kFilters},
        Letter{'b', "filter the two oldest out", &ListFixture::filterOut<twoOldest>, kFilters},
        Letter{'e', "filter every other out", &ListFixture::filterOut<everyOther>, kFilters},
        Letter{'A', "filter all out", &ListFixture::filterOut<all>, kFilters},
        Letter{'k', "filter and keep all", &ListFixture::filterOut<none>, kFilters},
        Letter{'x',
               "filter the newest out, then throw",
               &ListFixture::filterOut<newest, Kept::kThrowAtFirst>,
               {.can_free = true, .can_throw = true, .property = kFilters.property}},
        Letter{'s',
               "replace the newest",
               &ListFixture::replace<Replaced::kNewest>,
               {.can_free = true, .can_allocate = true}},
        Letter{'S',
               "replace all",
               &ListFixture::replace<Replaced::kAll>,
               {.can_free = true, .can_allocate = true}},
        Letter{'c', "clear", &ListFixture::clear, {.can_free = true}},
        Letter{'r', "reclaim", &ListFixture::reclaim, {.can_free = true}},
        Letter{'t', "detach the readers", &ListFixture::detach},
        // With readers: if all of them have ended.
        Letter{'d',
               "destroy",
               &ListFixture::destroy,
               {.can_free = true, .property = reports::Property("L6")}},
    };
    static_assert(areLettersDistinct(kLetters));
    return kLetters;
  }

  static const auto& readerLetters() {
    static constexpr std::array kLetters{
        ReaderLetter{'i', "iterate", &ListFixture::readerIterates},
        ReaderLetter{'e', "isEmpty", &ListFixture::readerAsksIsEmpty},
    };
    static_assert(areLettersDistinct(kLetters));
    return kLetters;
  }

  ListFixture() {
    StepHook::function = nullptr;
    ConstantVariables::are_links = ConstantVariables::are_watched = false;
  }
  ListFixture(const ListFixture&) = delete;
  ListFixture& operator=(const ListFixture&) = delete;
  ~ListFixture() = default;

  void setUp() {
    execute(partsOf(program->owner).before_threads);
    ledger_.pin();
    std::copy(program->handlers.begin(), program->handlers.end(), handlers_left_.begin());
    if (std::ranges::all_of(program->handlers, [](unsigned count) { return count == 0; })) return;
    StepHook::context = this;
    StepHook::function = [](void* fixture) noexcept {
      static_cast<ListFixture*>(fixture)->runHandlerOrNot();
    };
  }

  void runThread(unsigned index) {
    if (index == 0) {
      execute(partsOf(program->owner).with_threads);
    } else {
      runReader(program->readers[index - 1]);
      ++readers_ended_;
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
  static constexpr const char* kCallEnds = "(call has ended)";

  void execute(std::string_view calls) {
    for (const char letter : calls) (this->*letterOf(letters(), letter).call)();
  }

  ElementSet inList() const { return ledger_.inList(); }

  // Calls `operation`, which leaves `after` in the list.
  template <class Operation>
  void change(const char* begins, ElementSet after, Operation&& operation) {
    note(begins);
    ledger_.beginChange(after);
    operation();
    ledger_.endChange();
    note(kCallEnds);
    beginStep();  // a handler may run between two calls
  }

  template <Constructor kConstructor>
  void push() {
    push(kConstructor == Constructor::kThrows);
  }
  void push(bool is_refused) {
    const unsigned number = newest_ += 2;
    change("pushFront()", is_refused ? inList() : inList() | only(number), [&] {
      try {
        list_->pushFront(ledger_, number, is_refused);
        require(!is_refused, "L1: a constructor's exception got lost");
      } catch (const ConstructionFailure&) {
        require(is_refused, "L1: an exception out of nowhere");
      }
    });
  }

  template <ElementSet (*kRejected)(ElementSet), Kept kKept = Kept::kKept>
  void filterOut() {
    filter(kRejected(inList()), kKept);
  }

  // L5: filter() calls the predicate newest first and once for each element, and removes what the
  // predicate rejects.
  void filter(ElementSet rejected, Kept kept) {
    ElementSet expected = inList();
    const auto keep = [&](Element& element) {
      const unsigned number = element.number();
      require(expected != 0 && number == newestOf(expected),
              "L5: filter() calls its predicate out of order, twice, or not at all");
      expected &= ~only(number);
      const bool is_rejected = (rejected & only(number)) != 0;
      note(is_rejected ? "rejects element " : "keeps element ", number);
      if (kept == Kept::kThrowAtFirst && !is_rejected) throw PredicateFailure{};
      return !is_rejected;
    };
    change("filter()", inList() & ~rejected, [&] {
      try {
        list_->filter(keep);
        require(expected == 0, "L5: filter() left an element out");
      } catch (const PredicateFailure&) {
        require(kept == Kept::kThrowAtFirst, "L5: an exception out of nowhere");
      }
    });
  }

  template <Replaced kReplaced>
  void replace() {
    replace(kReplaced);
  }
  // A successor is not replaced again.
  void replace(Replaced which) {
    ElementSet replaced = 0;
    ElementSet successors = 0;
    for (ElementSet rest = inList(); rest != 0; rest &= ~newest(rest)) {
      const unsigned number = newestOf(rest);
      if (isSuccessor(number) || (which == Replaced::kNewest && replaced != 0)) continue;
      replaced |= only(number);
      successors |= only(successorOf(number));
    }
    unsigned argument = 0;
    const auto successor = [&](Element& element) -> unsigned* {
      const unsigned number = element.number();
      argument = successorOf(number);
      return (replaced & only(number)) != 0 ? &argument : nullptr;
    };
    change("replace()", (inList() & ~replaced) | successors, [&] { list_->replace(successor); });
  }

  void clear() {
    change("clear()", 0, [&] { list_->clear(); });
  }

  void reclaim() {
    change("reclaim()", inList(), [&] {
      if (list_->reclaim()) ledger_.requireNothingRetired();
    });
  }

  void detach() {
    note("detachReaders()");
    ledger_.beginDetach();
    list_->detachReaders();
    ledger_.endDetach();
    note(kCallEnds);
    beginStep();
  }

  // No reader may enter a destroyed list. The owner destroys it only in executions where every
  // reader has ended by then; the list may have turned a reader away.
  void destroy() {
    if (readers_ended_ < program->readers.size()) return;
    change("~AtomicList()", 0, [&] {
      list_.reset();
      StepHook::function = nullptr;  // nor may a handler
    });
  }

  void runReader(std::string_view calls) {
    for (const char letter : calls) {
      ListWalk walk;
      ledger_.beginWalk(walk, WalkKind::kReader);
      (this->*letterOf(readerLetters(), letter).call)(walk);
      ledger_.endWalk(walk);
      note(kCallEnds);
    }
  }

  void readerIterates(ListWalk& walk) {
    note("iterate()");
    iterate(*list_, walk);
  }

  void readerAsksIsEmpty(ListWalk& walk) {
    note("isEmpty()");
    ledger_.judgeIsEmpty(walk, list_->isEmpty());
    walk.must = 0;
  }

  // Called before a step of any thread. To the owner, a handler on a reader's thread is one more
  // reader.
  void runHandlerOrNot() noexcept {
    const unsigned thread = rl::thread_index();
    unsigned& left = handlers_left_[thread];
    if (left == 0 || rl::rand(2) == 0) return;
    --left;
    note(kHandlerBegins);
    ListWalk walk;
    ledger_.beginWalk(walk, thread == 0 ? WalkKind::kHandler : WalkKind::kReader);
    // By its address, because the destructor, too, may be under way.
    ledger_.judgeIsEmpty(walk, list_address_->isEmpty());
    iterate(*list_address_, walk);
    ledger_.endWalk(walk);
    note(kHandlerEnds);
  }

  void iterate(List& list, ListWalk& walk) noexcept {
    list.iterate([&](Element& element) noexcept { ledger_.visit(walk, element.number()); });
  }

  // First, so that it is destroyed last: elements report their destruction to it.
  ListLedger ledger_;
  std::optional<List> list_{std::in_place};
  List* const list_address_ = &*list_;
  unsigned newest_ = 0;
  std::array<unsigned, kMaxThreads> handlers_left_{};
  std::size_t readers_ended_ = 0;
};

// With threads we search the code as it ships. With handlers alone there are few steps, and we
// search the debug build's code.
SearchResult searchProgram(const ListProgram& searched, const Search& search) {
  program = &searched;
  switch (program->readers.size()) {
    case 0:
      return simulate<ListFixture<DebugRelacyPolicy>, 1>(search);
    case 1:
      return simulate<ListFixture<RelacyPolicy>, 2>(search);
    case 2:
      return simulate<ListFixture<RelacyPolicy>, 3>(search);
    default:
      throw std::logic_error("models of a list have at most two readers");
  }
}

// What a letter means for the model is the same with every policy.
using Described = ListFixture<RelacyPolicy>;

unsigned handlersOn(const ListProgram& asked, std::size_t thread) {
  return thread < asked.handlers.size() ? asked.handlers[thread] : 0;
}

Axes axesOf(const ListProgram& measured) {
  const std::string_view measured_calls = partsOf(measured.owner).with_threads;
  return {.series = measured.series,
          .operations = static_cast<unsigned>(measured_calls.size()),
          .readers = static_cast<unsigned>(measured.readers.size()),
          .handlers_on_owner = handlersOn(measured, 0),
          .handlers_on_reader = handlersOn(measured, 1)};
}

std::string describe(const ListProgram& described) {
  std::string text = "Owner:" + wordsOf(Described::letters(), described.owner);
  for (const std::string& reader : described.readers) {
    text += " Reader on another thread:" + wordsOf(Described::readerLetters(), reader);
  }
  for (std::size_t thread = 0; thread < described.handlers.size(); ++thread) {
    const unsigned count = described.handlers[thread];
    if (count == 0) continue;
    text += fmt::format(" {} on {} thread, before any atomic step{}.",
                        count == 1 ? "At most one handler runs"
                                   : "Up to two handlers run, one after the other or nested,",
                        thread == 0 ? "the owner's" : "a reader's",
                        thread == 0 ? ", allocation, destruction and deallocation" : "");
  }
  return text;
}

}  // namespace

Model makeListModel(const ListProgram& made) {
  const auto& letters = Described::letters();
  Model model{.name = made.name,
              .covered = describe(made),
              .columns = {"owner"},
              .thread_count = static_cast<unsigned>(made.readers.size()) + 1,
              .search = [made](const Search& search) { return searchProgram(made, search); },
              .reuses_addresses = canReuseAddresses(letters, made.owner),
              .axes = axesOf(made)};
  const bool has_readers = !made.readers.empty();
  model.properties = has_readers ? std::vector<reports::Property>{"L4", "L1", "L2"}
                                 : std::vector<reports::Property>{"L3", "L1", "L2", "L4"};
  for (const auto& [letter, words, call, facts] : letters) {
    if (!facts.property || made.owner.find(letter) == std::string::npos) continue;
    const bool is_listed =
        std::ranges::find(model.properties, *facts.property) != model.properties.end();
    if (!is_listed) model.properties.push_back(*facts.property);
  }
  // An exception that is thrown and caught takes as long as ten executions without one.
  if (anyLetter(letters, made.owner, &Described::Facts::can_throw)) model.execution_cost = 10;
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
