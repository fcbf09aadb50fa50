#!/bin/bash
# Writes this node's settings, makes its storage on the first start, then runs the server until it ends.
#
# The quorum of the controllers is dynamic. Controller 0 of a new cluster starts it alone; every other one, and every one that lost its
# disk, begins as an observer and joins by itself. So a node with an empty disk never takes part in founding a quorum that exists.
set -euo pipefail
umask 077
trap 'exit 143' TERM  # until the server runs

say() { echo "start: $*" >&2; }
secret() { cat "/etc/kafka/auth/$1"; }
user() { printf ' user_%s="%s"' "$1" "$2"; }

ordinal=${HOSTNAME##*-}
self=$HOSTNAME.$DOMAIN
login="org.apache.kafka.common.security.plain.PlainLoginModule required"
inner="$login username=\"node\" password=\"$(secret internal-password)\""

mkdir -p /tmp/run /tmp/logs /tmp/metrics
config=/tmp/run/server.properties
{
  cat "/etc/kafka/settings/$ROLE.properties"
  echo "node.id=$((FIRST_ID + ordinal))"
  echo "listener.name.controller.plain.sasl.jaas.config=$inner$(user node "$(secret internal-password)");"
} >$config

advertised=CONTROLLER://$self:9093
if [ "$ROLE" != controller ]; then
  clients=CLIENT://$self:9092,INTERNAL://$self:9094
  if [ -n "${EXTERNAL_PORT:-}" ]; then clients+=,EXTERNAL://$EXTERNAL_HOST:$((EXTERNAL_PORT + ordinal)); fi
  if [ "$ROLE" = node ]; then advertised=$clients,$advertised; else advertised=$clients; fi
  outer="$login$(user "$APP_USER" "$(secret password)");"
  {
    if [ -n "${ZONE:-}" ]; then echo "broker.rack=$ZONE"; fi
    echo "listener.name.internal.plain.sasl.jaas.config=$inner$(user node "$(secret internal-password)");"
    for listener in client external; do
      if grep -q "^listener.name.$listener.sasl.enabled.mechanisms=PLAIN" $config; then echo "listener.name.$listener.plain.sasl.jaas.config=$outer"; fi
      echo "listener.name.$listener.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
    done
  } >>$config.more
  cat $config.more >>$config && rm $config.more
  if [ -e /etc/kafka/tls/tls.key ]; then
    if ! grep -q -e "BEGIN PRIVATE KEY" /etc/kafka/tls/tls.key; then
      say "tls.key is not a PKCS#8 key (BEGIN PRIVATE KEY): convert it with openssl pkcs8 -topk8 -nocrypt, or ask cert-manager for encoding PKCS8"
      exit 1
    fi
    { cat /etc/kafka/tls/tls.key; echo; cat /etc/kafka/tls/tls.crt; } >/tmp/run/keystore.pem
    printf '%s\n' ssl.keystore.type=PEM ssl.keystore.location=/tmp/run/keystore.pem >>$config
  fi
fi
# For the commands that run in this pod.
printf '%s\n' security.protocol=SASL_PLAINTEXT sasl.mechanism=PLAIN "sasl.jaas.config=$inner;" >/tmp/run/admin.properties
echo "advertised.listeners=$advertised" >>$config

# What each controller of other nodes answers: "refused", "nowhere" when its name is not known, or "silent"; the first one that listens,
# "there", is the last that is asked.
answers() {
  local other answer
  for other in $(sed -n 's/^controller.quorum.bootstrap.servers=//p' $config | tr , ' '); do
    [ "${other%:*}" != "$self" ] || continue
    if answer=$(timeout 2 bash -c ">/dev/tcp/${other%:*}/${other#*:}" 2>&1); then echo there; return; fi
    case $answer in *refused*) echo refused ;; *"not known"* | *"does not resolve"*) echo nowhere ;; *) echo silent ;; esac
  done
}

# "there" when one listens, "none" when all refuse, else "unknown": a pod that has no address yet, or that is silent, may have data.
others() {
  case $(answers) in *there*) echo there ;; *nowhere* | *silent*) echo unknown ;; *) echo none ;; esac
}

# Whether all of them have ended: they refuse, or nobody knows their names any more. One that is silent may still be there.
ended() {
  case $(answers) in '' | *there* | *silent*) return 1 ;; esac
}

# Controllers of a new cluster other than number 0 do not listen before it does. So when another one listens, the cluster is there; and
# one that has data listens within a minute, also on a busy machine.
found_or_join() {
  local refused=0 told=
  until [ "$REPLICAS" = 1 ] || [ $refused = 60 ]; do
    case $(others) in
      there) how=--no-initial-controllers; return ;;
      none) refused=$((refused + 1)) ;;
      *) refused=0; [ -n "$told" ] || say "no data here: waiting for the answer of all other controllers, which may have some"; told=yes ;;
    esac
    sleep 1
  done
  how=--standalone
}

data=/var/lib/kafka/data/log
if [ ! -s "$data/meta.properties" ]; then
  # What a format that was cut off leaves is empty.
  if [ -n "$(find "$data" -name '*.log' -size +0 2>/dev/null)" ]; then
    say "the volume has records but no meta.properties, so it is not clear whose they are. Nothing is removed." \
      "Put the file back; or, when other nodes have the records too, delete the claim data-$HOSTNAME and this pod."
    exit 1
  fi
  how=--no-initial-controllers
  if [ "$ordinal" = 0 ] && [ "$ROLE" != broker ]; then found_or_join; fi
  if [ "$ROLE" = broker ]; then how=; fi
  say "making the storage of node $((FIRST_ID + ordinal)) ${how:+($how)}"
  rm -rf "$data"
  /opt/kafka/bin/kafka-storage.sh format --cluster-id="$(secret cluster-id)" --config "$config" $how
  if [ "$how" = --no-initial-controllers ]; then
    say "waiting for the controller of another node"
    until [ "$(others)" = there ]; do sleep 2; done
  fi
fi

# A node that leaves hands over what it leads, for which it needs the controllers; once that is done its inner port closes. When all
# controllers have ended, as when the whole cluster is uninstalled, it would wait for them until the pod's time is over.
leave() {
  local since=$SECONDS
  left=yes
  kill -TERM "$server" 2>/dev/null || true
  while kill -0 "$server" 2>/dev/null; do
    if [ "$ROLE" = controller ] || ! (>/dev/tcp/localhost/9094) 2>/dev/null || ! ended; then since=$SECONDS; fi
    if [ $((SECONDS - since)) -ge 30 ]; then
      say "all controllers have ended: the server ends without handing over, and looks through its records when it starts again"
      kill -KILL "$server" 2>/dev/null || true
    fi
    sleep 1
  done
}

/opt/kafka/bin/kafka-server-start.sh "$config" &
server=$! left=
trap leave TERM
code=0; wait "$server" || code=$?
if [ -n "$left" ]; then code=0; wait "$server" || code=$?; fi  # the first wait was cut short
exit $code
