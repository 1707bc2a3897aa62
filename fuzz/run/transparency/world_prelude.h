// The texts of world_prelude.js and raw_script.js, embedded at build time.
#pragma once

#include <string_view>

namespace sigproof::fuzz {

/// A function; the file says what it takes.
std::string_view worldPreludeText();
std::string_view rawScriptText();

}  // namespace sigproof::fuzz
