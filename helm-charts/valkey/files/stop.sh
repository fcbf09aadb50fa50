#!/bin/sh
# Before a server stops: a primary hands over to a replica first, in as many seconds as there are at most.
. /settings/lib.sh
[ "$TOPOLOGY" != cluster ] || exec sh /settings/cluster.sh stop "$1"
[ "$TOPOLOGY" = replication ] || exit 0
hand_over 127.0.0.1 "$1" || true
