#!/bin/bash
# What is done to a node while it runs: ring.sh role | grow NODES | leave NODES | room POD | repair | snapshot | restore
set -euo pipefail
data=/var/lib/cassandra
say() { echo "$*" >&2; }
ask() { bash /settings/ask.sh admin "$POD_IP" <<<"$1;"; }
mode() { nodetool netstats | sed -n 's/^Mode: //p'; }

# Prints the number of copies of every keyspace that has any: KEYSPACE COPIES.
copies() {
  ask "SELECT keyspace_name, replication FROM system_schema.keyspaces" |
    sed -nE "s/^ *([A-Za-z0-9_]+) \| .*'$DATACENTER': '([0-9]+)'.*/\1 \2/p"
}

case $1 in
  role) nodetool status | awk -v me="$POD_IP" '$2 == me {print $1}' ;;

  # One copy more of what belongs to the service, up to three, then what the new copy has to have. Repeated, it repairs once more.
  grow)
    [ "$2" -le 3 ] || exit 0
    copies | while read -r keyspace now; do
      case $keyspace in system_auth | system_distributed | system_traces | "$KEYSPACE") ;; *) continue ;; esac
      while true; do
        if [ "$now" -lt "$2" ]; then
          now=$((now + 1))
          ask "ALTER KEYSPACE \"$keyspace\" WITH replication = {'class': 'NetworkTopologyStrategy', '$DATACENTER': $now}"
        fi
        nodetool repair -full "$keyspace" </dev/null >&2
        say "$keyspace has $now copies"
        [ "$now" -lt "$2" ] || break
      done
    done
    ;;

  # Room on this node for all that the node that leaves has: more than it will get, unless it is the only one that stays.
  room)
    leaving=$(getent ahostsv4 "${2%%,*}.$DOMAIN" | awk 'NR == 1 {print $1}')
    load=$(nodetool status | awk -v it="$leaving" '
      $2 == it {factor["bytes"] = 1; factor["KiB"] = 1024; factor["MiB"] = 1024 ^ 2; factor["GiB"] = 1024 ^ 3; factor["TiB"] = 1024 ^ 4
                printf "%d", $3 * factor[$4]}')
    free=$(df -PB1 $data | awk 'NR == 2 {print $4}')
    if [ -n "$load" ] && [ "$free" -lt "$load" ]; then
      say "$HOSTNAME has $free bytes free, and the node that leaves holds $load. Grow persistence.size first."
      exit 1
    fi
    ;;

  # Hands what this node holds to those that stay. It goes on where an earlier run was cut off.
  leave)
    [ ! -e $data/left ] || exit 0
    if [ "$(mode)" = NORMAL ]; then
      copies | while read -r keyspace number; do
        if [ "$number" -gt "$2" ]; then
          say "The keyspace $keyspace has $number copies, and $2 nodes cannot hold them. Keep $number nodes, or lower its replication first."
          exit 1
        fi
      done
      nodetool decommission
    fi
    until [ "$(mode)" = DECOMMISSIONED ]; do sleep 5; done
    touch $data/left
    ;;

  repair) nodetool repair -full -pr ;;

  # Takes a snapshot, then removes those that were taken like this before.
  snapshot)
    tag=anywhere-$(date -u +%Y%m%d-%H%M%S)
    old=$(nodetool listsnapshots | awk '$1 ~ /^anywhere-/ {print $1}' | sort -u)
    nodetool snapshot -t "$tag" >/dev/null
    for each in $old; do nodetool clearsnapshot -t "$each" >/dev/null; done
    say "$HOSTNAME has the snapshot $tag"
    ;;

  # Reads the rows of the latest snapshot again, beside those that are there. The files of the snapshot stay.
  restore)
    tag=$(nodetool listsnapshots | awk '$1 ~ /^anywhere-/ {print $1}' | sort -u | tail -1)
    if [ -z "$tag" ]; then say "$HOSTNAME has no snapshot."; exit 1; fi
    for folder in $data/data/*/*/snapshots/"$tag"; do
      table=${folder%/snapshots/*} keyspace=${folder#$data/data/}
      keyspace=${keyspace%%/*} table=${table##*/}
      case $keyspace in system | system_*) continue ;; esac
      compgen -G "$folder/*-Data.db" >/dev/null || continue
      nodetool import --copy-data "$keyspace" "${table%-*}" "$folder"
    done
    say "$HOSTNAME has read the snapshot $tag"
    ;;

  *) say "ring.sh role | grow NODES | leave NODES | room POD | repair | snapshot | restore"; exit 2 ;;
esac
