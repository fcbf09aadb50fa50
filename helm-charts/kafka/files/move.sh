#!/bin/bash
# Moves replicas between the nodes, as few as can be, and waits until they have arrived. May be repeated.
#   move.sh off N       off all nodes but the first N
#   move.sh spread N    evenly over the first N nodes
#   move.sh forget A,B  lets the cluster forget these pods, which are gone
set -euo pipefail
. /etc/kafka/settings/admin.sh
verb=$1 number=$2
plan=/tmp/run/plan-$$.json  # a run that lost its caller may still go on beside this one
trap 'rm -f $plan' EXIT

racks() { kafka broker-api-versions | sed -n '/rack: null/d; s/.*(id: \([0-9]*\) rack: \([^ )]*\).*/\1=\2/p' | tr '\n' ' '; }
make_plan() {
  kafka topics --describe |
    awk -v first="$FIRST_ID" -v number="$number" -v verb="$verb" -v racks="$racks" -f /etc/kafka/settings/plan.awk >$plan
}

# Also true when the nodes do not say.
moving() {
  local now
  now=$(kafka reassign-partitions --list) || return 0
  case $now in *adding:* | *removing:*) ;; *) return 1 ;; esac
}

wait_for_moves() {
  while moving; do say "replicas are on their way"; sleep 2; done
}

if [ "$verb" = forget ]; then
  for pod in ${number//,/ }; do
    id=$((FIRST_ID + ${pod##*-}))
    said=$(/opt/kafka/bin/kafka-cluster.sh unregister --bootstrap-server "$servers" --config $login --id "$id" 2>&1) ||
      { echo "$said"; case $said in *"not found"* | *BrokerIdNotRegistered*) ;; *) exit 1 ;; esac; }
    say "the cluster has forgotten node $id"
  done
  exit 0
fi
lost=$(kafka topics --describe --unavailable-partitions)
if [ -n "$lost" ]; then
  say "no node that runs has these partitions: $(echo "$lost" | sed -n 's/.*Topic: \([^[:space:]]*\).*Partition: \([0-9]*\).*/\1-\2/p' | tr '\n' ' ')." \
    "Start the node that has them again (a node that left: by one node more), or delete the topic"
  exit 1
fi
wait_for_moves
racks=$(racks)
for _ in 1 2 3; do
  make_plan
  if grep -q '"partitions":\[\]' $plan; then say "nothing has to move"; exit 0; fi
  say "moving $(grep -o '"topic"' $plan | wc -l) partitions"
  kafka reassign-partitions --reassignment-json-file $plan --execute --additional >/dev/null
  sleep 1
  wait_for_moves
done
make_plan
grep -q '"partitions":\[\]' $plan || [ "$verb" = spread ] || { say "replicas are left on the nodes that leave"; exit 1; }
