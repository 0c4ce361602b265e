#!/bin/bash
# answers_offer.sh PROGRAM: passes when a program that reads an offer from standard input prints a usable answer. Such a
# program goes on serving its client; it is ended here.
out=$(mktemp) && trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -f "$out"' EXIT
"$@" <"$(dirname "$0")/offer.sdp" >"$out" 2>&1 &
server=$!
for _ in $(seq 100); do
  grep -q '^m=video' "$out" && break
  kill -0 $server 2>/dev/null || break
  sleep 0.1
done
sleep 0.2
cat "$out"
expect() { grep -q "$1" "$out" || { echo "the answer has no line $1"; exit 1; }; }
expect '^a=ice-lite'
expect '^a=candidate:.* typ host'
expect '^a=fingerprint:sha-256 '
expect '^m=audio [1-9]'
expect '^m=video [1-9]'
expect '^a=setup:\(active\|passive\)'
