#!/bin/sh
# headers.sh HEADERS CC CXX: every header compiles alone, as C11 and as C++20, without a warning.
set -eu
headers=$1 cc=$2 cxx=$3
result=0
for header in "$headers"/weir/*.h; do
  name=weir/$(basename "$header")
  warnings="-Wall -Wextra -Wconversion -Wpedantic -Werror -fsyntax-only"
  # Twice, so that the include guard is tried as well.
  text="#include <$name>
#include <$name>
int only_for_this_file;"
  # shellcheck disable=SC2086
  printf '%s\n' "$text" | "$cc" -std=c11 $warnings -I"$headers" -x c - || { echo "$name as C11"; result=1; }
  # shellcheck disable=SC2086
  printf '%s\n' "$text" | "$cxx" -std=c++20 $warnings -I"$headers" -x c++ - || { echo "$name as C++20"; result=1; }
done
exit $result
