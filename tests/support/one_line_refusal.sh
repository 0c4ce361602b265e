#!/bin/bash
# one_line_refusal.sh PROGRAM ARGUMENT...: passes when the program exits non-zero and says why in exactly one line.
output=$("$@" 2>&1)
status=$?
lines=$(grep -c . <<<"$output")
echo "exit $status, $lines lines: $output"
[ $status -ne 0 ] && [ $status -lt 126 ] && [ "$lines" -eq 1 ]
