// A singly linked list that one thread changes while signal handlers and other threads walk it.
//
//   AtomicList<Entry> list;                      // owned by one thread
//   list.pushFront(arguments...);                // owner
//   list.filter([](Entry& e) { return e.isLive(); });                   // owner
//   list.replace([](Entry& e) { return successorOf(e); });              // owner
//   list.iterate([](Entry& e) noexcept { e.signal(); });                // handler, any thread
//
// How it is safe. A reader announces itself (`readers_`), then walks. The owner unlinks an element,
// keeps it in `retired_`, and frees it only after a check that finds no reader announced. The
// announcement, the walk's loads, the stores that publish and unlink, and the owner's check are all
// seq_cst, so one total order contains them. A reader that the check did not see announced itself
// after the check, hence after the unlink, so it can't reach the element. Acquire and release alone
// don't give that order: a reader could load a stale link. models/relacy shows this with the
// mutants in corpus/mutants that weaken the orders.
//
// A handler on the owner's own thread is a reader like any other. It enters and leaves between two
// instructions of the owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "core/list/std_policy.h"

namespace sigproof {

/// The list. Its properties are L1 to L8 of core/SPECIFICATION.md.
///
/// Threads: one thread at a time, the owner, calls the methods that change the list. iterate() and
/// isEmpty() may be called on any thread and in any signal handler. T need not be
/// default-constructible, copyable or movable; its destructor must not throw.
template <class T, class Policy = StdPolicy>
class AtomicList {
 public:
  AtomicList() noexcept = default;

  /// Empties the list, then frees the elements (L6). Precondition: detachReaders() has returned, if
  /// other threads read the list. A signal handler may preempt it at any instruction. Not
  /// signal-safe.
  ~AtomicList() {
    {
      const Mutation mutation(*this);
      unlinkAll();
    }
    if constexpr (Policy::kReportMisuse) {
      if (readerCount() != 0) {
        Policy::reportMisuse(
            "AtomicList: destroyed while a reader is inside; detachReaders() first");
      }
    }
    freeRetired();
  }

  // Handlers hold the list's address (L7).
  AtomicList(const AtomicList&) = delete;
  AtomicList& operator=(const AtomicList&) = delete;

  /// Makes an element from `args` and publishes it at the front, fully constructed, in O(1) (L1).
  /// Then frees earlier removals as reclaim() does. Returns the element, which keeps its address
  /// until the owner removes it. If allocation or the constructor throws, the list is unchanged.
  /// Owner only; not signal-safe.
  template <class... Args>
  T& pushFront(Args&&... args) {
    Node* node = Policy::template create<Node>(std::forward<Args>(args)...);
    {
      const Mutation mutation(*this);
      node->next.storeOwned(head_.loadOwned());
      head_.store(node, std::memory_order_seq_cst);
    }
    reclaim();
    return node->element;
  }

  /// Calls `keep(T&)` once for each element, newest first, and removes those for which it returns
  /// false (L5). Then frees as reclaim() does. If `keep` throws, what it rejected before stays
  /// removed and the list is valid. `keep` must not change this list. Owner only; not signal-safe.
  template <class Predicate>
  void filter(Predicate&& keep) {
    // Frees after the mutation has ended, also when `keep` throws, because an element's destructor
    // may use the list.
    const ReclaimAtEnd reclaim_at_end(*this);
    const Mutation mutation(*this);
    Link* link = &head_;
    for (Node* node = link->loadOwned(); node != nullptr;) {
      Node* next = node->next.loadOwned();
      if (keep(node->element)) {
        link = &node->next;
      } else {
        // `node->next` stays as it is: a reader that stands on `node` walks on from there.
        link->store(next, std::memory_order_seq_cst);
        retire(node);
      }
      node = next;
    }
  }

  /// Calls `successor(T&)` once for each element, newest first. Where it returns a pointer `s` that
  /// is not null, a new element T(old, *s) takes the place of the old one by one store: a reader
  /// finds exactly one of the two (L3). Then frees as reclaim() does. If allocation or a
  /// constructor throws, what was replaced before stays replaced and the list is valid. `successor`
  /// must not change this list. Owner only; not signal-safe.
  template <class Successor>
  void replace(Successor&& successor) {
    const ReclaimAtEnd reclaim_at_end(*this);
    const Mutation mutation(*this);
    Link* link = &head_;
    for (Node* node = link->loadOwned(); node != nullptr;) {
      Node* next = node->next.loadOwned();
      if (auto* argument = successor(node->element)) {
        Node* replacement = Policy::template create<Node>(node->element, *argument);
        replacement->next.storeOwned(next);
        // `node->next` stays as it is: a reader that stands on `node` walks on from there.
        link->store(replacement, std::memory_order_seq_cst);
        retire(node);
        node = replacement;
      }
      link = &node->next;
      node = next;
    }
  }

  /// Removes every element, then frees as reclaim() does. Owner only; not signal-safe.
  void clear() noexcept {
    {
      const Mutation mutation(*this);
      unlinkAll();
    }
    reclaim();
  }

  /// Frees the retired elements unless a reader is active; if one is, the next mutation or
  /// reclaim() tries again (L4). Returns whether no retired element is left. Costs one comparison
  /// when there is nothing to free. Owner only; not signal-safe.
  bool reclaim() noexcept {
    if (retired_ == nullptr) return true;
    if (readerCount() != 0) return false;
    freeRetired();
    return true;
  }

  /// Calls `visitor(T&)` for the elements, newest first, each at most once (L2). What a reader on
  /// another thread visits was in the list at some moment of the call. The visitor must neither
  /// throw nor change this list. Async-signal-safe if the visitor is; any thread; readers nest.
  template <class Visitor>
    requires std::is_nothrow_invocable_v<Visitor&, T&>
  // Inlined, so that a counter of the visitor stays in a register. That saves a third of a
  // delivery's time.
  [[gnu::always_inline]] void iterate(Visitor&& visitor) noexcept {
    const Reader reader(*this);
    if (reader.isTurnedAway()) return;
    for (Node* node = head_.load(std::memory_order_seq_cst); node != nullptr;
         node = node->next.load(std::memory_order_seq_cst)) {
      visitor(node->element);
    }
  }

  /// Returns whether the list has no element at this moment. Async-signal-safe; any thread.
  bool isEmpty() const noexcept { return head_.load(std::memory_order_seq_cst) == nullptr; }

  /// Closes the list for readers and waits until the active ones have left (L4). After it returns,
  /// iterate() visits nothing. Call it before destruction; it can't be undone. A visitor must not
  /// call it, because it would wait for itself. Owner only; not signal-safe.
  void detachReaders() noexcept {
    if ((readers_.load(std::memory_order_relaxed) & kClosed) == 0) {
      readers_.fetchAdd(kClosed, std::memory_order_seq_cst);
    }
    while (readerCount() != 0) Policy::yield();
  }

 private:
  struct Node;
  using Link = typename Policy::template Atomic<Node*>;

  struct Node {
    template <class... Args>
    explicit Node(Args&&... args) : element(std::forward<Args>(args)...) {}

    Link next{nullptr};  // first, to share a cache line with the beginning of the element
    T element;
    Node* retired_next = nullptr;  // only the owner uses it
  };

  // `readers_` counts the active readers. Its top bit is set once the list is closed for readers.
  static constexpr std::uint32_t kClosed = std::uint32_t{1} << 31;
  using ReaderCount = typename Policy::template Atomic<std::uint32_t>;
  using Flag = typename Policy::template Atomic<bool>;

  static_assert(std::is_nothrow_destructible_v<T>);
  static_assert(Link::kIsAlwaysLockFree && ReaderCount::kIsAlwaysLockFree &&
                    Flag::kIsAlwaysLockFree,
                "a signal handler must never wait for a lock (L7)");

  class Reader {
   public:
    explicit Reader(AtomicList& list) noexcept
        : list_(list),
          turned_away_((list.readers_.fetchAdd(1, std::memory_order_seq_cst) & kClosed) != 0) {}
    // Release: what the reader did with the elements happens before the owner frees them.
    ~Reader() { list_.readers_.fetchSub(1, std::memory_order_release); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    bool isTurnedAway() const noexcept { return turned_away_; }

   private:
    AtomicList& list_;
    bool turned_away_;
  };

  // Marks that the owner is changing links or the retired elements. A second mark at the same time
  // is the misuse that L5 names.
  class Mutation {
   public:
    explicit Mutation(AtomicList& list) noexcept : list_(list) {
      if constexpr (Policy::kReportMisuse) {
        if (list_.is_mutating_.loadOwned()) {
          Policy::reportMisuse(
              "AtomicList: changed from its own predicate, or from a handler during a change");
        }
        list_.is_mutating_.storeOwned(true);
      }
    }
    ~Mutation() {
      if constexpr (Policy::kReportMisuse) list_.is_mutating_.storeOwned(false);
    }
    Mutation(const Mutation&) = delete;
    Mutation& operator=(const Mutation&) = delete;

   private:
    AtomicList& list_;
  };

  class ReclaimAtEnd {
   public:
    explicit ReclaimAtEnd(AtomicList& list) noexcept : list_(list) {}
    ~ReclaimAtEnd() { list_.reclaim(); }
    ReclaimAtEnd(const ReclaimAtEnd&) = delete;
    ReclaimAtEnd& operator=(const ReclaimAtEnd&) = delete;

   private:
    AtomicList& list_;
  };

  std::uint32_t readerCount() const noexcept {
    return readers_.load(std::memory_order_seq_cst) & ~kClosed;
  }

  void unlinkAll() noexcept {
    Node* node = head_.loadOwned();
    head_.store(nullptr, std::memory_order_seq_cst);
    while (node != nullptr) {
      Node* next = node->next.loadOwned();
      retire(node);
      node = next;
    }
  }

  void retire(Node* node) noexcept {
    node->retired_next = retired_;
    retired_ = node;
  }

  void freeRetired() noexcept {
    while (Node* node = takeRetired()) Policy::destroy(node);
  }

  // Takes one element off before it is destroyed, so that the list is consistent when the element's
  // destructor uses it. Null when none is left. This counts as a mutation, because a handler that
  // reclaimed here would free the element twice.
  Node* takeRetired() noexcept {
    const Mutation mutation(*this);
    Node* node = retired_;
    if (node != nullptr) retired_ = node->retired_next;
    return node;
  }

  Link head_{nullptr};
  ReaderCount readers_{0};
  Flag is_mutating_{false};
  Node* retired_ = nullptr;  // only the owner uses it
};

}  // namespace sigproof
