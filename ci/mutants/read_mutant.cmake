# Reads a mutant: a known bug of core. NAME.patch is lines of the form `Key: value`, then a unified diff
# against core/. A line that is indented continues the value above it.
#
#   Breaks:       properties of core/SPECIFICATION.md, such as L3 L4
#   Origin:       where the bug was met
#   Checkers:     the checks that must catch it, the quickest first:
#                   model/NAME, stepping/NAME@LEVEL, fuzz/NAME, real-module/NAME
#                   unit/FILE or unit/FILE:FILTER    the tests of FILE.cc, all or those that the
#                                                    GoogleTest filter selects
#                   compile/FILE                     the compiler, which must refuse FILE.cc
#   Accepted-because:  instead of Checkers, for a weakening that no check catches: why core could use it,
#                 or which litmus test shows that the checks can't see it
#   Missed-by:    with Accepted-because: checks that don't catch it. A run fails if one of them does.
#   Gate:         yes: ci/verify builds and runs this mutant each time
#   Description:  what is wrong, and what happens because of it
#
# This is the only reader. It checks a patch and makes one JSON object of it, which CMake and the tool
# (ci/sigproof/mutants/mutant_runner.h) query:
#
#   {"name": "free_before_unlink", "breaks": ["L3", "L4"], "origin": "...", "checkers": ["model/..."],
#    "missed_by": [], "accepted_because": "", "gate": true, "description": "...",
#    "files": ["core/list/atomic_list.h"]}

cmake_minimum_required(VERSION 3.25)
set(SIGPROOF_REPOSITORY ${CMAKE_CURRENT_LIST_DIR}/../..)

# --- JSON -------------------------------------------------------------------------------------------

# Sets the member <member> of the JSON object in the variable <json> to the string <text>.
function(sigproof_set_string json member text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\t" "\\t" text "${text}")
  string(JSON changed SET "${${json}}" ${member} "\"${text}\"")
  set(${json} "${changed}" PARENT_SCOPE)
endfunction()

# Sets the member <member> of the JSON object in the variable <json> to an array of the strings that follow.
function(sigproof_set_list json member)
  string(JSON changed SET "${${json}}" ${member} "[]")
  set(index 0)
  foreach(text IN LISTS ARGN)
    string(JSON changed SET "${changed}" ${member} ${index} "\"${text}\"")
    math(EXPR index "${index} + 1")
  endforeach()
  set(${json} "${changed}" PARENT_SCOPE)
endfunction()

# Sets <result> to the list of strings that the JSON object <json> has in its member <member>.
function(sigproof_get_list json member result)
  set(list "")
  string(JSON count LENGTH "${json}" ${member})
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(index RANGE ${last})
      string(JSON text GET "${json}" ${member} ${index})
      list(APPEND list "${text}")
    endforeach()
  endif()
  set(${result} "${list}" PARENT_SCOPE)
endfunction()

# --- what a header may say ----------------------------------------------------------------------------

# Sets <result> to the identifiers of the table of properties.
function(sigproof_property_ids result)
  set(table ${SIGPROOF_REPOSITORY}/reports/record/property.h)
  file(STRINGS ${table} ids REGEX "PropertyEntry{\"[A-Z]+[0-9]+\"")
  list(TRANSFORM ids REPLACE ".*PropertyEntry{\"([A-Z]+[0-9]+)\".*" "\\1")
  if(NOT ids)
    message(FATAL_ERROR "${table} has no line `PropertyEntry{\"ID\"...`: teach read_mutant.cmake its new form")
  endif()
  set(${result} "${ids}" PARENT_SCOPE)
endfunction()

function(sigproof_require_properties file)
  sigproof_property_ids(ids)
  foreach(id IN LISTS ARGN)
    if(NOT id IN_LIST ids)
      message(FATAL_ERROR "${file}: Breaks: '${id}' is no property of core/SPECIFICATION.md")
    endif()
  endforeach()
endfunction()

function(sigproof_require_checks file key)
  foreach(check IN LISTS ARGN)
    if(NOT check MATCHES "^(model|fuzz|real-module|unit|compile)/.|^stepping/.+@.")
      message(FATAL_ERROR "${file}: ${key}: '${check}' is no check: model/NAME, stepping/NAME@LEVEL, fuzz/NAME, "
                          "real-module/NAME, unit/FILE, unit/FILE:FILTER or compile/FILE")
    endif()
    if(check MATCHES "^(unit|compile)/([^:]*)")
      set(source ${CMAKE_MATCH_2}.cc)
      if(NOT EXISTS ${SIGPROOF_REPOSITORY}/${source})
        message(FATAL_ERROR "${file}: ${key}: there is no file ${source} for ${check}")
      endif()
    endif()
  endforeach()
endfunction()

# --- the parts of a patch -----------------------------------------------------------------------------

# Cuts <text> where the diff begins. Sets <header> and <diff>.
function(sigproof_cut_patch file header diff)
  file(READ ${file} text)
  string(FIND "\n${text}" "\n--- " start)
  if(start EQUAL -1)
    message(FATAL_ERROR "${file}: no diff; put the output of `diff -u` against core/ after the header")
  endif()
  string(SUBSTRING "${text}" 0 ${start} head)
  string(SUBSTRING "${text}" ${start} -1 tail)
  set(${header} "${head}" PARENT_SCOPE)
  set(${diff} "${tail}" PARENT_SCOPE)
endfunction()

# Sets <result> to the files that <diff> changes, such as core/list/atomic_list.h.
function(sigproof_files_of_diff file diff result)
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
  set(${result} "${files}" PARENT_SCOPE)
endfunction()

set(SIGPROOF_MUTANT_KEYS Breaks Origin Checkers Missed-by Accepted-because Gate Description)

# Sets a variable for each key in the caller's scope: its value in <header>, or "". Stops if a line has
# another key, or a key stands twice.
function(sigproof_read_header file header)
  string(REGEX REPLACE "\n[ \t]+" " " rest "\n${header}")
  foreach(key IN LISTS SIGPROOF_MUTANT_KEYS)
    set(${key} "" PARENT_SCOPE)
  endforeach()
  set(seen "")
  while(rest MATCHES "^\n+([^\n]+)")
    set(line "${CMAKE_MATCH_1}")
    string(LENGTH "${CMAKE_MATCH_0}" length)
    string(SUBSTRING "${rest}" ${length} -1 rest)
    if(NOT line MATCHES "^([A-Za-z-]+):[ \t]*(.*[^ \t])?[ \t]*$")
      message(FATAL_ERROR "${file}: the line '${line}' is not of the form `Key: value`. Indent it if it "
                          "continues the line above, remove it if `git diff` wrote it")
    endif()
    set(key "${CMAKE_MATCH_1}")
    set(value "${CMAKE_MATCH_2}")
    if(NOT key IN_LIST SIGPROOF_MUTANT_KEYS)
      list(JOIN SIGPROOF_MUTANT_KEYS ":, " known)
      message(FATAL_ERROR "${file}: the key ${key}: is unknown; the keys are ${known}:")
    endif()
    if(key IN_LIST seen)
      message(FATAL_ERROR "${file}: the key ${key}: stands twice")
    endif()
    list(APPEND seen ${key})
    set(${key} "${value}" PARENT_SCOPE)
  endwhile()
endfunction()

# sigproof_read_mutant(<file> <result>)
# Sets <result> to the mutant as a JSON object. Stops with one message if the patch is faulty.
function(sigproof_read_mutant file result)
  get_filename_component(name ${file} NAME_WLE)
  if(NOT name MATCHES "^[a-z0-9_]+$")
    message(FATAL_ERROR "${file}: a mutant's file is named with a-z, 0-9 and _ only")
  endif()
  sigproof_cut_patch(${file} header diff)
  sigproof_files_of_diff(${file} "${diff}" files)
  sigproof_read_header(${file} "${header}")

  foreach(key Breaks Origin Description)
    if("${${key}}" STREQUAL "")
      message(FATAL_ERROR "${file}: no line `${key}: ...` before the diff")
    endif()
  endforeach()
  if("${Checkers}" STREQUAL "" AND "${Accepted-because}" STREQUAL "")
    message(FATAL_ERROR "${file}: no line `Checkers: ...` before the diff, nor `Accepted-because: ...` to say "
                        "why no check catches it")
  endif()
  if(NOT "${Checkers}" STREQUAL "" AND NOT "${Accepted-because}" STREQUAL "")
    message(FATAL_ERROR "${file}: Accepted-because: is for a bug that no check catches, and this one has "
                        "Checkers:")
  endif()
  if(NOT "${Missed-by}" STREQUAL "" AND "${Accepted-because}" STREQUAL "")
    message(FATAL_ERROR "${file}: Missed-by: goes with Accepted-because:, and this bug has Checkers: "
                        "that catch it")
  endif()
  if(NOT "${Gate}" MATCHES "^(yes)?$")
    message(FATAL_ERROR "${file}: Gate: '${Gate}' is no answer; write yes, or leave the line out")
  endif()
  if("${Gate}" STREQUAL "yes" AND "${Checkers}" STREQUAL "")
    message(FATAL_ERROR "${file}: Gate: a bug that no check catches shows nothing in the gate")
  endif()
  foreach(key Breaks Checkers Missed-by)
    string(REGEX REPLACE "[, \t]+" ";" ${key} "${${key}}")
  endforeach()
  sigproof_require_properties(${file} ${Breaks})
  sigproof_require_checks(${file} Checkers ${Checkers})
  sigproof_require_checks(${file} Missed-by ${Missed-by})

  set(mutant "{}")
  sigproof_set_string(mutant name ${name})
  sigproof_set_list(mutant breaks ${Breaks})
  sigproof_set_string(mutant origin "${Origin}")
  sigproof_set_list(mutant checkers ${Checkers})
  sigproof_set_list(mutant missed_by ${Missed-by})
  sigproof_set_string(mutant accepted_because "${Accepted-because}")
  sigproof_set_string(mutant description "${Description}")
  sigproof_set_list(mutant files ${files})
  if("${Gate}" STREQUAL "yes")
    string(JSON mutant SET "${mutant}" gate true)
  else()
    string(JSON mutant SET "${mutant}" gate false)
  endif()
  set(${result} "${mutant}" PARENT_SCOPE)
endfunction()
