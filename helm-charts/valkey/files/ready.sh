#!/bin/sh
# Whether clients may come: the server answers, in a cluster it reaches the others, and being a replica it has what the primary has. A list of users that has changed is read
# on the way: the kubelet brings it about a minute after the change.
set -eu
. /settings/lib.sh
now=$(sha256sum </auth/users.acl)
if [ "$now" != "$(cat /tmp/users.loaded 2>/dev/null)" ]; then
  ask 127.0.0.1 ACL LOAD >/dev/null
  echo "$now" >/tmp/users.loaded
fi
[ "$(ask 127.0.0.1 PING)" = PONG ]
[ "$TOPOLOGY" != cluster ] || [ "$(ask 127.0.0.1 CLUSTER INFO | fact cluster_state)" = ok ]
facts=$(ask 127.0.0.1 INFO replication)
[ "$(printf '%s\n' "$facts" | fact role)" = master ] || [ "$(printf '%s\n' "$facts" | fact master_link_status)" = up ]
