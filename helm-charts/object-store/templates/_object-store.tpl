{{/* "true" when one server does all of it. */}}
{{- define "objectStore.single" -}}
{{- if eq (int .Values.volume.replicas) 0 }}true{{ end -}}
{{- end }}

{{/* Addresses of the masters and of the filer. */}}
{{- define "objectStore.masters" -}}
{{- include "common.podAddresses" (dict "context" . "component" "master" "replicas" .Values.master.replicas "port" 9333) -}}
{{- end }}
{{- define "objectStore.filer" -}}
{{- include "common.podAddresses" (dict "context" . "component" "filer" "replicas" 1 "port" 8888) -}}
{{- end }}

{{- define "objectStore.endpoint" -}}
{{- printf "http://%s:8333" (include "common.host" .) -}}
{{- end }}

{{- define "objectStore.adminSecretKey" -}}
{{- include "common.secretValue" (dict "context" . "key" "admin-secret-access-key" "given" .Values.auth.adminSecretKey "length" 40) -}}
{{- end }}
{{- define "objectStore.internalKey" -}}
{{- include "common.secretValue" (dict "context" . "key" "internal-key" "given" .Values.auth.internalKey "length" 40) -}}
{{- end }}

{{/* The key of a user, given, kept or made. Take (dict "context" $ "user" (dict "name" …)). */}}
{{- define "objectStore.accessKeyId" -}}
{{- include "common.secretValue" (dict "context" .context "key" (printf "%s.access-key-id" .user.name) "given" .user.accessKeyId "new" (include "common.made" (dict "context" .context "key" (printf "%s.access-key-id" .user.name) "length" 20) | upper)) -}}
{{- end }}
{{- define "objectStore.secretAccessKey" -}}
{{- include "common.secretValue" (dict "context" .context "key" (printf "%s.secret-access-key" .user.name) "given" .user.secretAccessKey "length" 40) -}}
{{- end }}

{{/* Who may do what, as the S3 servers read it. Without it S3 would be open to everybody. */}}
{{- define "objectStore.identities" -}}
{{- $root := . -}}
{{- $found := list (dict "name" "admin" "credentials" (list (dict "accessKey" "anywhere-admin" "secretKey" (include "objectStore.adminSecretKey" $root))) "actions" (list "Admin")) -}}
{{- range $user := .Values.users -}}
{{- $key := dict "context" $root "user" $user -}}
{{- $actions := list -}}
{{- range $bucket := $user.buckets -}}
{{- range $action := default (list "Read" "Write" "List" "Tagging") $user.actions -}}
{{- $actions = append $actions (printf "%s:%s" $action $bucket) -}}
{{- end -}}
{{- end -}}
{{- $found = append $found (dict "name" $user.name "credentials" (list (dict "accessKey" (include "objectStore.accessKeyId" $key) "secretKey" (include "objectStore.secretAccessKey" $key))) "actions" $actions) -}}
{{- end -}}
{{- dict "identities" $found | toJson -}}
{{- end }}

{{/* Other servers and zones that hold a copy: xyz, of which y counts zones and z servers. */}}
{{- define "objectStore.placement" -}}
{{- $more := sub (int .Values.copies) 1 -}}
{{- if eq .Values.apart "zones" }}0{{ $more }}0{{ else }}00{{ $more }}{{ end -}}
{{- end }}

{{- define "objectStore.disk" -}}
{{- $size := (ternary .Values.persistence .Values.volume.persistence (eq (include "objectStore.single" .) "true")).size -}}
{{- include "common.mebibytes" $size -}}
{{- end }}

{{/* Objects lie in files of this size in MB, each of one bucket: small ones on a small disk, so that many buckets have room. */}}
{{- define "objectStore.fileSize" -}}
{{- max 64 (min 8192 (div (include "objectStore.disk" . | int64) 128)) -}}
{{- end }}

{{/*
How many such files a server may begin: a number of its own, not one that follows what else lies on the disk. There may be more than the
disk could hold if all were full; a disk that is nearly full takes no more by itself.
*/}}
{{- define "objectStore.files" -}}
{{- max 256 (div (include "objectStore.disk" . | int64) (include "objectStore.fileSize" . | int64)) -}}
{{- end }}

{{/* What the pods of all servers know. Takes a part. */}}
{{- define "objectStore.env" -}}
- {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: GOMEMLIMIT, value: {{ div (mul (include "common.mebibytes" (default .context.Values .values).resources.memory | int64) 8) 10 }}MiB}
{{- range list "WEED_JWT_SIGNING_KEY" "WEED_JWT_FILER_SIGNING_KEY" }}
- {name: {{ . }}, valueFrom: {secretKeyRef: {name: {{ include "common.keptName" $.context }}, key: internal-key}}}
{{- end }}
# A bucket begins with one file of objects, not with seven.
{{- range until 3 }}
- {name: WEED_MASTER_VOLUME_GROWTH_COPY_{{ add1 . }}, value: "1"}
{{- end }}
{{- end }}

{{/* Words of the command of an S3 server; "prefix" is "s3." where it is part of another one. */}}
{{- define "objectStore.s3" -}}
{{- range list "config=/etc/seaweedfs/identities.json" "port=8333" "port.iceberg=0" "port.lance=0" "autoCreateBucket=false" }}
- -{{ $.prefix }}{{ . }}
{{- end }}
{{- end }}

{{/*
The pod of a part. Takes a part with "command" (words of weed), "ports" (name: number, the first probed), "probe", the port's name,
"health", a path that answers 200 when the server can work, "identities" (true: it reads who may do what), "volume", the name of its claim.
*/}}
{{- define "objectStore.pod" -}}
{{- $root := .context -}}
metadata:
  labels:
    {{- include "common.selector" . | nindent 4 }}
  annotations:
    checksum/internal-key: {{ include "common.checksum" (include "objectStore.internalKey" $root) }}
    {{- if .identities }}
    checksum/identities: {{ include "common.checksum" (include "objectStore.identities" $root) }}
    {{- end }}
    {{- include "common.metricsAnnotations" (merge (dict "port" 9327) .) | nindent 4 }}
spec:
  {{- include "common.pod" (dict "context" $root "uid" 1000) | nindent 2 }}
  {{- include "common.spread" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
  containers:
    - name: seaweedfs
      {{- include "common.containerImage" (dict "context" $root) | nindent 6 }}
      {{- include "common.containerSecurity" $root | nindent 6 }}
      command:
        - weed
        - -logtostderr=true
        {{- .command | nindent 8 }}
        {{- if $root.Values.metrics.enabled }}
        - -metricsPort=9327
        - -metricsIp=0.0.0.0
        {{- end }}
      env:
        {{- include "objectStore.env" . | nindent 8 }}
        {{- with .env }}
        {{- . | nindent 8 }}
        {{- end }}
      ports:
        {{- range $name, $port := .ports }}
        - {name: {{ $name }}, containerPort: {{ $port }}}
        {{- end }}
        {{- if $root.Values.metrics.enabled }}
        - {name: metrics, containerPort: 9327}
        {{- end }}
      {{- if .drain }}
      # Clients learn that the pod leaves before it stops to answer.
      lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}
      {{- end }}
      startupProbe:
        tcpSocket: {port: {{ .probe }}}
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 900
      readinessProbe:
        {{- if .health }}
        httpGet: {path: {{ .health }}, port: {{ .probe }}}
        {{- else }}
        tcpSocket: {port: {{ .probe }}}
        {{- end }}
        periodSeconds: 5
        timeoutSeconds: 5
      livenessProbe:
        tcpSocket: {port: {{ .probe }}}
        periodSeconds: 15
        timeoutSeconds: 10
        failureThreshold: 8
      {{- include "common.resources" . | nindent 6 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- with .volume }}
        - {name: {{ . }}, mountPath: /data}
        {{- end }}
        {{- if .identities }}
        - {name: identities, mountPath: /etc/seaweedfs, readOnly: true}
        {{- end }}
        {{- if .scripts }}
        - {name: scripts, mountPath: /etc/anywhere, readOnly: true}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 512Mi}
    {{- if .identities }}
    - name: identities
      secret:
        secretName: {{ include "common.keptName" $root }}
        defaultMode: 0440
        items: [{key: identities.json, path: identities.json}]
    {{- end }}
    {{- if .scripts }}
    - name: scripts
      configMap:
        name: {{ include "common.fullname" $root }}
    {{- end }}
{{- end }}

{{/* The StatefulSet of a part. Takes what objectStore.pod takes, "replicas" and "settle", seconds between two servers of a roll-out. */}}
{{- define "objectStore.statefulSet" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "common.componentMetadata" . | nindent 2 }}
spec:
  serviceName: {{ include "common.headless" . }}
  replicas: {{ .replicas }}
  # All begin together, and one that never became ready is replaced at the next change, too. Updates still go one by one.
  podManagementPolicy: Parallel
  minReadySeconds: {{ .settle }}
  selector:
    matchLabels:
      {{- include "common.selector" . | nindent 6 }}
  {{- include "common.claims" . | nindent 2 }}
  template:
    {{- include "objectStore.pod" . | nindent 4 }}
---
{{ include "common.headlessService" . }}
---
{{ include "common.disruptionBudget" . }}
{{- if .context.Values.networkPolicy.enabled }}
---
{{ include "common.networkPolicy" (dict "context" .context "component" .component "ports" .clients "inner" .inner) }}
{{- end }}
{{- end }}
