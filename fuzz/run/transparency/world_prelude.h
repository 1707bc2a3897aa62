// The texts of world_prelude.js and raw_script.js, embedded at build time.
#pragma once

#include <string_view>

namespace sigproof::fuzz {

std::string_view worldPreludeText();
std::string_view rawScriptText();

}  // namespace sigproof::fuzz
