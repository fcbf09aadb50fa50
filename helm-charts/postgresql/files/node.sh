#!/bin/bash
# What is asked of a server while it runs: node.sh role | lag | promote [anyway]
set -uo pipefail
. /etc/postgresql/conf/servers.sh

refuse() { echo "$*" >&2; exit 1; }

case ${1:-} in
  role) facts "$HOSTNAME" | cut -d'|' -f1 ;;

  # How many bytes of the log this server has not applied yet, of what the primary has; without a primary, of what it has received.
  lag)
    survey
    place=$(own "SELECT pg_current_wal_flush_lsn() WHERE NOT pg_is_in_recovery()")
    [ -n "$place" ] || [ -z "$leader" ] || place=$(ask "$leader" "SELECT pg_current_wal_flush_lsn()")
    [ -n "$place" ] || place=$(own "SELECT pg_last_wal_receive_lsn()")
    own "SELECT greatest(0, pg_wal_lsn_diff('${place:-0/0}', CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE '${place:-0/0}' END))::bigint"
    ;;

  # Makes the declared server the primary although the last one does not answer. What that one alone had is lost.
  promote)
    chosen=$(declared)
    # From the chosen server's point of view: the others are all but that one.
    survey
    mine=$(facts "$HOSTNAME") || refuse "This server does not answer itself. Try again in a moment, or in another pod."
    answered+=("$HOSTNAME|$mine")
    [ "${mine%%|*}" != primary ] || leader=$HOSTNAME
    [ "$leader" != "$chosen" ] || { echo "$chosen is the primary."; exit 0; }
    [ -z "$leader" ] || refuse "$leader still answers as the primary. With primary: ${chosen##*-} it hands over by itself as soon as $chosen is in step; nothing is lost then."
    its=$(facts "$chosen") || its=
    [ -n "$its" ] || refuse "$chosen is to be the primary but does not answer. Set primary to a server that does."
    IFS='|' read -r _ timeline place <<<"$its"
    ahead=$(ahead_of "$timeline" "$place")
    [ -z "$ahead" ] || refuse "$ahead has more than $chosen. Set primary: ${ahead##*-}, then promote that one."
    # With one away, which may be the last primary, there is nothing else to ask. A second one may have more.
    [ ${#silent[@]} -le 1 ] || [ "${2:-}" = anyway ] ||
      refuse "${silent[*]} do not answer, and one that is no primary may have more than $chosen. Start it, or run: bash $settings/node.sh promote anyway"
    sql="SELECT pg_promote(true, 60)"
    if [ "$chosen" = "$HOSTNAME" ]; then said=$(own "$sql"); else said=$(timeout 90 psql -XAtq "$(at "$chosen")" -c "$sql"); fi
    [ "$said" = t ] || refuse "$chosen did not become the primary. Its log says why."
    echo "$chosen is the primary now. Up to $place it has what the primary before it had."
    ;;

  *) refuse "node.sh role | lag | promote [anyway]" ;;
esac
