#!/bin/sh
# Servers that share the keys: cluster.sh watch | begin SERVERS | arrange [SERVERS] | leave SERVERS | forget SERVERS | switch | stop SECONDS
#
# Each key belongs to one of 16384 slots, each slot to one primary, and each primary has COPIES replicas. The servers choose another
# primary by themselves. What is done here: bring servers together, share out the slots, and give every primary its replicas.
set -eu
. /settings/lib.sh
ALL=16384
PATIENTLY=3000 # seconds for moving slots; the steps of package.yaml wait a little longer
server() { echo "${NAME:-${HOSTNAME%-*}}-$1.$DOMAIN"; }

# What a server knows of all: ID HOST FLAGS PRIMARY LINK SLOTS OPEN ADDRESS, a line each. "-" stands for nothing; OPEN is how many slots
# move.
table() {
  local said
  said=$(ask "$1" CLUSTER NODES) || return 1
  printf '%s\n' "$said" | awk 'NF >= 8 {
    host = split($2, part, ",") > 1 && part[2] != "" ? part[2] : "-"
    slots = open = 0
    for (i = 9; i <= NF; i++) if ($i ~ /^\[/) open++; else slots += split($i, range, "-") == 2 ? range[2] - range[1] + 1 : 1
    gsub(/,?nofailover/, "", $3) # no failure, as other flags with these letters are
    address = $2; sub(/@.*/, "", address); sub(/:[0-9]+$/, "", address)
    print $1, host, $3, $4, $8, slots, open, address == "" ? "-" : address
  }'
}

# meet SERVER ADDRESS: introduces a server to the one at the address. One that is known already is only told where it is. The address of
# a pod that is gone may have become that of another service's pod, which does not take this service's password.
meet() {
  [ "$(ask "$2" PING)" != PONG ] || ask "$1" CLUSTER MEET "$2" 6379 "$BUS" >/dev/null || true
}
address() { getent ahosts "$1" | awk 'NR == 1 {print $1}'; }

# How many servers: so many that each primary has its replicas, and that the loss of one leaves most of the primaries.
number() {
  case ${1:-} in "" | *[!0-9]*) say "How many servers?"; exit 2 ;; esac
  if [ $(($1 % (COPIES + 1))) != 0 ] || [ $(($1 / (COPIES + 1))) -lt 3 ]; then
    say "$1 servers cannot be shared out: three shards or more, each a primary with $COPIES replicas."
    exit 2
  fi
}

# Of the servers 0 … N-1: NUMBER ID SLOTS PRIMARY PLACE, a line each. The place is the machine.
survey() {
  local known number=0 place
  known=$(table "$(server 0)") || return 1
  while [ $number -lt "$1" ]; do
    place=$(ask "$(server $number)" INFO server | fact availability_zone)
    printf '%s\n' "$known" | awk -v host="$(server $number)" -v number=$number -v place="${place:--}" \
      '$2 == host && $3 !~ /fail|noaddr|handshake/ {print number, $1, $6, $4, place}'
    number=$((number + 1))
  done
}

# Waits until each of so many servers knows all the others.
gather() {
  local number known tries=0 missing
  while :; do
    number=0 missing=
    while [ $number -lt "$1" ]; do
      known=$(table "$(server $number)" | awk '$5 == "connected" && $3 !~ /fail|noaddr|handshake/ {print $2}') || known=
      for other in $(seq 0 $(($1 - 1))); do
        printf '%s\n' "$known" | grep -qxF "$(server "$other")" || missing="$missing $number-$other"
      done
      number=$((number + 1))
    done
    [ -n "$missing" ] || return 0
    if [ $tries -ge 150 ]; then say "Not all servers know each other (who-whom):$missing. Look at the pods that are not ready."; exit 1; fi
    # Not at every look: a server needs a moment to become known.
    if [ $((tries % 5)) = 0 ]; then for number in $(seq 1 $(($1 - 1))); do meet "$(server 0)" "$(address "$(server "$number")")"; done; fi
    tries=$((tries + 1))
    sleep 1
  done
}

# A replica becomes the primary of its shard; the primary waits with writes until it has all of them.
take_over() {
  local tries=0
  until [ "$(ask "$1" INFO replication | fact role)" = master ]; do
    if [ $tries -ge 60 ]; then say "${1%%.*} did not become a primary"; return 1; fi
    [ $((tries % 20)) != 0 ] || ask "$1" CLUSTER FAILOVER >/dev/null || true
    tries=$((tries + 1))
    sleep 0.5
  done
  say "${1%%.*} is a primary"
}

# balance SERVERS [ID=0 …]: moves slots so that each primary has as many; those named give all of theirs away to others that have some.
balance() {
  local options=--cluster-use-empty-primaries count=$1 number open until
  shift
  [ $# = 0 ] || options="--cluster-weight $*"
  until=$(($(date +%s) + PATIENTLY))
  # Right after a change the servers do not agree yet, and the tool refuses. One that was broken off leaves slots open, of which only the
  # servers themselves know.
  while [ "$(date +%s)" -lt $until ]; do
    open=$(for number in $(seq 0 $((count - 1))); do table "$(server "$number")"; done | awk '{open += $7} END {print open + 0}')
    # shellcheck disable=SC2086
    if { [ "$open" = 0 ] || { close_slots "$count" && cluster_tool $until fix; }; } &&
      cluster_tool $until rebalance --cluster-replace --cluster-threshold 1 --cluster-pipeline 100 $options; then return 0; fi
    sleep 3
  done
  say "The slots could not be moved: $(tail -n 3 /tmp/cluster.said)"
  return 1
}
# Closes slots that are open on one side alone, which the tool does not: on a replica, or where no key has come yet. What is said to a
# primary reaches its replicas.
close_slots() {
  local number id slots primary place slot on
  survey "$1" >/tmp/servers
  while read -r number id slots primary place; do
    for slot in $(open_on "$number"); do
      on=$number
      if [ "$primary" != - ]; then
        on=$(awk -v id="$primary" '$2 == id {print $1}' /tmp/servers)
        case " $(open_on "$on" | tr '\n' ' ')" in *" $slot "*) continue ;; esac
      elif [ "${slot%<}" = "$slot" ] || [ "$(ask "$(server "$on")" CLUSTER COUNTKEYSINSLOT "${slot%?}")" != 0 ]; then
        continue
      fi
      ask "$(server "$on")" CLUSTER SETSLOT "${slot%?}" STABLE >/dev/null || true
    done
  done </tmp/servers
}
# The slots that a server itself has open: 7< comes to it, 7> goes.
open_on() {
  ask "$(server "$1")" CLUSTER NODES | awk '$3 ~ /myself/ {
    for (i = 9; i <= NF; i++) if ($i ~ /^\[/) {split(substr($i, 2), part, "-"); print part[1] (part[2] == "<" ? "<" : ">")}
  }'
}
cluster_tool() {
  local left=$(($1 - $(date +%s))) command=$2 status=0
  shift 2
  [ $left -gt 0 ] || return 1
  REDISCLI_AUTH=$(cat /auth/node-password) timeout $left valkey-cli --user anywhere-node --no-auth-warning \
    --cluster "$command" "$(server 0):6379" "$@" >/tmp/cluster.said 2>&1 || status=$?
  tr -d '#' </tmp/cluster.said | grep -E '^(\[ERR\]|ERR|Moving)|rror' >&2 || true
  return $status
}

# attach SERVERS ID…: every server that is none of these primaries becomes a replica of one, on another machine where that can be.
# A replica stays where it is if its primary has not too many.
attach() {
  local count=$1
  shift
  survey "$count" | awk -v copies="$COPIES" -v primaries="$*" '
    BEGIN {n = split(primaries, id, " "); for (i = 1; i <= n; i++) is[id[i]] = 1}
    ($2 in is) {there[$2, $5] = 1; next}
    ($4 in is) && has[$4] < copies {has[$4]++; there[$4, $5] = 1; next}
    {free[++m] = $1; at[m] = $5}
    END {
      for (u = 1; u <= m; u++) {
        best = ""
        for (i = 1; i <= n; i++) {
          p = id[i]; cost = has[p] * 2 + ((p, at[u]) in there)
          if (best == "" || cost < least) {best = p; least = cost}
        }
        has[best]++; to[u] = best; twice[u] = (best, at[u]) in there; there[best, at[u]] = 1
      }
      for (u = 1; u <= m; u++) if (twice[u])
        for (v = 1; v <= m; v++) if (!((to[u], at[v]) in there) && !((to[v], at[u]) in there)) {
          there[to[u], at[v]] = there[to[v], at[u]] = 1
          p = to[u]; to[u] = to[v]; to[v] = p
          break
        }
      for (u = 1; u <= m; u++) print free[u], to[u]
    }' >/tmp/attach
  while read -r number primary; do
    follow "$(server "$number")" "$primary"
  done </tmp/attach
}
follow() {
  local tries=0
  until [ "$(ask "$1" CLUSTER REPLICATE "$2")" = OK ]; do
    if [ $tries -ge 30 ]; then say "${1%%.*} cannot become a replica: $(ask "$1" CLUSTER REPLICATE "$2" || true)"; return 1; fi
    tries=$((tries + 1))
    sleep 1
  done
  say "${1%%.*} is a replica"
}

# choose SERVERS WANTED: so many servers without slots that are primaries, on machines with few primaries.
choose() {
  survey "$1" | awk -v wanted="$2" '
    $3 > 0 {used[$5]++; next}
    $4 == "-" {n++; number[n] = $1; place[n] = $5}
    END {
      for (k = 0; k < wanted && k < n; k++) {
        best = 0
        for (i = 1; i <= n; i++) if (!(i in taken) && (!best || used[place[i]] < used[place[best]])) best = i
        taken[best] = 1; used[place[best]]++; print number[best]
      }
    }'
}

# Those among the servers that have slots, or are to have some: their ids.
primaries() { survey "$1" | awk -v also=" $2 " '$3 > 0 || index(also, " " $1 " ") {print $2}'; }

# Waits until the replicas among so many servers have what their primaries have.
in_step() {
  local number facts tries=0
  for number in $(seq 0 $(($1 - 1))); do
    until facts=$(ask "$(server "$number")" INFO replication) && case $facts in *role:master* | *master_link_status:up*) ;; *) false ;; esac; do
      if [ $tries -ge 900 ]; then say "server $number does not get the data of its primary: look at its log"; return 1; fi
      tries=$((tries + 1))
      sleep 1
    done
  done
}

# Sets one setting of all servers.
everywhere() {
  local number
  for number in $(seq 0 $(($1 - 1))); do ask "$(server "$number")" CONFIG SET "$2" "$3" >/dev/null; done
}

assigned() { awk '{n += $6} END {print n + 0}'; }

# A new service: the first slots are given out. One that was broken off begins anew: until all slots are given, no server takes a key.
create() {
  local number shard=0 chosen said
  for number in $(seq 0 $(($1 - 1))); do
    said=$(ask "$(server "$number")" INFO keyspace) || return 1
    if printf '%s\n' "$said" | grep -q '^db'; then
      say "Some slots belong to no server, and server $number has keys: a whole shard is away. Bring its pods and volumes back. If they are lost, give its slots to others by \`valkey-cli --cluster fix … --cluster-fix-with-unreachable-primaries\`: its keys are lost then."
      exit 1
    fi
  done
  if survey "$1" | awk '$3 > 0 || $4 != "-" {n++} END {exit !n}'; then
    for number in $(seq 0 $(($1 - 1))); do ask "$(server "$number")" CLUSTER RESET HARD >/dev/null; done
    gather "$1"
    forget_former "$1" # some hear of what they all were from others that were not asked yet
  fi
  everywhere "$1" cluster-require-full-coverage yes
  chosen=$(choose "$1" $(($1 / (COPIES + 1))))
  # The slots come last: a service that has them is complete.
  # shellcheck disable=SC2046
  attach "$1" $(for number in $chosen; do ask "$(server "$number")" CLUSTER MYID; done)
  for number in $chosen; do
    ask "$(server "$number")" CLUSTER ADDSLOTSRANGE $((ALL * shard * (COPIES + 1) / $1)) $((ALL * (shard + 1) * (COPIES + 1) / $1 - 1)) >/dev/null
    shard=$((shard + 1))
  done
  for number in $(seq 0 $(($1 - 1))); do
    until [ "$(table "$(server "$number")" | assigned)" = $ALL ]; do sleep 0.5; done
  done
  everywhere "$1" cluster-require-full-coverage no
  say "$shard shards share the keys"
}

# Servers that have their slots are left alone: only arrange moves keys.
begin() {
  local number known
  for number in $(seq 0 $(($1 - 1))); do
    if known=$(table "$(server "$number")") && [ "$(printf '%s\n' "$known" | assigned)" = $ALL ]; then say "the slots are given out"; return; fi
  done
  gather "$1"
  [ "$(table "$(server 0)" | assigned)" = $ALL ] || create "$1"
}

# Shares out the slots and the replicas among so many servers.
arrange() {
  local shards now chosen spare
  shards=$(($1 / (COPIES + 1)))
  gather "$1"
  if table "$(server 0)" | awk -v most="$1" '
    {pod = $2; sub(/[.].*/, "", pod); sub(/.*-/, "", pod)}
    $2 != "-" && pod + 0 >= most && ($6 > 0 || $3 !~ /fail|noaddr/) {n++}
    END {exit !n}'; then
    say "There are more than $1 servers. Name all of them, or let some leave first."
    exit 1
  fi
  forget_former "$1"
  everywhere "$1" cluster-replica-no-failover no
  if [ "$(table "$(server 0)" | assigned)" != $ALL ]; then create "$1"; fi
  now=$(survey "$1" | awk '$3 > 0 {n++} END {print n + 0}')
  chosen=$(choose "$1" $((shards > now ? shards - now : 0)) | tr '\n' ' ')
  # shellcheck disable=SC2046
  set -- "$1" $(primaries "$1" "$chosen")
  # A replica that is one too many becomes a primary when no server without a task is left.
  while [ $# -le "$shards" ]; do
    spare=$(survey "$1" | awk -v copies="$COPIES" '$4 != "-" && ++has[$4] > copies {print $1; exit}')
    [ -n "$spare" ] || break
    ask "$(server "$spare")" CLUSTER RESET SOFT >/dev/null
    gather "$1"
    set -- "$@" "$(ask "$(server "$spare")" CLUSTER MYID)"
  done
  attach "$@"
  balance "$1"
  in_step "$1"
  say "$shards shards share the keys"
}

# Before the servers from this number on go: those that stay take over, and slots without a server that stays are moved to others.
leave() {
  local shards ids number all now
  all=$(nodes)
  shards=$(($1 / (COPIES + 1)))
  gather "$all"
  in_step "$all"
  for number in $(survey "$all" | awk -v stay="$1" '
    $1 < stay && $4 != "-" && !($4 in by) {by[$4] = $1}
    $1 >= stay && $3 > 0 {goes[$2] = 1}
    END {for (id in goes) if (id in by) print by[id]}'); do
    take_over "$(server "$number")"
  done
  # No server that leaves takes over again.
  for number in $(seq "$1" $((all - 1))); do ask "$(server "$number")" CONFIG SET cluster-replica-no-failover yes >/dev/null; done
  sleep 2
  # Those that leave, and as many of the others as are too many, the last first.
  ids=$(survey "$all" | sort -rn | awk -v stay="$1" -v shards="$shards" '
    $3 > 0 && $1 >= stay {print $2}
    $3 > 0 && $1 < stay {kept[++n] = $2}
    END {for (i = 1; i <= n - shards; i++) print kept[i]}')
  if [ -n "$ids" ]; then
    # shellcheck disable=SC2046
    balance "$all" $(printf '%s=0\n' $ids)
  fi
  now=$(survey "$all")
  if ! printf '%s\n' "$now" | awk -v stay="$1" -v all="$all" '$1 >= stay && $3 > 0 {n++} END {exit n > 0 || NR < all}'; then
    say "A server that leaves still has slots, or does not answer."
    exit 1
  fi
  # shellcheck disable=SC2046
  attach "$1" $(primaries "$1" "")
  in_step "$1"
  say "$shards shards share the keys, on $1 servers"
}

# What servers were that came back without their volume, or begin anew, is forgotten by so many servers.
forget_former() {
  local number
  for number in $(seq 0 $(($1 - 1))); do
    table "$(server "$number")" | awk '
      $3 !~ /fail|noaddr/ && $5 == "connected" {there[$2] = 1}
      {id[NR] = $1; host[NR] = $2; flags[NR] = $3; slots[NR] = $6}
      END {for (i = 1; i <= NR; i++) if (slots[i] == 0 && flags[i] ~ /fail|noaddr/ && (host[i] == "-" || host[i] in there)) print id[i]}'
  done | sort -u >/tmp/former
  while read -r id; do drop "$1" "$id"; done </tmp/former
}
drop() {
  local number
  for number in $(seq 0 $(($1 - 1))); do ask "$(server "$number")" CLUSTER FORGET "$2" >/dev/null 2>&1 || true; done
}

# The first so many servers forget the others, once these are gone.
forget() {
  local host id tries=0
  table "$(server 0)" | awk -v most="$1" '{
    pod = $2; sub(/[.].*/, "", pod); sub(/.*-/, "", pod)
    if ($2 != "-" && $6 == 0 && pod + 0 >= most) print $1, $2
  }' >/tmp/gone
  while read -r id host; do
    while [ -n "$(address "$host")" ]; do
      if [ $tries -ge 90 ]; then say "${host%%.*} is still there"; exit 1; fi
      tries=$((tries + 1))
      sleep 1
    done
    drop "$1" "$id"
  done </tmp/gone
  say "the servers from number $1 on are forgotten"
}

# A server that has lost its volume takes the place of what it was: a replica where one is missing. Only the others know what it was.
inherit() {
  local other place
  other=$(printf '%s\n' "$1" | awk '
    $3 ~ /myself/ && $3 ~ /master/ && $6 == 0 {empty = 1}
    $6 > 0 && $3 !~ /fail|noaddr/ {host = $2}
    {slots += $6}
    END {if (empty && slots == '$ALL') print host}')
  [ -n "$other" ] || return 0
  [ -n "$(inherited "$other")" ] || return 0
  # Two that lost their volumes at once do not choose the same primary.
  sleep $((3 * ${HOSTNAME##*-}))
  place=$(inherited "$other")
  [ -n "$place" ] || return 0
  say "this volume is empty: becoming a replica in place of what this server was"
  if ask 127.0.0.1 CLUSTER REPLICATE "${place#* }" >/dev/null; then drop "$(nodes)" "${place% *}"; fi
}
# FORMER PRIMARY: the id of what this server was, as another one knows it, and of the primary with the fewest replicas.
inherited() {
  table "$1" | awk -v host="$me" '
    $3 ~ /fail|noaddr/ && $2 == host && $6 == 0 {former = $1}
    $6 > 0 && $3 !~ /fail/ {is[$1] = 1}
    $4 != "-" && $3 !~ /fail|noaddr/ {has[$4]++}
    END {for (id in is) if (best == "" || has[id] < has[best]) best = id; if (former != "" && best != "") print former, best}'
}

# Where a machine has two primaries more than the machine of a replica, the replica takes over: else the loss of one machine could take
# most of the primaries along, and the rest could not choose others. One primary of a machine at a time does so.
spread() {
  local servers number
  servers=$(survey "$(nodes)")
  [ "$(printf '%s\n' "$servers" | wc -l)" = "$(nodes)" ] || return 0
  number=$(printf '%s\n' "$servers" | awk -v me="${HOSTNAME##*-}" '
    {id[$1] = $2; of[$1] = $4; place[$1] = $5}
    $3 > 0 {primary[$2] = $1; count[$5]++}
    END {
      for (n in of) if (of[n] in primary) {
        p = primary[of[n]]
        if (count[place[p]] - count[place[n]] >= 2) {
          to[p] = n
          if (place[p] == place[me] && (first == "" || p + 0 < first + 0)) first = p
        }
      }
      if (first == me && first != "") print to[me]
    }')
  [ -z "$number" ] || take_over "$(server "$number")"
}

# Beside each server: a new one is introduced to all, and one that came back under another address to those that knew it.
watch() {
  local known address host round=0
  trap 'exit 0' TERM
  while sleep 2; do
    round=$((round + 1))
    known=$(table 127.0.0.1) || continue
    if [ "$(printf '%s\n' "$known" | wc -l)" = 1 ]; then
      for address in $(others); do meet 127.0.0.1 "$address"; done
      continue
    fi
    for host in $(printf '%s\n' "$known" | awk '
      $3 ~ /handshake/ || $2 == "-" {next}
      $5 == "connected" && $3 !~ /fail|noaddr/ {there[$2] = 1; next}
      $3 !~ /myself/ {away[$2] = $8}
      END {for (host in away) if (!(host in there)) print host "=" away[host]}'); do
      address=$(address "${host%%=*}")
      [ -z "$address" ] || [ "$address" = "${host#*=}" ] || meet 127.0.0.1 "$address"
    done
    inherit "$known"
    if [ $((round % 15)) = 0 ] && printf '%s\n' "$known" | awk '
      $3 ~ /myself/ && $6 > 0 {primary = 1}
      $3 ~ /fail|noaddr|handshake/ || $5 != "connected" || $7 > 0 {changes = 1}
      {slots += $6}
      END {exit !(primary && !changes && slots == '$ALL')}'; then
      spread || true
    fi
  done
}

# One run at a time: one whose caller has gone may still be at work.
alone() {
  exec 9>/tmp/cluster.lock
  flock -w 600 9 || { say "Keys are being moved by another run. Start again when it has come to its end."; exit 1; }
}

case $1 in
  watch) watch ;;
  begin) number "${2:-}"; begin "$2" ;;
  arrange) set -- arrange "${2:-$(nodes)}"; number "$2"; alone; arrange "$2" ;;
  leave) number "${2:-}"; alone; leave "$2" ;;
  forget) number "${2:-}"; alone; forget "$2" ;;

  # In each shard another server becomes the primary.
  switch)
    if [ "$COPIES" = 0 ]; then say "The primaries have no replicas that could take over."; exit 1; fi
    alone
    gather "$(nodes)"
    for number in $(survey "$(nodes)" | awk '$4 != "-" && !($4 in seen) {seen[$4] = 1; print $1}'); do take_over "$(server "$number")"; done
    ;;

  # Before this server stops: a replica takes over, in as many seconds as there are at most.
  stop)
    until=$(($(date +%s) + $2))
    while [ "$(date +%s)" -lt "$until" ]; do
      facts=$(ask 127.0.0.1 INFO replication)
      [ "$(printf '%s\n' "$facts" | fact role)" = master ] || exit 0
      replica=$(printf '%s\n' "$facts" | sed -n 's/^slave[0-9]*:ip=\([^,]*\),.*state=online,offset=\([0-9]*\).*/\2 \1/p' | sort -rn | awk 'NR == 1 {print $2}')
      [ -n "$replica" ] || exit 0
      ask "$replica" CLUSTER FAILOVER >/dev/null || true
      for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(ask 127.0.0.1 INFO replication | fact role)" = master ] || { say "$replica is the primary"; exit 0; }
        sleep 0.5
      done
    done
    ;;

  *) say "cluster.sh watch | begin SERVERS | arrange [SERVERS] | leave SERVERS | forget SERVERS | switch | stop SECONDS"; exit 2 ;;
esac
