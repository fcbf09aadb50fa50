#!/bin/bash
# Moves replicas between the nodes, as few as can be, and waits until they have arrived. May be repeated.
#   move.sh off N       off all nodes but the first N
#   move.sh spread N    evenly over the first N nodes
#   move.sh forget A,B  lets the cluster forget these pods, which are gone
set -euo pipefail
. /etc/kafka/settings/admin.sh
verb=$1 number=$2
plan=/tmp/run/plan.json

# Reads `kafka-topics --describe`, writes the partitions that change as JSON. A replica that must go is replaced by the node that has
# the fewest; the place in the list stays, so the leaders stay as spread as they were.
make_plan() {
  awk -v first="$FIRST_ID" -v number="$number" -v verb="$verb" '
    function least(row,   best, id) {
      best = -1
      for (id = first; id < first + number; id++) if (!((row, id) in on) && (best < 0 || count[id] < count[best])) best = id
      return best
    }
    function move(row, place, to,   from) {
      from = ids[row, place]; ids[row, place] = to; delete on[row, from]; on[row, to] = 1; count[from]--; count[to]++; changed[row] = 1
    }
    match($0, /Topic: [^\t ]+/) && /Partition: / {
      rows++
      topic[rows] = substr($0, RSTART + 7, RLENGTH - 7)
      match($0, /Partition: [0-9]+/); partition[rows] = substr($0, RSTART + 11, RLENGTH - 11)
      match($0, /Replicas: [0-9,]+/); size[rows] = split(substr($0, RSTART + 10, RLENGTH - 10), list, ",")
      for (i = 1; i <= size[rows]; i++) { ids[rows, i] = list[i]; on[rows, list[i]] = 1; count[list[i]]++; total++ }
    }
    END {
      for (row = 1; row <= rows; row++) for (i = 1; i <= size[row]; i++)
        if (ids[row, i] >= first + number) {
          to = least(row)
          if (to < 0) { print "move: " topic[row] "-" partition[row] " has " size[row] " replicas, more than the " number " nodes that stay" >"/dev/stderr"; exit 3 }
          move(row, i, to)
        }
      if (verb == "spread") {
        most = int((total + number - 1) / number)
        for (row = 1; row <= rows; row++) for (i = 1; i <= size[row]; i++)
          if (count[ids[row, i]] > most) {
            to = least(row)
            if (to >= 0 && count[to] < most) move(row, i, to)
          }
      }
      printf "{\"version\":1,\"partitions\":["
      for (row = 1; row <= rows; row++) if (row in changed) {
        printf "%s{\"topic\":\"%s\",\"partition\":%d,\"replicas\":[", comma, topic[row], partition[row]; comma = ","
        for (i = 1; i <= size[row]; i++) printf "%s%d", (i > 1 ? "," : ""), ids[row, i]
        printf "]}"
      }
      print "]}"
    }' >$plan
}

moving() { kafka reassign-partitions --list | grep -q "adding\|removing"; }

wait_for_moves() {
  while moving; do say "replicas are on their way"; sleep 2; done
}

if [ "$verb" = forget ]; then
  for pod in ${number//,/ }; do
    id=$((FIRST_ID + ${pod##*-}))
    said=$(kafka cluster unregister --id "$id" 2>&1) || { echo "$said"; case $said in *"not found"* | *BrokerIdNotRegistered*) ;; *) exit 1 ;; esac; }
    say "the cluster has forgotten node $id"
  done
  exit 0
fi
wait_for_moves
for _ in 1 2 3; do
  kafka topics --describe | make_plan
  if grep -q '"partitions":\[\]' $plan; then say "nothing has to move"; exit 0; fi
  say "moving $(grep -o '"topic"' $plan | wc -l) partitions"
  kafka reassign-partitions --reassignment-json-file $plan --execute --additional >/dev/null
  sleep 1
  wait_for_moves
done
kafka topics --describe | make_plan
grep -q '"partitions":\[\]' $plan || [ "$verb" = spread ] || { say "replicas are left on the nodes that leave"; exit 1; }
