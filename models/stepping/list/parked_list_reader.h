// A reader in a thread of its own that stops inside the list, on a given element, until leave() is
// called.
//
//   ParkedReader reader;                       // before the heap is redirected
//   reader.enter(fixture, 2);                    // returns when it stands on element 2
//   ... what is removed now must not be freed ...
//   reader.leave();                            // walks to the end and leaves the list
//   reader.complaint();                        // what was wrong with what it saw
#pragma once

#include <fmt/format.h>

#include <memory>
#include <semaphore>
#include <string>
#include <thread>

#include "models/stepping/engine/stepper.h"
#include "models/stepping/judge/look_fault.h"
#include "models/stepping/list/list_fixture.h"

namespace sigproof::stepping {

class ParkedReader {
 public:
  ParkedReader() : shared_(std::make_shared<Shared>()) {
    thread_ = std::thread([shared = shared_] {
      shared->start.acquire();
      if (shared->fixture != nullptr) walk(*shared);
      shared->done.release();
    });
  }

  /// If the case failed, a reader that is still inside sleeps there for ever.
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

  /// Precondition: nobody entered before, and the list has that element.
  void enter(AnyListFixture& fixture, ElementId where) {
    shared_->fixture = &fixture;
    shared_->where = where;
    is_started_ = is_inside_ = true;
    shared_->start.release();
    shared_->arrived.acquire();
  }

  /// Returns when the reader has left the list.
  void leave() {
    shared_->go_on.release();
    shared_->done.acquire();
    is_inside_ = false;
  }

  bool isInside() const noexcept { return is_inside_; }

  /// Empty if the reader, which has left, saw only live elements.
  std::string complaint() const {
    if (is_inside_ || shared_->fault == LookFault::kNone) return {};
    return fmt::format("the reader of another thread met {}", describe(shared_->fault));
  }

 private:
  struct Shared {
    std::binary_semaphore start{0};
    std::binary_semaphore arrived{0};
    std::binary_semaphore go_on{0};
    std::binary_semaphore done{0};
    AnyListFixture* fixture = nullptr;
    ElementId where = 0;
    LookFault fault = LookFault::kNone;
  };

  class Stop final : public AnyListFixture::Visitor {
   public:
    explicit Stop(Shared& shared) : shared_(shared) {}
    void visit(ElementId id, bool is_alive) noexcept override {
      if (!is_alive) {
        shared_.fault = LookFault::kDeadElement;
        abandonLook();
      }
      if (id != shared_.where) return;
      shared_.arrived.release();
      shared_.go_on.acquire();
    }

   private:
    Shared& shared_;
  };

  static void walk(Shared& shared) {
    Stop stop(shared);
    const bool has_returned = guardedLook([&]() noexcept { shared.fixture->walk(stop); });
    if (!has_returned && shared.fault == LookFault::kNone) shared.fault = LookFault::kCrashed;
  }

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
  bool is_started_ = false;
  bool is_inside_ = false;
};

}  // namespace sigproof::stepping
