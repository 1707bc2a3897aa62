// A reader in a thread of its own that stops inside the list, on a given element, until told to go
// on.
//
//   ParkedReader reader;                       // before the heap is redirected
//   reader.enter(world.list(), 2);             // returns when it stands on element 2
//   ... what is removed now must not be freed ...
//   reader.leave();                            // walks on to the end, and out of the list
#pragma once

#include <memory>
#include <semaphore>
#include <thread>

#include "models/stepping/list_world.h"

namespace sigproof::stepping {

class ParkedReader {
 public:
  ParkedReader() : shared_(std::make_shared<Shared>()) {
    thread_ = std::thread([shared = shared_] {
      shared->start.acquire();
      if (shared->walk != nullptr) shared->walk(*shared);
      shared->done.release();
    });
  }

  /// A reader that still stands in a list whose case failed is left there, for ever asleep.
  ~ParkedReader() {
    if (!is_started_) {
      shared_->start.release();
      thread_.join();
    } else if (is_inside_) {
      thread_.detach();
    } else {
      thread_.join();
    }
  }
  ParkedReader(const ParkedReader&) = delete;
  ParkedReader& operator=(const ParkedReader&) = delete;

  template <class List>
  void enter(List& list, ElementId where) {
    shared_->list = &list;
    shared_->where = where;
    shared_->walk = [](Shared& shared) {
      static_cast<List*>(shared.list)->iterate([&](Element& element) noexcept {
        if (element.id() != shared.where) return;
        shared.arrived.release();
        shared.go_on.acquire();
      });
    };
    is_started_ = is_inside_ = true;
    shared_->start.release();
    shared_->arrived.acquire();
  }

  /// Returns when the reader is out of the list.
  void leave() {
    shared_->go_on.release();
    shared_->done.acquire();
    is_inside_ = false;
  }

  bool isInside() const noexcept { return is_inside_; }

 private:
  struct Shared {
    std::binary_semaphore start{0};
    std::binary_semaphore arrived{0};
    std::binary_semaphore go_on{0};
    std::binary_semaphore done{0};
    void (*walk)(Shared&) = nullptr;
    void* list = nullptr;
    ElementId where = 0;
  };

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
  bool is_started_ = false;
  bool is_inside_ = false;
};

}  // namespace sigproof::stepping
