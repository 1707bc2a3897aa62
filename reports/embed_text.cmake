# Makes a C++ source of a text file: `std::string_view <function>()` in namespace sigproof::reports.
#
#   cmake -D INPUT=report.css -D OUTPUT=report_css.cc -D FUNCTION=reportCss -P embed_text.cmake
#
# The text becomes string literals of at most 4,000 bytes, because a compiler need not take longer ones.
file(READ ${INPUT} rest)
set(literals "")
while(NOT rest STREQUAL "")
  string(LENGTH "${rest}" length)
  if(length GREATER 4000)
    set(length 4000)
  endif()
  string(SUBSTRING "${rest}" 0 ${length} piece)
  string(SUBSTRING "${rest}" ${length} -1 rest)
  string(APPEND literals "    R\"~~~(${piece})~~~\"\n")
endwhile()
get_filename_component(name ${INPUT} NAME)
file(WRITE ${OUTPUT}
"// Made from ${name} at build time.
#include <string_view>

namespace sigproof::reports {

std::string_view ${FUNCTION}();

std::string_view ${FUNCTION}() {
  static constexpr std::string_view kText =
${literals}      ;
  return kText;
}

}  // namespace sigproof::reports
")
