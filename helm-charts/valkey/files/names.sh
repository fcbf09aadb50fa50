#!/bin/sh
# names.sh begin: makes the file of names that server and sentinel have as /etc/hosts. names.sh: keeps the addresses of the others in it.
# Both look a name up each time that they connect, and do nothing else until they have the answer. While the DNS does not answer, as it
# may when a machine is lost, a sentinel would notice that it had stood still, and then choose nobody for half a minute (TILT).
set -u
. /settings/lib.sh
file=/names/hosts
own() { printf '127.0.0.1 localhost\n::1 localhost\n%s %s %s\n' "$POD_IP" "$me" "$HOSTNAME"; }
found() { getent -s dns ahosts "$1" | awk 'NR == 1 {print $1 " " name}' name="$1" | grep . || grep -F " $1" $file; }

if [ "${1:-}" = begin ]; then own >$file; exit; fi
while sleep 2; do
  now=$(
    own
    number=0
    while [ $number -lt "$(nodes)" ]; do
      name=${HOSTNAME%-*}-$number.$DOMAIN number=$((number + 1))
      [ "$name" = "$me" ] || found "$name"
    done
  )
  # In its place: another file of this name would not be seen by those that have it mounted.
  [ "$now" = "$(cat $file)" ] || printf '%s\n' "$now" >$file
done
