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

# For what only reads and writes records: the optimiser would take longer than all its runs.
add_library(sigproof_unoptimised INTERFACE)
target_compile_options(sigproof_unoptimised INTERFACE -O0)

add_library(sigproof_sanitizers INTERFACE)
if(SIGPROOF_SANITIZERS)
  # vptr needs the type information that libnode was built without.
  set(flags -fsanitize=${SIGPROOF_SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(SIGPROOF_SANITIZERS MATCHES "undefined")
    list(APPEND flags -fno-sanitize=vptr)
  endif()
  target_compile_options(sigproof_sanitizers INTERFACE ${flags})
  target_link_options(sigproof_sanitizers INTERFACE ${flags})
endif()

# --- libnode: V8 10.2 -----------------------------------------------------------------------------

find_library(SIGPROOF_LIBNODE NAMES libnode.so.108 NO_DEFAULT_PATH
             PATHS ${SIGPROOF_LIBNODE_DIR}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}
                   ${SIGPROOF_LIBNODE_DIR}/usr/lib/x86_64-linux-gnu)
if(NOT SIGPROOF_LIBNODE)
  message(FATAL_ERROR "libnode is not in ${SIGPROOF_LIBNODE_DIR}. Run ci/setup first.")
endif()
get_filename_component(SIGPROOF_LIBNODE_LIB_DIR ${SIGPROOF_LIBNODE} DIRECTORY)
add_library(sigproof_v8 INTERFACE)
target_include_directories(sigproof_v8 SYSTEM INTERFACE
                           ${SIGPROOF_LIBNODE_DIR}/usr/include/nodejs/deps/v8/include)
# -z now: a handler must not be the first to call a function of the library, because the dynamic
# linker would then look the symbol up, with locks, inside the handler.
target_link_options(sigproof_v8 INTERFACE -Wl,-z,now)
target_link_libraries(sigproof_v8 INTERFACE ${SIGPROOF_LIBNODE} Threads::Threads)
# Programs stay where they are built, so an absolute run path would do; a relative one lets the build
# folder be moved or packed.
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)

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

# sigproof_add_core(<target> ROOT <dir> [OPTIONS <compile and link options>...])
# Makes <target> (no engine) and <target>_v8 (the V8 binding).
function(sigproof_add_core target)
  cmake_parse_arguments(arg "" "ROOT" "OPTIONS" ${ARGN})
  sigproof_core_sources(sources ${arg_ROOT} ${SIGPROOF_CORE_ROOMS})
  sigproof_core_sources(v8_sources ${arg_ROOT} ${SIGPROOF_CORE_V8_ROOMS})

  add_library(${target} STATIC ${sources})
  # Of the build alone: what is installed brings neither our folders nor our warnings with it.
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${arg_ROOT};${CMAKE_SOURCE_DIR}>")
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PUBLIC ${arg_OPTIONS})
  target_link_options(${target} PUBLIC ${arg_OPTIONS})
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:sigproof_warnings>
                                  PUBLIC Threads::Threads)

  add_library(${target}_v8 STATIC ${v8_sources})
  target_link_libraries(${target}_v8 PRIVATE sigproof_warnings PUBLIC ${target} sigproof_v8)
  # core itself as a runtime builds it, each file by itself; what checks have of it compiled together,
  # which takes a third of the time.
  if(target STREQUAL "core")
    set_target_properties(${target} ${target}_v8 PROPERTIES UNITY_BUILD OFF)
  else()
    set_target_properties(${target} ${target}_v8 PROPERTIES UNITY_BUILD ON)
  endif()
endfunction()

# --- tests -----------------------------------------------------------------------------------------

# sigproof_add_test(<name> LABEL <label> SOURCES <files>... LIBRARIES <targets>...)
# One GoogleTest program; each of its tests becomes a CTest test with the label. The target `tests`
# builds all of them and what they run.
include(GoogleTest)
add_custom_target(tests)
function(sigproof_add_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} sigproof_warnings sigproof_sanitizers
                                        GTest::gtest GTest::gmock GTest::gtest_main)
  add_dependencies(tests ${name})
  gtest_discover_tests(${name} PROPERTIES LABELS ${arg_LABEL} DISCOVERY_TIMEOUT 60)
endfunction()
