{{- define "job.series" -}}
{{- regexFind "^[0-9]+[.][0-9]+" .Values.serverVersion -}}
{{- end }}

{{/* What of the memory of a pod is not heap, in MiB: for Java beside the heap and for Python. Takes the quantity. */}}
{{- define "job.overhead" -}}
{{- $memory := include "common.mebibytes" . | int64 -}}
{{- max 384 (div (mul $memory 3) 10) -}}
{{- end }}

{{- define "job.heap" -}}
{{- printf "%dm" (sub (include "common.mebibytes" . | int64) (include "job.overhead" . | int64)) -}}
{{- end }}

{{/* What must be fetched before the driver starts. */}}
{{- define "job.fetched" -}}
{{- $found := list -}}
{{- if eq .Values.connectors.source "download" -}}
{{- range include "common.boundNames" (dict "context" .) | fromJsonArray }}{{ $found = append $found (kebabcase .) }}{{ end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{- define "job.main" -}}
{{- default "/etc/spark/settings/main.py" .Values.main.file -}}
{{- end }}

{{- define "job.configuration" -}}
driver.conf: |
  {{- $login := ternary " -Djava.security.auth.login.config=/run/spark/kafka.jaas" "" (not (empty .Values.bindings.kafka)) }}
  {{- $own := dict
    "spark.app.name" (include "common.fullname" .)
    "spark.master" "k8s://https://kubernetes.default.svc"
    "spark.submit.deployMode" "client"
    "spark.log.level" "WARN"
    "spark.authenticate" true
    "spark.network.crypto.enabled" true
    "spark.driver.bindAddress" "0.0.0.0"
    "spark.driver.port" 7078
    "spark.blockManager.port" 7079
    "spark.driver.memory" (include "job.heap" .Values.driver.resources.memory)
    "spark.driver.extraJavaOptions" (printf "-XX:+ExitOnOutOfMemoryError%s" $login)
    "spark.ui.port" 4040
    "spark.ui.killEnabled" false
    "spark.metrics.namespace" "job"
    "spark.metrics.appStatusSource.enabled" true
    "spark.executor.instances" (int .Values.executors.number)
    "spark.executor.cores" (int .Values.executors.cores)
    "spark.executor.memory" (include "job.heap" .Values.executors.resources.memory)
    "spark.executor.memoryOverhead" (printf "%sm" (include "job.overhead" .Values.executors.resources.memory))
    "spark.executor.extraJavaOptions" (printf "-XX:+ExitOnOutOfMemoryError%s" $login)
    "spark.kubernetes.namespace" .Release.Namespace
    "spark.kubernetes.container.image" (include "common.image" (dict "context" .))
    "spark.kubernetes.container.image.pullPolicy" .Values.image.pullPolicy
    "spark.kubernetes.executor.podTemplateFile" "/etc/spark/settings/executor.yaml"
    "spark.kubernetes.executor.podTemplateContainerName" "executor"
    "spark.kubernetes.executor.request.cores" .Values.executors.resources.cpu
    "spark.kubernetes.executor.disableConfigMap" true
    "spark.kubernetes.driver.connectionTimeout" 60000
    "spark.kubernetes.driver.requestTimeout" 60000
    "spark.kubernetes.driver.ownPersistentVolumeClaim" false
    "spark.kubernetes.driver.reusePersistentVolumeClaim" false
    "spark.kubernetes.driver.service.deleteOnTermination" false
    "spark.sql.warehouse.dir" "/scratch/warehouse"
    "spark.eventLog.enabled" (not (empty .Values.history.folder))
  -}}
  {{- with .Values.executors.resources.cpuLimit }}{{ $_ := set $own "spark.kubernetes.executor.limit.cores" . }}{{ end }}
  {{- range $name, $value := merge (dict) .Values.settings.extra $own }}
  {{ $name }} {{ include "common.setting" $value | replace "\\" "\\\\" }}
  {{- end }}
metrics.properties: |
  {{- if .Values.metrics.enabled }}
  *.sink.prometheusServlet.class=org.apache.spark.metrics.sink.PrometheusServlet
  *.sink.prometheusServlet.path=/metrics/prometheus
  {{- end }}
  *.source.jvm.class=org.apache.spark.metrics.source.JvmSource
executor.yaml: |
  {{- include "job.executor" . | nindent 2 }}
{{- end }}

{{/* The pod of the driver, without what a Job and a Pod say differently. Takes (dict "context" $ "command" (list …)). */}}
{{- define "job.driver" -}}
{{- $root := .context -}}
terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
{{- with include "job.fetched" $root | fromJsonArray }}
initContainers:
  - name: connectors
    {{- include "common.containerImage" (dict "context" $root) | nindent 4 }}
    terminationMessagePolicy: FallbackToLogsOnError
    {{- include "common.containerSecurity" $root | nindent 4 }}
    command: [python3, /etc/spark/settings/fetch.py, /etc/spark/settings/connectors.txt, {{ $root.Values.connectors.repository | quote }}, /connectors, {{ join ", " . }}]
    resources:
      requests: {cpu: 50m, memory: 128Mi}
      limits: {memory: 128Mi}
    volumeMounts:
      - {name: settings, mountPath: /etc/spark/settings, readOnly: true}
      - {name: connectors, mountPath: /connectors}
{{- end }}
containers:
  - name: driver
    {{- include "common.containerImage" (dict "context" $root) | nindent 4 }}
    terminationMessagePolicy: FallbackToLogsOnError
    {{- include "common.containerSecurity" $root | nindent 4 }}
    # Kubernetes takes $(NAME) for a variable; an argument is meant as it stands.
    command: {{ concat (list "bash" "/etc/spark/settings/start.sh" "driver") .command | toJson | replace "$" "$$" }}
    workingDir: /scratch
    env:
      - {name: SERIES, value: {{ include "job.series" $root | quote }}}
      - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
      - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
      - {name: SPARK_LOCAL_DIRS, value: /scratch}
      - {name: SPARK_LAUNCHER_OPTS, value: "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"}
      - {name: EVENTS, value: {{ ternary "s3a" "" (not (empty $root.Values.history.folder)) | quote }}}
      - {name: EVENTS_PATH, value: {{ $root.Values.history.folder | quote }}}
      {{- include "common.bindingEnv" (dict "context" $root) | nindent 6 }}
    ports:
      - {name: driver, containerPort: 7078}
      - {name: blocks, containerPort: 7079}
      - {name: metrics, containerPort: 4040}
    {{- include "common.resources" (dict "context" $root "values" $root.Values.driver) | nindent 4 }}
    volumeMounts:
      - {name: settings, mountPath: /etc/spark/settings, readOnly: true}
      - {name: run, mountPath: /run/spark}
      - {name: tmp, mountPath: /tmp}
      - {name: scratch, mountPath: /scratch}
      - {name: connectors, mountPath: /connectors, readOnly: true}
      {{- include "common.bindingMounts" (dict "context" $root) | nindent 6 }}
volumes:
  - name: settings
    configMap:
      name: {{ include "common.fullname" $root }}
  - name: run
    emptyDir: {medium: Memory, sizeLimit: 16Mi}
  - name: tmp
    emptyDir: {sizeLimit: 512Mi}
  - name: scratch
    emptyDir: {sizeLimit: 2Gi}
  - name: connectors
    emptyDir: {sizeLimit: 256Mi}
  {{- include "common.bindingVolumes" (dict "context" $root) | nindent 2 }}
{{- end }}

{{- define "job.refuse" -}}
{{- include "common.refuseMove" (dict "context" . "kind" "Job") -}}
{{- include "common.refuseBindings" (dict "context" . "types" (dict "kafka" "kafka" "cassandra" "cassandra" "objectStore" "s3")) -}}
{{- $tag := regexFind "^[0-9]+[.][0-9]+[.][0-9]+" .Values.image.tag -}}
{{- if and $tag (ne $tag .Values.serverVersion) -}}
{{- fail (printf "\n\nimage.tag is %s and serverVersion is %s. The chart goes by serverVersion: set it to %s, or choose a tag that begins with %s.\n" .Values.image.tag .Values.serverVersion $tag .Values.serverVersion) -}}
{{- end -}}
{{- range $part := list "driver" "executors" -}}
{{- $memory := (get $.Values $part).resources.memory -}}
{{- if lt (include "common.mebibytes" $memory | int64) 1024 -}}
{{- fail (printf "\n\n%s.resources.memory is %s, and Java needs at least 1024Mi there. Give it more.\n" $part $memory) -}}
{{- end -}}
{{- end -}}
{{- include "common.refuseCpu" .Values.executors.resources -}}
{{- include "common.refuseSmall" (dict "size" .Values.executors.scratch "path" "executors.scratch" "least" "256Mi") -}}
{{- if not (or .Values.main.file (trim .Values.main.text)) -}}
{{- fail "\n\nThere is no program: write one into main.text, or name a file in main.file.\n" -}}
{{- end -}}
{{- if and (hasPrefix "s3a://" .Values.main.file) (not .Values.bindings.objectStore) -}}
{{- fail (printf "\n\nmain.file is %s, but no object store is bound: name its binding Secret in bindings.objectStore.\n" .Values.main.file) -}}
{{- end -}}
{{- if and .Values.main.class (not (hasSuffix ".jar" .Values.main.file)) -}}
{{- fail "\n\nmain.class belongs to a jar: name the jar in main.file, or leave main.class empty.\n" -}}
{{- end -}}
{{- if and .Values.history.folder (not .Values.bindings.objectStore) -}}
{{- fail "\n\nhistory.folder lies in an object store, and none is bound: name its binding Secret in bindings.objectStore.\n" -}}
{{- end -}}
{{- range $name, $_ := .Values.settings.extra -}}
{{- if or (has $name (list "spark.master" "spark.app.name" "spark.submit.deployMode" "spark.jars" "spark.blockManager.port" "spark.executor.instances" "spark.executor.cores" "spark.executor.memory" "spark.executor.memoryOverhead" "spark.executor.extraJavaOptions" "spark.metrics.namespace" "spark.ui.port")) (hasPrefix "spark.driver." $name) (hasPrefix "spark.authenticate" $name) (hasPrefix "spark.network." $name) (hasPrefix "spark.kubernetes." $name) (hasPrefix "spark.eventLog." $name) -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself.\n" $name) -}}
{{- end -}}
{{- if regexMatch "(?i)secret|password|token|access[.]?key" $name -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: what is written there can be read in a ConfigMap. Bind a service instead, so that its credentials stay in a Secret.\n" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
