# Each faulty patch is refused with a message that names the file and the fault. A good one is read and
# applied. Every patch of the repository can be read and applies to core.
#
#   cmake -D WORK=<folder to make> -P mutants_test.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
file(WRITE ${WORK}/source/list.h "one\ntwo\nthree\n")
file(WRITE ${WORK}/source/other.h "other\n")
string(CONCAT good_header
       "Breaks: L3, L4\nOrigin: a test\nCheckers: model/a fuzz/list\n  stepping/b@O2\n"
       "Description: Something; [else]\n  \"that\" \\goes on.\n\n")
string(CONCAT good_diff "--- a/core/list.h\n+++ b/core/list.h\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n"
                        " three\n")

# Reads the file in a process of its own, because a fault ends the process. Sets `output` to the mutant as
# JSON, without spaces, or to the message.
function(read_in_child file)
  file(WRITE ${WORK}/read.cmake "include(${CMAKE_CURRENT_LIST_DIR}/read_mutant.cmake)\n"
       "sigproof_read_mutant(${file} mutant)\nmessage(\"\${mutant}\")\n")
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

# Compares a member of the JSON object in `output`; the keys after it go down into the object.
function(expect_member what)
  string(JSON value ERROR_VARIABLE fault GET "${output}" ${ARGN})
  if(fault OR NOT value STREQUAL what)
    message(SEND_ERROR "expected '${what}' as ${ARGN}, not '${value}' (${fault}) in:\n${output}")
  endif()
endfunction()

file(WRITE ${WORK}/good.patch "${good_header}${good_diff}")
read_in_child(${WORK}/good.patch)
expect_member(good name)
expect_member(L3 breaks 0)
expect_member(L4 breaks 1)
expect_member("a test" origin)
expect_member(stepping/b@O2 checkers 2)
expect_member("Something; [else] \"that\" \\goes on." description)
expect_member(core/list.h files 0)
expect_member(OFF gate)
expect_member("" accepted_because)

# A bug of two files, one in a folder, that no check catches.
string(REPLACE "Checkers:" "Accepted-because: It is safe; [why].\nMissed-by:" accepted_header
       "${good_header}")
string(CONCAT second_diff "--- a/core/v8/more.h\n+++ b/core/v8/more.h\n@@ -1 +1 @@\n-a[1];\n+a[2];\n")
file(WRITE ${WORK}/accepted.patch "${accepted_header}${good_diff}${second_diff}")
read_in_child(${WORK}/accepted.patch)
expect_member(core/v8/more.h files 1)
expect_member("It is safe; [why]." accepted_because)
expect_member(fuzz/list missed_by 1)

file(WRITE ${WORK}/gate.patch "Gate: yes\n${good_header}${good_diff}")
read_in_child(${WORK}/gate.patch)
expect_member(ON gate)

foreach(key Breaks Origin Checkers Description)
  string(REGEX REPLACE "(^|\n)${key}: [^\n]*(\n +[^\n]*)*" "" header "${good_header}")
  string(TOLOWER ${key} lower)
  expect_refused(without_${lower} "${header}${good_diff}" "no line `${key}: ...` before the diff")
endforeach()
expect_refused(Name-s "${good_header}${good_diff}" "a mutant's file is named with a-z")
expect_refused(no_diff "${good_header}" "no diff")
string(REPLACE "a/core/" "a/fuzz/" diff "${good_diff}")
expect_refused(elsewhere "${good_header}${diff}" "its diff is against a/fuzz/list.h")
expect_refused(unknown_key "Checker: model/a\n${good_header}${good_diff}"
               "the key Checker: is unknown; the keys are Breaks:")
expect_refused(key_twice "Origin: b\n${good_header}${good_diff}" "the key Origin: stands twice")
expect_refused(no_key "${good_header}diff -u a b\n${good_diff}"
               "the line 'diff -u a b' is not of the form `Key: value`.")
string(CONCAT absent L 99)  # in two parts, because a test looks for such identifiers in every file
foreach(id soundness ${absent} l3 T)
  string(REPLACE "L3, L4" "L3, ${id}" header "${good_header}")
  expect_refused(no_property "${header}${good_diff}"
                 "Breaks: '${id}' is no property of core/SPECIFICATION.md")
endforeach()
foreach(check models/a stepping/a model/)
  string(REPLACE "model/a" "${check}" header "${good_header}")
  expect_refused(no_check "${header}${good_diff}" "Checkers: '${check}' is no check")
endforeach()
string(REPLACE "model/a" "unit/core/absent_test:A.*" header "${good_header}")
expect_refused(no_file "${header}${good_diff}" "Checkers: there is no file core/absent_test.cc")
expect_refused(gate_word "Gate: maybe\n${good_header}${good_diff}" "Gate: 'maybe' is no answer")
expect_refused(gate_accepted "Gate: yes\n${accepted_header}${good_diff}" "Gate: a bug that no check catches")
expect_refused(caught_and_missed "Missed-by: model/b\n${good_header}${good_diff}"
               "Missed-by: goes with Accepted-because:")
expect_refused(caught_and_accepted "Accepted-because: safe\n${good_header}${good_diff}"
               "Accepted-because: is for a bug that no check catches")

# Sets `status` and `output`. `files` as patch_core.cmake takes them.
function(apply patch files source root)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -D SOURCE=${source} -D PATCH=${patch} -D FILES=${files} -D ROOT=${root}
            -P ${CMAKE_CURRENT_LIST_DIR}/patch_core.cmake
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  set(status ${status} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(WRITE ${WORK}/root/core/no_longer_changed.h "old\n")
apply(${WORK}/good.patch core/list.h ${WORK}/source ${WORK}/root)
file(READ ${WORK}/root/core/list.h text)
if(NOT status EQUAL 0 OR NOT text STREQUAL "one\n2\nthree\n")
  message(SEND_ERROR "the good patch was not applied: ${output}")
endif()
if(EXISTS ${WORK}/root/core/no_longer_changed.h)
  message(SEND_ERROR "a file that the patch no longer changes still hides the one of core")
endif()
if(EXISTS ${WORK}/root/core/other.h)
  message(SEND_ERROR "a file that the patch does not change was copied")
endif()

file(WRITE ${WORK}/source/list.h "one\nTWO\nthree\n")
apply(${WORK}/good.patch core/list.h ${WORK}/source ${WORK}/root)
if(status EQUAL 0)
  message(SEND_ERROR "a patch that no longer applies was taken")
endif()
expect_output("The mutant good no longer applies to core: bring ${WORK}/good.patch up to date")
file(READ ${WORK}/root/core/list.h text)
if(NOT text STREQUAL "one\n2\nthree\n")
  message(SEND_ERROR "a patch that failed left something half made")
endif()

file(REMOVE ${WORK}/source/list.h)
apply(${WORK}/good.patch core/list.h ${WORK}/source ${WORK}/root)
if(status EQUAL 0)
  message(SEND_ERROR "a patch of a file that is gone was taken")
endif()
expect_output("core/list.h, which it changes, is gone.")

# --- the catalogue of the repository -----------------------------------------------------------------

include(${CMAKE_CURRENT_LIST_DIR}/read_mutant.cmake)
set(repository ${CMAKE_CURRENT_LIST_DIR}/../..)
set(corpus ${repository}/corpus/mutants)
set(broken "")
set(canaries "")
file(GLOB patches ${corpus}/*.patch)
foreach(patch IN LISTS patches)
  sigproof_read_mutant(${patch} mutant)
  sigproof_get_list("${mutant}" files files)
  list(JOIN files "," files)
  apply(${patch} "${files}" ${repository}/core ${WORK}/own)
  if(NOT status EQUAL 0)
    message(SEND_ERROR "${output}")
  endif()
  sigproof_get_list("${mutant}" breaks breaks)
  list(APPEND broken ${breaks})
  string(JSON gate GET "${mutant}" gate)
  if(gate)
    sigproof_get_list("${mutant}" checkers checkers)
    list(APPEND canaries ${checkers})
  endif()
endforeach()

list(LENGTH patches count)
if(count LESS 40)
  message(SEND_ERROR "only ${count} mutants")
endif()
foreach(property L1 L2 L3 L4 L5 L6 L7 R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 D1 D2 D3 D4 D5 D6 D7 G1 G2 G3 G4)
  if(NOT property IN_LIST broken)
    message(SEND_ERROR "no mutant breaks ${property}")
  endif()
endforeach()
# Every memory order of core stands in the list of those that are weakened here.
file(READ ${corpus}/README.md listed)
file(GLOB_RECURSE sources ${repository}/core/*.h ${repository}/core/*.cc)
list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/benchmark/")
set(order_count 0)
foreach(source IN LISTS sources)
  file(STRINGS ${source} lines REGEX "memory_order_(relaxed|acquire|release|acq_rel|seq_cst)")
  foreach(line IN LISTS lines)
    string(STRIP "${line}" line)
    math(EXPR order_count "${order_count} + 1")
    string(FIND "${listed}" "${line}" found)
    if(found EQUAL -1)
      message(SEND_ERROR "${source}: '${line}' is not in corpus/mutants/README.md: weaken it there")
    endif()
  endforeach()
endforeach()
if(order_count LESS 30)
  message(SEND_ERROR "only ${order_count} memory orders were found in core")
endif()
# What that list names exists.
string(REGEX MATCHALL "`[a-z_]+` \\((relaxed|acquire|release|acq_rel)\\)" named "${listed}")
foreach(entry IN LISTS named)
  string(REGEX REPLACE "`([a-z_]+)`.*" "\\1" name "${entry}")
  if(NOT EXISTS ${corpus}/${name}.patch)
    message(SEND_ERROR "corpus/mutants/README.md names ${name}, which is no mutant")
  endif()
endforeach()
# Models and stepping have canaries of their own besides: models/relacy/litmus/canaries.cc, flawed_list.h.
foreach(checker model/ stepping/ fuzz/list fuzz/registration fuzz/shim real-module/ unit/)
  if(NOT "${canaries}" MATCHES "(^|;)${checker}")
    message(SEND_ERROR "${checker} has no canary: no mutant with `Gate: yes` that it must catch")
  endif()
endforeach()
