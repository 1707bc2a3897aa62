# Installs the package into a temporary folder, then configures, builds and runs the project `outside`
# against it. It does so in that folder, so that no file of the repository is found by accident.
#
#   cmake -D BUILD_DIR=... -D SOURCE_DIR=... -D LIBNODE=... -D V8_INCLUDE_DIR=... -D MODULE=...
#         -D CXX_COMPILER=... [-D CXX_LAUNCHER=...] [-D REPORT_MISUSE=1] -P outside_test.cmake
cmake_minimum_required(VERSION 3.25)
foreach(name BUILD_DIR SOURCE_DIR LIBNODE V8_INCLUDE_DIR MODULE CXX_COMPILER)
  if(NOT ${name})
    message(FATAL_ERROR "outside_test.cmake needs -D ${name}=...")
  endif()
endforeach()

# In a regular expression.
string(REGEX REPLACE "([][+.*()^$?|\\])" "\\\\\\1" source_tree "${SOURCE_DIR}")
string(RANDOM LENGTH 8 suffix)
set(folder /tmp/sigproof-package-${suffix})
set(prefix ${folder}/prefix)

function(fail message)
  file(REMOVE_RECURSE ${folder})
  message(FATAL_ERROR "${message}")
endfunction()

# run(<what for> <command>...)
function(run purpose)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    fail("${purpose} failed (${status}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run("installing" ${CMAKE_COMMAND} --install ${BUILD_DIR} --component core --prefix ${prefix})

# The package must contain nothing of the tests and nothing of this machine. Each header is listed, so
# that adding one to the interface is a decision.
set(interface
    include/sigproof_module.h limit/cpu_limit.h limit/engine_execution.h limit/limit_signal.h
    limit/thread_cpu_timer.h limit/watchdog.h list/atomic_list.h list/std_policy.h
    module/module_inspector.h registry/owned_span.h registry/registration_outcome.h
    registry/signal_protocol.h registry/signal_registry.h v8/isolate_execution.h v8/isolate_signals.h
    v8/shim/context_functions.h v8/shim/engine_calls.h v8/shim/import_recorder.h
    v8/shim/paused_termination.h v8/shim/pending_instantiations.h v8/shim/refused_modules.h
    v8/shim/then_shadow.h v8/shim/v8_string.h v8/v8_policy.h)
set(binding
    internal/instance_registration.h internal/instance_watch.h internal/isolate_signals.cc
    internal/isolate_signals_impl.h shim/context_functions.cc)
list(TRANSFORM interface PREPEND include/sigproof/core/)
list(TRANSFORM binding PREPEND share/sigproof/core/v8/)
file(GLOB_RECURSE installed RELATIVE ${prefix} ${prefix}/*)
foreach(file IN LISTS installed)
  if(NOT file IN_LIST interface AND NOT file IN_LIST binding AND
     NOT file MATCHES "^lib/(libsigproof_core\\.a|cmake/sigproof/sigproof-[a-z-]+\\.cmake)$")
    fail("installed, but no part of the package: ${file}\nIf it belongs to the interface, add it to the "
         "list in core/package/outside_test.cmake.")
  endif()
  if(file MATCHES "\\.cmake$")
    file(READ ${prefix}/${file} content)
    # As the start of a path: the source tree may be /sigproof, and the package has share/sigproof.
    if(content MATCHES "(^|[^A-Za-z0-9_.}-]|-[A-Z])${source_tree}(/|[^A-Za-z0-9_.-]|$)" OR
       content MATCHES "-fsanitize|-Werror")
      fail("${file} names the source tree, a sanitizer or our warnings:\n${content}")
    endif()
  endif()
endforeach()

foreach(file IN LISTS interface binding)
  if(NOT file IN_LIST installed)
    fail("not installed: ${file}")
  endif()
endforeach()

file(COPY ${SOURCE_DIR}/core/package/outside DESTINATION ${folder})
file(COPY ${SOURCE_DIR}/core/example/embedder.cc DESTINATION ${folder}/outside)
# The folder's name differs each time, so hide it from the compiler's cache.
set(ENV{CCACHE_BASEDIR} ${folder})
set(ENV{CCACHE_NOHASHDIR} 1)
set(configure ${CMAKE_COMMAND} -S ${folder}/outside -G Ninja -D CMAKE_PREFIX_PATH=${prefix}
    -D CMAKE_CXX_COMPILER=${CXX_COMPILER} -D CMAKE_CXX_COMPILER_LAUNCHER=${CXX_LAUNCHER})

# Without SIGPROOF_V8_TARGET only the binding is refused, and the message says what to do.
run("configuring without V8" ${configure} -B ${folder}/without_v8)
execute_process(COMMAND ${configure} -B ${folder}/refused -D WITH_V8=ON RESULT_VARIABLE status
                OUTPUT_QUIET ERROR_VARIABLE output)
if(status EQUAL 0 OR NOT output MATCHES "SIGPROOF_V8_TARGET")
  fail("the binding without a V8 target was not refused with a reason:\n${output}")
endif()
execute_process(COMMAND ${configure} -B ${folder}/newer -D WANTED_VERSION=99.0
                RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
if(status EQUAL 0)
  fail("version 99.0 was found, which is not installed")
endif()

# A debug build against a library that was built without misuse reports must not mix the two.
run("configuring" ${configure} -B ${folder}/build -D WITH_V8=ON -D CMAKE_BUILD_TYPE=Debug
    -D LIBNODE=${LIBNODE} -D V8_INCLUDE_DIR=${V8_INCLUDE_DIR})
run("building" ${CMAKE_COMMAND} --build ${folder}/build)
run("running without_engine" ${folder}/build/without_engine)
if(REPORT_MISUSE)
  set(reports on)
else()
  set(reports off)
endif()
if(NOT output MATCHES "registered, 1 word written, misuse reports ${reports}\n")
  fail("without_engine printed:\n${output}")
endif()
run("running embedder" ${folder}/build/embedder ${MODULE})
if(NOT output MATCHES "left in good order")
  fail("embedder printed:\n${output}")
endif()
file(REMOVE_RECURSE ${folder})
