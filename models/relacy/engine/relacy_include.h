// The one place that includes Relacy. Its header defines macros for `new`, `free`, `assert`,
// `errno`, `memory_order_relaxed` and more. This header undefines them, so that later headers (the
// production headers among them) mean what they say.
//
//   #include "models/relacy/engine/relacy_include.h"
#pragma once

// Everything of the standard library that a model or core uses comes before Relacy's macros.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
// Relacy follows.
#include <relacy/relacy.hpp>

#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno
#define errno (*__errno_location())
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdollar-in-identifier-extension"
#undef $
#pragma clang diagnostic pop
#undef VAR
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst
