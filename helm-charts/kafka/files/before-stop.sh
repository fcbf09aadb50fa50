#!/bin/bash
# Waits, but not for long, until every partition has all its replicas, so that a rolling restart never takes two of them.
. /etc/kafka/settings/admin.sh
end=$((SECONDS + 60))
while [ $SECONDS -lt $end ]; do
  behind=$(timeout 20 /opt/kafka/bin/kafka-topics.sh --bootstrap-server "$servers" --command-config $login \
    --describe --under-replicated-partitions 2>/dev/null) || exit 0
  [ -n "$behind" ] || exit 0
  sleep 1
done
exit 0
