#!/bin/bash
# Makes the database on the first start, makes roles and passwords what the Secret says, then becomes the server.
set -euo pipefail
umask 077

stop() { echo "start: $*" >&2; exit 1; }

# A directory of another major version on the volume: PostgreSQL cannot read it, and a new one beside it would look like lost data.
for file in "$VOLUME"/pgdata/PG_VERSION "$VOLUME"/*/docker/PG_VERSION; do
  [ -s "$file" ] || continue
  [ "$(cat "$file")" = "$PG_MAJOR_WANTED" ] || stop "the volume holds data of PostgreSQL $(cat "$file"), which version $PG_MAJOR_WANTED cannot read." \
    "Go back to $(cat "$file"), or install $PG_MAJOR_WANTED under another name and copy the data with pg_dump."
done

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "start: making a new database in $PGDATA"
  partial=$(dirname "$PGDATA")/partial
  rm -rf "$partial"; mkdir -p "$(dirname "$PGDATA")"
  initdb --pgdata "$partial" --username postgres --pwfile /etc/postgresql/auth/admin-password --encoding UTF8 --locale en_US.utf8 \
    --data-checksums --auth-local trust --auth-host scram-sha-256 --no-instructions
  [ ! -d "$PGDATA" ] || rmdir "$PGDATA"
  mv "$partial" "$PGDATA"; sync "$(dirname "$PGDATA")"
fi
# The lock of a server that was killed: it names process 1, and that is this script now.
rm -f "$PGDATA/postmaster.pid"

# Statements for the single-user mode, one a line. They are read from a pipe: nothing secret is an argument, and nothing is logged.
text() { printf "'%s'" "${1//\'/\'\'}"; }
name() { printf '"%s"' "${1//\"/\"\"}"; }
alone() {
  postgres --single -D "$PGDATA" -c config_file=/etc/postgresql/conf/postgresql.conf -c hba_file=/etc/postgresql/conf/pg_hba.conf -c log_statement=none \
    -c log_min_error_statement=panic -c log_min_duration_statement=-1 -c log_checkpoints=off -c archive_mode=off "$1"
}
password=$(cat /etc/postgresql/auth/password)
{
  echo "DO \$\$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $(text "$APP_USER")) THEN CREATE ROLE $(name "$APP_USER"); END IF; END\$\$;"
  echo "ALTER ROLE $(name "$APP_USER") LOGIN PASSWORD $(text "$password");"
  echo "ALTER ROLE postgres PASSWORD $(text "$(cat /etc/postgresql/auth/admin-password)");"
  echo "SELECT 'database is there' FROM pg_database WHERE datname = $(text "$APP_DATABASE");"
} | alone postgres >/tmp/statements 2>/tmp/statements.errors || { cat /tmp/statements.errors >&2; stop "the passwords could not be set"; }
if grep -q ERROR /tmp/statements.errors; then grep ERROR /tmp/statements.errors >&2; stop "the passwords could not be set"; fi
if ! grep -q 'database is there' /tmp/statements; then
  echo "start: making the database $APP_DATABASE"
  echo "CREATE DATABASE $(name "$APP_DATABASE") OWNER $(name "$APP_USER");" | alone postgres >/dev/null
fi
rm -f /tmp/statements /tmp/statements.errors

exec postgres -D "$PGDATA" -c config_file=/etc/postgresql/conf/postgresql.conf -c hba_file=/etc/postgresql/conf/pg_hba.conf
