#!/bin/bash
# with_livekit.sh WEIR-LOAD [OPTION...]: a LiveKit server of its own in a network namespace of its own, weir-load against it, and
# the end of both. The server is $LIVEKIT_SERVER, or is built once from its Go module under build/livekit.
# LIVEKIT_SETTING=best (not "default") takes what saves it time: no congestion control, one UDP port for each core in place of
# one for each participant, batched writes, ICE-lite, a lazier garbage collector, few logs. Ends with 77 where it cannot run.
version=v1.9.12
source "$(dirname "$0")/namespace.sh"

# find_server: sets LIVEKIT_SERVER.
find_server() {
  local folder
  if [ ! "$LIVEKIT_SERVER" ]; then
    folder=$(cd "$(dirname "$0")/../../.." && pwd)/build/livekit/$version
    LIVEKIT_SERVER=$folder/server
    PATH=$PATH:/usr/local/go/bin
    if [ ! -x "$LIVEKIT_SERVER" ]; then
      command -v go >/dev/null || skip "there is no Go to build LiveKit with"
      mkdir -p "$folder"
      GOBIN=$folder go install "github.com/livekit/livekit-server/cmd/server@$version" >"$folder/log" 2>&1 ||
        skip "LiveKit $version cannot be built: $(tail -n 1 "$folder/log")"
    fi
  fi
  [ -x "$LIVEKIT_SERVER" ] || skip "there is no program $LIVEKIT_SERVER"
  export LIVEKIT_SERVER
}
[ "$IN_NAMESPACE" ] || find_server
enter_namespace "$@"
load=$1
shift
folder=$(mktemp -d)
# LiveKit never ends when it is asked to while it still starts.
trap 'kill -KILL "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT

log=info saving=
case ${LIVEKIT_SETTING:-default} in
  default) ;;
  best)
    log=error
    saving="
  udp_port: 7882-$((7881 + $(nproc)))
  tcp_port: 0
  allow_tcp_fallback: false
  use_ice_lite: true
  batch_io: { batch_size: 128, max_flush_interval: 2ms }
  congestion_control: { enabled: false }"
    export GOGC=400
    ;;
  *)
    echo "with_livekit.sh: LIVEKIT_SETTING is neither default nor best" >&2
    exit 2
    ;;
esac
# Nobody else reaches the namespace, so the secret need not be one.
export LIVEKIT_API_KEY=load LIVEKIT_API_SECRET=of-a-server-that-nobody-else-reaches
cat >"$folder/livekit.yaml" <<CONFIG
port: 7880
bind_addresses: [$address]
keys: { $LIVEKIT_API_KEY: $LIVEKIT_API_SECRET }
logging: { level: $log }
rtc:
  node_ip: $address
  use_external_ip: false
  interfaces: { includes: [weir0] }$saving
CONFIG
"$LIVEKIT_SERVER" --config "$folder/livekit.yaml" >"$folder/log" 2>&1 &
server=$!
wait_for_port 7880 $server
"$load" --target livekit --url ws://$address:7880 --server-pid $server "$@"
code=$?
[ $code -eq 0 ] || tail -n 40 "$folder/log"
exit $code
