#!/bin/bash
# Writes this node's settings, finds out how it enters the ring, then becomes the server.
#
# A node that was ready once (the file "joined" says so) starts as what it was. A node without data asks the others: it founds the
# ring, joins it, or takes the place of the one node of the ring that has no pod any more: itself, before its disk was lost.
# Seeds are the first three nodes. A node that has not joined yet is never a seed of its own: a seed would join without its data.
set -euo pipefail
# Files belong to the group of the volume too: a platform that gives user ids may give another one.
umask 007

say() { echo "start: $*" >&2; }
data=/var/lib/cassandra
ordinal=${HOSTNAME##*-}
name=${HOSTNAME%-*}
replace=

if [ -e $data/left ]; then
  say "this node has left the ring. If it is to come back as a new one, delete its claim data-$HOSTNAME and its pod."
  trap 'exit 0' TERM
  sleep infinity &
  wait
fi

address_of() { getent ahostsv4 "$name-$1.$DOMAIN" 2>/dev/null | awk 'NR == 1 {print $1}' || true; }
listens() { timeout 3 bash -c ">/dev/tcp/$1/9042" 2>/dev/null; }
has() { local each; for each in "${@:2}"; do [ "$each" != "$1" ] || return 0; done; return 1; }

# Prints the addresses in the ring as the node at $1 knows it, those of nodes that are down too.
ring_at() {
  local role
  for role in admin cassandra; do
    bash /settings/ask.sh $role "$1" <<<"SELECT broadcast_address FROM system.local; SELECT peer FROM system.peers;" 2>/dev/null |
      grep -oE '\b[0-9]+(\.[0-9]+){3}\b' && return 0
  done
  return 1
}

# Ends when it is clear how this node enters the ring: sets "replace", or makes the file "joined" for the founder.
enter() {
  local number address others ring gone each last
  while true; do
    others=() gone=() last=$(($(cat /settings/nodes) - 1))
    for number in $(seq 0 $((last > ordinal ? last : ordinal))); do
      [ "$number" != "$ordinal" ] || continue
      address=$(address_of "$number")
      if [ -n "$address" ] && listens "$address"; then others+=("$address")
      elif [ -n "$address" ] || [ "$number" -lt "$ordinal" ]; then others+=(none); fi
    done
    if [ ${#others[@]} = 0 ]; then
      say "there is no other node: this one founds the ring"
      touch $data/joined
      return
    fi
    if has none "${others[@]}"; then say "waiting until the other nodes answer"; sleep 5; continue; fi
    if ! ring=$(ring_at "${others[0]}"); then say "waiting until ${others[0]} tells who is in the ring"; sleep 5; continue; fi
    for each in "${others[@]}"; do has "$each" $ring || gone+=(none); done
    if has none "${gone[@]}"; then say "waiting until all nodes are in the ring"; sleep 5; continue; fi
    for each in $ring; do has "$each" "${others[@]}" || gone+=("$each"); done
    case ${#gone[@]} in
      0) say "joining the ring"; return ;;
      1) replace=${gone[0]}; say "taking the place of the node that was at $replace, whose disk is gone"; return ;;
    esac
    say "the nodes at ${gone[*]} are in the ring but have no pod, and this one has no data. It cannot tell which of them it was." \
      "Remove those that will not come back, from another pod: nodetool status, then nodetool removenode HOST-ID."
    sleep 30
  done
}

[ -e $data/joined ] || enter

rack=rack1
if [ "$RACKS" != 1 ]; then
  [ -s $data/rack ] || { [ -z "${ZONE:-}" ] || echo "$ZONE" >$data/rack; }
  rack=$(cat $data/rack 2>/dev/null) || {
    say "the pod has no label topology.kubernetes.io/zone, so its rack is not known. Kubernetes 1.35 and later set it on nodes that have it; or install with racks: 1."
    exit 1
  }
fi

seeds=
for number in 0 1 2; do
  if [ "$number" != "$ordinal" ] || [ -e $data/joined ]; then seeds+=${seeds:+,}$name-$number.$DOMAIN; fi
done

rm -rf "$CASSANDRA_CONF"
mkdir -p "$CASSANDRA_CONF" "$CASSANDRA_LOG_DIR"
cp -r /etc/cassandra/. "$CASSANDRA_CONF"
rm -f "$CASSANDRA_CONF/cassandra-topology.properties"
cp /settings/logback.xml "$CASSANDRA_CONF/logback.xml"
printf 'dc=%s\nrack=%s\n' "$DATACENTER" "$rack" >"$CASSANDRA_CONF/cassandra-rackdc.properties"
{
  cat /settings/cassandra.yaml
  echo "listen_address: $POD_IP"
  echo "broadcast_rpc_address: $POD_IP"
  echo "seed_provider: [{class_name: org.apache.cassandra.locator.SimpleSeedProvider, parameters: [{seeds: \"$seeds\"}]}]"
} >"$CASSANDRA_CONF/cassandra.yaml"
export JVM_EXTRA_OPTS="${JVM_EXTRA_OPTS:-} -Djna.tmpdir=/tmp${replace:+ -Dcassandra.replace_address_first_boot=$replace}"
exec cassandra -f
