{{- define "kafka.password" -}}
{{- include "common.secretValue" (dict "context" . "key" "password" "given" .Values.auth.password) -}}
{{- end }}
{{- define "kafka.internalPassword" -}}
{{- include "common.secretValue" (dict "context" . "key" "internal-password" "given" .Values.auth.internalPassword "keptFirst" true) -}}
{{- end }}

{{/* 22 characters that stand for 16 bytes. What is kept with the data comes before what is given: the data belong to it. */}}
{{- define "kafka.clusterId" -}}
{{- $new := printf "%sQ" (randAlphaNum 21) -}}
{{- include "common.secretValue" (dict "context" . "key" "cluster-id" "given" .Values.clusterId "new" $new "keptFirst" true) -}}
{{- end }}

{{- define "kafka.domain" -}}
{{- printf "%s.%s.svc.%s" (include "common.headless" .) .Release.Namespace .Values.clusterDomain -}}
{{- end }}

{{/* host:port of every node, at the given port. Takes (dict "context" $ "port" 9092). */}}
{{- define "kafka.nodes" -}}
{{- $nodes := list -}}
{{- range $ordinal := until (int .context.Values.replicas) -}}
{{- $nodes = append $nodes (printf "%s-%d.%s:%d" (include "common.fullname" $.context) $ordinal (include "kafka.domain" $.context) $.port) -}}
{{- end -}}
{{- join "," $nodes -}}
{{- end }}

{{- define "kafka.heap" -}}
{{- $memory := include "common.mebibytes" .Values.resources.memory | int64 -}}
{{- $heap := max 128 (min (div $memory 2) (sub $memory 448)) -}}
{{- default (printf "%dm" (min $heap 6144)) .Values.settings.heap -}}
{{- end }}

{{- define "kafka.configuration" -}}
{{- $three := ge (int .Values.replicas) 3 -}}
{{- $listeners := "CLIENT://:9092,INTERNAL://:9094,CONTROLLER://:9093" -}}
{{- $memory := include "common.mebibytes" .Values.resources.memory | int64 -}}
{{- $own := dict
  "process.roles" "broker,controller"
  "controller.quorum.bootstrap.servers" (include "kafka.nodes" (dict "context" . "port" 9093))
  "controller.quorum.auto.join.enable" true
  "controller.listener.names" "CONTROLLER"
  "inter.broker.listener.name" "INTERNAL"
  "listeners" (ternary (print $listeners ",EXTERNAL://:9095") $listeners .Values.external.enabled)
  "listener.security.protocol.map" "CLIENT:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,EXTERNAL:SASL_PLAINTEXT"
  "sasl.enabled.mechanisms" "PLAIN"
  "listener.name.client.sasl.enabled.mechanisms" "PLAIN,SCRAM-SHA-512"
  "listener.name.external.sasl.enabled.mechanisms" "PLAIN,SCRAM-SHA-512"
  "sasl.mechanism.inter.broker.protocol" "PLAIN"
  "sasl.mechanism.controller.protocol" "PLAIN"
  "authorizer.class.name" "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
  "super.users" (printf "User:node;User:%s" .Values.auth.username)
  "log.dirs" "/var/lib/kafka/data/log"
  "auto.create.topics.enable" .Values.topics.autoCreate
  "num.partitions" (int .Values.topics.partitions)
  "log.retention.hours" (int .Values.topics.retentionHours)
  "message.max.bytes" (int .Values.topics.maxMessageBytes)
  "default.replication.factor" (ternary 3 1 $three)
  "min.insync.replicas" (ternary 2 1 $three)
  "offsets.topic.replication.factor" (ternary 3 1 $three)
  "transaction.state.log.replication.factor" (ternary 3 1 $three)
  "transaction.state.log.min.isr" (ternary 2 1 $three)
  "share.coordinator.state.topic.replication.factor" (ternary 3 1 $three)
  "share.coordinator.state.topic.min.isr" (ternary 2 1 $three)
  "unclean.leader.election.enable" false
  "log.cleaner.dedupe.buffer.size" (ternary 16777216 134217728 (lt $memory 3072))
-}}
{{- range $name, $value := merge (dict) .Values.settings.extra $own }}
{{ $name }}={{ if and (kindIs "float64" $value) (eq (floor $value) $value) }}{{ $value | int64 }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}

{{- define "kafka.refuse" -}}
{{- include "common.refuseDowngrade" (dict "context" . "title" "Kafka") -}}
{{- $live := include "common.live" . | fromJson -}}
{{- $now := dig "spec" "replicas" 0 $live | int -}}
{{- if not $live -}}
{{- range $ordinal := until 3 -}}
{{- if include "common.hasClaim" (dict "context" $ "ordinal" $ordinal) }}{{ $now = add1 $ordinal }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $wanted := int .Values.replicas -}}
{{- if gt (int $now) $wanted -}}
{{- fail (printf "\n\nKafka keeps replicas of its data on %d nodes and cannot go down to %d: what lies on the others would be lost, and the controllers would have no majority. Keep %d nodes, or install under another name and copy the topics.\n" (int $now) $wanted (int $now)) -}}
{{- end -}}
{{- range $name, $_ := .Values.settings.extra -}}
{{- if or (has $name (list "process.roles" "node.id" "broker.id" "listeners" "advertised.listeners" "log.dir" "log.dirs" "super.users" "authorizer.class.name" "inter.broker.listener.name" "listener.security.protocol.map")) (hasPrefix "controller." $name) (hasPrefix "sasl." $name) (hasPrefix "listener.name." $name) -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself.\n" $name) -}}
{{- end -}}
{{- end -}}
{{- include "common.refuseResize" . -}}
{{- end }}
