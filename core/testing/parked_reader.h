// For tests: a reader on another thread that stays inside a list until leave() is called.
//
//   ParkedReader reader(list);        // returns when the reader stands on the newest element
//   list.clear();                     // frees nothing
//   reader.leave();                   // returns when it has left
#pragma once

#include <latch>
#include <thread>

namespace sigproof {

template <class List>
class ParkedReader {
 public:
  /// Precondition: the list has an element and is open for readers.
  explicit ParkedReader(List& list) : thread_([this, &list] { read(list); }) { inside_.wait(); }
  ~ParkedReader() { leave(); }
  ParkedReader(const ParkedReader&) = delete;
  ParkedReader& operator=(const ParkedReader&) = delete;

  void leave() {
    if (!thread_.joinable()) return;
    may_leave_.count_down();
    thread_.join();
  }

 private:
  void read(List& list) {
    bool is_first = true;
    list.iterate([&](auto&) noexcept {
      if (!is_first) return;
      is_first = false;
      inside_.count_down();
      may_leave_.wait();
    });
  }

  std::latch inside_{1};
  std::latch may_leave_{1};
  std::thread thread_;  // last: it uses the latches
};

}  // namespace sigproof
