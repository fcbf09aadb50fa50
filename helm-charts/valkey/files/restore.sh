#!/bin/sh
# Reads the snapshot that `node.sh backup` kept: a second server of this pod loads it, and writes each key to the server that has it now.
# Nothing is taken away: a key of both gets the value of the snapshot. It may run any number of times.
set -eu
. /settings/lib.sh
umask 077
PATIENCE=15 snapshot=/data/snapshot.rdb socket=/tmp/restore.sock
# One at a time: the lock goes with the processes that hold it, this one and the second server.
exec 9>/tmp/restore.lock
flock -n 9 || { say "A snapshot is being read already. Run this again when that has ended."; exit 1; }
from() { valkey-cli -e --no-raw -s $socket "$@"; }

# write HOST: writes the keys of stdin, each quoted on a line, and gives a line for each: OK, NOKEY of one that has just expired, or an error.
write() {
  PASSWORD=$(cat /auth/node-password) awk -v host="$1" -v db="$database" '
    {print "MIGRATE", host, 6379, $0, db, 60000, "COPY REPLACE AUTH2 anywhere-node", ENVIRON["PASSWORD"]}' |
    valkey-cli --no-raw -s $socket -n "$database" | grep -E '^(OK|NOKEY|\(error\))' || true
}

case $TOPOLOGY in replication) to=$(primary_of $(all)) ;; *) to=127.0.0.1 ;; esac
[ -n "$to" ] || { say "No primary is known. Run this again when there is one."; exit 1; }
if [ ! -s $snapshot ]; then
  say "$HOSTNAME has no snapshot: \"Write a snapshot\" makes one."
  [ "$TOPOLOGY" = cluster ] || exit 1  # a server that came later has none
  exit 0
fi
facts=$(valkey-check-rdb $snapshot 2>&1) || { say "$snapshot is damaged and was not read: $(printf '%s\n' "$facts" | tail -n 1)"; exit 1; }

# The second server needs room for all of it, and the server may get as much more.
size=$(printf '%s\n' "$facts" | sed -n "s/.*used-mem = '\([0-9]*\)'.*/\1/p")
needed=$(($(ask 127.0.0.1 INFO memory | fact used_memory_rss) + 2 * ${size:-0} + 16777216))
if [ $needed -gt "$MEMORY" ]; then
  say "To read the snapshot beside what the server has takes $((needed / 1048576 + 1))Mi of memory, and the pod has $((MEMORY / 1048576))Mi. Set resources.memory to $((needed / 1048576 + 1))Mi or more, and run this again."
  exit 1
fi

valkey-server --port 0 --unixsocket $socket --unixsocketperm 700 --dir /data --dbfilename snapshot.rdb --save "" --appendonly no \
  --databases "$(awk '$1 == "databases" {print $2}' /settings/valkey.conf)" >/tmp/restore.log 2>&1 &
server=$!
trap 'kill -KILL $server 2>/dev/null || true; rm -f $socket /tmp/restore.[!l]*' EXIT
trap 'exit 143' TERM INT HUP
until from PING >/dev/null 2>&1; do
  kill -0 $server 2>/dev/null || { say "the snapshot could not be loaded: $(tail -n 2 /tmp/restore.log)"; exit 1; }
  sleep 0.2
done

written=0
for database in $(from INFO keyspace | sed -n 's/.*db\([0-9]*\):keys.*/\1/p'); do
  cursor=0
  while :; do
    from -n "$database" SCAN $cursor COUNT 100 >/tmp/restore.page
    cursor=$(sed -n '1s/[^"]*"\([0-9]*\)"$/\1/p' /tmp/restore.page)
    sed -n '2,$s/^[^"]*"/"/p' /tmp/restore.page >/tmp/restore.keys
    write "$to" </tmp/restore.keys >/tmp/restore.said
    # Another server of the cluster has the slot of the key; slots that move do so while this runs.
    rounds=0
    while :; do
      failed=
      if [ "$(wc -l </tmp/restore.said)" != "$(wc -l </tmp/restore.keys)" ]; then failed="the second server broke off: $(tail -n 1 /tmp/restore.log)"; break; fi
      paste -d ' ' /tmp/restore.said /tmp/restore.keys >/tmp/restore.each
      written=$((written + $(grep -c '^OK' /tmp/restore.said || true)))
      failed=$(grep '^(error)' /tmp/restore.said | grep -Ev ' MOVED [0-9]+ [^ ]+$' | head -n 1)
      [ -z "$failed" ] || break
      sed -n 's/^[^"]* MOVED [0-9]* \([^ ]*\):[0-9]* "/\1 "/p' /tmp/restore.each >/tmp/restore.moved
      [ -s /tmp/restore.moved ] || break
      rounds=$((rounds + 1))
      if [ $rounds -gt 20 ]; then failed="slots do not come to rest: $(head -n 1 /tmp/restore.said)"; break; fi
      [ $rounds = 1 ] || sleep 1
      : >/tmp/restore.said; : >/tmp/restore.keys
      for owner in $(sed 's/ .*//' /tmp/restore.moved | sort -u); do
        sed -n "s/^$owner \"/\"/p" /tmp/restore.moved >/tmp/restore.now
        cat /tmp/restore.now >>/tmp/restore.keys
        write "$owner" </tmp/restore.now >>/tmp/restore.said
      done
    done
    if [ -n "$failed" ]; then say "$written keys were written, then: ${failed#(error) }"; exit 1; fi
    [ "$cursor" != 0 ] || break
  done
done
echo "$written keys of the snapshot of $(date -r $snapshot -u '+%Y-%m-%d %H:%M') UTC were written"
