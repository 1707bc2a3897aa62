// JavaScript values as text, such that two contexts in which the same happened give the same text.
// An object is its number, in the order in which objects were met; what is new is described, from
// the engine's own knowledge of it, so that no code of a program runs.
//
//   ValueText values(isolate);
//   log.push_back(values.describe(value));
#pragma once

#include <v8.h>

#include <array>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace sigproof::fuzz {

class ValueText {
 public:
  explicit ValueText(v8::Isolate* isolate);

  /// `#3`, or a primitive value; what is met for the first time with its kind, its prototype and
  /// its own properties.
  std::string describe(v8::Local<v8::Value> value);

  /// The same with an error's message and stack, for which a program's
  /// `Error.prepareStackTrace` may run.
  std::string describeWithStack(v8::Local<v8::Value> value);

  /// As describe(), with its properties also where it is known.
  std::string describeAgain(v8::Local<v8::Object> object);

  /// Property descriptors and prototypes of everything that is reachable from `root`. Objects that
  /// are only reachable through one of `borders` are named, not described.
  std::vector<std::string> reachable(v8::Local<v8::Object> root,
                                     const std::vector<v8::Local<v8::Object>>& borders);

  /// Promises and memories among what was met, in order.
  v8::Local<v8::Promise> promise(std::size_t index) const { return promises_[index].Get(isolate_); }
  std::size_t promiseCount() const { return promises_.size(); }
  v8::Local<v8::WasmMemoryObject> memory(std::size_t index) const {
    return memories_[index].Get(isolate_);
  }
  std::size_t memoryCount() const { return memories_.size(); }

  /// Forgets every object.
  void clear();

 private:
  struct Known {
    std::size_t number;
    bool is_new;
  };
  Known know(v8::Local<v8::Object> object);
  std::string reference(v8::Local<v8::Value> value);
  std::string kindOf(v8::Local<v8::Object> object);
  std::string properties(v8::Local<v8::Object> object, std::vector<v8::Local<v8::Object>>* met);
  std::string property(v8::Local<v8::Object> object, v8::Local<v8::Name> key,
                       std::vector<v8::Local<v8::Object>>* met);
  std::string text(v8::Local<v8::Value> value) const;

  static constexpr std::array<const char*, 6> kParts{"value", "writable",     "get",
                                                     "set",   "configurable", "enumerable"};

  v8::Isolate* isolate_;
  std::array<v8::Global<v8::String>, kParts.size()> parts_;  // of a descriptor
  v8::Global<v8::String> stack_;
  std::vector<v8::Global<v8::Object>> objects_;
  std::unordered_multimap<int, std::size_t> by_hash_;
  std::vector<v8::Global<v8::Promise>> promises_;
  std::vector<v8::Global<v8::WasmMemoryObject>> memories_;
};

}  // namespace sigproof::fuzz
