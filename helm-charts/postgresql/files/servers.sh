# What the servers of a release know of themselves and of each other. Sourced by the other scripts.
#
# One value, "primary", says which server is to be the primary. It brings about no more than this: the server named follows the others
# until it has all they have and none of them is a primary, then it becomes one (watch.sh). No server becomes a primary by itself.
export PGPASSFILE=/dev/shm/pgpass
settings=/etc/postgresql/conf socket=/var/run/postgresql
name=${HOSTNAME%-*} ordinal=${HOSTNAME##*-} slot=server_${HOSTNAME##*-}
follows=$socket/follows.conf
# The server that was the last primary this one knew: what it has must be looked at before another becomes primary.
last_primary=$VOLUME/last-primary

say() { echo "servers: $*" >&2; }

# Asks this server, through its socket, or another one (POD) as the user that replicates.
own() { timeout 30 psql -XAtq -h $socket -U postgres -d postgres -c "$1" 2>/dev/null; }
at() { echo "host=$1.$DOMAIN port=5432 user=replicator dbname=postgres connect_timeout=3 tcp_user_timeout=5000"; }
ask() { timeout 8 psql -XAtq "$(at "$1")" -c "$2" 2>/dev/null; }

# The server that is to be the primary: the one to which the Service leads, which is known at once; and while nobody answers there,
# the one that was mounted, which may be known a minute late.
declared() {
  local said=
  [ -z "$(others)" ] || said=$(timeout 5 psql -XAtq "host=$SERVICE port=5432 user=replicator dbname=postgres connect_timeout=3 tcp_user_timeout=5000" -c 'SHOW cluster_name' 2>/dev/null) || said=
  case $said in "$name"-[0-9]*) echo "$said" ;; *) echo "$name-$(cat $settings/primary)" ;; esac
}

# The other servers there may be.
others() {
  local number last=$(($(cat $settings/replicas) - 1))
  for number in $(seq 0 $((last > ordinal ? last : ordinal))); do
    [ "$number" = "$ordinal" ] || echo "$name-$number"
  done
}

# "primary|3|0/5000060", "replica|…": what a server is, on which timeline, and up to where it has the log.
facts_query="SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END,
  CASE WHEN pg_is_in_recovery() THEN greatest((SELECT timeline_id FROM pg_control_checkpoint()),
      (SELECT min_recovery_end_timeline FROM pg_control_recovery()), (SELECT received_tli FROM pg_stat_wal_receiver))
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
  CASE WHEN pg_is_in_recovery() THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_flush_lsn() END"
facts() { if [ "$1" = "$HOSTNAME" ]; then own "$facts_query"; else ask "$1" "$facts_query"; fi; }

# A position in the log as a number that can be compared.
position() { local high=${1%/*} low=${1#*/}; echo $(((16#$high << 32) + 16#$low)); }

# The place of a position among the names of the log's files, whatever the timeline.
segment() { local low=${1#*/}; printf '%08X%08X' "$((16#${1%/*}))" "$((16#$low >> 24))"; }

# Asks all others. Sets leader (who answers as primary; of two, the one with the newer history), leader_timeline, answered (a list of
# POD|role|timeline|position) and silent (those that do not answer).
survey() {
  local pod said role timeline place
  leader= leader_timeline=0 answered=() silent=()
  for pod in $(others); do
    if ! said=$(facts "$pod") || [ -z "$said" ]; then silent+=("$pod"); continue; fi
    IFS='|' read -r role timeline place <<<"$said"
    answered+=("$pod|$said")
    if [ "$role" = primary ] && [ "$timeline" -gt "$leader_timeline" ]; then leader=$pod leader_timeline=$timeline; fi
  done
}

# Of those that answered: the one that has more than a server at TIMELINE and PLACE, or nothing.
ahead_of() {
  local best= best_timeline=$1 best_place each pod role timeline place
  best_place=$(position "$2")
  for each in "${answered[@]}"; do
    IFS='|' read -r pod role timeline place <<<"$each"
    place=$(position "$place")
    if [ "$timeline" -gt "$best_timeline" ] || { [ "$timeline" = "$best_timeline" ] && [ "$place" -gt "$best_place" ]; }; then
      best=$pod best_timeline=$timeline best_place=$place
    fi
  done
  echo "$best"
}

# Makes this server follow POD. A primary keeps the log for it in a slot; a replica that is followed for a moment has none.
follow() {
  local pod=$1 with=
  if [ "$2" = primary ]; then
    ask "$pod" "SELECT pg_create_physical_replication_slot('$slot', true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '$slot')" >/dev/null || true
    with=$slot
    [ "$(cat "$last_primary" 2>/dev/null)" = "$pod" ] || echo "$pod" >"$last_primary"
  fi
  cat >$follows.new <<END
primary_conninfo = 'host=$pod.$DOMAIN port=5432 user=replicator passfile=$PGPASSFILE application_name=$HOSTNAME connect_timeout=5 tcp_user_timeout=5000 keepalives_idle=5 keepalives_interval=2 keepalives_count=3'
primary_slot_name = '$with'
END
  if ! cmp -s $follows.new $follows; then
    say "following $pod"
    mv $follows.new $follows
    own "SELECT pg_reload_conf()" >/dev/null || true
  fi
}
