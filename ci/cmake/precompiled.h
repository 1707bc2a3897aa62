// What takes long to parse and never changes: headers from outside the repository, compiled once
// for each kind of build (sigproof_add_kind of sigproof.cmake) instead of in every source. A source
// still includes what it uses: ci/lint, the fuzz targets' core and the builds of known bugs compile
// without this file.
//
// No header whose objects every source would then have to construct (CLI11's are compiled in two
// seconds, each time), none of the repository's own (a change to one would compile everything
// again).
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
// Sources that don't use the engine don't find it. ccache has the compiler preprocess each source,
// which reads this file again, and would cache nothing where that fails.
#if __has_include(<v8.h>)
#include <v8.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>
