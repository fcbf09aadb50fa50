#!/bin/bash
# Makes the superuser, the role and the keyspace of the applications, and shuts out the role that a new ring begins with. It may run
# any number of times: what is there stays, and the password of the applications becomes that of the Secret.
set -euo pipefail
umask 077
say() { echo "roles: $*" >&2; }
admin=$(cat /auth/admin-password) password=$(cat /auth/password)
errors=$(mktemp)

# ask ROLE HOST CQL: prints the answer of a node; an error goes to the log without the passwords.
ask() {
  bash /settings/ask.sh "$1" "$2" <<<"$3;" 2>"$errors" && return 0
  local text; text=$(<"$errors"); text=${text//"$admin"/…}; text=${text//"$password"/…}
  say "$1 at $2: $(tail -c 600 <<<"$text")"
  return 1
}

copied() { echo "ALTER KEYSPACE \"$1\" WITH replication = {'class': 'NetworkTopologyStrategy', '$DATACENTER': $COPIES}"; }
listens() { timeout 3 bash -c ">/dev/tcp/$1/9042" 2>/dev/null; }

# As long as the ring lets "cassandra" in, it is new: nobody has a role in it. What is known of roles gets its copies, and what is
# known of the superuser is written once more, so that every copy has it.
found() {
  local host=$1 answer nodes super="admin WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = '$admin'"
  nodes=$(ask cassandra "$host" "SELECT peer FROM system.peers" | grep -cE '([0-9]+\.){3}[0-9]+') || true
  if [ "$((nodes + 1))" -lt "$COPIES" ]; then say "waiting for $COPIES nodes, there are $((nodes + 1))"; return 1; fi
  ask cassandra "$host" "CREATE ROLE IF NOT EXISTS $super" || return 1
  answer=$(ask cassandra "$host" "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name IN ('system_auth', 'system_distributed', 'system_traces')") || return 1
  if [[ $answer == *SimpleStrategy* ]]; then
    ask cassandra "$host" "$(copied system_auth); $(copied system_distributed); $(copied system_traces)" || return 1
  fi
  sleep 6 # a node refuses to change a password twice within five seconds
  ask cassandra "$host" "ALTER ROLE $super" && say "the superuser is admin"
}

apply() {
  local host=$1
  if ask cassandra "$host" "SELECT key FROM system.local" >/dev/null; then found "$host" || return 1; fi
  ask admin "$host" "
    ALTER ROLE IF EXISTS cassandra WITH SUPERUSER = false AND LOGIN = false AND PASSWORD = '$(head -c 24 /dev/urandom | base64 | tr -d '/+=')';
    CREATE ROLE IF NOT EXISTS \"$APP_USER\";
    ALTER ROLE \"$APP_USER\" WITH SUPERUSER = false AND LOGIN = true AND PASSWORD = '$password';
    CREATE KEYSPACE IF NOT EXISTS \"$KEYSPACE\" WITH replication = {'class': 'NetworkTopologyStrategy', '$DATACENTER': $COPIES};
    GRANT ALL PERMISSIONS ON KEYSPACE \"$KEYSPACE\" TO \"$APP_USER\""
}

# All copies are waited for, but no longer than ten minutes once a node answers: to ask costs more than to look at a port.
ready=() since=$SECONDS
until [ ${#ready[@]} -ge "$COPIES" ] || { [ ${#ready[@]} -gt 0 ] && [ $((SECONDS - since)) -gt 600 ]; }; do
  sleep 3
  ready=()
  for number in $(seq 0 $((COPIES - 1))); do
    if listens "$NAME-$number.$DOMAIN"; then ready+=("$NAME-$number.$DOMAIN"); fi
  done
  [ ${#ready[@]} -gt 0 ] || since=$SECONDS
done

while true; do
  for host in "${ready[@]}"; do
    if apply "$host"; then say "done"; exit 0; fi
    sleep 3
  done
done
