# Faulty patches are refused, each with a message that names the file and the fault; a good one is
# applied, and every patch of the repository applies to core as it stands.
#
#   cmake -D WORK=<folder to make> -P mutants_test.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
file(WRITE ${WORK}/source/list.h "one\ntwo\nthree\n")
string(CONCAT good_header
       "Breaks: L3, L4\nOrigin: a test\nCheckers: model/a fuzz/list\n  stepping/b_O2\n"
       "Description: Something; [else]\n  that goes on.\n\n")
string(CONCAT good_diff "--- a/core/list.h\n+++ b/core/list.h\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n"
                        " three\n")

# Reads the file in a process of its own, since a fault ends the process.
function(read_in_child file)
  file(WRITE ${WORK}/read.cmake "include(${CMAKE_CURRENT_LIST_DIR}/read_mutant.cmake)\n"
       "sigproof_read_mutant(${file} m)\n"
       "message(\"\${m_NAME}|\${m_BREAKS}|\${m_ORIGIN}|\${m_CHECKERS}|\${m_DESCRIPTION}|\")\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -P ${WORK}/read.cmake RESULT_VARIABLE status
                  ERROR_VARIABLE output OUTPUT_QUIET)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  set(status ${status} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect_output what)
  string(FIND "${output}" "${what}" found)
  if(found EQUAL -1)
    message(SEND_ERROR "expected '${what}' in:\n${output}")
  endif()
endfunction()

function(expect_refused name content what)
  file(WRITE ${WORK}/${name}.patch "${content}")
  read_in_child(${WORK}/${name}.patch)
  if(status EQUAL 0)
    message(SEND_ERROR "${name}: was accepted")
  endif()
  expect_output("${name}.patch: ${what}")
endfunction()

file(WRITE ${WORK}/good.patch "${good_header}${good_diff}")
read_in_child(${WORK}/good.patch)
expect_output("good|L3;L4|a test|model/a;fuzz/list;stepping/b_O2|Something; [else] that goes on.|")

foreach(key Breaks Origin Checkers Description)
  string(REPLACE "${key}:" "Remark:" header "${good_header}")
  string(TOLOWER ${key} lower)
  expect_refused(without_${lower} "${header}${good_diff}" "no line `${key}: ...` before the diff")
endforeach()
expect_refused(Name-s "${good_header}${good_diff}" "a known bug's file is named with a-z")
expect_refused(no_diff "${good_header}" "no diff")
string(REPLACE "a/core/" "a/fuzz/" diff "${good_diff}")
expect_refused(elsewhere "${good_header}${diff}" "its diff is against a/fuzz/list.h")
string(REPLACE "L3, L4" "L3, soundness" header "${good_header}")
expect_refused(no_property "${header}${good_diff}" "Breaks: 'soundness' is no property")
string(REPLACE "model/a" "models/a" header "${good_header}")
expect_refused(no_check "${header}${good_diff}" "Checkers: 'models/a' is no check")

# Sets `status` and `output`.
function(apply patch source root)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -D SOURCE=${source} -D PATCH=${patch} -D ROOT=${root}
            -P ${CMAKE_CURRENT_LIST_DIR}/patch_core.cmake
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  set(status ${status} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(WRITE ${WORK}/root/core/removed_upstream.h "old\n")
apply(${WORK}/good.patch ${WORK}/source ${WORK}/root)
file(READ ${WORK}/root/core/list.h text)
if(NOT status EQUAL 0 OR NOT text STREQUAL "one\n2\nthree\n")
  message(SEND_ERROR "the good patch was not applied: ${output}")
endif()
if(EXISTS ${WORK}/root/core/removed_upstream.h)
  message(SEND_ERROR "a file that core no longer has is still in the copy")
endif()

file(WRITE ${WORK}/source/list.h "one\nTWO\nthree\n")
apply(${WORK}/good.patch ${WORK}/source ${WORK}/root)
if(status EQUAL 0)
  message(SEND_ERROR "a patch that no longer applies was taken")
endif()
expect_output("The known bug good no longer applies to core")
file(READ ${WORK}/root/core/list.h text)
if(NOT text STREQUAL "one\n2\nthree\n")
  message(SEND_ERROR "a patch that failed left something half made")
endif()

file(GLOB patches ${CMAKE_CURRENT_LIST_DIR}/*.patch)
foreach(patch IN LISTS patches)
  apply(${patch} ${CMAKE_CURRENT_LIST_DIR}/../../core ${WORK}/own)
  if(NOT status EQUAL 0)
    message(SEND_ERROR "${output}")
  endif()
endforeach()
