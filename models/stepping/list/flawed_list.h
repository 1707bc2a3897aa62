// A list with a known bug, on which every list check must fail, because a check that can't fail
// shows nothing.
//
//   FlawedList<Element, ListFlaw::kPublishBeforeLink> list;      // like AtomicList, but wrong
//
// With ListFlaw::kNone it is correct for a handler on the owner's thread (it ignores readers on
// other threads). That shows that a check catches the flaw and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace sigproof::stepping {

enum class ListFlaw : std::uint8_t {
  kNone,
  kPublishBeforeLink,   ///< pushFront: the head changes before the element's own link is set
  kFreeBeforeUnlink,    ///< filter: the element is freed, then unlinked
  kFreeBeforeEmptying,  ///< clear, destructor: elements are freed, then the head is set
  kFreeUnderReaders,    ///< filter: frees at once, though a reader may be on the element
};

template <class T, ListFlaw kFlaw>
class FlawedList {
 public:
  FlawedList() = default;
  ~FlawedList() { clear(); }
  FlawedList(const FlawedList&) = delete;
  FlawedList& operator=(const FlawedList&) = delete;

  template <class... Args>
  T& pushFront(Args&&... args) {
    Node* node = new Node(std::forward<Args>(args)...);
    Node* old_head = head_.load();
    if (kFlaw == ListFlaw::kPublishBeforeLink) head_.store(node);
    node->next.store(old_head);
    if (kFlaw != ListFlaw::kPublishBeforeLink) head_.store(node);
    return node->element;
  }

  template <class Predicate>
  void filter(Predicate&& keep) {
    std::atomic<Node*>* link = &head_;
    for (Node* node = link->load(); node != nullptr; node = link->load()) {
      if (keep(node->element)) {
        link = &node->next;
        continue;
      }
      Node* next = node->next.load();
      if (kFlaw == ListFlaw::kFreeBeforeUnlink) delete node;
      link->store(next);
      if (kFlaw != ListFlaw::kFreeBeforeUnlink) delete node;
    }
  }

  void clear() noexcept {
    Node* node = head_.load();
    if (kFlaw != ListFlaw::kFreeBeforeEmptying) head_.store(nullptr);
    while (node != nullptr) delete std::exchange(node, node->next.load());
    head_.store(nullptr);
  }

  bool reclaim() noexcept { return true; }

  template <class Visitor>
  void iterate(Visitor&& visitor) noexcept {
    for (Node* node = head_.load(); node != nullptr; node = node->next.load()) {
      visitor(node->element);
    }
  }

  bool isEmpty() const noexcept { return head_.load() == nullptr; }

 private:
  struct Node {
    template <class... Args>
    explicit Node(Args&&... args) : element(std::forward<Args>(args)...) {}
    T element;
    std::atomic<Node*> next{nullptr};
  };

  std::atomic<Node*> head_{nullptr};
};

}  // namespace sigproof::stepping
