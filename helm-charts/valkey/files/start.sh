#!/bin/sh
# Finds out whether this server is the primary or a replica, then becomes the server.
#
# The sentinels know who is primary; each remembers it on the volume of its pod. A server does what the latest decision of theirs says.
# One that is named itself has been away: if a replica went on with what this server had sent, the sentinels choose a replica, and this
# server waits for it. If all servers begin anew, the one that is named has the latest data.
set -eu
# Files belong to the group of the volume too: a platform that gives user ids may give another one.
umask 007
. /settings/lib.sh

{
  echo "include /settings/valkey.conf"
  if [ "$TOPOLOGY" = replication ]; then
    echo "primaryuser anywhere-node"
    echo "primaryauth $(cat /auth/node-password)"
    echo "replica-announce-ip $me"
  fi
  if [ "$TOPOLOGY" = cluster ]; then
    echo "primaryuser anywhere-node"
    echo "primaryauth $(cat /auth/node-password)"
    echo "cluster-port $BUS"
    [ -z "$POD_IP" ] || echo "cluster-announce-ip $POD_IP"
    echo "cluster-announce-hostname $me"
    echo "availability-zone $MACHINE"
  fi
} >/tmp/valkey.conf
sha256sum </auth/users.acl >/tmp/users.loaded

# Servers of a cluster find out among themselves who is a primary. One that was a primary when it went down gives its replicas the time
# to take over: they may have writes that did not reach its disk.
if [ "$TOPOLOGY" = cluster ] && [ -f /data/nodes.conf ]; then
  until=$(($(date +%s) + $(awk '$1 == "cluster-node-timeout" {print int($2 / 1000)}' /settings/valkey.conf) + 10))
  while [ "$(date +%s)" -lt $until ]; do
    ahead=
    for replica in $(awk '
      $3 ~ /myself/ && $3 ~ /master/ && NF > 8 {mine = $1}
      $3 ~ /slave/ {split($2, part, ","); host[$4] = host[$4] " " part[2]}
      END {if (mine != "") print host[mine]}' /data/nodes.conf); do
      facts=$(ask "$replica" INFO replication) || continue
      case $(printf '%s\n' "$facts" | fact role)-$(printf '%s\n' "$facts" | fact master_repl_offset) in
        master-*) ahead=; break ;;
        slave-0) ;;
        slave-*) ahead=$replica ;;
      esac
    done
    [ -n "$ahead" ] || break
    say "waiting until $ahead takes over"
    sleep 1
  done
fi
[ "$TOPOLOGY" = replication ] || { rm -rf /data/sentinel; exec valkey-server /tmp/valkey.conf; }

# The primary, once more than half of the sentinels have answered, or after a minute what those say that did.
ask_who() {
  said=$(opinions $(all))
  primary=$(printf '%s\n' "$said" | sort -n | tail -n 1 | cut -d' ' -f2)
  [ -n "$primary" ] && { [ "$(printf '%s\n' "$said" | wc -l)" -gt $(($(nodes) / 2)) ] || [ $(($(date +%s) - began)) -gt 60 ]; }
}

began=$(date +%s)
until ask_who; do say "waiting for the sentinels"; sleep 1; done

named=$(date +%s) told=
while [ "$primary" = "$me" ]; do
  seen=0 went_on=0 full=0 waited=$(($(date +%s) - named))
  for address in $(others); do
    facts=$(ask "$address" INFO replication keyspace) || continue
    seen=$((seen + 1))
    [ "$(printf '%s\n' "$facts" | fact master_repl_offset)" = 0 ] || went_on=1
    ! printf '%s\n' "$facts" | grep -q '^db[0-9]' || full=1
  done
  if [ -n "$(ls /data/appendonlydir 2>/dev/null)" ]; then
    [ $went_on = 1 ] && [ $waited -lt 40 ] || break
    why="a replica has what this server had sent: waiting until the sentinels choose one"
  elif [ $full = 1 ]; then
    why="this volume is empty and another server has data: waiting until the sentinels choose that one"
  else
    [ $seen -lt $(($(nodes) - 1)) ] || break
    why="this volume is empty: waiting for all other servers, which may have data"
  fi
  [ "$why" = "$told" ] || say "$why"
  told=$why
  sleep 1
  ask_who || primary=$me
done

if [ "$primary" = "$me" ]; then say "this server is the primary"; else
  say "this server is a replica of $primary"
  echo "replicaof $primary 6379" >>/tmp/valkey.conf
fi
exec valkey-server /tmp/valkey.conf
