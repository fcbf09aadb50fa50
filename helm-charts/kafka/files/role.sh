#!/bin/bash
# role.sh: what this node is just now, in one word. role.sh lag: how many of its partitions are behind; of a controller, how many records
# of the metadata it lacks.
. /etc/kafka/settings/admin.sh
id=$((FIRST_ID + ${HOSTNAME##*-}))

# controller COLUMN: what stands under this name in the quorum's line of this controller.
controller() {
  /opt/kafka/bin/kafka-metadata-quorum.sh --bootstrap-controller "$HOSTNAME.$DOMAIN:9093" --command-config $login describe --replication |
    awk -v id="$id" -v name="$1" '{sub(/\r$/, "")} $1 == "NodeId" {for (n = 1; n <= NF; n++) if ($n == name) at = n} $1 == id && at {print $at; found = 1} END {exit !found}'
}

if [ "$ROLE" = controller ]; then
  if [ "${1:-}" = lag ]; then controller Lag; else controller Status | tr '[:upper:]' '[:lower:]'; fi
elif [ "${1:-}" = lag ]; then
  kafka topics --describe --under-replicated-partitions | awk -v id="$id" '
    match($0, /Replicas: [0-9,]+/) { here = "," substr($0, RSTART + 10, RLENGTH - 10) ","
      match($0, /Isr: [0-9,]*/); sync = "," substr($0, RSTART + 5, RLENGTH - 5) ","
      if (index(here, "," id ",") && !index(sync, "," id ",")) behind++ }
    END { print behind + 0 }'
elif [ "$ROLE" = broker ]; then
  echo broker
else
  leader=$(kafka metadata-quorum describe --status | sed -n 's/^LeaderId:[^0-9]*//p')
  if [ "$leader" = "$id" ]; then echo leader; else echo follower; fi
fi
