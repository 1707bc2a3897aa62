// A real module in an isolate: instantiated, looked at, dropped.
//
//   Session session({.is_shim_on = true}, module);
//   session.instantiate(Way::kBytes);
//   compare(expected, session.memory().bytes());
//   session.dropInstance();
//   session.collectGarbage();
#pragma once

#include <v8.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/v8/testing/isolate.h"

namespace sigproof::modules {

/// How a program gets an instance.
enum class Way : std::uint8_t {
  kConstructor,        ///< new WebAssembly.Instance(module, imports)
  kInstantiateModule,  ///< WebAssembly.instantiate(module, imports)
  kInstantiateBytes,   ///< WebAssembly.instantiate(bytes, imports)
};
inline constexpr std::array kWays{Way::kConstructor, Way::kInstantiateModule,
                                  Way::kInstantiateBytes};
std::string_view toString(Way way);

/// What a session runs: a module, what it imports and how its memory 0 is reached, as JavaScript.
struct Program {
  std::vector<std::uint8_t> bytes;
  std::string import_source;
  std::string memory_source;
};

/// The engine refused, in its own words.
class EngineRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A memory's bytes as they are now, kept mapped. They change with the memory.
class MemoryView {
 public:
  explicit MemoryView(std::shared_ptr<v8::BackingStore> store) : store_(std::move(store)) {}
  std::span<const std::uint8_t> bytes() const {
    return {static_cast<const std::uint8_t*>(store_->Data()), store_->ByteLength()};
  }

 private:
  std::shared_ptr<v8::BackingStore> store_;
};

/// One isolate with one context. The program outlives it.
class Session {
 public:
  Session(const host::Isolate::Options& options, const Program& program);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Makes an instance with fresh imports. From then on the session holds the instance and its
  /// memory, and nothing else of it. Throws EngineRefused.
  void instantiate(Way way);

  MemoryView memory() const { return MemoryView(backingStore().lock()); }
  /// Grows the memory by a page; returns whether the engine did.
  bool growMemory();
  /// What keeps the memory's bytes mapped: expired once nobody holds them.
  std::weak_ptr<v8::BackingStore> backingStore() const;

  void dropInstance() { evaluate("delete globalThis.instance"); }
  void dropMemory() { evaluate("delete globalThis.memory"); }
  void collectGarbage() { isolate_.collectGarbage(); }

  /// Null where the shim is off.
  SignalRegistry<>* registry() const;

 private:
  void evaluate(const std::string& source);
  v8::Local<v8::Value> global(std::string_view name) const;
  void setBytes(const std::vector<std::uint8_t>& bytes);

  const Program& program_;
  host::Isolate isolate_;
  v8::Global<v8::Context> context_;
};

}  // namespace sigproof::modules
