#!/bin/sh
# Makes the list of users known to the servers that run. One that starts reads it from the file. It may run any number of times.
set -eu
. /settings/lib.sh
umask 077

# login HOST …: as the servers' own user, or, where a server does not know it yet, as that of the applications.
login() {
  host=$1; shift
  REDISCLI_AUTH=$(cat /auth/node-password) timeout 10 valkey-cli -e -h "$host" --user anywhere-node --no-auth-warning "$@" 2>/dev/null ||
    REDISCLI_AUTH=$(cat /auth/password) timeout 10 valkey-cli -e -h "$host" --user "$APP_USER" --no-auth-warning "$@" 2>/dev/null
}

names=$(awk '{print $2}' /auth/users.acl)
sed 's/^user \([^ ]*\) /ACL SETUSER \1 reset /' /auth/users.acl >/tmp/set
number=0
while [ $number -lt "$(nodes)" ]; do
  server=$NAME-$number.$DOMAIN
  until [ "$(login "$server" PING)" = PONG ]; do sleep 2; done
  login "$server" ACL USERS | tr -d '\r' | grep -vxF "$names" | sed 's/^/ACL DELUSER /' >/tmp/delete || true
  cat /tmp/set /tmp/delete >/tmp/commands
  if login "$server" </tmp/commands | grep -vxE 'OK|[01]'; then say "$server did not take the list"; exit 1; fi
  say "$server knows the users"
  number=$((number + 1))
done
