#!/bin/bash
# with_conference.sh WEIR-CONFERENCE WEIR-LOAD [OPTION...]: a weir-conference of its own where with_janus.sh and with_livekit.sh have
# their servers, weir-load against it, and the end of both.
source "$(dirname "$0")/namespace.sh"
enter_namespace "$@"
conference=$1 load=$2
shift 2
log=$(mktemp)
trap 'kill "$server" 2>/dev/null; wait 2>/dev/null; rm -f "$log"' EXIT
"$conference" --port 8080 --host $address --database :memory: --max-joins-per-minute 1000000 \
  --max-address-connections 20000 --max-connections 20000 --max-participants 20000 --max-room-participants 20000 >"$log" 2>&1 &
server=$!
wait_for_port 8080 $server
"$load" --target weir --url ws://$address:8080 --server-pid $server "$@"
code=$?
[ $code -eq 0 ] || tail -n 40 "$log"
exit $code
