// The text of shim_driver.js, embedded at build time.
#pragma once

#include <string_view>

namespace sigproof::fuzz {

std::string_view shimDriverText();

}  // namespace sigproof::fuzz
