# Prints "<file> <name>..." for each file: what it defines for itself, in an unnamed namespace, as a static
# as a macro or as every fuzz target's description, read line by line from declarations at the margin, as clang-format places them. Files that
# have no name in common can be compiled as one.
#
#   awk -f ci/cmake/own_names.awk FILE...

# The name that a line at the margin defines, or "".
function defined_by(line) {
  if (sub(/^#define /, "", line)) {
    sub(/[ (].*/, "", line)
    return line
  }
  if (line !~ /^[A-Za-z_]/) return ""
  if (line ~ /^(namespace|using [^=]*;|extern|template|static_assert|INSTANTIATE|SIGPROOF|int main)/) return ""
  if (line ~ /^TEST(_[FP])?\(/) {
    gsub(/[^A-Za-z0-9_,]/, "", line)
    return line
  }
  sub(/[=;{(\[].*/, "", line)
  sub(/ : .*/, "", line)
  sub(/ (final)? *$/, "", line)
  sub(/^.*[ *&>]/, "", line)
  return line
}

function flush() {
  if (file != "") print file names
}

FNR == 1 {
  flush()
  file = FILENAME
  names = ""
  is_own = 0
}
/^namespace \{/ { is_own = 1 }
/^\} +\/\/ namespace$/ { is_own = 0 }
is_own || /^(static |TEST|#define |const TargetDescription )/ {
  name = defined_by($0)
  if (name != "" && index(names " ", " " name " ") == 0) names = names " " name
}
END { flush() }
