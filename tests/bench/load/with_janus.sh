#!/bin/bash
# with_janus.sh WEIR-LOAD [OPTION...]: a Janus of its own (Debian's package janus) in a network namespace of its own, weir-load
# against it, and the end of both. Janus offers no loopback addresses, so the namespace has an interface. Needs root.
[ "$IN_NAMESPACE" ] || IN_NAMESPACE=1 exec unshare --net -- "$0" "$@"
load=$1
shift
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
address=10.64.0.1
ip link set lo up
ip link add weir0 type dummy 2>/dev/null || ip link add weir0 type ifb || exit 1
ip address add $address/24 dev weir0
ip link set weir0 up

cat >"$folder/janus.jcfg" <<'CONFIG'
general: { debug_level = 4  admin_secret = "not-used" }
media: { ipv6 = false }
nat: { ice_lite = false }
certificates: { dtls_accept_selfsigned = true }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so" }
CONFIG
echo 'general: { ws = true  ws_port = 8188  wss = false }' >"$folder/janus.transport.websockets.jcfg"
echo 'general: { }' >"$folder/janus.plugin.videoroom.jcfg"
janus --configs-folder="$folder" --interface=$address >"$folder/log" 2>&1 &
server=$!
for _ in $(seq 100); do
  (exec 3<>/dev/tcp/$address/8188) 2>/dev/null && break
  kill -0 $server 2>/dev/null || break
  sleep 0.1
done
"$load" --target janus --url ws://$address:8188 --server-pid $server "$@"
code=$?
[ $code -eq 0 ] || tail -n 40 "$folder/log"
exit $code
