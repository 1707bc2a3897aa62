# The targets that run a program in two worlds, with core and without, and compare what it sees.

# What fuzz/CMakeLists.txt is told of them.
set(SIGPROOF_WORLD_FUZZERS transparency hostile raw_bytes real_modules)

# What programs are written with, as a function that returns its text.
set(SIGPROOF_WORLD_PRELUDE_SOURCE ${CMAKE_CURRENT_BINARY_DIR}/world_prelude.cc CACHE INTERNAL "")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS targets/world_prelude.js
                                                          targets/raw_script.js)
file(READ targets/world_prelude.js SIGPROOF_WORLD_PRELUDE)
file(READ targets/raw_script.js SIGPROOF_RAW_SCRIPT)
configure_file(targets/world_prelude.cc.in ${SIGPROOF_WORLD_PRELUDE_SOURCE} @ONLY)

# sigproof_add_world_fuzzers(<target suffix> <output dir>)
# Part of sigproof_add_fuzzers(), after host_fuzz<suffix>.
function(sigproof_add_world_fuzzers suffix output)
  set(worlds fuzz_worlds${suffix})
  set(sources generate/script_program.cc generate/script_writer.cc generate/witness_module.cc
              oracles/inspection_oracle.cc oracles/installation_oracle.cc
              oracles/transparency_oracle.cc oracles/witness_oracle.cc
              targets/script_runner.cc targets/value_text.cc targets/world.cc)
  list(TRANSFORM sources PREPEND ${CMAKE_SOURCE_DIR}/fuzz/)
  add_library(${worlds} STATIC ${sources} ${SIGPROOF_WORLD_PRELUDE_SOURCE})
  target_compile_options(${worlds} PRIVATE ${sigproof_no_feedback})
  target_link_libraries(${worlds} PRIVATE sigproof_warnings PUBLIC host_fuzz${suffix} fuzz_common)

  sigproof_add_fuzz_target(transparency SUFFIX "${suffix}" OUTPUT ${output}
    LIBRARIES ${worlds} binaryen
    SOURCES generate/module_plan.cc generate/module_writer.cc generate/transparency_program.cc)
  sigproof_add_fuzz_target(hostile SUFFIX "${suffix}" OUTPUT ${output} LIBRARIES ${worlds}
    SOURCES generate/hostile_contexts.cc generate/hostile_patches.cc generate/hostile_program.cc)
  foreach(name transparency hostile)
    target_sources(fuzz-${name}${suffix} PRIVATE ${CMAKE_SOURCE_DIR}/fuzz/targets/fresh_input.cc)
  endforeach()
  sigproof_add_fuzz_target(raw_bytes SUFFIX "${suffix}" OUTPUT ${output} LIBRARIES ${worlds} binaryen
    SOURCES generate/module_plan.cc generate/module_writer.cc generate/newer_module.cc
            generate/raw_module.cc targets/raw_bytes_runner.cc)
  sigproof_add_fuzz_target(real_modules SUFFIX "${suffix}" OUTPUT ${output}
    LIBRARIES ${worlds} binaryen
    SOURCES generate/edited_module.cc generate/module_plan.cc generate/module_writer.cc
            generate/newer_module.cc generate/raw_module.cc targets/raw_bytes_runner.cc
            ../corpus/modules/binaryen_globals.cc ../corpus/modules/manifest.cc
            ../corpus/modules/module_editor.cc ../corpus/modules/wasm_shape.cc)
endfunction()
