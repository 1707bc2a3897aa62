#include "fuzz/run/transparency/value_text.h"

#include <deque>
#include <string_view>

namespace sigproof::fuzz {
namespace {

// Longer texts are stacks of deep nesting; the beginning is where a frame of ours would be.
constexpr std::size_t kLongestText = 4000;
// Module namespaces of large programs have more; nothing here has.
constexpr std::uint32_t kMostKeys = 200;
constexpr std::size_t kMostObjects = 2000;
// What most descriptions don't exceed.
constexpr std::size_t kUsualDescriptionBytes = 500;
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
  for (Part* part : {&value_, &writable_, &get_, &set_, &configurable_, &enumerable_}) {
    part->key.Reset(isolate, internalize(part->name));
  }
  stack_.Reset(isolate, internalize("stack"));
}

void ValueText::clear() {
  objects_.clear();
  by_hash_.clear();
  promises_.clear();
  memories_.clear();
}

// Appends: what a program shows is made of a hundred small texts.
void ValueText::addText(std::string& out, v8::Local<v8::Value> value) const {
  v8::Local<v8::String> string;
  if (!value->ToString(isolate_->GetCurrentContext()).ToLocal(&string)) {
    out += '?';
    return;
  }
  const std::size_t start = out.size();
  const int size_bytes = string->Utf8Length(isolate_);
  out.resize(start + static_cast<std::size_t>(size_bytes));
  string->WriteUtf8(isolate_, out.data() + start, size_bytes, nullptr,
                    v8::String::NO_NULL_TERMINATION);
  // Modules differ between the worlds in a number that they carry, hence in their hash.
  static constexpr std::string_view kModule = "wasm://wasm/";
  if (out.size() - start > kModule.size()) {
    for (std::size_t at = out.find(kModule, start); at != std::string::npos;
         at = out.find(kModule, at + 1)) {
      out.erase(at + kModule.size(), kModuleHashDigits);
    }
  }
  if (out.size() - start > kLongestText) out.resize(start + kLongestText);
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

void ValueText::addReference(std::string& out, v8::Local<v8::Value> value) {
  if (value->IsString()) {
    out += '\'';
    addText(out, value);
    out += '\'';
  } else if (value->IsSymbol()) {
    out += "Symbol(";
    addText(out, value.As<v8::Symbol>()->Description(isolate_));
    out += ')';
  } else if (!value->IsObject()) {
    addText(out, value);
  } else {
    v8::Local<v8::Object> object = value.As<v8::Object>();
    const Known known = know(object);
    out.append("#").append(std::to_string(known.number));
    if (known.is_new) addKind(out += ' ', object);
  }
}

void ValueText::addKind(std::string& out, v8::Local<v8::Object> object) {
  if (object->IsProxy()) {
    out += "proxy";
  } else if (object->IsWasmMemoryObject()) {
    out.append("memory of ")
        .append(std::to_string(object.As<v8::WasmMemoryObject>()->Buffer()->ByteLength()))
        .append(" bytes");
  } else if (object->IsWasmModuleObject()) {
    out += "module";
  } else if (object->IsPromise()) {
    out += "promise";
  } else if (object->IsNativeError()) {
    out += "error";
  } else if (object->IsFunction()) {
    addText(out += "function ", object.As<v8::Function>()->GetName());
    if (object->IsConstructor()) out += ", a constructor";
  } else if (object->IsArray()) {
    out += "array";
  } else {
    addText(out, object->GetConstructorName());
  }
}

void ValueText::addProperty(std::string& out, v8::Local<v8::Object> object, v8::Local<v8::Name> key,
                            std::vector<v8::Local<v8::Object>>* met) {
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  v8::Local<v8::Value> found;
  if (!object->GetOwnPropertyDescriptor(context, key).ToLocal(&found) || !found->IsObject()) {
    return;
  }
  // The engine made it: it has the parts of its kind, as properties of its own.
  v8::Local<v8::Object> descriptor = found.As<v8::Object>();
  const auto part_of = [&](const Part& part) {
    v8::Local<v8::Value> value;
    return descriptor->Get(context, part.key.Get(isolate_)).ToLocal(&value)
               ? value
               : v8::Undefined(isolate_).As<v8::Value>();
  };
  const auto add_value = [&](const Part& part) {
    v8::Local<v8::Value> value = part_of(part);
    addReference(out.append(" ").append(part.name).append(" "), value);
    if (met != nullptr && value->IsObject()) met->push_back(value.As<v8::Object>());
  };
  const auto add_flag = [&](const Part& part) {
    if (part_of(part)->IsTrue()) out += *part.name;
  };
  if (descriptor->HasOwnProperty(context, get_.key.Get(isolate_)).FromMaybe(false)) {
    add_value(get_);
    add_value(set_);
  } else {
    add_value(value_);
    add_flag(writable_);
  }
  add_flag(configurable_);
  add_flag(enumerable_);
}

void ValueText::addProperties(std::string& out, v8::Local<v8::Object> object,
                              std::vector<v8::Local<v8::Object>>* met) {
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  v8::Local<v8::Value> prototype = object->GetPrototype();
  addReference(out += " from ", prototype);
  if (met != nullptr && prototype->IsObject()) met->push_back(prototype.As<v8::Object>());
  if (object->IsTypedArray()) return;  // its elements are no news
  v8::Local<v8::Array> keys;
  if (!object
           ->GetPropertyNames(context, v8::KeyCollectionMode::kOwnOnly, v8::ALL_PROPERTIES,
                              v8::IndexFilter::kIncludeIndices,
                              v8::KeyConversionMode::kConvertToString)
           .ToLocal(&keys)) {
    return;
  }
  for (std::uint32_t i = 0; i < keys->Length() && i < kMostKeys; ++i) {
    v8::Local<v8::Value> key;
    if (!keys->Get(context, i).ToLocal(&key) || !key->IsName()) continue;
    addReference(out += "; ", key);
    // To read a stack may run a program's code.
    if (object->IsNativeError() && key->StrictEquals(stack_.Get(isolate_))) continue;
    addProperty(out, object, key.As<v8::Name>(), met);
  }
}

void ValueText::describe(std::string& out, v8::Local<v8::Value> value) {
  const std::size_t before = objects_.size();
  addReference(out, value);
  if (objects_.size() == before || !isDescribed(value.As<v8::Object>())) return;
  addProperties(out, value.As<v8::Object>(), nullptr);
}

void ValueText::describeWithStack(std::string& out, v8::Local<v8::Value> value) {
  describe(out, value);
  if (!value->IsNativeError()) return;
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  const v8::TryCatch caught(isolate_);
  v8::Local<v8::Value> stack;
  if (value.As<v8::Object>()->Get(context, stack_.Get(isolate_)).ToLocal(&stack)) {
    describe(out += " at ", stack);
  } else {
    out += " without a stack";
  }
}

std::string ValueText::describeAgain(v8::Local<v8::Object> object) {
  std::string result;
  result.reserve(kUsualDescriptionBytes);
  addReference(result, object);
  if (isDescribed(object)) addProperties(result, object, nullptr);
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
    std::string line;
    line.reserve(kUsualDescriptionBytes);
    addReference(line, object);
    if (isDescribed(object)) {
      std::vector<v8::Local<v8::Object>> met;
      addProperties(line, object, &met);
      if (object->IsFunction()) {
        v8::Local<v8::String> source;
        if (object.As<v8::Function>()
                ->FunctionProtoToString(isolate_->GetCurrentContext())
                .ToLocal(&source)) {
          addText(line += "; ", source);
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
