#include "fuzz/generate/scripts/script_writer.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace sigproof::fuzz {
namespace {

// What is no import object, or a poor one.
constexpr std::array<const char*, 12> kOddImports{
    "undefined", "null", "5",         "'imports'", "Symbol('imports')", "{env: null}",
    "{env: 5}",  "{}",   "{env: {}}", "[]",        "() => {}",          "Object.create(null)",
};

// What is neither a module nor bytes.
constexpr std::array<const char*, 14> kOddSources{
    "undefined",
    "null",
    "0",
    "'bytes'",
    "{}",
    "[]",
    "new ArrayBuffer(0)",
    "new Uint8Array([0, 97, 115, 109])",
    "emptyModule",
    "Promise.resolve(m0)",
    "Object.create(WebAssembly.Module.prototype)",
    "new Proxy(m0, {})",
    "{toString() { note('text'); return 'x'; }, get byteLength() { note('length'); return 8; }}",
    "WebAssembly",
};

// `p` is the promise.
struct ScriptReaction {
  const char* name;
  const char* text;
};
constexpr std::array<ScriptReaction, 14> kReactions{{
    {"nobody", "see(p);"},
    {"engine then", "react(p, (r) => { note('settled'); show(r); }, (e) => note('rejected', e));"},
    {"then", "p.then((r) => { note('then'); show(r); }, (e) => note('else', e));"},
    {"await",
     "(async () => { try { show(await p); note('awaited'); } catch (e) { note('await threw', e); } "
     "})();"},
    {"finally", "p.finally(() => note('finally')).then(show, (e) => note('after finally', e));"},
    {"catch", "p.catch((e) => note('caught', e)).then((r) => note('after catch', r));"},
    {"all",
     "Promise.all([p, 1, p]).then((r) => note('all', r.length), (e) => note('all not', e));"},
    {"race",
     "Promise.race([p, new Promise(() => {})]).then(() => note('raced'), (e) => note('lost', e));"},
    {"settled", "Promise.allSettled([p, p]).then((r) => note('all settled', r[0].status));"},
    {"any", "Promise.any([p]).then(() => note('any'), (e) => note('none', e));"},
    {"resolve",
     "note(Promise.resolve(p) === p); Promise.resolve(p).then(() => note('same'), () => "
     "{}).then(() => note('one later'));"},
    {"resolved with", "new Promise((r) => r(p)).then((r) => show(r), (e) => note('outer', e));"},
    {"two",
     "p.then(() => note('first'), () => note('first not')); p.then(() => note('second'), () "
     "=> note('second not'));"},
    {"later", "globalThis.left = p; see(p);"},
}};

}  // namespace

std::string ScriptWriter::use(const char* feature, std::string text) {
  features_.emplace_back(feature);
  return text;
}

std::string ScriptWriter::webAssembly() {
  return has_other_realm_ && source_.oneIn(3) ? use("foreign realm", "other.WebAssembly")
                                              : "WebAssembly";
}

std::string ScriptWriter::bytes(std::uint32_t index) {
  std::string own = fmt::format("changed(m{})", index);
  switch (source_.below(10)) {
    case 1:
      return own + ".buffer";
    case 2:
      return fmt::format("new DataView({}.buffer)", own);
    case 3:
      return fmt::format("inLarger(m{})", index);
    case 4:
      return own + ".slice()";
    case 5:
      return use("shared bytes", fmt::format("shared(m{})", index));
    case 6:
      return source_.oneIn(3) ? use("detached bytes", fmt::format("detached(m{})", index)) : own;
    default:
      return own;
  }
}

std::string ScriptWriter::module(std::uint32_t index) {
  const std::string wasm = webAssembly();
  return fmt::format("new {}.Module({})", wasm, bytes(index));
}

std::string ScriptWriter::wrongSource(std::uint32_t index) {
  features_.emplace_back("wrong source");
  if (source_.oneIn(3)) {
    return fmt::format("cut(m{}, {})", index, 8 + source_.below(60));
  }
  if (source_.oneIn(3)) {
    return fmt::format("new Proxy(new WebAssembly.Module(m{}), {{}})", index);
  }
  return kOddSources.at(source_.below(kOddSources.size()));
}

std::string ScriptWriter::importsOf(std::uint32_t index) {
  if (source_.oneIn(18)) {
    return use("odd imports", kOddImports.at(source_.below(kOddImports.size())));
  }
  std::string triples;
  const std::vector<std::string>& all = imports_[index].triples;
  const std::uint32_t missing = source_.oneIn(24) ? source_.below(8) : 8;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == missing) continue;
    if (!triples.empty()) triples += ", ";
    triples += all[i];
  }
  return fmt::format("dress('{}', [{}])", kImportDresses.at(source_.below(kImportDresses.size())),
                     triples);
}

std::string ScriptWriter::newTarget() {
  features_.emplace_back("new.target");
  switch (source_.below(9)) {
    case 0:
      return "class Target {}";
    case 1:
      return "watched(function () {}, 'target')";
    case 2:
      return "Object";
    case 3:
      return "(() => { function F() {} F.prototype = null; return F; })()";
    case 4:
      return "(function () {}).bind(null)";
    case 5:
      return "() => {}";  // no constructor
    case 6:
      return "Object.defineProperty(function () {}.bind(), 'prototype', {get() { "
             "note('prototype'); "
             "return null; }})";
    case 7:
      return "watched(class extends WebAssembly.Instance {}, 'subclass')";
    default:
      return has_other_realm_ ? "other.WebAssembly.Instance" : "WebAssembly.Memory";
  }
}

std::string ScriptWriter::construction(std::uint32_t index) {
  const std::string source = source_.oneIn(14) ? wrongSource(index) : module(index);
  const std::string imports = importsOf(index);
  const std::string made = webAssembly() + ".Instance";
  switch (source_.below(13)) {
    case 1:
      return use("subclass",
                 fmt::format("new (class Sub extends {} {{ constructor(a, b) {{ super(a, b); "
                             "note('sub', new.target === Sub); }} }})({}, {})",
                             made, source, imports));
    case 2:
      return use("Reflect.construct", fmt::format("Reflect.construct({}, [{}, {}], {})", made,
                                                  source, imports, newTarget()));
    case 3:
      return use("call without new", fmt::format("{}({}, {})", made, source, imports));
    case 4:
      return use("call without new", fmt::format("{}.call(Object.create({}.prototype), {}, {})",
                                                 made, made, source, imports));
    case 5:
      return use("more arguments", fmt::format("new {}({}, {}, 1, 2)", made, source, imports));
    case 6:
      return use("construct by Proxy",
                 fmt::format("new (watched({}, 'constructor'))({}, {})", made, source, imports));
    default:
      return use("new Instance", fmt::format("new {}({}, {})", made, source, imports));
  }
}

std::string ScriptWriter::streaming(std::uint32_t index) {
  const std::string wasm = webAssembly();
  std::string from = source_.oneIn(14) ? wrongSource(index) : fmt::format("streamed(m{})", index);
  if (source_.oneIn(3)) from = fmt::format("Promise.resolve({})", from);
  const std::string imports = importsOf(index);
  switch (source_.below(8)) {
    case 0:
      return use("compileStreaming, then instantiate",
                 fmt::format("{}.compileStreaming({}).then((c) => {}.instantiate(c, {}))", wasm,
                             from, wasm, imports));
    case 1:
      return use("instantiateStreaming without imports",
                 fmt::format("{}.instantiateStreaming({})", wasm, from));
    default:
      return use("instantiateStreaming",
                 fmt::format("{}.instantiateStreaming({}, {})", wasm, from, imports));
  }
}

std::string ScriptWriter::promise(std::uint32_t index) {
  if (has_streaming_ && source_.oneIn(2)) return streaming(index);
  const std::string wasm = webAssembly();
  const std::string imports = importsOf(index);
  const auto bytes_or_wrong = [&] { return source_.oneIn(14) ? wrongSource(index) : bytes(index); };
  switch (source_.below(15)) {
    case 0:
    case 1:
    case 2:
      return use("instantiate(module)",
                 fmt::format("{}.instantiate({}, {})", wasm, module(index), imports));
    case 3: {
      const char* receiver = source_.oneIn(2) ? "undefined" : "5";
      return use("by Reflect.apply", fmt::format("Reflect.apply({}.instantiate, {}, [{}, {}])",
                                                 wasm, receiver, bytes_or_wrong(), imports));
    }
    case 4:
      return use("detached function",
                 fmt::format("(0, {}.instantiate)({}, {}, 1)", wasm, bytes_or_wrong(), imports));
    case 5:
      return use("new instantiate",
                 fmt::format("new {}.instantiate({}, {})", wasm, bytes_or_wrong(), imports));
    case 6:
      return use("compile, then instantiate",
                 fmt::format("{}.compile({}).then((c) => {}.instantiate(c, {}))", wasm,
                             bytes_or_wrong(), wasm, imports));
    case 7:
      return use("compile", fmt::format("{}.compile({})", wasm, bytes_or_wrong()));
    case 8:
      return use("few arguments",
                 fmt::format("{}.instantiate({})", wasm, source_.oneIn(2) ? "" : bytes_or_wrong()));
    default:
      return use("instantiate(bytes)",
                 fmt::format("{}.instantiate({}, {})", wasm, bytes_or_wrong(), imports));
  }
}

std::string ScriptWriter::reaction(const std::string& made) {
  const ScriptReaction& chosen = kReactions.at(source_.below(kReactions.size()));
  features_.emplace_back(std::string("promise: ") + chosen.name);
  return fmt::format("  const p = {};\n  {}\n", made, chosen.text);
}

std::string ScriptWriter::statement() {
  const std::uint32_t index = source_.below(static_cast<std::uint32_t>(imports_.size()));
  const std::uint32_t name = names_++;
  if (source_.below(2) == 0) {
    return fmt::format("attempt('c{}', () => {});\n", name, construction(index));
  }
  const std::string body = reaction(promise(index));
  return fmt::format("attempt('p{}', () => {{\n{}  return p;\n}});\n", name, body);
}

std::string ScriptWriter::nestedCall() {
  const std::uint32_t index = source_.below(static_cast<std::uint32_t>(imports_.size()));
  features_.emplace_back("nested");
  return source_.below(2) == 0
             ? fmt::format("attempt('nested', () => {});", construction(index))
             : fmt::format("attempt('nested', () => {{ const p = {}; see(p); return p; }});",
                           promise(index));
}

std::string ScriptWriter::otherStatement() {
  const std::uint32_t index = source_.below(static_cast<std::uint32_t>(imports_.size()));
  switch (source_.below(12)) {
    case 0:
    case 1:
      return use(
          "ticks",
          "Promise.resolve().then(() => note('tick 1')).then(() => note('tick 2')).then(() => "
          "note('tick 3'));\n");
    case 2:
      return use("descriptors", "reachable();\n");
    case 3: {
      const std::string wasm = webAssembly();
      const std::string given = source_.oneIn(3) ? wrongSource(index) : bytes(index);
      return use("validate", fmt::format("note({}.validate({}));\n", wasm, given));
    }
    case 4:
      return use("Module.exports",
                 fmt::format("attempt('exports', () => WebAssembly.Module.exports({}).map((e) => "
                             "e.name + e.kind).join());\n",
                             module(index)));
    case 5:
      return use("left promise", "if (globalThis.left) left.then(show, (e) => note('late', e));\n");
    case 6:
      return use("grow", "if (globalThis.seenMemory) attempt('grow', () => seenMemory.grow(1));\n");
    case 7:
      return use(
          "instantiate's properties",
          "note(WebAssembly.instantiate.name, WebAssembly.instantiate.length, "
          "String(WebAssembly.instantiate), WebAssembly.instantiate.hasOwnProperty('caller'), "
          "'prototype' in WebAssembly.instantiate);\n");
    case 8:
      leaves_traces_ = true;
      return use("changed function",
                 "attempt('change', () => { 'use strict'; WebAssembly.instantiate.x = 1; delete "
                 "WebAssembly.instantiate.length; Object.defineProperty(WebAssembly.instantiate, "
                 "'name', {value: 'y'}); reachable(); });\n");
    case 9:
      // A full collection costs as much as several programs.
      return source_.oneIn(24) ? use("collect", "collect();\n") : "Promise.reject(5);\n";
    case 10:
      return use("unhandled", "Promise.reject(new Error('nobody'));\n");
    default:
      return use(
          "caller",
          "(function outer() { const f = function look() { note(look.caller, "
          "arguments.length, new Error('here')); }; Promise.resolve().then(f); f(); })();\n");
  }
}

}  // namespace sigproof::fuzz
