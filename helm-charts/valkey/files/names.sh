#!/bin/sh
# names.sh begin: makes the file of names that server and sentinel have as /etc/hosts. names.sh: keeps the addresses of the others in it.
# Both look a name up each time that they connect, and do nothing else until they have the answer. While the DNS does not answer, as it
# may when a machine is lost, a sentinel would notice that it had stood still, and then choose nobody for half a minute (TILT).
set -u
. /settings/lib.sh
file=/names/hosts
own() { printf '127.0.0.1 localhost\n::1 localhost\n%s %s %s\n' "$POD_IP" "$me" "$HOSTNAME"; }
asked() { getent -s dns ahosts "$1" | awk 'NR == 1 {print $1}'; }
# An address that the DNS does not tell just now stays. One that it denies, while it answers to another question, does not.
found() {
  local address
  address=$(asked "$1")
  if [ -n "$address" ]; then echo "$address $1"; elif [ -z "$(asked "$me")" ]; then sed -n "/ $1 *$/p" $file; fi
}

if [ "${1:-}" = begin ]; then own >$file; exit; fi
was=
while :; do
  sleep 2 || :
  now=$(
    own
    number=0
    while [ $number -lt "$(nodes)" ]; do
      name=${HOSTNAME%-*}-$number.$DOMAIN number=$((number + 1))
      [ "$name" = "$me" ] || found "$name"
    done
  )
  # In its place, as another file of this name would not be seen by those that have it mounted, and always as long, so that nobody finds
  # it empty.
  [ "$now" = "$was" ] || printf '%-9000s\n' "$now" 1<>$file
  was=$now
done
