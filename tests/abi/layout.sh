#!/bin/sh
# layout.sh PROGRAM: size and field offsets of every struct are those of layout.txt. A field that is appended changes the
# table, and the change shows in review. The table holds for 64-bit machines.
set -eu
here=$(dirname "$0")
if ! "$1" | diff -u "$here/layout.txt" -; then
  echo "the layout changed (- layout.txt, + now); fields may only be appended"
  exit 1
fi
