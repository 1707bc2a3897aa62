# Makes patched copies of the files of core that a mutant changes.
#
#   cmake -D SOURCE=<repository>/core -D PATCH=<file> -D FILES=<core/a.h,core/v8/b.h> -D ROOT=<folder>
#         -P patch_core.cmake
#
# Afterwards ROOT/core holds exactly these files. The compiler finds every other file of core in the
# repository, because ROOT only stands first in the include path. A file whose text doesn't change is not
# touched, so that only what a change reaches is built again. The copies are patched in another folder, so
# that a patch that fails leaves ROOT as it was.
cmake_minimum_required(VERSION 3.25)
get_filename_component(name ${PATCH} NAME_WLE)
set(aside ${ROOT}/patching)
file(REMOVE_RECURSE ${aside})

function(give_up what)
  message(FATAL_ERROR "The mutant ${name} no longer applies to core: bring ${PATCH} up to date, or "
                      "remove it if the bug has become impossible. ${what}")
endfunction()

string(REPLACE "," ";" files "${FILES}")
foreach(file IN LISTS files)
  string(REGEX REPLACE "^core/" "${SOURCE}/" source ${file})
  if(NOT EXISTS ${source})
    give_up("${file}, which it changes, is gone.")
  endif()
  get_filename_component(folder ${aside}/${file} DIRECTORY)
  file(COPY ${source} DESTINATION ${folder})
endforeach()

find_program(patch_program patch)
if(NOT patch_program)
  message(FATAL_ERROR "The program `patch` is missing; run ci/setup")
endif()
execute_process(
  COMMAND ${patch_program} --strip=1 --fuzz=0 --batch --no-backup-if-mismatch --reject-file=-
          --directory=${aside} --input=${PATCH}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0)
  give_up("patch said:\n${output}")
endif()

foreach(file IN LISTS files)
  get_filename_component(folder ${ROOT}/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  file(COPY_FILE ${aside}/${file} ${ROOT}/${file} ONLY_IF_DIFFERENT)
endforeach()
file(GLOB_RECURSE present RELATIVE ${ROOT} ${ROOT}/core/*)
foreach(file IN LISTS present)
  if(NOT file IN_LIST files)
    file(REMOVE ${ROOT}/${file})
  endif()
endforeach()
file(REMOVE_RECURSE ${aside})
