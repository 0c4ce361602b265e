#!/bin/sh
# symbols.sh LIBRARY HEADERS NM: libweir exports exactly the functions that its headers declare with WEIR_API, these are the
# ones listed in symbols.txt (nothing that a caller uses disappears unseen), and the programs *calls.c call every one of them.
set -eu
library=$1 headers=$2 nm=$3
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$nm" -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | LC_ALL=C sort >"$work/exported"
# A declaration may run over two lines; its name is the word before the first parenthesis.
cat "$headers"/weir/*.h | tr '\n' ' ' | grep -o 'WEIR_API [a-z][^(;]*(' | sed 's/($//; s/.*[ *]//' | LC_ALL=C sort >"$work/declared"

result=0
diff -u "$work/declared" "$work/exported" || { echo "headers and library disagree (- declared, + exported)"; result=1; }
diff -u "$here/symbols.txt" "$work/exported" || { echo "symbols.txt and library disagree (- listed, + exported)"; result=1; }
while read -r name; do
  grep -q -e "$name(" -e "CHECK_INIT(${name%_init})" "$here"/*calls.c || { echo "no *calls.c calls $name"; result=1; }
done <"$here/symbols.txt"
echo "$(wc -l <"$work/exported") symbols"
exit $result
