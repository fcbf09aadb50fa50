#!/bin/bash
# Backups in an object store: a copy of all data now and then, and the log as it is written.
#   backup.sh archive PATH NAME | run | list     PREFIX/log/NAME.gz, PREFIX/base/LABEL/part-N, and last of all PREFIX/base/LABEL/manifest
#   backup.sh fetch NAME PATH | restore FOLDER   from RESTORE_PREFIX
set -euo pipefail
umask 077
settings=/etc/postgresql/conf
. $settings/exchange.sh

say() { echo "backup: $*" >&2; }
stop() { say "$*"; exit 1; }
# The place of a position in the log among the names of its files, whatever the timeline.
place() { printf '%08X%08X' "$((16#${1%/*}))" "$((16#${1#*/} >> 24))"; }
entry() { sed -n "s/^$2=//p" <<<"$1"; }

# Prints "LABEL" of every backup under PREFIX that came to its end, the oldest first.
finished() { keys "$1/base/" | sed -n "s|^$1/base/\([^/]*\)/manifest\$|\1|p" | sort; }

manifest_of() {
  begin_exchange
  exchange GET "$1/base/$2/manifest" || { end_exchange; return 1; }
  cat "$carried"
  end_exchange
}

# Takes away the backups beyond the number to keep, what was begun and came to no end before them, and the log before the oldest.
expire() {
  local label labels oldest begins key name
  labels=$(finished "$BACKUP_PREFIX" | tail -n "$BACKUP_KEEP")
  oldest=$(head -1 <<<"$labels")
  [ -n "$oldest" ] || return 0
  begins=$(place "$(entry "$(manifest_of "$BACKUP_PREFIX" "$oldest")" start)")
  keys "$BACKUP_PREFIX/" | while read -r key; do
    name=${key#"$BACKUP_PREFIX"/}
    case $name in
      base/*) label=${name#base/} label=${label%%/*}; [[ $label < $oldest ]] || continue ;;
      log/*.history.gz) continue ;;
      log/*) name=${name#log/}; [[ ${name:8:16} < $begins ]] || continue ;;
      *) continue ;;
    esac
    begin_exchange
    exchange DELETE "$key" || say "$key is still there (status $status)"
    end_exchange
  done
}

# A folder belongs to the first database that stores something there: the log of another one has the same names. Takes its identifier.
claim() {
  local owner
  [ "$(cat /tmp/claimed 2>/dev/null)" != "$1" ] || return 0
  begin_exchange
  if exchange GET "$BACKUP_PREFIX/database"; then owner=$(cat "$carried")
  elif [ "$status" = 404 ]; then echo "$1" >"$carried"; owner=$1; exchange PUT "$BACKUP_PREFIX/database" || owner=
  else owner=; fi
  end_exchange
  [ -n "$owner" ] || stop "the object store did not say whose $BACKUP_PREFIX is (status $status). It is tried again."
  [ "$owner" = "$1" ] || stop "$BACKUP_PREFIX holds the backups of another database. Set backup.prefix to another folder, or empty that one."
  echo "$1" >/tmp/claimed
}

case ${1:-} in
  # Ends with 0 only when the object store has the file.
  archive)
    patience=60
    claim "$(LC_ALL=C pg_controldata -D "$PGDATA" | sed -n 's/^Database system identifier: *//p')"
    begin_exchange
    gzip -1 <"$2" >"$carried"
    code=0
    exchange PUT "$BACKUP_PREFIX/log/$3.gz" || code=1
    end_exchange
    [ $code = 0 ] || stop "the object store did not take $3 (status $status). It is tried again."
    ;;

  # Ends with 1 only when the object store has no such file: any other failure must not look like the end of the log.
  fetch)
    begin_exchange
    for try in 1 2 3 4 5 6; do
      if exchange GET "$RESTORE_PREFIX/log/$2.gz"; then
        gunzip <"$carried" >"$3.part" || { end_exchange; exit 200; }
        mv "$3.part" "$3"
        end_exchange
        exit 0
      fi
      if [ "$status" = 404 ] && [[ $2 =~ ^[0-9A-F]{24}$ ]]; then
        # What a replica recycled before the primary had stored it is a hole, and not the end.
        later=$(keys "$RESTORE_PREFIX/log/${2:0:8}") || exit 200
        later=$(sed 's|.*/||; s/\.gz$//' <<<"$later" | grep -E '^[0-9A-F]{24}$' | awk -v it="$2" '($0 "") > (it "")' | head -1) || true
        [ -z "$later" ] || { say "the log has a hole: $2 is missing and $later is there. Give a restore.time before it."; end_exchange; exit 200; }
      fi
      [ "$status" != 404 ] || { end_exchange; exit 1; }
      sleep 5
    done
    end_exchange
    say "the object store did not give $2 (status $status)"
    exit 200
    ;;

  # The filter of a part: stores what comes in.
  part)
    begin_exchange
    cat >"$carried"
    exchange PUT "$BACKUP_PREFIX/base/$2/$3" || { end_exchange; stop "the object store did not take $3 of $2 (status $status)"; }
    end_exchange
    ;;

  run)
    label=$(date -u +%Y%m%dT%H%M%SZ)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    export PGPASSFILE=$folder/login
    echo "*:*:*:replicator:$(sed 's/[\\:]/\\&/g' /etc/postgresql/auth/replication-password)" >"$PGPASSFILE"
    login="host=$SERVICE port=5432 user=replicator application_name=backup connect_timeout=10"
    said=$(psql -XAtq "$login dbname=postgres" -c "SELECT split_part(current_setting('server_version'), ' ', 1), pg_current_wal_lsn(), system_identifier FROM pg_control_system()") || stop "the primary does not answer"
    IFS='|' read -r version start identity <<<"$said"
    claim "$identity"
    say "copying all data to $BACKUP_PREFIX/base/$label"
    pg_basebackup -d "$login" -D - -F tar -X none -c fast -l "$label" 2>"$folder/said" | gzip -1 |
      split -b 64M -d -a 5 --filter="bash $settings/backup.sh part $label \$FILE" - part- || { cat "$folder/said" >&2; stop "the backup $label came to no end"; }
    parts=$(keys "$BACKUP_PREFIX/base/$label/part-" | wc -l)
    [ "$parts" -gt 0 ] || stop "the object store has no part of the backup $label"
    begin_exchange
    printf '%s\n' "start=$start" "parts=$parts" "version=$version" "finished=$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$carried"
    exchange PUT "$BACKUP_PREFIX/base/$label/manifest" || stop "the object store did not take the manifest of $label (status $status)"
    end_exchange
    expire
    say "the backup $label is whole: $parts parts"
    ;;

  list)
    whole=$(finished "$BACKUP_PREFIX")
    [ -n "$whole" ] || { echo "there is no whole backup in $BACKUP_PREFIX yet"; exit 0; }
    for label in $whole; do
      said=$(manifest_of "$BACKUP_PREFIX" "$label")
      echo "$(entry "$said" finished)  PostgreSQL $(entry "$said" version)  parts: $(entry "$said" parts)"
    done
    last=$(keys "$BACKUP_PREFIX/log/" | sed 's|.*/||' | grep -E '^[0-9A-F]{24}\.gz$' | sort | tail -1)
    echo "restore.prefix: $BACKUP_PREFIX, log up to ${last%.gz}"
    ;;

  # Lays the latest backup that was whole before RESTORE_TIME, or the latest at all, into FOLDER.
  restore)
    chosen= limit=9999
    [ -z "$RESTORE_TIME" ] || limit=$(date -u -d "$RESTORE_TIME" +%Y-%m-%dT%H:%M:%SZ)
    for label in $(finished "$RESTORE_PREFIX"); do
      said=$(manifest_of "$RESTORE_PREFIX" "$label")
      if [[ ! $(entry "$said" finished) > $limit ]]; then chosen=$label manifest=$said; fi
    done
    [ -n "$chosen" ] || stop "the object store has no backup under $RESTORE_PREFIX that was whole before ${RESTORE_TIME:-now}"
    version=$(entry "$manifest" version)
    [ "${version%%.*}" = "$PG_MAJOR_WANTED" ] || stop "the backup $chosen is of PostgreSQL $version. Install that major version, then copy with pg_dump."
    say "laying the backup $chosen of $RESTORE_PREFIX"
    for number in $(seq 0 $(($(entry "$manifest" parts) - 1))); do
      begin_exchange
      exchange GET "$(printf '%s/base/%s/part-%05d' "$RESTORE_PREFIX" "$chosen" "$number")" || { end_exchange; stop "the object store did not give part $number of $chosen (status $status)"; }
      cat "$carried"
      end_exchange
    done | gunzip | tar -x -C "$2"
    pg_verifybackup --quiet --no-parse-wal "$2" || stop "the backup $chosen is not what was written"
    ;;

  *) stop "backup.sh archive PATH NAME | fetch NAME PATH | run | list | restore FOLDER" ;;
esac
