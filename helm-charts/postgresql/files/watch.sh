#!/bin/bash
# Runs beside the server and brings about which one is the primary: hands over, takes over when nothing can be lost, follows, gives way.
set -uo pipefail
umask 077
. /etc/postgresql/conf/servers.sh

# Ends the server; start.sh then finds out anew what it is.
go_round() {
  echo "${1:-}" >$socket/again
  pg_ctl stop -D "$PGDATA" -m fast -t 3600 >/dev/null
  exit 0
}

said=
tell() { [ "$said" = "$*" ] || say "$*"; said=$*; }

# As primary: drops the slots of servers that left, which would keep the log.
tidy() {
  own "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active AND slot_name ~ '^server_[0-9]+\$'
    AND (substr(slot_name, 8)::int >= $(cat $settings/replicas) OR slot_name = '$slot') AND inactive_since < now() - interval '10 minutes'" >/dev/null
}

# As primary: gives way to a newer one, and hands over to the one that is declared as soon as it is in step.
lead() {
  local wanted=$1 mine
  if [ $((round % 4)) = 0 ] || [ "$wanted" != "$HOSTNAME" ]; then
    survey
    mine=$(facts "$HOSTNAME" | cut -d'|' -f2)
    if [ -n "$leader" ] && [ -n "$mine" ] && { [ "$leader_timeline" -gt "$mine" ] || { [ "$leader_timeline" = "$mine" ] && [ "$wanted" = "$leader" ]; }; }; then
      say "$leader was made primary after this server: giving way"
      go_round rejoin
    fi
  fi
  [ "$wanted" != "$HOSTNAME" ] || return
  if [ "$(own "SELECT 1 FROM pg_stat_replication WHERE application_name = '$wanted' AND state = 'streaming' AND pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) < 67108864")" = 1 ]; then
    say "handing over to $wanted"
    own CHECKPOINT
    go_round
  fi
  tell "$wanted is to be the primary, but is not in step with this server. This one stays the primary until it is"
}

# As replica: follows the primary there is. Without one, the declared one takes over, when it has all that the last primary has.
stuck=0 applied=
streams() { [ "$(own "SELECT status FROM pg_stat_wal_receiver")" = streaming ]; }
attend() {
  local wanted=$1 mine timeline place ahead last oldest
  if [ "$wanted" = "$HOSTNAME" ]; then pause=1; elif [ $((round % 20)) != 0 ] && streams; then return; fi
  survey
  if [ -n "$leader" ]; then
    follow "$leader" primary
    if streams; then
      stuck=0
      # Slots of the time when this server was the primary would keep its log.
      own "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active AND slot_name ~ '^server_[0-9]+\$'" >/dev/null
      return
    fi
    # What lies here already is applied first.
    place=$(own "SELECT pg_last_wal_replay_lsn()")
    if [ -z "$place" ] || [ "$place" != "$applied" ]; then applied=$place stuck=0; return; fi
    stuck=$((stuck + 1))
    [ $stuck -ge 20 ] || return
    # It has not come along for a minute: it went another way, or the primary no longer has the log that it needs.
    oldest=$(ask "$leader" "SELECT min(substr(name, 9)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}\$'")
    say "this server does not come along with $leader"
    [[ ! $(segment "$place") < $oldest ]] || touch "$VOLUME/copy-anew"
    go_round rejoin
  fi
  if [ "$wanted" != "$HOSTNAME" ]; then
    # A primary that is away for a moment is waited for.
    [ "$wanted" = "$(cat "$last_primary" 2>/dev/null)" ] || follow "$wanted" replica
    return
  fi
  IFS='|' read -r mine timeline place <<<"$(facts "$HOSTNAME")"
  [ "$mine" = replica ] || return
  ahead=$(ahead_of "$timeline" "$place")
  if [ -n "$ahead" ]; then tell "$ahead has more than this server, which follows it"; follow "$ahead" replica; return; fi
  last=$(cat "$last_primary" 2>/dev/null)
  if [ "$last" != "$HOSTNAME" ] && ! [[ " ${answered[*]} " == *" $last|"* ]]; then
    tell "this server is to be the primary, but ${last:-the last primary} does not answer, and may have more. Start it; or, if it will not come back, run: bash $settings/node.sh promote"
    return
  fi
  say "this server has all that the others have: it becomes the primary"
  own "SELECT pg_promote(true, 60)" >/dev/null
}

# After this server became the primary: the one before it may have left log that is not in the archive yet. What is there twice is the same.
took_over() {
  local file
  own CHECKPOINT
  [ "$(own "SHOW archive_mode")" = on ] || return
  for file in "$PGDATA"/pg_wal/archive_status/????????????????????????.done; do
    [ -e "$file" ] && mv "$file" "${file%.done}.ready"
  done
}

round=0 pause=1 before=
while sleep $pause; do
  round=$((round + 1)) pause=3
  if [ -z "$(others)" ]; then
    [ $((round % 20)) != 0 ] || tidy
    continue
  fi
  role=$(own "SELECT pg_is_in_recovery()")
  [ "$before$role" != tf ] || took_over
  before=${role:-$before}
  wanted=$(declared)
  case $role in
    f) lead "$wanted"; [ $((round % 20)) != 0 ] || tidy ;;
    t) attend "$wanted" ;;
  esac
done
