# What the folders' CMakeLists.txt share.
#
# A checker is built once for the production code and once more for every known bug of corpus/mutants
# that it must catch. So each checker is a function of (suffix, core root): `core root` is the folder
# that holds `core/`, the repository's own or one with the patched copies of what the bug changes.
# Root-relative includes do the rest: `#include "core/list/atomic_list.h"` finds it in the root that stands
# first, or else in the repository.

# --- flags ----------------------------------------------------------------------------------------

add_library(sigproof_warnings INTERFACE)
target_compile_options(sigproof_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                   -Wno-sign-conversion -Werror)

add_library(sigproof_sanitizers INTERFACE)
if(SIGPROOF_SANITIZERS)
  # vptr needs the type information that libnode was built without.
  set(SIGPROOF_SANITIZER_FLAGS -fsanitize=${SIGPROOF_SANITIZERS} -fno-sanitize-recover=all
                               -fno-omit-frame-pointer)
  if(SIGPROOF_SANITIZERS MATCHES "undefined")
    list(APPEND SIGPROOF_SANITIZER_FLAGS -fno-sanitize=vptr)
  endif()
  target_compile_options(sigproof_sanitizers INTERFACE ${SIGPROOF_SANITIZER_FLAGS})
  target_link_options(sigproof_sanitizers INTERFACE ${SIGPROOF_SANITIZER_FLAGS})
endif()

# --- libnode: V8 10.2 -----------------------------------------------------------------------------

find_library(SIGPROOF_LIBNODE NAMES libnode.so.108 NO_DEFAULT_PATH
             PATHS ${SIGPROOF_LIBNODE_DIR}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}
                   ${SIGPROOF_LIBNODE_DIR}/usr/lib/x86_64-linux-gnu)
if(NOT SIGPROOF_LIBNODE)
  message(FATAL_ERROR "libnode is not in ${SIGPROOF_LIBNODE_DIR}. Run ci/setup first.")
endif()
get_filename_component(SIGPROOF_LIBNODE_LIB_DIR ${SIGPROOF_LIBNODE} DIRECTORY)
set(SIGPROOF_V8_INCLUDE_DIR ${SIGPROOF_LIBNODE_DIR}/usr/include/nodejs/deps/v8/include)
add_library(sigproof_v8 INTERFACE)
target_include_directories(sigproof_v8 SYSTEM INTERFACE ${SIGPROOF_V8_INCLUDE_DIR})
# -z now: a handler must not be the first to call a function of the library, because the dynamic
# linker would then look the symbol up, with locks, inside the handler.
target_link_options(sigproof_v8 INTERFACE -Wl,-z,now)
target_link_libraries(sigproof_v8 INTERFACE ${SIGPROOF_LIBNODE} Threads::Threads)
# Programs stay where they are built, so an absolute run path would do; a relative one lets the build
# folder be moved or packed.
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)

# --- kinds of build ---------------------------------------------------------------------------------

# Each source is compiled once for each kind, with the headers of precompiled.h compiled once before it.
# Core itself is of no kind: its files are compiled one by one, from nothing but themselves, everywhere.

# sigproof_add_kind(<kind> [<option>...])
# The library sigproof_<kind>: to be linked last, so that its options win. Options must be all that the
# language depends on (optimisation or none, sanitizers); the compiler refuses the headers otherwise.
function(sigproof_add_kind kind)
  set(pch ${CMAKE_BINARY_DIR}/precompiled/${kind}.pch)
  set(header ${CMAKE_SOURCE_DIR}/ci/cmake/precompiled.h)
  set(script ${CMAKE_SOURCE_DIR}/ci/cmake/precompile)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}")
  # Without times in it, so that it is the same whenever it is made.
  set(options ${ARGN} -pthread -std=c++20 -Xclang -fno-pch-timestamp)
  # Never ccache, which would hand the file to another folder's build, where what it names is missing.
  set(launcher ${CMAKE_CXX_COMPILER_LAUNCHER})
  if(launcher MATCHES "ccache$")
    set(launcher "")
  endif()
  # As whoever links these has them.
  get_target_property(gtest_options GTest::gtest INTERFACE_COMPILE_OPTIONS)
  get_target_property(fmt_definitions fmt::fmt INTERFACE_COMPILE_DEFINITIONS)
  list(TRANSFORM fmt_definitions PREPEND -D)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/precompiled)
  add_custom_command(
    OUTPUT ${pch} BYPRODUCTS ${pch}.sum DEPENDS ${header} ${script} DEPFILE ${pch}.d
    COMMAND ${script} ${pch} ${launcher} ${CMAKE_CXX_COMPILER} ${flags} ${options}
            ${gtest_options} ${fmt_definitions} -fpch-instantiate-templates -isystem ${SIGPROOF_V8_INCLUDE_DIR} -x c++-header -c ${header}
    COMMENT "Compiling headers for what is built ${kind}" VERBATIM)
  add_custom_target(precompiled_${kind} DEPENDS ${pch})
  add_library(sigproof_${kind} INTERFACE)
  target_compile_options(sigproof_${kind} INTERFACE ${ARGN} -pthread "SHELL:-include-pch ${pch}"
                                                    "SHELL:-Xclang -fno-pch-timestamp")
  add_dependencies(sigproof_${kind} precompiled_${kind})
endfunction()

# Tests, and what only reads and writes records: the optimiser would take longer than all their runs.
sigproof_add_kind(unoptimised -O0 ${SIGPROOF_SANITIZER_FLAGS})
# What is run often or long, and tests of races, which want core's templates as users compile them.
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_library(sigproof_optimised ALIAS sigproof_unoptimised)
else()
  sigproof_add_kind(optimised ${SIGPROOF_SANITIZER_FLAGS})
endif()

# --- core, in a given root and with given flags -------------------------------------------------

# The rooms of production code: what is installed, and nothing else. Tests stand in them, too. Headers in a
# folder internal/ are part of no interface.
set(SIGPROOF_CORE_ROOMS core/list core/registry core/module core/module/internal core/limit)
set(SIGPROOF_CORE_V8_ROOMS core/v8 core/v8/shim core/v8/internal)

# sigproof_production_files(<result> <ending> <room>...)
# The files of the rooms with that ending, relative to the repository, without tests.
function(sigproof_production_files result ending)
  list(TRANSFORM ARGN APPEND /*${ending})
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/)
  file(GLOB files RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${ARGN})
  list(FILTER files EXCLUDE REGEX "_test\\.")
  set(${result} ${files} PARENT_SCOPE)
endfunction()

# sigproof_core_sources(<result> <core root> <room>...)
# The sources of the rooms. A root that is not the repository's holds only the files in which it differs,
# which the global property sigproof_files_of_<root> names.
function(sigproof_core_sources result root)
  sigproof_production_files(files .cc ${ARGN})
  get_property(own GLOBAL PROPERTY sigproof_files_of_${root})
  set(sources "")
  foreach(file IN LISTS files)
    if(file IN_LIST own)
      list(APPEND sources ${root}/${file})
    else()
      list(APPEND sources ${CMAKE_SOURCE_DIR}/${file})
    endif()
  endforeach()
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

# sigproof_add_core(<target> ROOT <dir> [ROOMS <room>...] [OPTIONS <compile and link options>...])
# Makes <target> (no engine) and, unless it is of some rooms only, <target>_v8 (the V8 binding).
function(sigproof_add_core target)
  cmake_parse_arguments(arg "" "ROOT" "ROOMS;OPTIONS" ${ARGN})
  set(rooms ${SIGPROOF_CORE_ROOMS})
  if(arg_ROOMS)
    set(rooms ${arg_ROOMS})
  endif()
  sigproof_core_sources(sources ${arg_ROOT} ${rooms})

  add_library(${target} STATIC ${sources})
  # Of the build alone: what is installed brings neither our folders nor our warnings with it.
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${arg_ROOT};${CMAKE_SOURCE_DIR}>")
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PUBLIC ${arg_OPTIONS})
  target_link_options(${target} PUBLIC ${arg_OPTIONS})
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:sigproof_warnings>
                                  PUBLIC Threads::Threads)

  if(arg_ROOMS)
    return()
  endif()
  sigproof_core_sources(v8_sources ${arg_ROOT} ${SIGPROOF_CORE_V8_ROOMS})
  add_library(${target}_v8 STATIC ${v8_sources})
  target_link_libraries(${target}_v8 PRIVATE sigproof_warnings PUBLIC ${target} sigproof_v8)
endfunction()

# --- tests -----------------------------------------------------------------------------------------

# sigproof_add_test(<name> LABEL <label> SOURCES <files>... LIBRARIES <targets>... [KIND <kind>])
# One GoogleTest program, unoptimised unless KIND says otherwise; each of its tests becomes a CTest test
# with the label. The target `tests` builds all of them and what they run.
include(GoogleTest)
add_custom_target(tests)
function(sigproof_add_test name)
  cmake_parse_arguments(arg "" "LABEL;KIND" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_KIND)
    set(arg_KIND unoptimised)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} sigproof_warnings sigproof_sanitizers
                                        GTest::gtest GTest::gmock GTest::gtest_main
                                        sigproof_${arg_KIND})
  add_dependencies(tests ${name})
  gtest_discover_tests(${name} PROPERTIES LABELS ${arg_LABEL} DISCOVERY_TIMEOUT 60)
endfunction()
