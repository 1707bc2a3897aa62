# The targets that run a program twice, with core and without, and compare what it sees.

# What programs are written with, as a function that returns its text.
set(SIGPROOF_WORLD_PRELUDE_SOURCE ${CMAKE_CURRENT_BINARY_DIR}/world_prelude.cc CACHE INTERNAL "")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS run/transparency/world_prelude.js
                                                          run/transparency/raw_script.js)
file(READ run/transparency/world_prelude.js SIGPROOF_WORLD_PRELUDE)
file(READ run/transparency/raw_script.js SIGPROOF_RAW_SCRIPT)
configure_file(run/transparency/world_prelude.cc.in ${SIGPROOF_WORLD_PRELUDE_SOURCE} @ONLY)

# sigproof_add_two_world_fuzzers(<target suffix> <output dir>)
# Part of sigproof_add_fuzzers(), after host_fuzz<suffix>.
function(sigproof_add_two_world_fuzzers suffix output)
  set(folder ${CMAKE_SOURCE_DIR}/fuzz/run/transparency)
  set(worlds fuzz_worlds${suffix})
  add_library(${worlds} STATIC ${folder}/raw_bytes_runner.cc ${folder}/script_runner.cc
                               ${folder}/value_text.cc ${folder}/world.cc
                               ${SIGPROOF_WORLD_PRELUDE_SOURCE})
  target_compile_options(${worlds} PRIVATE ${sigproof_no_feedback})
  target_link_libraries(${worlds} PRIVATE sigproof_warnings PUBLIC host_fuzz${suffix} fuzz_oracles
                                  PRIVATE sigproof_fuzzed)

  foreach(name transparency hostile raw_bytes)
    sigproof_add_fuzz_target(${name} LIBRARIES ${worlds})
  endforeach()
  sigproof_add_fuzz_target(real_modules LIBRARIES fuzz_real_module_rooms ${worlds})
  foreach(name transparency hostile)
    target_sources(fuzz-${name}${suffix} PRIVATE $<TARGET_OBJECTS:fuzz_fresh_input>)
  endforeach()
endfunction()
