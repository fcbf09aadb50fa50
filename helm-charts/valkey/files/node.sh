#!/bin/sh
# What is done to a server while it runs: node.sh role | lag | switch | leave | stays PODS | settle NODES | backup
set -eu
. /settings/lib.sh
PATIENCE=15
facts() { ask 127.0.0.1 INFO replication; }

case $1 in
  role) case $(facts | fact role) in master) echo primary ;; *) echo replica ;; esac ;;

  # Seconds since a replica heard from the primary; of one without a link, since it lost it.
  lag)
    now=$(facts)
    case $(printf '%s\n' "$now" | fact role) in
      master) echo 0 ;;
      *) if [ "$(printf '%s\n' "$now" | fact master_link_status)" = up ]; then printf '%s\n' "$now" | fact master_last_io_seconds_ago
         else printf '%s\n' "$now" | fact master_link_down_since_seconds; fi ;;
    esac
    ;;

  switch)
    [ "$TOPOLOGY" != cluster ] || exec sh /settings/cluster.sh switch
    if [ "$TOPOLOGY" != replication ]; then say "One server has no replica that could take over."; exit 1; fi
    hand_over "$(primary_of $(all))" 60
    ;;

  # This server is never chosen as primary again, and hands over if it is the one. The sentinels look at it every ten seconds.
  leave)
    ask 127.0.0.1 CONFIG SET replica-priority 0 >/dev/null
    sleep 12
    hand_over 127.0.0.1 60
    ;;

  # The primary must not be among the pods given, joined by commas.
  stays)
    primary=$(primary_of $(all))
    case ",$2," in *",${primary%%.*},"*)
      say "${primary%%.*} is the primary and would leave. Start again: the step before hands over first."
      exit 1 ;;
    esac
    ;;

  # The sentinel of this pod forgets the servers that left, and asks for the number of votes that fits.
  settle)
    [ "$TOPOLOGY" = replication ] || exit 0
    known() {
      sentinel 127.0.0.1 SENTINEL MASTER valkey | awk '
        key == "num-slaves" {r = $0 + 1} key == "num-other-sentinels" {s = $0 + 1} key == "quorum" {q = $0} {key = $0} END {print r, s, q}'
    }
    wanted="$2 $2 $(($2 / 2 + 1))" tries=0
    until now=$(known) && [ "$now" = "$wanted" ]; do
      if [ $tries -ge 60 ]; then say "the sentinel knows so many servers, sentinels and votes: $now, instead of $wanted"; exit 1; fi
      if [ $((tries % 20)) = 0 ]; then
        sentinel 127.0.0.1 SENTINEL SET valkey quorum $(($2 / 2 + 1)) >/dev/null || true
        case $now in "$2 $2 "*) ;; *) sentinel 127.0.0.1 SENTINEL RESET valkey >/dev/null || true ;; esac
      fi
      tries=$((tries + 1))
      sleep 3
    done
    ;;

  # Writes all keys to a file on the volume, which stays when the server writes dump.rdb anew.
  backup)
    before=$(ask 127.0.0.1 LASTSAVE)
    sleep 1
    ask 127.0.0.1 BGSAVE SCHEDULE >/dev/null
    while [ "$(ask 127.0.0.1 LASTSAVE)" = "$before" ]; do
      case $(ask 127.0.0.1 INFO persistence | fact rdb_last_bgsave_status) in ok) ;; *) say "The server could not write dump.rdb: look at its log and at the room on the volume."; exit 1 ;; esac
      sleep 1
    done
    ln -f /data/dump.rdb /data/snapshot.rdb
    echo "$HOSTNAME has written $(stat -c %s /data/snapshot.rdb) bytes to /data/snapshot.rdb"
    ;;

  *) say "node.sh role | lag | switch | leave | stays PODS | settle NODES | backup"; exit 2 ;;
esac
