# Makes a copy of core with a known bug in it.
#
#   cmake -D SOURCE=<repository>/core -D PATCH=<file> -D ROOT=<folder> -P patch_core.cmake
#
# Afterwards ROOT/core is the patched copy. A file whose text stays as it was isn't touched, so that
# only what a change reaches is built again. Nothing is left half made: the copy is patched aside.
cmake_minimum_required(VERSION 3.25)
get_filename_component(name ${PATCH} NAME_WLE)
set(aside ${ROOT}/patching)
file(REMOVE_RECURSE ${aside})
file(COPY ${SOURCE}/ DESTINATION ${aside}/core)

find_program(patch_program patch)
if(NOT patch_program)
  message(FATAL_ERROR "The program `patch` is missing; run ci/setup")
endif()
execute_process(
  COMMAND ${patch_program} --strip=1 --fuzz=0 --batch --no-backup-if-mismatch --reject-file=-
          --directory=${aside} --input=${PATCH}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "The known bug ${name} no longer applies to core: bring ${PATCH} up to date, or "
                      "remove it if the bug has become impossible. patch said:\n${output}")
endif()

file(GLOB_RECURSE wanted RELATIVE ${aside}/core ${aside}/core/*)
file(GLOB_RECURSE present RELATIVE ${ROOT}/core ${ROOT}/core/*)
foreach(file IN LISTS wanted)
  get_filename_component(folder ${ROOT}/core/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  file(COPY_FILE ${aside}/core/${file} ${ROOT}/core/${file} ONLY_IF_DIFFERENT)
endforeach()
foreach(file IN LISTS present)
  if(NOT file IN_LIST wanted)
    file(REMOVE ${ROOT}/core/${file})
  endif()
endforeach()
file(REMOVE_RECURSE ${aside})
