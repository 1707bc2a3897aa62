#include "core/v8/end_to_end/shared_memory.h"

#include <cstddef>
#include <cstdlib>
#include <utility>

namespace sigproof {

class SharedMemory::Writer : public v8::ValueSerializer::Delegate {
 public:
  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    v8::Isolate* isolate = v8::Isolate::GetCurrent();
    isolate->ThrowException(v8::Exception::Error(message));
  }
  v8::Maybe<std::uint32_t> GetSharedArrayBufferId(
      v8::Isolate* /*isolate*/, v8::Local<v8::SharedArrayBuffer> buffer) override {
    store = buffer->GetBackingStore();
    return v8::Just(std::uint32_t{0});
  }

  std::shared_ptr<v8::BackingStore> store;
};

class SharedMemory::Reader : public v8::ValueDeserializer::Delegate {
 public:
  explicit Reader(std::shared_ptr<v8::BackingStore> store) : store_(std::move(store)) {}
  v8::MaybeLocal<v8::SharedArrayBuffer> GetSharedArrayBufferFromId(v8::Isolate* isolate,
                                                                   std::uint32_t /*id*/) override {
    return v8::SharedArrayBuffer::New(isolate, store_);
  }

 private:
  std::shared_ptr<v8::BackingStore> store_;
};

SharedMemory::SharedMemory(v8::Local<v8::Context> context, v8::Local<v8::Value> memory) {
  Writer writer;
  v8::ValueSerializer serializer(context->GetIsolate(), &writer);
  serializer.WriteHeader();
  if (!serializer.WriteValue(context, memory).FromMaybe(false)) std::abort();
  const auto [bytes, size] = serializer.Release();
  message_.assign(bytes, bytes + size);
  std::free(bytes);  // releases the serializer's default allocation
  store_ = std::move(writer.store);
}

v8::Local<v8::Value> SharedMemory::in(v8::Local<v8::Context> context) const {
  Reader reader(store_);
  v8::ValueDeserializer deserializer(context->GetIsolate(), message_.data(), message_.size(),
                                     &reader);
  if (!deserializer.ReadHeader(context).FromMaybe(false)) std::abort();
  return deserializer.ReadValue(context).ToLocalChecked();
}

}  // namespace sigproof
