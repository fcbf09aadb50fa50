#!/bin/bash
# Writes this node's settings, makes its storage on the first start, then becomes the server.
#
# The quorum of the controllers is dynamic. Node 0 of a new cluster starts it alone; every other node, and every node that lost its
# disk, begins as an observer and joins by itself. So a node with an empty disk never takes part in founding a quorum that exists.
set -euo pipefail
umask 077

say() { echo "start: $*" >&2; }
secret() { cat "/etc/kafka/auth/$1"; }
user() { printf ' user_%s="%s"' "$1" "$2"; }

ordinal=${HOSTNAME##*-}
self=$HOSTNAME.$DOMAIN
login="org.apache.kafka.common.security.plain.PlainLoginModule required"
inner="$login username=\"node\" password=\"$(secret internal-password)\"$(user node "$(secret internal-password)");"
outer="$login$(user "$APP_USER" "$(secret password)");"

mkdir -p /tmp/run /tmp/logs
config=/tmp/run/server.properties
advertised=CLIENT://$self:9092,INTERNAL://$self:9094,CONTROLLER://$self:9093
if [ -n "${EXTERNAL_PORT:-}" ]; then advertised+=,EXTERNAL://$EXTERNAL_HOST:$((EXTERNAL_PORT + ordinal)); fi
{
  cat /etc/kafka/settings/server.properties
  echo "node.id=$ordinal"
  echo "advertised.listeners=$advertised"
  echo "listener.name.client.plain.sasl.jaas.config=$outer"
  echo "listener.name.external.plain.sasl.jaas.config=$outer"
  echo "listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
  echo "listener.name.external.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
  echo "listener.name.internal.plain.sasl.jaas.config=$inner"
  echo "listener.name.controller.plain.sasl.jaas.config=$inner"
} >$config

# True when a controller of another node listens.
others_listen() {
  local other
  for other in $(seq 0 $((REPLICAS - 1))); do
    [ "$other" = "$ordinal" ] || ! timeout 2 bash -c ">/dev/tcp/${HOSTNAME%-*}-$other.$DOMAIN/9093" 2>/dev/null || return 0
  done
  return 1
}

# Nodes of a new cluster that are not node 0 do not listen before node 0 does. So when another one listens, the cluster is there.
data=/var/lib/kafka/data/log
if [ ! -s "$data/meta.properties" ]; then
  how=--no-initial-controllers
  if [ "$ordinal" = 0 ]; then
    how=--standalone
    for _ in $([ "$REPLICAS" = 1 ] || seq 10); do
      if others_listen; then how=--no-initial-controllers; break; fi
      sleep 1
    done
  fi
  say "making the storage of node $ordinal ($how)"
  rm -rf "$data"
  /opt/kafka/bin/kafka-storage.sh format --cluster-id="$(secret cluster-id)" --config "$config" $how
  if [ $how = --no-initial-controllers ]; then
    until others_listen; do say "waiting for the controller of another node"; sleep 2; done
  fi
fi
exec /opt/kafka/bin/kafka-server-start.sh "$config"
