# Sourced by tests/run (bash): counting, logging, building. A part calls passed, failed, skipped or one of the runners below.

logs=build/logs
declare -A part_passed part_failed part_skipped built
part=
complaints=()

passed() { part_passed[$part]=$((${part_passed[$part]:-0} + ${1:-1})); }
failed() { # WHAT [LOG]
  part_failed[$part]=$((${part_failed[$part]:-0} + ${3:-1}))
  complaints+=("$part: $1${2:+ (log: $2)}")
  echo "  FAILED $1${2:+, log: $2}"
}
skipped() { # WHAT, WHY
  part_skipped[$part]=$((${part_skipped[$part]:-0} + ${3:-1}))
  echo "  skipped $1: $2"
}
excerpt() { sed 's/^/    /' "$1" | tail -n "${2:-40}"; }

# run_logged NAME TIMEOUT COMMAND...: one test. Its output goes to a log and is shown when it fails. One that ends with 77 is
# skipped for the reason in its last line.
run_logged() {
  local name=$1 limit=$2 log status
  log=$logs/$part-${name//[^A-Za-z0-9_.-]/_}.log
  shift 2
  timeout "$limit" "$@" >"$log" 2>&1 </dev/null
  status=$?
  if [ $status -eq 0 ]; then
    passed
  elif [ $status -eq 77 ]; then
    skipped "$name" "$(tail -n 1 "$log" | sed 's/^skipped: //')"
  else
    failed "$name (exit $status)" "$log"
    excerpt "$log"
    return 1
  fi
}

# build PRESET [TARGET...]: configures once, builds what it can, and counts as a failed test when something does not build.
build() {
  local preset=$1 log=$logs/build-$1.log targets=()
  shift
  [ $# -gt 0 ] && targets=(--target "$@")
  [ "${built[$preset ${targets[*]}]:-}" ] && return "${built[$preset ${targets[*]}]}"
  local result=0 began=$SECONDS
  if ! cmake --preset "$preset" -DWEIR_TESTS=ON -DCMAKE_COMPILE_WARNING_AS_ERROR=ON >"$log" 2>&1; then
    result=1
  else
    cmake --build "build/$preset" "${targets[@]}" -- -k 0 >>"$log" 2>&1 || result=1
  fi
  echo "  built preset $preset${targets[*]:+ (${*})} in $((SECONDS - began)) s"
  if [ $result -ne 0 ]; then
    failed "building preset $preset" "$log"
    grep -E 'error|Error|undefined reference|FAILED' "$log" | head -n 40 | sed 's/^/    /'
  fi
  built[$preset ${targets[*]}]=$result
  return $result
}

# run_doctest NAME PROGRAM [LIMIT [ARGUMENT...]]: counts doctest's cases; a case that says "skipped: why" counts as skipped.
run_doctest() {
  local name=$1 program=$2 limit=${3:-180} log=$logs/$part-$1.log status line
  local -i good bad said
  shift $(($# < 3 ? $# : 3))
  if [ ! -x "$program" ]; then
    failed "$name was not built"
    return
  fi
  timeout "$limit" "${under[@]}" "$program" --no-colors=true "$@" >"$log" 2>&1 </dev/null
  status=$?
  line=$(grep -a '^\[doctest\] test cases:' "$log" | tail -n 1)
  if [ -z "$line" ]; then
    failed "$name ended without a summary (exit $status)" "$log"
    excerpt "$log"
    return
  fi
  good=$(sed -E 's/.*[| ]([0-9]+) passed.*/\1/' <<<"$line")
  bad=$(sed -E 's/.*[| ]([0-9]+) failed.*/\1/' <<<"$line")
  said=$(grep -ac 'skipped: ' "$log")
  [ "$said" -gt "$good" ] && said=$good
  passed $((good - said))
  if [ "$said" -gt 0 ]; then
    skipped "$said of $name" "$(grep -ao 'skipped: .*' "$log" | sed 's/^skipped: //' | sort -u | paste -sd ';')" "$said"
  fi
  if [ "$bad" -gt 0 ]; then
    failed "$name: $bad cases" "$log" "$bad"
    excerpt "$log" 60
  elif [ $status -ne 0 ]; then
    failed "$name (exit $status after its cases)" "$log"
    excerpt "$log"
  elif [ $((good + bad)) -eq 0 ]; then
    failed "$name holds no test" "$log"
  fi
}

# run_tap NAME LOG: counts the closing lines of node's test runner.
count_tap() {
  local name=$1 log=$2 status=$3
  local -i good bad skip
  good=$(sed -nE 's/^# pass ([0-9]+)$/\1/p' "$log" | tail -n 1)
  bad=$(sed -nE 's/^# (fail|cancelled) ([0-9]+)$/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  skip=$(sed -nE 's/^# (skipped|todo) ([0-9]+)$/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  passed "$good"
  if [ "$skip" -gt 0 ]; then
    skipped "$skip of $name" "$(grep -oE '# SKIP.*' "$log" | sed 's/^# SKIP *//' | sort -u | paste -sd ';')" "$skip"
  fi
  if [ "$bad" -gt 0 ]; then
    failed "$name: $bad tests" "$log" "$bad"
  elif [ "$status" -ne 0 ] || [ $((good + skip)) -eq 0 ]; then
    failed "$name (exit $status)" "$log"
  else
    return
  fi
  grep -nE '^ *not ok|error: |location: ' "$log" | head -n 40 | sed 's/^/    /'
}

run_part() {
  part=$1
  local began=$SECONDS
  echo "== $part"
  "part_$part"
  part_seconds[$part]=$((SECONDS - began))
}
declare -A part_seconds

summary() {
  local -i good=0 bad=0 skip=0
  echo
  printf '%-10s %8s %8s %8s %8s\n' part passed failed skipped seconds
  for part in "$@"; do
    printf '%-10s %8d %8d %8d %8d\n' "$part" "${part_passed[$part]:-0}" "${part_failed[$part]:-0}" \
      "${part_skipped[$part]:-0}" "${part_seconds[$part]:-0}"
    good+=${part_passed[$part]:-0}
    bad+=${part_failed[$part]:-0}
    skip+=${part_skipped[$part]:-0}
  done
  [ ${#complaints[@]} -gt 0 ] && printf 'failed: %s\n' "${complaints[@]}"
  echo "$good passed, $bad failed, $skip skipped"
  [ $bad -eq 0 ] && [ $good -gt 0 ]
}
