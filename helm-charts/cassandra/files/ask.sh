#!/bin/bash
# ask.sh ROLE HOST <CQL: asks a node as one of the roles whose passwords lie in /auth, or as the role that a new ring begins with.
set -euo pipefail
umask 077
role=$1 host=$2
case $role in
  admin) password=$(cat /auth/admin-password) ;;
  cassandra) password=cassandra ;;
  *) password=$(cat /auth/password) ;;
esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '[PlainTextAuthProvider]\nusername = %s\npassword = %s\n' "$role" "$password" >"$folder/login"
cat >"$folder/cql"
touch "$folder/rc"
export HOME=$folder PYTHONPYCACHEPREFIX=/tmp/pycache
cqlsh --cqlshrc "$folder/rc" --credentials "$folder/login" --connect-timeout 30 --request-timeout 60 -f "$folder/cql" "$host" 9042
