#!/bin/bash
# compare.sh BIN [OPTION...]: weir-conference, Janus and LiveKit under equal work, in interleaved runs, each of them in the default
# and the best of its settings. BIN is the folder of weir-load and weir-conference; the options are weir-load's, in place of 100
# receivers of one camera and one microphone. Prints for each server the packets per second of server CPU: the median and the range
# of RUNS (3) runs, and how many times as many weir-conference forwards. What cannot run here is left out with a word. RESULTS names
# a folder where the results stay, to which another call adds. Needs root.
bin=$1
[ -x "$bin/weir-load" ] && [ -x "$bin/weir-conference" ] || { echo "usage: compare.sh BIN [OPTION...]" >&2; exit 2; }
shift
[ $# -gt 0 ] || set -- --publishers 1 --subscribers 100 --video 1200x14x30 --audio on --seconds 8
here=$(dirname "$0")
folder=$RESULTS
if [ "$folder" ]; then
  mkdir -p "$folder"
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi

run() { # NAME COMMAND...
  local name=$1 code
  shift
  [ -e "$folder/$name.skipped" ] && return
  "$@" >"$folder/out" 2>"$folder/said"
  code=$?
  if [ $code -eq 0 ]; then
    cat "$folder/out" >>"$folder/$name"
  else
    echo "$name is left out: $(cat "$folder/said" "$folder/out" | head -n 1)" | tee "$folder/$name.skipped"
  fi
}

for round in $(seq "${RUNS:-3}"); do
  echo "round $round" >&2
  run weir "$here/with_conference.sh" "$bin/weir-conference" "$bin/weir-load" "$@" --json
  for setting in default best; do
    JANUS_SETTING=$setting run "janus-$setting" "$here/with_janus.sh" "$bin/weir-load" "$@" --json
    LIVEKIT_SETTING=$setting run "livekit-$setting" "$here/with_livekit.sh" "$bin/weir-load" "$@" --json
  done
done

python3 - "$folder" <<'PYTHON'
import json, os, statistics, sys

folder = sys.argv[1]
results = {}
for name in ("weir", "janus-default", "janus-best", "livekit-default", "livekit-best"):
    path = os.path.join(folder, name)
    if os.path.exists(path):
        results[name] = [json.loads(line) for line in open(path)]
if "weir" not in results:
    sys.exit("compare.sh: no run of weir-conference came to its end")


def rate(run):
    """Packets received by all subscribers for a second of the server's CPU time."""
    return 1e6 / run["server_us_per_packet"]


best = statistics.median(map(rate, results["weir"]))
print("| server | packets per CPU second | range | weir-conference forwards | loss at most | MB resident | joins p50 ms |")
print("|---|---|---|---|---|---|---|")
for name, runs in results.items():
    rates = sorted(map(rate, runs))
    median = statistics.median(rates)
    print(f"| {name} | {median:,.0f} | {rates[0]:,.0f} to {rates[-1]:,.0f} | {best / median:.1f} times as many "
          f"| {max(run['loss'] for run in runs):.4f} | {statistics.median(run['server_rss_mb'] for run in runs):.0f} "
          f"| {statistics.median(run['join_ms']['p50'] for run in runs):.0f} |")
PYTHON
