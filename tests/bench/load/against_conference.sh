#!/bin/bash
# against_conference.sh WEIR-CONFERENCE WEIR-LOAD: a short run on loopback, of which counts are checked and no times; then a
# room that is full, a server that is not there, and an interruption.
conference=$1 load=$2
folder=$(mktemp -d)
trap 'kill "$server" "$run" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
fail() { echo "FAILED: $1"; shift; for file in "$@"; do sed 's/^/    /' "$file"; done; exit 1; }

"$conference" --port 0 --host 127.0.0.1 --loopback --database :memory: --max-room-participants 6 \
  --max-joins-per-minute 100000 --max-address-connections 1000 >"$folder/server" 2>&1 &
server=$!
for _ in $(seq 200); do
  grep -q '^open ' "$folder/server" && break
  kill -0 $server 2>/dev/null || break
  sleep 0.1
done
port=$(sed -nE 's|^open http://[^/]*:([0-9]+)/.*|\1|p' "$folder/server")
[ -n "$port" ] || fail "the server does not start" "$folder/server"
url=ws://127.0.0.1:$port

"$load" --target weir --url "$url" --rooms 2 --publishers 2 --subscribers 4 --video 400x3x15 --seconds 3 --json \
  >"$folder/json" 2>"$folder/said" || fail "the run ends with $?" "$folder/said" "$folder/server"
[ -s "$folder/said" ] && fail "a run with --json says something" "$folder/said"
python3 - "$folder/json" <<'PYTHON' || fail "the result is not as it should be" "$folder/json"
import json, sys
result = json.load(open(sys.argv[1]))
keys = ["target", "sent_pps", "recv_pps", "loss", "delay_ms", "server_cpu_s", "server_us_per_packet", "server_rss_mb",
        "rss_kb_per_participant", "join_ms", "client_cpu_s"]
assert list(result) == keys, list(result)
assert list(result["delay_ms"]) == ["p50", "p95", "p99"] and list(result["join_ms"]) == ["p50", "p95"]
assert result["target"] == "weir"
assert result["loss"] == 0, result["loss"]
assert result["sent_pps"] > 0
# Each of the 4 subscribers of a room gets all that its publishers send: 4 times as much, but for the rounding of both.
assert abs(result["recv_pps"] - 4 * result["sent_pps"]) < 0.01, (result["recv_pps"], result["sent_pps"])
assert result["server_rss_mb"] > 0
PYTHON
cat "$folder/json"

"$load" --target weir --url "$url" --subscribers 6 --seconds 1 >"$folder/out" 2>&1 && fail "a full room is no error" "$folder/out"
grep -qE '^weir-load: subscriber [0-9]+ of room .*: full: ' "$folder/out" || fail "a full room is not named" "$folder/out"

"$load" --target weir --url "$url" --seconds 600 --warmup 1 >"$folder/out" 2>"$folder/said" &
run=$!
for _ in $(seq 300); do
  grep -q 'clients have joined' "$folder/said" && break
  sleep 0.1
done
kill -INT $run
wait $run
code=$?
[ $code -eq 130 ] || fail "an interrupted run ends with $code" "$folder/said"
[ "$(tail -n 1 "$folder/said")" = "weir-load: interrupted" ] || fail "an interrupted run does not say so" "$folder/said"
[ -s "$folder/out" ] && fail "an interrupted run has a result" "$folder/out"

kill $server && wait $server
"$load" --target weir --url "$url" --seconds 1 >"$folder/out" 2>&1 && fail "no server is no error"
[ "$(cat "$folder/out")" = "weir-load: nobody listens on TCP port $port of this machine" ] || fail "a missing server is not named" "$folder/out"
exit 0
