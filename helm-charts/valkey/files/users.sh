#!/bin/sh
# Makes the list of users known to the servers that run. One that starts reads it from the file. It may run any number of times.
set -eu
. /settings/lib.sh
umask 077

# as USER FILE-OF-ITS-PASSWORD …: what the server answers to the user.
as() { local user=$1 password=$2; shift 2; REDISCLI_AUTH=$(cat "/auth/$password") timeout 10 valkey-cli -e -h "$server" --user "$user" --no-auth-warning "$@" 2>/dev/null | tr -d '\r'; }

# Finds a login: the servers' own user, or, where a server does not know it yet, that of the applications.
enter() {
  for login in "anywhere-node node-password" "$APP_USER password"; do
    # shellcheck disable=SC2086
    [ "$(as $login PING)" != PONG ] || return 0
  done
  return 1
}

names=$(awk '{print $2}' /auth/users.acl)
sed 's/^user \([^ ]*\) /ACL SETUSER \1 reset /' /auth/users.acl >/tmp/set
number=0
while [ $number -lt "$(nodes)" ]; do
  server=$NAME-$number.$DOMAIN
  until enter; do sleep 2; done
  # shellcheck disable=SC2086
  as $login ACL USERS | grep -vxF "$names" | sed 's/^/ACL DELUSER /' >/tmp/delete || true
  cat /tmp/set /tmp/delete >/tmp/commands
  # shellcheck disable=SC2086
  as $login </tmp/commands >/tmp/said || true
  # One answer to each command: a connection that broke off gives fewer.
  if [ "$(grep -cxE 'OK|[01]' /tmp/said)" != "$(wc -l </tmp/commands)" ]; then say "$server did not take the whole list"; exit 1; fi
  say "$server knows the users"
  number=$((number + 1))
done
