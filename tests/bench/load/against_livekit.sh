#!/bin/bash
# against_livekit.sh WEIR-LOAD: a short run against LiveKit (with_livekit.sh), of which counts are checked and no times; then a
# secret that is not the server's. Ends with 77 where there is no LiveKit.
load=$1
with=$(dirname "$0")/with_livekit.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $1"; sed 's/^/    /' "$folder/out"; exit 1; }

"$with" "$load" --rooms 2 --publishers 2 --subscribers 3 --video 400x3x15 --seconds 3 --json >"$folder/out" 2>&1
code=$?
if [ $code -eq 77 ]; then cat "$folder/out"; exit 77; fi
[ $code -eq 0 ] || fail "the run ends with $code"
python3 - "$folder/out" <<'PYTHON' || fail "the result is not as it should be"
import json, sys
result = json.load(open(sys.argv[1]))
assert result["target"] == "livekit"
assert result["loss"] == 0, result["loss"]
assert result["sent_pps"] > 0
# Each of the 3 subscribers of a room gets all that its publishers send: 3 times as much, but for the rounding of both.
assert abs(result["recv_pps"] - 3 * result["sent_pps"]) < 0.01, (result["recv_pps"], result["sent_pps"])
PYTHON
cat "$folder/out"

"$with" "$load" --api-secret not-the-secret-of-this-server --seconds 1 >"$folder/out" 2>&1 && fail "a wrong secret is no error"
grep -qE '^weir-load: publisher 0 of room .*: no signalling connection: ' "$folder/out" || fail "a wrong secret is not named"
grep -q 'not-the-secret' "$folder/out" && fail "the secret is told"
exit 0
