#!/bin/bash
# with_janus.sh WEIR-LOAD [OPTION...]: a Janus of its own (Debian's package janus) in a network namespace of its own, weir-load
# against it, and the end of both. JANUS_SETTING=best (not "default") takes what saves it time: two event loops for all
# participants in place of a thread each, ICE-lite, no statistics of media, few logs. Ends with 77 where it cannot run.
source "$(dirname "$0")/namespace.sh"
command -v janus >/dev/null || skip "Debian's package janus is not installed"
enter_namespace "$@"
load=$1
shift
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT

case ${JANUS_SETTING:-default} in
  default) general="debug_level = 4" lite=false media= ;;
  best)
    general="debug_level = 2  event_loops = $(nproc)"
    lite=true
    media="slowlink_threshold = 0"
    ;;
  *)
    echo "with_janus.sh: JANUS_SETTING is neither default nor best" >&2
    exit 2
    ;;
esac
cat >"$folder/janus.jcfg" <<CONFIG
general: { $general  admin_secret = "not-used" }
media: { ipv6 = false  $media }
nat: { ice_lite = $lite }
certificates: { dtls_accept_selfsigned = true }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so" }
CONFIG
echo 'general: { ws = true  ws_port = 8188  wss = false }' >"$folder/janus.transport.websockets.jcfg"
echo 'general: { }' >"$folder/janus.plugin.videoroom.jcfg"
janus --configs-folder="$folder" --interface=$address >"$folder/log" 2>&1 &
server=$!
wait_for_port 8188 $server
"$load" --target janus --url ws://$address:8188 --server-pid $server "$@"
code=$?
[ $code -eq 0 ] || tail -n 40 "$folder/log"
exit $code
