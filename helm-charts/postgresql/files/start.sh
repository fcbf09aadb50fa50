#!/bin/bash
# Finds out what this server is, makes its data ready for that, and runs it: a primary with roles and passwords as the Secret says,
# or a replica that follows. It goes round again when the server has handed over, or has to follow another.
set -euo pipefail
umask 077
. /etc/postgresql/conf/servers.sh

stop() { echo "start: $*" >&2; exit 1; }
parent=$(dirname "$PGDATA") child= signal= ending=
stopping() { ending=yes; [ -n "$child" ] || exit 0; kill -"$signal" "$child" 2>/dev/null || true; }
trap stopping TERM INT
# Runs what takes long, so that it can be stopped.
slow() {
  local code=0
  signal=TERM
  "$@" & child=$!
  wait $child || code=$?
  child=
  [ -z "$ending" ] || exit 0
  return $code
}

# initdb and the single-user mode want a name for their own uid, and the platform may have given one that has none.
if ! getent passwd "$(id -u)" >/dev/null; then
  echo "postgres:x:$(id -u):$(id -g)::/tmp:/bin/false" >$socket/passwd
  echo "postgres:x:$(id -g):" >$socket/group
  export NSS_WRAPPER_PASSWD=$socket/passwd NSS_WRAPPER_GROUP=$socket/group LD_PRELOAD=libnss_wrapper.so
fi

# A password file: nothing secret is an argument or a variable.
escaped() { sed 's/[\\:]/\\&/g' "$1"; }
echo "*:*:*:replicator:$(escaped /etc/postgresql/auth/replication-password)" >"$PGPASSFILE"

# Log that is kept for replicas: for each that is away up to a quarter of the volume, and a little for one that has no slot yet.
size=$(df -Pm "$VOLUME" | tail -1 | tr -s ' ' | cut -d' ' -f2)
printf "max_slot_wal_keep_size = '%dMB'\nwal_keep_size = '%dMB'\n" $((size / 4)) $((size / 40 < 1024 ? size / 40 : 1024)) >$socket/disk.conf
touch $follows

# A directory of another major version on the volume: PostgreSQL cannot read it, and a new one beside it would look like lost data.
for file in "$VOLUME"/pgdata/PG_VERSION "$VOLUME"/*/docker/PG_VERSION; do
  [ -s "$file" ] || continue
  [ "$(cat "$file")" = "$PG_MAJOR_WANTED" ] || stop "the volume holds data of PostgreSQL $(cat "$file"), which version $PG_MAJOR_WANTED cannot read." \
    "Go back to $(cat "$file"), or install $PG_MAJOR_WANTED under another name and copy the data with pg_dump."
done

has_data() { [ -s "$PGDATA/PG_VERSION" ]; }
is_replica() { [ -e "$PGDATA/standby.signal" ]; }
control() { LC_ALL=C pg_controldata -D "${2:-$PGDATA}" | sed -n "s/^$1: *//p"; }
# The timeline of the data here.
history() { { control "Latest checkpoint's TimeLineID"; control "Min recovery ending loc's timeline"; } | sort -n | tail -1; }

# The new directory takes the place of none, or of an empty one.
put_in_place() {
  [ ! -d "$PGDATA" ] || rmdir "$PGDATA"
  mv "$parent/partial" "$PGDATA"
  sync "$parent"
}

make_database() {
  echo "start: making a new database in $PGDATA"
  rm -rf "$parent/partial"; mkdir -p "$parent"
  initdb --pgdata "$parent/partial" --username postgres --pwfile /etc/postgresql/auth/admin-password --encoding UTF8 --locale en_US.utf8 \
    --data-checksums --auth-local trust --auth-host scram-sha-256 --no-instructions
  put_in_place
}

# Lays a backup and brings it up to RESTORE_TIME, or to the end of the log, before anybody can connect.
restore_database() {
  local target=()
  echo "start: restoring from $RESTORE_PREFIX${RESTORE_TIME:+ as of $RESTORE_TIME}"
  rm -rf "$parent/partial"; mkdir -p "$parent/partial"
  slow bash $settings/backup.sh restore "$parent/partial" || stop "the backup could not be laid"
  touch "$parent/partial/recovery.signal"
  [ -z "$RESTORE_TIME" ] || target=(-c "recovery_target_time=$RESTORE_TIME" -c recovery_target_action=promote)
  options=()
  room "$parent/partial"
  signal=INT
  postgres -D "$parent/partial" -c config_file=$settings/postgresql.conf -c hba_file=$settings/pg_hba.conf "${options[@]}" -c listen_addresses= \
    -c archive_mode=off -c synchronous_standby_names= -c "restore_command=bash $settings/backup.sh fetch %f %p" "${target[@]}" & child=$!
  until [ "$(own "SELECT pg_is_in_recovery()")" = f ]; do
    kill -0 $child 2>/dev/null || { [ -z "$ending" ] || exit 0; stop "the backup could not be brought up to ${RESTORE_TIME:-the end of the log}; what PostgreSQL says is above. Install again with another restore.time"; }
    sleep 1
  done
  pg_ctl stop -D "$parent/partial" -m fast -t 3600 >/dev/null
  wait $child || true
  child=
  [ -z "$ending" ] || exit 0
  # Where the history branched off must reach the object store, or a later restore would end here.
  mkdir -p "$parent/partial/pg_wal/archive_status"
  for file in "$parent"/partial/pg_wal/*.history; do [ ! -e "$file" ] || touch "$parent/partial/pg_wal/archive_status/${file##*/}.ready"; done
  put_in_place
  echo "start: the data are restored"
}

copy_from() {
  echo "start: copying the data of $1"
  rm -rf "$parent/partial"; mkdir -p "$parent"
  follow "$1" primary
  slow pg_basebackup -D "$parent/partial" -d "$(at "$1") application_name=copy" -X stream -S "$slot" -c fast || return 1
  touch "$parent/partial/standby.signal"
  put_in_place
}

# Makes data that went another way than those of the primary POD fit it: what it alone has is undone, or all is copied anew.
rejoin() {
  local its mine
  its=$(ask "$1" "SELECT system_identifier FROM pg_control_system()") || return 1
  mine=$(control 'Database system identifier') || mine=
  [ -z "$mine" ] || [ "$its" = "$mine" ] || stop "the volume holds data of another database than that of $1." \
    "To copy the data of $1, delete the claim data-$HOSTNAME and this pod."
  if [ ! -e "$VOLUME/copy-anew" ]; then
    echo "start: comparing with $1"
    ask "$1" CHECKPOINT || return 1
    touch "$VOLUME/copy-anew"  # a run that is cut off leaves nothing that can be used
    if slow pg_rewind -D "$PGDATA" --source-server "$(at "$1")" --config-file "$settings/postgresql.conf"; then
      touch "$PGDATA/standby.signal"; sync "$PGDATA"
      rm "$VOLUME/copy-anew"
      return
    fi
  fi
  ask "$1" "SELECT 1" >/dev/null || return 1
  rm -rf "$PGDATA"
  copy_from "$1" || return 1
  rm -f "$VOLUME/copy-anew"
}

# Whether no other server has data: for half a minute all are there and refuse, which one with data would not for so long.
alone_here() {
  local pod said
  [ -n "$(others)" ] || return 0
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    for pod in $(others); do
      if said=$(timeout 3 bash -c ">/dev/tcp/$pod.$DOMAIN/5432" 2>&1); then return 1; fi
      case $said in *refused*) ;; *) return 1 ;; esac
    done
    sleep 3
  done
}

# Ends when it is clear what this server is, and its data are ready for it.
decide() {
  local wanted ahead mine said=
  tell() { [ "$said" = "$*" ] || say "$*"; said=$*; }
  while [ -z "$ending" ]; do
    survey
    wanted=$(declared)
    if has_data && [ ! -e "$VOLUME/copy-anew" ]; then
      if [ -n "$leader" ] && is_replica && [ "${1:-}" = rejoin ]; then
        if rejoin "$leader"; then follow "$leader" primary; return; fi
      elif is_replica; then
        if [ -n "$leader" ]; then follow "$leader" primary; elif [ "$wanted" != "$HOSTNAME" ]; then follow "$wanted" replica; fi
        return
      elif [ -n "$leader" ]; then
        # Two primaries: the one with the newer history stays; the other gives way, here or in watch.sh.
        mine=$(history)
        if [ "$leader_timeline" -lt "$mine" ] || { [ "$leader_timeline" = "$mine" ] && [ "$wanted" = "$HOSTNAME" ]; }; then return; fi
        if rejoin "$leader"; then follow "$leader" primary; return; fi
      elif [ "$wanted" != "$HOSTNAME" ]; then
        say "$wanted is to be the primary. This server was, and follows now"
        echo "$HOSTNAME" >"$last_primary"
        follow "$wanted" replica
        touch "$PGDATA/standby.signal"
        return
      else
        # The others may know of a primary that came after this one.
        ahead=$(ahead_of "$(history)" 7FFFFFFF/FFFFFFFF)
        [ -n "$ahead" ] || return 0
        tell "$ahead has followed a primary that came after this one, so this one must not be the primary. Set primary: ${ahead##*-}"
      fi
    elif [ -n "$leader" ]; then
      if [ -e "$VOLUME/copy-anew" ]; then rejoin "$leader" && return; else copy_from "$leader" && return; fi
    elif [ "$wanted" != "$HOSTNAME" ]; then tell "waiting for the primary, $wanted"
    elif [ ${#answered[@]} -gt 0 ]; then
      ahead=$(ahead_of 0 0/0)
      tell "this server is to be the primary and has no data, but $ahead has. Set primary: ${ahead##*-}"
    elif alone_here; then
      if [ -n "$RESTORE_PREFIX" ]; then restore_database; else make_database; fi
      return
    else tell "this server has no data. It waits until the others answer that they have none either"; fi
    sleep 2
  done
  exit 0
}

# Statements for the single-user mode, one a line. They are read from a pipe: nothing secret is an argument, and nothing is logged.
text() { printf "'%s'" "${1//\'/\'\'}"; }
name() { printf '"%s"' "${1//\"/\"\"}"; }
alone() {
  postgres --single -D "$PGDATA" -c config_file=$settings/postgresql.conf -c hba_file=$settings/pg_hba.conf -c log_statement=none \
    -c log_min_error_statement=panic -c log_min_duration_statement=-1 -c log_checkpoints=off -c synchronous_standby_names= "$1"
}
role() {
  echo "DO \$\$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $(text "$1")) THEN CREATE ROLE $(name "$1"); END IF; END\$\$;"
  echo "ALTER ROLE $(name "$1") LOGIN $3 PASSWORD $(text "$(cat "/etc/postgresql/auth/$2")");"
}
set_passwords() {
  {
    role "$APP_USER" password ""
    role postgres admin-password ""
    role replicator replication-password REPLICATION
    # What it needs to look at the others, to undo what one alone has, and to promote.
    echo "GRANT pg_monitor, pg_checkpoint TO replicator;"
    echo "GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text)," \
      "pg_read_binary_file(text, bigint, bigint, boolean), pg_promote(boolean, integer) TO replicator;"
    echo "SELECT 'database is there' FROM pg_database WHERE datname = $(text "$APP_DATABASE");"
  } | alone postgres >/tmp/statements 2>/tmp/statements.errors || { cat /tmp/statements.errors >&2; stop "the passwords could not be set"; }
  if grep -q ERROR /tmp/statements.errors; then grep ERROR /tmp/statements.errors >&2; stop "the passwords could not be set"; fi
  if ! grep -q 'database is there' /tmp/statements; then
    echo "start: making the database $APP_DATABASE"
    echo "CREATE DATABASE $(name "$APP_DATABASE") OWNER $(name "$APP_USER");" | alone postgres >/dev/null
  fi
  rm -f /tmp/statements /tmp/statements.errors
}

# A replica does not start with less room than its primary had, nor does a backup. Takes the folder.
room() {
  local setting least
  for setting in max_connections max_worker_processes max_wal_senders max_prepared_xacts max_locks_per_xact; do
    least=$(control "$setting setting" "$1")
    case $setting in max_prepared_xacts) setting=max_prepared_transactions ;; max_locks_per_xact) setting=max_locks_per_transaction ;; esac
    if [ "$least" -gt "$(postgres -D "$1" -c config_file=$settings/postgresql.conf -C $setting)" ]; then options+=(-c "$setting=$least"); fi
  done
}

again=
while true; do
  touch /tmp/busy
  rm -f $socket/again
  # The lock of a server that was killed: it names a process of a container that is gone.
  rm -f "$PGDATA/postmaster.pid"
  decide "$again"
  options=(-D "$PGDATA" -c config_file=$settings/postgresql.conf -c hba_file=$settings/pg_hba.conf -c "cluster_name=$HOSTNAME")
  if is_replica; then room "$PGDATA"; else set_passwords; fi
  [ -z "$ending" ] || exit 0
  signal=INT
  postgres "${options[@]}" & child=$!
  rm -f /tmp/busy
  bash $settings/watch.sh & watcher=$!
  code=0
  while kill -0 $child 2>/dev/null; do wait $child && code=0 || code=$?; done
  child=
  kill $watcher 2>/dev/null || true
  [ -z "$ending" ] || exit 0
  again=$(cat $socket/again 2>/dev/null) || exit "$code"
done
