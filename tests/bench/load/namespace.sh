# Sourced by with_*.sh (bash): a network namespace of its own, with one interface at $address, for a server that offers no
# loopback addresses. Needs root. What cannot be had ends the script with 77 and says why.
address=10.64.0.1

skip() {
  echo "skipped: $1"
  exit 77
}

# enter_namespace "$@": goes on in the namespace, from the script's beginning.
enter_namespace() {
  if [ ! "$IN_NAMESPACE" ]; then
    unshare --net true 2>/dev/null || skip "no network namespace may be made here"
    IN_NAMESPACE=1 exec unshare --net -- "$0" "$@"
  fi
  ip link set lo up
  ip link add weir0 type dummy 2>/dev/null || ip link add weir0 type ifb 2>/dev/null ||
    skip "no interface can be made in the network namespace"
  ip address add $address/24 dev weir0
  ip link set weir0 up
}

# wait_for_port PORT PID: until the process listens, or 10 s.
wait_for_port() {
  for _ in $(seq 100); do
    (exec 3<>/dev/tcp/$address/"$1") 2>/dev/null && return
    kill -0 "$2" 2>/dev/null || return
    sleep 0.1
  done
}
