# Lets files of a target be compiled together, by themselves and without anybody's help: the templates that
# they share are the most of what they take. A file's own names may be those of another: the two come into
# different groups (own_names.awk). Groups are made anew when names change, not when anything else does.
#
# What is compiled file by file: core itself and the models, by SIGPROOF_APART; a file that no other of its
# target can stand beside; a file with compile options of its own.
define_property(TARGET PROPERTY SIGPROOF_APART
                BRIEF_DOCS "Each file is compiled by itself"
                FULL_DOCS "Each file is compiled by itself")

# More files in a group are cheaper from nothing, and dearer when one of them changes.
set(SIGPROOF_FILES_PER_GROUP 8)
set(SIGPROOF_OWN_NAMES ${CMAKE_BINARY_DIR}/own_names.txt)

# Reads the names, and lets the build read them again.
function(sigproof_read_own_names)
  set(folders core models fuzz reports ci)
  list(TRANSFORM folders PREPEND ${CMAKE_SOURCE_DIR}/)
  list(TRANSFORM folders APPEND /*.cc OUTPUT_VARIABLE patterns)
  file(GLOB_RECURSE files RELATIVE ${CMAKE_SOURCE_DIR} ${patterns})
  list(TRANSFORM files PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
  set(script ${CMAKE_SOURCE_DIR}/ci/cmake/own_names.awk)
  set(new ${SIGPROOF_OWN_NAMES}.new)
  file(WRITE ${SIGPROOF_OWN_NAMES}.sh
       "cd '${CMAKE_SOURCE_DIR}' && awk -f '${script}' \$(cat '${SIGPROOF_OWN_NAMES}.files') >'${new}' &&
        if ! cmp -s '${new}' '${SIGPROOF_OWN_NAMES}'; then cp '${new}' '${SIGPROOF_OWN_NAMES}'; fi\n")
  list(JOIN files "\n" lines)
  file(WRITE ${SIGPROOF_OWN_NAMES}.files "${lines}\n")
  execute_process(COMMAND sh ${SIGPROOF_OWN_NAMES}.sh COMMAND_ERROR_IS_FATAL ANY)
  # Whoever changes a file has this run again; CMake only runs if the names differ.
  add_custom_command(OUTPUT ${SIGPROOF_OWN_NAMES} DEPENDS ${paths} ${script}
                     COMMAND sh ${SIGPROOF_OWN_NAMES}.sh VERBATIM COMMENT "")
  add_custom_target(own_names DEPENDS ${SIGPROOF_OWN_NAMES})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${SIGPROOF_OWN_NAMES})

  file(STRINGS ${SIGPROOF_OWN_NAMES} lines)
  foreach(line IN LISTS lines)
    string(REPLACE " " ";" names "${line}")
    list(POP_FRONT names file)
    set_property(GLOBAL PROPERTY sigproof_own_names_of_${file} ${names})
    set_property(GLOBAL PROPERTY sigproof_has_names_of_${file} TRUE)
  endforeach()
endfunction()

# sigproof_shares(<result> <list variable> <list variable>): whether an element is in both.
function(sigproof_shares result one other)
  set(${result} FALSE PARENT_SCOPE)
  foreach(name IN LISTS ${one})
    if(name IN_LIST ${other})
      set(${result} TRUE PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# The sources of a target that can be compiled with others.
function(sigproof_unitable result target)
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  set(found "")
  foreach(source IN LISTS sources)
    if(NOT source MATCHES "\\.cc$")
      continue()
    endif()
    get_filename_component(path ${source} ABSOLUTE BASE_DIR ${folder})
    get_source_file_property(options ${path} TARGET_DIRECTORY ${target} COMPILE_OPTIONS)
    get_source_file_property(is_generated ${path} TARGET_DIRECTORY ${target} GENERATED)
    if(NOT options AND NOT is_generated AND NOT path MATCHES "^${CMAKE_BINARY_DIR}/[^m]")
      list(APPEND found ${path})
    endif()
  endforeach()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

function(sigproof_unite target)
  sigproof_unitable(paths ${target})
  list(LENGTH paths count)
  if(count LESS 2)
    return()
  endif()
  set(groups 0)
  foreach(path IN LISTS paths)
    # A known bug's copy has the names of what it was made from.
    file(RELATIVE_PATH file ${CMAKE_SOURCE_DIR} ${path})
    string(REGEX REPLACE "^.*/mutants/[^/]+/" "" file ${file})
    get_property(is_known GLOBAL PROPERTY sigproof_has_names_of_${file})
    if(NOT is_known)
      return()
    endif()
    get_property(names GLOBAL PROPERTY sigproof_own_names_of_${file})
    set(group 0)
    while(group LESS groups)
      list(LENGTH members_${group} size)
      sigproof_shares(clashes names names_${group})
      if(size LESS SIGPROOF_FILES_PER_GROUP AND NOT clashes)
        break()
      endif()
      math(EXPR group "${group} + 1")
    endwhile()
    if(group EQUAL groups)
      math(EXPR groups "${groups} + 1")
    endif()
    list(APPEND members_${group} ${path})
    list(APPEND names_${group} ${names})
  endforeach()

  # The group is a property of the file in its folder, whatever the target. So two targets of a folder that
  # would group a file differently are not both united.
  math(EXPR last "${groups} - 1")
  foreach(group RANGE 0 ${last})
    foreach(path IN LISTS members_${group})
      get_source_file_property(before ${path} TARGET_DIRECTORY ${target} UNITY_GROUP)
      if(before AND NOT before STREQUAL "group_${group}")
        return()
      endif()
    endforeach()
  endforeach()
  foreach(group RANGE 0 ${last})
    set_source_files_properties(${members_${group}} TARGET_DIRECTORY ${target} PROPERTIES
                                UNITY_GROUP group_${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# Unites what each target of the folder and of those below it is made of.
function(sigproof_unite_folder folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(is_apart ${target} SIGPROOF_APART)
    if(type MATCHES "^(STATIC_LIBRARY|OBJECT_LIBRARY|EXECUTABLE)$" AND NOT is_apart)
      sigproof_unite(${target})
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below IN LISTS folders)
    sigproof_unite_folder(${below})
  endforeach()
endfunction()
