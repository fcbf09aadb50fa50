#!/bin/bash
# Writes the settings of one part where nobody else can read them, then becomes that part.
#
#   start.sh master | worker | connect | history
#   start.sh driver ARGUMENT…     spark-submit with these arguments
#   start.sh login                only the login for Kafka, where an executor finds it
#
# Secrets come from files and go into files of a private directory in memory; none stands on a command line.
set -euo pipefail
umask 077
part=$1; shift

say() { echo "start: $*" >&2; }
home=${SPARK_HOME:-/opt/spark}
settings=/etc/spark/settings
export SPARK_CONF_DIR=/run/spark/conf
mkdir -p "$SPARK_CONF_DIR"

if ! compgen -G "$home/jars/spark-core_*-$SERIES.*.jar" >/dev/null; then
  say "the image has $(cd "$home/jars" && echo spark-core_*.jar), but serverVersion says Spark $SERIES. All parts must be of one series: correct serverVersion or image.tag."
  exit 1
fi

# Hadoop wants a name for its own uid, and the platform may have given one that has none.
if ! getent passwd "$(id -u)" >/dev/null; then
  echo "spark:x:$(id -u):$(id -g)::/tmp:/bin/false" >/run/spark/passwd
  echo "spark:x:$(id -g):" >/run/spark/group
  export NSS_WRAPPER_PASSWD=/run/spark/passwd NSS_WRAPPER_GROUP=/run/spark/group LD_PRELOAD=libnss_wrapper.so
fi

# A line of spark-defaults.conf: there a backslash begins an escape.
property() { printf '%s %s\n' "$1" "${2//\\/\\\\}"; }
bound() { [ -d "/bindings/$1" ]; }
of() { cat "/bindings/$1/$2" 2>/dev/null || true; }
xml() { local text=${1//&/&amp;}; text=${text//</&lt;}; printf '%s' "${text//>/&gt;}"; }

# Kafka's clients find their login in this file, on the driver and on the executors.
kafka_login() {
  local module=plain.PlainLoginModule quoted=()
  case $(of kafka sasl-mechanism) in SCRAM-*) module=scram.ScramLoginModule ;; esac
  for key in username password; do
    local text; text=$(of kafka "$key"); text=${text//\\/\\\\}; quoted+=("${text//\"/\\\"}")
  done
  printf 'KafkaClient {\n  org.apache.kafka.common.security.%s required\n  username="%s"\n  password="%s";\n};\n' "$module" "${quoted[@]}"
}

object_store() {
  local endpoint; endpoint=$(of object-store endpoint)
  printf 'fs.s3a.endpoint %s\n' "$endpoint"
  printf 'fs.s3a.endpoint.region %s\n' "$(r=$(of object-store region); echo "${r:-us-east-1}")"
  printf 'fs.s3a.connection.ssl.enabled %s\n' "$([[ $endpoint == https://* ]] && echo true || echo false)"
  printf 'fs.s3a.path.style.access %s\n' "$([ "$(of object-store path-style)" = false ] && echo false || echo true)"
  printf 'fs.s3a.access.key %s\n' "$(of object-store access-key-id)"
  printf 'fs.s3a.secret.key %s\n' "$(of object-store secret-access-key)"
  printf 'fs.s3a.aws.credentials.provider org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider\n'
  printf 'fs.s3a.committer.name magic\n'
  printf 'fs.s3a.buffer.dir /scratch/s3a\n'
}

# What drivers know of the bound services; executors learn it from their driver.
bindings() {
  local name value
  if bound kafka; then
    property spark.bindings.kafka.bootstrap.servers "$(of kafka bootstrap-servers)"
    property spark.bindings.kafka.security.protocol "$(p=$(of kafka security-protocol); echo "${p:-PLAINTEXT}")"
    property spark.bindings.kafka.sasl.mechanism "$(m=$(of kafka sasl-mechanism); echo "${m:-PLAIN}")"
    if [ -e /bindings/kafka/certificates ]; then
      property spark.bindings.kafka.ssl.truststore.type PEM
      property spark.bindings.kafka.ssl.truststore.location /bindings/kafka/certificates
    fi
  fi
  if bound cassandra; then
    property spark.cassandra.connection.host "$(of cassandra contact-points)"
    property spark.cassandra.connection.port "$(p=$(of cassandra port); echo "${p:-9042}")"
    property spark.cassandra.auth.username "$(of cassandra username)"
    property spark.cassandra.auth.password "$(of cassandra password)"
    if [ -n "$(of cassandra local-datacenter)" ]; then property spark.cassandra.connection.localDC "$(of cassandra local-datacenter)"; fi
    property spark.bindings.cassandra.keyspace "$(of cassandra keyspace-name)"
    property spark.sql.catalog.cassandra com.datastax.spark.connector.datasource.CassandraCatalog
  fi
  if bound object-store; then
    while read -r name value; do property "spark.hadoop.$name" "$value"; done < <(object_store)
    property spark.bindings.object-store.bucket "$(of object-store bucket)"
    property spark.sql.sources.commitProtocolClass org.apache.spark.internal.io.cloud.PathOutputCommitProtocol
    property spark.sql.parquet.output.committer.class org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter
    property spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory
    property spark.sql.warehouse.dir "s3a://$(of object-store bucket)/warehouse"
  fi
  if compgen -G '/connectors/*.jar' >/dev/null; then property spark.jars "$(echo /connectors/*.jar | tr ' ' ,)"; fi
}

# Where the history lies: a folder of the claim, or of the bucket, which must be there before the first log.
events() {
  if [ "$EVENTS" != s3a ]; then echo "file:$EVENTS"; return; fi
  echo "s3a://$(of object-store bucket)/$EVENTS_PATH"
}
make_events() {
  if [ "$EVENTS" != s3a ]; then mkdir -p "$EVENTS"; return; fi
  local folder=/run/spark/hadoop name value
  mkdir -p $folder
  {
    echo '<configuration>'
    while read -r name value; do echo "<property><name>$name</name><value>$(xml "$value")</value></property>"; done < <(object_store)
    echo '</configuration>'
  } >$folder/core-site.xml
  until SPARK_CONF_DIR= HADOOP_CONF_DIR=$folder SPARK_DIST_CLASSPATH='/connectors/*' \
    "$home/bin/spark-class" org.apache.hadoop.fs.FsShell -mkdir -p "$(events)" 2>/run/spark/mkdir.log; do
    say "waiting for the object store: $(grep -v WARN /run/spark/mkdir.log | tail -1 | cut -c1-300)"
    sleep 5
  done
}

if bound kafka && [ -n "$(of kafka username)" ]; then kafka_login >/run/spark/kafka.jaas; fi
[ "$part" != login ] || exit 0
cp $settings/metrics.properties "$SPARK_CONF_DIR/"
{
  cat "$settings/$part.conf"
  if [ -r /etc/spark/auth/secret ]; then property spark.authenticate.secret "$(cat /etc/spark/auth/secret)"; fi
  case $part in connect | driver) bindings ;; esac
  if [ -n "${EVENTS:-}" ]; then
    case $part in
      connect | driver) property spark.eventLog.dir "$(events)" ;;
      history)
        property spark.history.fs.logDirectory "$(events)"
        if bound object-store; then while read -r name value; do property "spark.hadoop.$name" "$value"; done < <(object_store); fi
        ;;
    esac
  fi
} >"$SPARK_CONF_DIR/spark-defaults.conf"
if [ -n "${EVENTS:-}" ]; then make_events; fi

case $part in
  master) exec "$home/bin/spark-class" org.apache.spark.deploy.master.Master --host "$MASTER_HOST" --port 7077 --webui-port 8080 ;;
  worker)
    exec "$home/bin/spark-class" org.apache.spark.deploy.worker.Worker --host "$POD_IP" --port 7078 --webui-port 8081 \
      --cores "$CORES" --memory "$MEMORY" --work-dir /scratch/work "spark://$MASTER_HOST:7077"
    ;;
  connect)
    python3 $settings/watch.py &
    exec "$home/bin/spark-submit" --class org.apache.spark.sql.connect.service.SparkConnectServer \
      --conf "spark.driver.host=$POD_IP" spark-internal
    ;;
  history) SPARK_DIST_CLASSPATH='/connectors/*' exec "$home/bin/spark-class" org.apache.spark.deploy.history.HistoryServer ;;
  driver)
    # What spark-submit itself fetches from the object store, it fetches before it knows spark.jars.
    SPARK_DIST_CLASSPATH='/connectors/*' exec "$home/bin/spark-submit" --conf "spark.driver.host=$POD_IP" --conf "spark.kubernetes.driver.pod.name=$POD_NAME" "$@"
    ;;
  *) say "there is no part $part"; exit 1 ;;
esac
