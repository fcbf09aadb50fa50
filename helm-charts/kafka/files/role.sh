#!/bin/bash
# role.sh: what this node is just now, in one word. role.sh lag: how many of its partitions are behind.
. /etc/kafka/settings/admin.sh
id=$((FIRST_ID + ${HOSTNAME##*-}))
if [ "${1:-}" = lag ]; then
  kafka topics --describe --under-replicated-partitions | awk -v id="$id" '
    match($0, /Replicas: [0-9,]+/) { here = "," substr($0, RSTART + 10, RLENGTH - 10) ","
      match($0, /Isr: [0-9,]*/); sync = "," substr($0, RSTART + 5, RLENGTH - 5) ","
      if (index(here, "," id ",") && !index(sync, "," id ",")) behind++ }
    END { print behind + 0 }'
  exit
fi
if [ "$ROLE" != node ]; then echo "$ROLE"; exit; fi
leader=$(kafka metadata-quorum describe --status | sed -n 's/^LeaderId:[^0-9]*//p')
if [ "$leader" = "$id" ]; then echo leader; else echo follower; fi
