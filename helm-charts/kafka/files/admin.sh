# The commands of Kafka, run by the nodes' own user with as little memory as they need. Other scripts read this one.
export KAFKA_HEAP_OPTS=-Xmx64m KAFKA_JVM_PERFORMANCE_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxMetaspaceSize=96m"
export KAFKA_LOG4J_OPTS= KAFKA_JMX_OPTS=" " LOG_DIR=/tmp/logs EXTRA_ARGS=
servers=${SERVERS:-$HOSTNAME.$DOMAIN:9094}
login=/tmp/run/admin.properties

# Runs one of Kafka's commands: kafka topics --list
kafka() {
  local command=$1; shift
  "/opt/kafka/bin/kafka-$command.sh" --bootstrap-server "$servers" --command-config $login "$@"
}

say() { echo "$*" >&2; }
