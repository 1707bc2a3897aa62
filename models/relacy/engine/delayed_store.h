// The known bug of a canary: the owner's private store to a link is made only after its next public
// store, as if the two were exchanged. An element is then published before its link is set, and a
// handler in between misses the elements behind it.
//
//   DelayedStore::turnOn();
#pragma once

namespace sigproof::models {

/// Process-wide, off at first.
class DelayedStore {
 public:
  static void turnOn() noexcept { is_on_ = true; }

  /// Forgets the delayed store of an execution that was left early.
  static void beginExecution() noexcept { variable_ = nullptr; }

  /// Returns whether it delays the store.
  static bool put(void* variable, void (*store)(void* variable, void* value) noexcept,
                  void* value) noexcept {
    if (!is_on_) return false;
    variable_ = variable;
    store_ = store;
    value_ = value;
    return true;
  }

  /// Makes the delayed store, if there is one.
  static void make() noexcept {
    if (variable_ == nullptr) return;
    void* const variable = variable_;
    variable_ = nullptr;
    store_(variable, value_);
  }

 private:
  static inline bool is_on_ = false;
  static inline void* variable_ = nullptr;
  static inline void (*store_)(void*, void*) noexcept = nullptr;
  static inline void* value_ = nullptr;
};

}  // namespace sigproof::models
