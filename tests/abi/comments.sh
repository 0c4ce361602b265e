#!/bin/sh
# comments.sh HEADERS: every function of the ABI stands below a comment that says since when it exists and, unless it answers
# nothing, what it answers: a @return, or "as another function", or a first sentence for those that cannot fail.
set -eu
awk '
  /^\/\*\*/ { comment = $0; inside = !/\*\//; next }
  inside    { comment = comment "\n" $0; if (/\*\//) inside = 0; next }
  /^WEIR_API/ {
    declaration = $0
    name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
    complaint = ""
    if (comment == "") complaint = "has no comment"
    else if (comment !~ /Since [0-9]+\.[0-9]+/) complaint = "does not say since when it exists"
    else if (declaration ~ /WEIR_API (weir_status|int32_t) / && comment !~ /@return|results as/) complaint = "does not say what it answers"
    if (complaint != "") { printf "%s:%d: %s %s\n", FILENAME, FNR, name, complaint; bad = 1 }
    ++functions
    comment = ""
    next
  }
  /[^ ]/ && !/^ / { comment = "" }
  END { print functions + 0, "functions"; exit bad || functions == 0 }
' "$1"/weir/*.h
