# Reads a known bug: NAME.patch is lines of the form `Key: value`, a line that is indented going on with
# the value above it, then a unified diff against core/.
#
#   Breaks:      properties of the specification, such as L3 L4
#   Origin:      where the bug was met
#   Checkers:    the checks that must catch it, the quickest first:
#                  model/NAME, stepping/NAME, fuzz/NAME, real-module/NAME
#                  unit/FILE or unit/FILE:FILTER    the tests of FILE.cc, all or those that the
#                                                   GoogleTest filter lets through
#                  compile/FILE                     the compiler, which must refuse FILE.cc
#   Argued:      instead of Checkers, for a weakening that nothing catches: why core could use it, or
#                which litmus test shows that the checkers are blind to it
#   Missed-by:   with Argued: the checks that were given it in vain; one that catches it after all
#                fails the run
#   Gate:        yes: one of the few that ci/verify builds and runs each time
#   Description: what is wrong, and what goes wrong because of it

# The value of <key> in <header>, whose lines are whole, or "".
function(sigproof_header_value header key result)
  set(value "")
  if(header MATCHES "\n${key}:[ \t]*([^\n]*[^ \t\n])")
    set(value "${CMAKE_MATCH_1}")
  endif()
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

# Stops with one message unless each of <words> matches <pattern>.
function(sigproof_require_words file key words pattern what)
  foreach(word IN LISTS words)
    if(NOT word MATCHES "${pattern}")
      message(FATAL_ERROR "${file}: ${key}: '${word}' is ${what}")
    endif()
  endforeach()
endfunction()

# sigproof_read_mutant(<file> <prefix>)
# Sets <prefix>_NAME, _BREAKS, _ORIGIN, _CHECKERS, _MISSED_BY, _ARGUED, _GATE, _DESCRIPTION and _FILES
# (what the diff changes) in the caller's scope; BREAKS, CHECKERS, MISSED_BY and FILES are lists, GATE is
# ON or OFF. Stops with one message if the file is not of that form.
function(sigproof_read_mutant file prefix)
  get_filename_component(name ${file} NAME_WLE)
  if(NOT name MATCHES "^[a-z0-9_]+$")
    message(FATAL_ERROR "${file}: a known bug's file is named with a-z, 0-9 and _ only")
  endif()
  file(READ ${file} text)
  string(FIND "\n${text}" "\n--- " diff)
  if(diff EQUAL -1)
    message(FATAL_ERROR "${file}: no diff; put the output of `diff -u` against core/ after the header")
  endif()
  string(SUBSTRING "${text}" 0 ${diff} header)
  string(SUBSTRING "${text}" ${diff} -1 diff)
  # A semicolon or a bracket of the code would change where CMake cuts the list.
  string(REGEX REPLACE "[][;]" "" diff "\n${diff}")
  string(REGEX MATCHALL "\n--- [^\n\t ]*" files "${diff}")
  list(TRANSFORM files REPLACE "\n--- " "")
  foreach(from IN LISTS files)
    if(NOT from MATCHES "^a/core/")
      message(FATAL_ERROR "${file}: its diff is against ${from}; it must be against a/core/...")
    endif()
  endforeach()
  list(TRANSFORM files REPLACE "^a/" "")

  string(REGEX REPLACE "\n[ \t]+" " " header "\n${header}\n")
  foreach(key Breaks Origin Checkers Missed-by Argued Gate Description)
    sigproof_header_value("${header}" ${key} ${key})
  endforeach()
  foreach(key Breaks Origin Description)
    if("${${key}}" STREQUAL "")
      message(FATAL_ERROR "${file}: no line `${key}: ...` before the diff")
    endif()
  endforeach()
  if("${Checkers}" STREQUAL "" AND "${Argued}" STREQUAL "")
    message(FATAL_ERROR "${file}: no line `Checkers: ...` before the diff, nor `Argued: ...` to say why "
                        "nothing catches it")
  endif()
  if(NOT "${Checkers}" STREQUAL "" AND NOT "${Missed-by}" STREQUAL "")
    message(FATAL_ERROR "${file}: Missed-by: goes with Argued:, and this bug has Checkers: that catch it")
  endif()
  if(NOT "${Gate}" MATCHES "^(yes)?$")
    message(FATAL_ERROR "${file}: Gate: '${Gate}' is no answer; write yes, or leave the line out")
  endif()
  if("${Gate}" STREQUAL "yes" AND "${Checkers}" STREQUAL "")
    message(FATAL_ERROR "${file}: Gate: a bug that nothing catches shows nothing in the gate")
  endif()
  foreach(key Breaks Checkers Missed-by)
    string(REGEX REPLACE "[, \t]+" ";" ${key} "${${key}}")
  endforeach()
  sigproof_require_words(${file} Breaks "${Breaks}" "^[LRDGT][0-9]+$"
                         "no property of the specification")
  foreach(key Checkers Missed-by)
    sigproof_require_words(
      ${file} ${key} "${${key}}" "^(model|stepping|fuzz|real-module|unit|compile)/."
      "no check; write model/NAME, stepping/NAME, fuzz/NAME, real-module/NAME, unit/FILE or compile/FILE")
    foreach(check IN LISTS ${key})
      if(NOT check MATCHES "^(unit|compile)/([^:]*)" OR NOT SIGPROOF_MUTANT_SOURCE_ROOT)
        continue()
      endif()
      if(NOT EXISTS ${SIGPROOF_MUTANT_SOURCE_ROOT}/${CMAKE_MATCH_2}.cc)
        message(FATAL_ERROR "${file}: ${key}: there is no file ${CMAKE_MATCH_2}.cc for ${check}")
      endif()
    endforeach()
  endforeach()

  set(${prefix}_NAME ${name} PARENT_SCOPE)
  set(${prefix}_BREAKS "${Breaks}" PARENT_SCOPE)
  set(${prefix}_ORIGIN "${Origin}" PARENT_SCOPE)
  set(${prefix}_CHECKERS "${Checkers}" PARENT_SCOPE)
  set(${prefix}_MISSED_BY "${Missed-by}" PARENT_SCOPE)
  set(${prefix}_ARGUED "${Argued}" PARENT_SCOPE)
  set(${prefix}_DESCRIPTION "${Description}" PARENT_SCOPE)
  set(${prefix}_FILES "${files}" PARENT_SCOPE)
  if("${Gate}" STREQUAL "yes")
    set(${prefix}_GATE ON PARENT_SCOPE)
  else()
    set(${prefix}_GATE OFF PARENT_SCOPE)
  endif()
endfunction()
