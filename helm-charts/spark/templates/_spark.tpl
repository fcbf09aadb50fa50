{{- define "spark.token" -}}
{{- include "common.secretValue" (dict "context" . "key" "token" "given" .Values.auth.token "length" 40) -}}
{{- end }}
{{- define "spark.secret" -}}
{{- include "common.secretValue" (dict "context" . "key" "secret" "given" .Values.auth.secret "length" 40) -}}
{{- end }}

{{/* major.minor: master, workers and drivers of different ones do not understand each other. */}}
{{- define "spark.series" -}}
{{- regexFind "^[0-9]+[.][0-9]+" .Values.serverVersion -}}
{{- end }}

{{- define "spark.masterHost" -}}
{{- include "common.host" (dict "context" . "component" "master") -}}
{{- end }}

{{/* What a worker offers to its executor, in MiB: three quarters of what the worker itself leaves; the rest is for what Java and Python take beside the heap. */}}
{{- define "spark.executorMemory" -}}
{{- $memory := include "common.mebibytes" .Values.workers.resources.memory | int64 -}}
{{- div (mul (sub $memory 320) 3) 4 -}}
{{- end }}

{{/* Half of the memory, for a part that keeps little. Takes the quantity. */}}
{{- define "spark.daemonHeap" -}}
{{- min 2048 (div (include "common.mebibytes" . | int64) 2) }}m
{{- end }}

{{- define "spark.javaOptions" -}}
-XX:+ExitOnOutOfMemoryError -Djava.io.tmpdir=/tmp
{{- end }}

{{/* Where the history lies: s3a, a path, or nothing. */}}
{{- define "spark.events" -}}
{{- if .Values.history.enabled }}{{ ternary "/events" "s3a" (not (empty .Values.history.claim)) }}{{ end -}}
{{- end }}

{{/* What of the connectors a part must fetch before it starts. Takes (dict "context" $ "bindings" (list "kafka")). */}}
{{- define "spark.fetched" -}}
{{- $found := list -}}
{{- if eq .context.Values.connectors.source "download" -}}
{{- range include "common.boundNames" (dict "context" .context "only" .bindings) | fromJsonArray }}{{ $found = append $found (kebabcase .) }}{{ end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{/* Settings of all parts: traffic is signed and encrypted with the secret between them. */}}
{{- define "spark.common" -}}
spark.authenticate true
spark.network.crypto.enabled true
spark.decommission.enabled true
spark.ui.killEnabled false
{{- end }}

{{- define "spark.configuration" -}}
master.conf: |
  {{- include "spark.common" . | nindent 2 }}
  spark.deploy.recoveryMode ROCKSDB
  # Of each series a folder of its own: one does not read what another has written.
  spark.deploy.recoveryDirectory /data/{{ include "spark.series" . }}
  spark.deploy.recoveryTimeout 30s
  spark.worker.timeout 30
  spark.master.rest.enabled false
worker.conf: |
  {{- include "spark.common" . | nindent 2 }}
  spark.worker.timeout 30
  spark.worker.cleanup.enabled true
  spark.worker.cleanup.appDataTtl 3600
  spark.worker.initialRegistrationRetries 30
  spark.worker.maxRegistrationRetries 60
connect.conf: |
  {{- $login := ternary " -Djava.security.auth.login.config=/run/spark/kafka.jaas" "" (not (empty .Values.bindings.kafka)) }}
  {{- $own := dict
    "spark.app.name" "Spark Connect"
    "spark.master" (printf "spark://%s:7077" (include "spark.masterHost" .))
    "spark.driver.bindAddress" "0.0.0.0"
    "spark.driver.port" 7078
    "spark.blockManager.port" 7079
    "spark.ui.port" 4040
    "spark.connect.grpc.binding.port" 15002
    "spark.metrics.namespace" "connect"
    "spark.ui.prometheus.enabled" true
    "spark.driver.memory" (printf "%dm" (max 512 (div (mul (include "common.mebibytes" .Values.connect.resources.memory | int64) 5) 8)))
    "spark.driver.extraJavaOptions" (printf "%s%s" (include "spark.javaOptions" .) $login)
    "spark.executor.extraJavaOptions" (printf "%s%s" (include "spark.javaOptions" .) $login)
    "spark.executor.cores" (int .Values.workers.cores)
    "spark.executor.memory" (printf "%sm" (include "spark.executorMemory" .))
    "spark.dynamicAllocation.enabled" true
    "spark.dynamicAllocation.shuffleTracking.enabled" false
    "spark.dynamicAllocation.minExecutors" (int .Values.connect.executors.minimum)
    "spark.dynamicAllocation.maxExecutors" (int .Values.connect.executors.maximum)
    "spark.storage.decommission.enabled" true
    "spark.storage.decommission.rddBlocks.enabled" true
    "spark.storage.decommission.shuffleBlocks.enabled" true
    "spark.sql.warehouse.dir" "/scratch/warehouse"
    "spark.eventLog.enabled" .Values.history.enabled
    "spark.eventLog.rolling.enabled" true
    "spark.eventLog.rolling.maxFileSize" "10m"
  -}}
  {{- include "spark.common" . | nindent 2 }}
  {{- range $name, $value := merge (dict) .Values.settings.extra $own }}
  {{ $name }} {{ include "common.setting" $value | replace "\\" "\\\\" }}
  {{- end }}
history.conf: |
  spark.history.ui.port 18080
  spark.history.fs.cleaner.enabled true
  spark.history.fs.cleaner.maxAge {{ .Values.history.days }}d
  spark.history.fs.update.interval 10s
  spark.history.store.path /scratch/history
metrics.properties: |
  {{- if .Values.metrics.enabled }}
  *.sink.prometheusServlet.class=org.apache.spark.metrics.sink.PrometheusServlet
  *.sink.prometheusServlet.path=/metrics/prometheus
  applications.sink.prometheusServlet.path=/metrics/applications/prometheus
  {{- end }}
  *.source.jvm.class=org.apache.spark.metrics.source.JvmSource
{{- end }}

{{/* What makes a part restart: its settings and its scripts. Takes (dict "context" $ "part" "master"). */}}
{{- define "spark.annotations" -}}
{{- $settings := include "spark.configuration" .context | fromYaml -}}
{{- $scripts := list (.context.Files.Get "files/start.sh") (ternary (.context.Files.Get "files/leave.sh") "" (eq .part "worker")) (ternary (.context.Files.Get "files/watch.py") "" (eq .part "connect")) -}}
checksum/configuration: {{ include "common.checksum" (cat (get $settings (printf "%s.conf" .part)) (get $settings "metrics.properties") (join "\n" $scripts)) }}
checksum/secrets: {{ include "common.checksum" (cat (include "spark.secret" .context) (ternary (include "spark.token" .context) "" (eq .part "connect"))) }}
{{- if ne .part "history" }}
{{ include "common.metricsAnnotations" (dict "context" .context "port" .port "path" "/metrics/prometheus/") }}
{{- end }}
{{- end }}

{{- define "spark.environment" -}}
- {name: SERIES, value: {{ include "spark.series" . | quote }}}
- {name: MASTER_HOST, value: {{ include "spark.masterHost" . }}}
- {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
- {name: SPARK_LAUNCHER_OPTS, value: "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"}
{{- end }}

{{- define "spark.mounts" -}}
- {name: settings, mountPath: /etc/spark/settings, readOnly: true}
- {name: auth, mountPath: /etc/spark/auth, readOnly: true}
- {name: run, mountPath: /run/spark}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "spark.volumes" -}}
- name: settings
  configMap:
    name: {{ include "common.fullname" . }}
- name: auth
  secret:
    secretName: {{ include "common.keptName" . }}
    defaultMode: 0440
    items: [{key: secret, path: secret}]
- name: run
  emptyDir: {medium: Memory, sizeLimit: 16Mi}
- name: tmp
  emptyDir: {sizeLimit: 512Mi}
{{- end }}

{{/* Fetches the connectors before the part starts. Takes (dict "context" $ "bindings" (list "kafka")). */}}
{{- define "spark.connectors" -}}
{{- with include "spark.fetched" . | fromJsonArray }}
initContainers:
  - name: connectors
    {{- include "common.containerImage" (dict "context" $.context) | nindent 4 }}
    terminationMessagePolicy: FallbackToLogsOnError
    {{- include "common.containerSecurity" $.context | nindent 4 }}
    command: [python3, /etc/spark/settings/fetch.py, /etc/spark/settings/connectors.txt, {{ $.context.Values.connectors.repository | quote }}, /connectors, {{ join ", " . }}]
    resources:
      requests: {cpu: 50m, memory: 128Mi}
      limits: {memory: 128Mi}
    volumeMounts:
      - {name: settings, mountPath: /etc/spark/settings, readOnly: true}
      - {name: connectors, mountPath: /connectors}
{{- end }}
{{- end }}

{{- define "spark.refuse" -}}
{{- include "common.refuseMove" . -}}
{{- $before := dict "context" . "component" "master" "title" "Spark" -}}
{{- include "common.refuseDowngrade" (merge (dict "why" "checkpoints of streams and logs that the later Spark has written may not be read by an earlier one." "way" "Stay with this series, or install the earlier one under another name.") $before) -}}
{{- include "common.refuseSkip" $before -}}
{{- include "common.refuseBindings" (dict "context" . "types" (dict "kafka" "kafka" "cassandra" "cassandra" "objectStore" "s3")) -}}
{{- include "common.refuseResize" (dict "context" . "component" "master" "values" .Values.master "path" "master") -}}
{{- $tag := regexFind "^[0-9]+[.][0-9]+[.][0-9]+" .Values.image.tag -}}
{{- if and $tag (ne $tag .Values.serverVersion) -}}
{{- fail (printf "\n\nimage.tag is %s and serverVersion is %s. Master, workers and Spark Connect must be of one version, and the chart goes by serverVersion: set serverVersion to %s, or choose a tag that begins with %s.\n" .Values.image.tag .Values.serverVersion $tag .Values.serverVersion) -}}
{{- end -}}
{{- range $part, $least := dict "workers" 1024 "connect" 1024 "master" 384 "history" 512 -}}
{{- $memory := (get $.Values $part).resources.memory -}}
{{- if lt (include "common.mebibytes" $memory | int64) $least -}}
{{- fail (printf "\n\n%s.resources.memory is %s, and Java needs at least %dMi there. Give it more.\n" $part $memory $least) -}}
{{- end -}}
{{- end -}}
{{- include "common.refuseSmall" (dict "size" .Values.workers.scratch "path" "workers.scratch" "least" "256Mi") -}}
{{- include "common.refuseSmall" (dict "size" .Values.master.persistence.size "path" "master.persistence.size" "least" "100Mi") -}}
{{- if and .Values.history.enabled (not .Values.history.claim) (not .Values.bindings.objectStore) -}}
{{- fail "\n\nhistory.enabled needs a place for the logs: name an object store in bindings.objectStore or a claim in history.claim.\n" -}}
{{- end -}}
{{- if and .Values.history.claim (not .Values.history.enabled) -}}
{{- fail "\n\nhistory.claim is set, but history.enabled is not: set it to true, or leave the claim empty.\n" -}}
{{- end -}}
{{- if gt (int .Values.connect.executors.minimum) (int .Values.connect.executors.maximum) -}}
{{- fail (printf "\n\nconnect.executors.minimum is %d and connect.executors.maximum is %d. The minimum must not be above the maximum.\n" (int .Values.connect.executors.minimum) (int .Values.connect.executors.maximum)) -}}
{{- end -}}
{{- with .Values.workers.autoscaling -}}
{{- if and .enabled (gt (int .minimum) (int .maximum)) -}}
{{- fail (printf "\n\nworkers.autoscaling.minimum is %d and workers.autoscaling.maximum is %d. The minimum must not be above the maximum.\n" (int .minimum) (int .maximum)) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.settings.extra -}}
{{- if or (has $name (list "spark.master" "spark.app.name" "spark.driver.host" "spark.driver.port" "spark.driver.bindAddress" "spark.blockManager.port" "spark.ui.port" "spark.ui.enabled" "spark.jars" "spark.driver.extraJavaOptions" "spark.executor.extraJavaOptions" "spark.driver.memory" "spark.metrics.namespace" "spark.eventLog.dir" "spark.eventLog.enabled")) (hasPrefix "spark.authenticate" $name) (hasPrefix "spark.network." $name) (hasPrefix "spark.connect.grpc.binding." $name) (hasPrefix "spark.connect.authenticate." $name) -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself.\n" $name) -}}
{{- end -}}
{{- if regexMatch "(?i)secret|password|token|access[.]?key" $name -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: what is written there can be read in a ConfigMap. Bind a service instead, so that its credentials stay in a Secret.\n" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
