#include "fuzz/targets/value_text.h"

#include <array>
#include <deque>
#include <string_view>

namespace sigproof::fuzz {
namespace {

// Longer texts are stacks of deep nesting; the beginning is where a frame of ours would be.
constexpr std::size_t kLongestText = 4000;
// Module namespaces of large programs have more; nothing here has.
constexpr std::uint32_t kMostKeys = 200;
constexpr std::size_t kMostObjects = 2000;
// V8 names a module that has no name after the hash of its bytes.
constexpr std::size_t kModuleHashDigits = 8;

// Whether its properties are described. A global object has all that earlier programs left there.
bool isDescribed(v8::Local<v8::Object> object) {
  if (object->IsProxy()) return false;
  v8::Local<v8::Context> context;
  return !object->GetCreationContext().ToLocal(&context) || context->Global() != object;
}

}  // namespace

ValueText::ValueText(v8::Isolate* isolate) : isolate_(isolate) {
  const v8::HandleScope handles(isolate);
  const auto internalize = [&](const char* text) {
    return v8::String::NewFromUtf8(isolate, text, v8::NewStringType::kInternalized)
        .ToLocalChecked();
  };
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    parts_.at(i).Reset(isolate, internalize(kParts.at(i)));
  }
  stack_.Reset(isolate, internalize("stack"));
}

void ValueText::clear() {
  objects_.clear();
  by_hash_.clear();
  promises_.clear();
  memories_.clear();
}

std::string ValueText::text(v8::Local<v8::Value> value) const {
  const v8::String::Utf8Value utf8(isolate_, value);
  if (*utf8 == nullptr) return "?";
  std::string result(*utf8, static_cast<std::size_t>(utf8.length()));
  // Modules differ between the worlds in a number that they carry, hence in their hash.
  static constexpr std::string_view kModule = "wasm://wasm/";
  for (std::size_t at = result.find(kModule); at != std::string::npos;
       at = result.find(kModule, at + 1)) {
    result.erase(at + kModule.size(), kModuleHashDigits);
  }
  if (result.size() > kLongestText) result.resize(kLongestText);
  return result;
}

ValueText::Known ValueText::know(v8::Local<v8::Object> object) {
  const int hash = object->GetIdentityHash();
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    if (objects_[at->second] == object) return {at->second, false};
  }
  const std::size_t number = objects_.size();
  objects_.emplace_back(isolate_, object);
  by_hash_.emplace(hash, number);
  if (object->IsPromise()) promises_.emplace_back(isolate_, object.As<v8::Promise>());
  if (object->IsWasmMemoryObject()) {
    memories_.emplace_back(isolate_, object.As<v8::WasmMemoryObject>());
  }
  return {number, true};
}

std::string ValueText::reference(v8::Local<v8::Value> value) {
  if (value->IsString()) return "'" + text(value) + "'";
  if (value->IsSymbol())
    return "Symbol(" + text(value.As<v8::Symbol>()->Description(isolate_)) + ")";
  if (!value->IsObject()) return text(value);
  v8::Local<v8::Object> object = value.As<v8::Object>();
  const Known known = know(object);
  std::string result = "#" + std::to_string(known.number);
  if (known.is_new) result += " " + kindOf(object);
  return result;
}

std::string ValueText::kindOf(v8::Local<v8::Object> object) {
  if (object->IsProxy()) return "proxy";
  if (object->IsWasmMemoryObject()) {
    return "memory of " +
           std::to_string(object.As<v8::WasmMemoryObject>()->Buffer()->ByteLength()) + " bytes";
  }
  if (object->IsWasmModuleObject()) return "module";
  if (object->IsPromise()) return "promise";
  if (object->IsNativeError()) return "error";
  if (object->IsFunction()) {
    return "function " + text(object.As<v8::Function>()->GetName()) +
           (object->IsConstructor() ? ", a constructor" : "");
  }
  if (object->IsArray()) return "array";
  return text(object->GetConstructorName());
}

std::string ValueText::property(v8::Local<v8::Object> object, v8::Local<v8::Name> key,
                                std::vector<v8::Local<v8::Object>>* met) {
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  v8::Local<v8::Value> found;
  if (!object->GetOwnPropertyDescriptor(context, key).ToLocal(&found) || !found->IsObject()) {
    return "";
  }
  std::string result;
  v8::Local<v8::Object> descriptor = found.As<v8::Object>();
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    v8::Local<v8::String> part = parts_.at(i).Get(isolate_);
    const char* name = kParts.at(i);
    v8::Local<v8::Value> value;
    if (!descriptor->HasOwnProperty(context, part).FromMaybe(false) ||
        !descriptor->Get(context, part).ToLocal(&value)) {
      continue;
    }
    if (value->IsBoolean() && *name != 'v') {
      if (value->IsTrue()) result += *name;
      continue;
    }
    result += std::string(" ") + name + " " + reference(value);
    if (met != nullptr && value->IsObject()) met->push_back(value.As<v8::Object>());
  }
  return result;
}

std::string ValueText::properties(v8::Local<v8::Object> object,
                                  std::vector<v8::Local<v8::Object>>* met) {
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  std::string result;
  v8::Local<v8::Value> prototype = object->GetPrototype();
  result += " from " + reference(prototype);
  if (met != nullptr && prototype->IsObject()) met->push_back(prototype.As<v8::Object>());
  if (object->IsTypedArray()) return result;  // its elements are no news
  v8::Local<v8::Array> keys;
  if (!object
           ->GetPropertyNames(context, v8::KeyCollectionMode::kOwnOnly, v8::ALL_PROPERTIES,
                              v8::IndexFilter::kIncludeIndices,
                              v8::KeyConversionMode::kConvertToString)
           .ToLocal(&keys)) {
    return result;
  }
  for (std::uint32_t i = 0; i < keys->Length() && i < kMostKeys; ++i) {
    v8::Local<v8::Value> key;
    if (!keys->Get(context, i).ToLocal(&key) || !key->IsName()) continue;
    const bool is_stack = object->IsNativeError() && key->StrictEquals(stack_.Get(isolate_));
    result +=
        "; " + reference(key) +
        (is_stack ? "" : property(object, key.As<v8::Name>(), met));  // may run a program's code
  }
  return result;
}

std::string ValueText::describe(v8::Local<v8::Value> value) {
  if (!value->IsObject()) return reference(value);
  v8::Local<v8::Object> object = value.As<v8::Object>();
  const std::size_t before = objects_.size();
  std::string result = reference(value);
  if (objects_.size() != before && isDescribed(object)) result += properties(object, nullptr);
  return result;
}

std::string ValueText::describeWithStack(v8::Local<v8::Value> value) {
  std::string result = describe(value);
  if (!value->IsNativeError()) return result;
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  const v8::TryCatch caught(isolate_);
  v8::Local<v8::Value> stack;
  if (value.As<v8::Object>()->Get(context, stack_.Get(isolate_)).ToLocal(&stack))
    return result + " at " + describe(stack);
  return result + " without a stack";
}

std::string ValueText::describeAgain(v8::Local<v8::Object> object) {
  std::string result = reference(object);
  if (isDescribed(object)) result += properties(object, nullptr);
  return result;
}

std::vector<std::string> ValueText::reachable(v8::Local<v8::Object> root,
                                              const std::vector<v8::Local<v8::Object>>& borders) {
  std::vector<std::string> lines;
  std::deque<v8::Local<v8::Object>> waiting{root};
  std::unordered_multimap<int, v8::Local<v8::Object>> seen;
  const auto is_seen = [&](v8::Local<v8::Object> object) {
    const int hash = object->GetIdentityHash();
    const auto [begin, end] = seen.equal_range(hash);
    for (auto at = begin; at != end; ++at) {
      if (at->second == object) return true;
    }
    seen.emplace(hash, object);
    return false;
  };
  is_seen(root);
  while (!waiting.empty() && lines.size() < kMostObjects) {
    v8::Local<v8::Object> object = waiting.front();
    waiting.pop_front();
    std::string line = reference(object);
    if (isDescribed(object)) {
      std::vector<v8::Local<v8::Object>> met;
      line += properties(object, &met);
      if (object->IsFunction()) {
        v8::Local<v8::String> source;
        if (object.As<v8::Function>()
                ->FunctionProtoToString(isolate_->GetCurrentContext())
                .ToLocal(&source)) {
          line += "; " + text(source);
        }
      }
      bool is_border = false;
      for (const auto& border : borders) is_border = is_border || border == object;
      for (const auto& next : met) {
        if (!is_border && !is_seen(next)) waiting.push_back(next);
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace sigproof::fuzz
