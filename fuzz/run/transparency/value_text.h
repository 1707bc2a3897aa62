// JavaScript values as text, such that two contexts in which the same happened give the same text.
// An object is its number, in the order in which objects were met; what is new is described, from
// the engine's own knowledge of it, so that no code of a program runs.
//
//   ValueText values(isolate);
//   std::string line = "gave ";
//   values.describe(line, value);
#pragma once

#include <v8.h>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace sigproof::fuzz {

class ValueText {
 public:
  explicit ValueText(v8::Isolate* isolate);

  /// Appends `#3`, or a primitive value; what is met for the first time with its kind, its
  /// prototype and its own properties.
  void describe(std::string& out, v8::Local<v8::Value> value);

  /// The same with an error's message and stack, for which a program's
  /// `Error.prepareStackTrace` may run.
  void describeWithStack(std::string& out, v8::Local<v8::Value> value);

  /// What describe() appends, with its properties also where it is known.
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
  // Of a property descriptor.
  struct Part {
    const char* name;
    v8::Global<v8::String> key{};
  };
  Known know(v8::Local<v8::Object> object);
  void addReference(std::string& out, v8::Local<v8::Value> value);
  void addKind(std::string& out, v8::Local<v8::Object> object);
  void addProperties(std::string& out, v8::Local<v8::Object> object,
                     std::vector<v8::Local<v8::Object>>* met);
  void addProperty(std::string& out, v8::Local<v8::Object> object, v8::Local<v8::Name> key,
                   std::vector<v8::Local<v8::Object>>* met);
  void addText(std::string& out, v8::Local<v8::Value> value) const;

  v8::Isolate* isolate_;
  Part value_{"value"};
  Part writable_{"writable"};
  Part get_{"get"};
  Part set_{"set"};
  Part configurable_{"configurable"};
  Part enumerable_{"enumerable"};
  v8::Global<v8::String> stack_;
  std::vector<v8::Global<v8::Object>> objects_;
  std::unordered_multimap<int, std::size_t> by_hash_;
  std::vector<v8::Global<v8::Promise>> promises_;
  std::vector<v8::Global<v8::WasmMemoryObject>> memories_;
};

}  // namespace sigproof::fuzz
