# Reads a known bug: NAME.patch is lines of the form `Key: value`, a line that is indented going on with
# the value above it, then a unified diff against core/.
#
#   Breaks:      properties of the specification, such as L3 L4
#   Origin:      where the bug was met
#   Checkers:    the checks that must catch it, the quickest first: model/NAME, stepping/NAME,
#                fuzz/NAME, real-module/NAME
#   Description: what is wrong, and what goes wrong because of it

# sigproof_read_mutant(<file> <prefix>)
# Sets <prefix>_NAME, _BREAKS, _ORIGIN, _CHECKERS and _DESCRIPTION in the caller's scope; BREAKS and
# CHECKERS are lists. Stops with one message if the file is not of that form.
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
  string(REGEX MATCH "--- ([^\n]*)" from "${diff}")
  set(from "${CMAKE_MATCH_1}")
  if(NOT from MATCHES "^a/core/")
    message(FATAL_ERROR "${file}: its diff is against ${from}; it must be against a/core/...")
  endif()

  string(REGEX REPLACE "\n[ \t]+" " " header "\n${header}\n")
  foreach(key Breaks Origin Checkers Description)
    if(NOT header MATCHES "\n${key}:[ \t]*([^\n]*[^ \t\n])")
      message(FATAL_ERROR "${file}: no line `${key}: ...` before the diff")
    endif()
    set(${key} "${CMAKE_MATCH_1}")
  endforeach()
  foreach(key Breaks Checkers)
    string(REGEX REPLACE "[, \t]+" ";" ${key} "${${key}}")
  endforeach()
  foreach(property IN LISTS Breaks)
    if(NOT property MATCHES "^[LRDGT][0-9]+$")
      message(FATAL_ERROR "${file}: Breaks: '${property}' is no property of the specification")
    endif()
  endforeach()
  foreach(checker IN LISTS Checkers)
    if(NOT checker MATCHES "^(model|stepping|fuzz|real-module)/.")
      message(FATAL_ERROR "${file}: Checkers: '${checker}' is no check; write model/NAME, "
                          "stepping/NAME, fuzz/NAME or real-module/NAME")
    endif()
  endforeach()

  set(${prefix}_NAME ${name} PARENT_SCOPE)
  set(${prefix}_BREAKS "${Breaks}" PARENT_SCOPE)
  set(${prefix}_ORIGIN "${Origin}" PARENT_SCOPE)
  set(${prefix}_CHECKERS "${Checkers}" PARENT_SCOPE)
  set(${prefix}_DESCRIPTION "${Description}" PARENT_SCOPE)
endfunction()
