// The rules for the repository's JavaScript. Run from the root: ci/lint does.
import js from "@eslint/js";

const readonly = (...names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

// What both engines give to every script.
const engineGlobals = readonly("WebAssembly");
// What build/bin/sigproof shell adds.
const shellGlobals = readonly("print", "gc", "readFile", "scriptArgs", "sigproof");
const nodeGlobals = readonly("process", "console", "Buffer", "URL", "setTimeout", "setImmediate");

export default [
  {ignores: ["build/**", "**/node_modules/**"]},
  js.configs.recommended,
  {
    linterOptions: {reportUnusedDisableDirectives: "error"},
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "no-implicit-coercion": "error",
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
      camelcase: "error",
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: {sourceType: "script", globals: {...engineGlobals, ...shellGlobals}},
  },
  {
    // Tests of the shell share one global scope: each runs after module.js, which defines these.
    files: ["ci/shell/tests/*.js"],
    languageOptions: {
      globals: {makeModule: "writable", instantiate: "writable", wordAt: "writable", kept: "writable"},
    },
    rules: {
      "no-redeclare": ["error", {builtinGlobals: false}],
      "no-unused-vars": ["error", {varsIgnorePattern: "^(makeModule|instantiate|wordAt|kept)$"}],
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: {sourceType: "module", globals: {...engineGlobals, ...nodeGlobals}},
  },
];
