{{- define "kafka.password" -}}
{{- include "common.secretValue" (dict "context" . "key" "password" "given" .Values.auth.password) -}}
{{- end }}
{{- define "kafka.internalPassword" -}}
{{- include "common.secretValue" (dict "context" . "key" "internal-password" "given" .Values.auth.internalPassword "fixed" "auth.internalPassword") -}}
{{- end }}
{{/* The password of a declared user, made once. Takes (dict "context" $ "name" "shop"). */}}
{{- define "kafka.userPassword" -}}
{{- include "common.secretValue" (dict "context" .context "key" (printf "user-%s" .name) "given" "") -}}
{{- end }}

{{/* 22 characters that stand for 16 bytes. */}}
{{- define "kafka.clusterId" -}}
{{- $new := include "common.made" (dict "context" . "key" "cluster-id" "length" 21) | printf "%sQ" -}}
{{- include "common.secretValue" (dict "context" . "key" "cluster-id" "given" .Values.clusterId "new" $new "fixed" "clusterId") -}}
{{- end }}

{{- define "kafka.broker" -}}
{{- dict "replicas" .Values.replicas | toJson -}}
{{- end }}

{{/* host:port of every broker. Takes (dict "context" $ "port" 9092). */}}
{{- define "kafka.nodes" -}}
{{- include "common.podAddresses" (merge (dict "replicas" .context.Values.replicas) .) -}}
{{- end }}

{{/* host:port of every controller. */}}
{{- define "kafka.controllers" -}}
{{- if .Values.controllers -}}
{{- include "common.podAddresses" (dict "context" . "component" "controller" "replicas" .Values.controllers "port" 9093) -}}
{{- else -}}
{{- include "kafka.nodes" (dict "context" . "port" 9093) -}}
{{- end -}}
{{- end }}

{{/* What clients speak. */}}
{{- define "kafka.protocol" -}}
{{- ternary "SASL_SSL" "SASL_PLAINTEXT" .Values.tls.enabled -}}
{{- end }}

{{/* Takes (dict "context" $ "resources" …). */}}
{{- define "kafka.heap" -}}
{{- $memory := include "common.mebibytes" .resources.memory | int64 -}}
{{- $heap := max 128 (min (div $memory 2) (sub $memory 448)) -}}
{{- printf "%dm" (min $heap 6144) -}}
{{- end }}

{{/* What the Java processes of a part get. Takes (dict "context" $ "resources" … "heap" …). */}}
{{- define "kafka.javaEnv" -}}
{{- $heap := default (include "kafka.heap" .) .heap -}}
{{- $small := lt (include "common.mebibytes" .resources.memory | int64) 1536 -}}
- {name: KAFKA_HEAP_OPTS, value: "-Xms{{ $heap }} -Xmx{{ $heap }}"}
- {name: KAFKA_JVM_PERFORMANCE_OPTS, value: "-server {{ ternary "-XX:+UseSerialGC" "-XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35" $small }} -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true -Djava.security.properties=/etc/kafka/settings/java.security"}
- {name: KAFKA_LOG4J_OPTS, value: "-Dlog4j2.configurationFile=/etc/kafka/settings/log4j2.yaml"}
- {name: LOG_DIR, value: /tmp/logs}
- {name: EXTRA_ARGS, value: "-name kafkaServer"}
{{- if .context.Values.metrics.enabled }}
- {name: KAFKA_JMX_OPTS, value: "-Dcom.sun.management.jmxremote=true -Dcom.sun.management.jmxremote.host=127.0.0.1 -Dcom.sun.management.jmxremote.port=9999 -Dcom.sun.management.jmxremote.rmi.port=9999 -Dcom.sun.management.jmxremote.local.only=true -Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false -Djava.rmi.server.hostname=127.0.0.1"}
{{- end }}
{{- end }}

{{/* Settings of a role: node (broker and controller), broker or controller. Takes (dict "context" $ "role" "broker"). */}}
{{- define "kafka.configuration" -}}
{{- $root := .context -}}
{{- $values := $root.Values -}}
{{- $three := ge (int $values.replicas) 3 -}}
{{- $clients := list "CLIENT://:9092" "INTERNAL://:9094" -}}
{{- if $values.external.enabled }}{{ $clients = append $clients "EXTERNAL://:9095" }}{{ end -}}
{{- $listeners := get (dict "node" (append $clients "CONTROLLER://:9093") "broker" $clients "controller" (list "CONTROLLER://:9093")) .role -}}
{{- $memory := include "common.mebibytes" (ternary $values.controller.resources.memory $values.resources.memory (eq .role "controller")) | int64 -}}
{{- $protocol := include "kafka.protocol" $root -}}
{{- $mechanism := ternary "PLAIN,SCRAM-SHA-512" "SCRAM-SHA-512" (eq $values.auth.mechanism "PLAIN") -}}
{{- $own := dict
  "process.roles" (get (dict "node" "broker,controller" "broker" "broker" "controller" "controller") .role)
  "controller.quorum.bootstrap.servers" (include "kafka.controllers" $root)
  "controller.listener.names" "CONTROLLER"
  "listeners" (join "," $listeners)
  "listener.security.protocol.map" (printf "CLIENT:%s,INTERNAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,EXTERNAL:%s" $protocol $protocol)
  "sasl.enabled.mechanisms" "PLAIN"
  "sasl.mechanism.controller.protocol" "PLAIN"
  "authorizer.class.name" "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
  "super.users" (printf "User:node;User:%s" $values.auth.username)
  "log.dirs" "/var/lib/kafka/data/log"
  "socket.connection.setup.timeout.ms" 500
  "socket.connection.setup.timeout.max.ms" 500
-}}
{{- /*
A lost machine may have had the active controller, too: the next one, chosen after two seconds, counts the time of a session anew, and the
nodes must find it before that is over. They ask one controller after the other by chance, and each that is gone costs the time in which a
connection must be made.
*/ -}}
{{- if ne .role "broker" }}{{ $own = merge $own (dict "controller.quorum.auto.join.enable" true "broker.session.timeout.ms" 4500) }}{{ end -}}
{{- if ne .role "controller" -}}
{{- $own = merge $own (dict
  "inter.broker.listener.name" "INTERNAL"
  "sasl.mechanism.inter.broker.protocol" "PLAIN"
  "listener.name.client.sasl.enabled.mechanisms" $mechanism
  "listener.name.external.sasl.enabled.mechanisms" $mechanism
  "broker.heartbeat.interval.ms" 1000
  "auto.create.topics.enable" $values.topics.autoCreate
  "initial.broker.registration.timeout.ms" 600000
  "log.cleaner.dedupe.buffer.size" (ternary 16777216 134217728 (lt $memory 3072))
) -}}
{{- end -}}
{{- $own = merge $own (dict
  "num.partitions" (int $values.topics.partitions)
  "log.retention.hours" (int $values.topics.retentionHours)
  "message.max.bytes" (int $values.topics.maxMessageBytes)
  "default.replication.factor" (ternary 3 1 $three)
  "min.insync.replicas" (ternary 2 1 $three)
  "offsets.topic.replication.factor" (ternary 3 1 $three)
  "transaction.state.log.replication.factor" (ternary 3 1 $three)
  "transaction.state.log.min.isr" (ternary 2 1 $three)
  "share.coordinator.state.topic.replication.factor" (ternary 3 1 $three)
  "share.coordinator.state.topic.min.isr" (ternary 2 1 $three)
  "unclean.leader.election.enable" false
) -}}
{{- range $name, $value := merge (dict) (ternary dict $values.settings.extra (eq .role "controller")) $own }}
{{ $name }}={{ if and (kindIs "float64" $value) (eq (floor $value) $value) }}{{ $value | int64 }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}

{{/* Everything a pod reads when it starts. Takes (dict "context" $ "role" "broker"). */}}
{{- define "kafka.checksum" -}}
{{- include "common.checksum" (cat (include "kafka.configuration" .) (.context.Files.Get "files/log4j2.yaml") (.context.Files.Get "files/java.security") (.context.Files.Get "files/start.sh") (.context.Files.Get "files/before-stop.sh")) -}}
{{- end }}

{{/* The exporter beside a server, when metrics are on. */}}
{{- define "kafka.exporter" -}}
{{- if .Values.metrics.enabled }}
- name: metrics
  {{- include "common.containerImage" (dict "context" . "image" .Values.metrics.image) | nindent 2 }}
  {{- include "common.containerSecurity" . | nindent 2 }}
  args: ["9404", /etc/kafka/settings/jmx.yaml]
  env:
    - {name: JAVA_TOOL_OPTIONS, value: "-Xmx48m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.io.tmpdir=/tmp"}
  ports:
    - {name: metrics, containerPort: 9404}
  {{- include "common.resources" (dict "context" . "values" .Values.metrics) | nindent 2 }}
  volumeMounts:
    - {name: settings, mountPath: /etc/kafka/settings, readOnly: true}
    - {name: tmp, mountPath: /tmp, subPath: metrics}
{{- end }}
{{- end }}
