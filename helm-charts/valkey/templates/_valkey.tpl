{{- define "valkey.replicated" -}}
{{- if gt (int .Values.replicas) 1 }}true{{ end -}}
{{- end }}

{{- define "valkey.password" -}}
{{- include "common.secretValue" (dict "context" . "key" "password" "given" .Values.auth.password) -}}
{{- end }}

{{/* From this one the other passwords are made that nobody gave. What is kept stays: running servers know no other. */}}
{{- define "valkey.internalPassword" -}}
{{- include "common.secretValue" (dict "context" . "key" "internal-password" "given" .Values.auth.internalPassword "keptFirst" true) -}}
{{- end }}

{{/* The password of the servers' own users: of "node" or "watch", and of the clients of the "sentinel". Takes context and "of". */}}
{{- define "valkey.ownPassword" -}}
{{- $made := printf "%s of %s" .of (include "valkey.internalPassword" .context) | sha256sum | trunc 32 -}}
{{- include "common.secretValue" (dict "context" .context "key" (printf "%s-password" .of) "given" "" "new" $made) -}}
{{- end }}

{{- define "valkey.ownPasswords" -}}
{{- range list "node" "watch" "sentinel" }}{{ include "valkey.ownPassword" (dict "context" $ "of" .) }} {{ end -}}
{{- end }}

{{/* The password of one of .Values.users: that of the Secret it names, or else the kept one, or else a new one. Takes context and user. */}}
{{- define "valkey.userPassword" -}}
{{- $given := "" -}}
{{- with .user.passwordSecret -}}
{{- $found := lookup "v1" "Secret" $.context.Release.Namespace . | default dict -}}
{{- $given = dig "data" "password" "" $found | b64dec -}}
{{- if and (not $given) (lookup "v1" "Namespace" "" $.context.Release.Namespace) -}}
{{- fail (printf "\n\nThe user %s gets its password from the Secret %s, which is not in the namespace %s or has no key \"password\". Make it first.\n" $.user.name . $.context.Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- $made := printf "user %s of %s" .user.name (include "valkey.internalPassword" .context) | sha256sum | trunc 32 -}}
{{- include "common.secretValue" (dict "context" .context "key" (printf "user-%s" .user.name) "given" $given "new" $made) -}}
{{- end }}

{{/* What a user may do, as rules: read, write and admin stand for the usual ones. */}}
{{- define "valkey.commands" -}}
{{- $known := dict
  "read" "+@read +@connection +@pubsub -@dangerous"
  "write" "+@read +@write +@connection +@transaction +@pubsub +eval +evalsha +eval_ro +evalsha_ro +script|load +script|exists -@dangerous"
  "admin" "+@all" -}}
{{- get $known . | default . -}}
{{- end }}

{{/*
The users. Only the hashes of passwords stand here. The servers and sentinels speak to each other as anywhere-node; anywhere-watch asks
for facts and reads no key.
*/}}
{{- define "valkey.users" -}}
{{- $root := . -}}
{{- if ne .Values.auth.username "default" }}
user default off
{{- end }}
user {{ .Values.auth.username }} on #{{ include "valkey.password" . | sha256sum }} ~* &* +@all
user anywhere-node on #{{ include "valkey.ownPassword" (dict "context" . "of" "node") | sha256sum }} &* -@all +@connection +psync +replconf +replicaof +slaveof +info +role +publish +subscribe +multi +exec +config|rewrite +config|set +script|kill +acl|load +acl|setuser +acl|deluser +acl|users +bgsave +lastsave
user anywhere-watch on #{{ include "valkey.ownPassword" (dict "context" . "of" "watch") | sha256sum }} -@all +ping +info +client|setname +latency|latest +latency|histogram +slowlog|len +select +quit
{{- range $user := .Values.users }}
user {{ $user.name }} on #{{ include "valkey.userPassword" (dict "context" $root "user" $user) | sha256sum }}
{{- range $user.keys }} ~{{ . }}{{ end }}
{{- range $user.channels }} &{{ . }}{{ end }} -@all {{ include "valkey.commands" (default "write" $user.commands) }}
{{- end }}
{{- end }}

{{- define "valkey.maxMemory" -}}
{{- $memory := include "common.mebibytes" .Values.resources.memory | int64 -}}
{{- default (printf "%dmb" (div (mul $memory 3) 4)) .Values.settings.maxMemory -}}
{{- end }}

{{/* valkey.conf but for what the start script adds. Nothing here may depend on the number of servers, but on whether there are more than one. */}}
{{- define "valkey.configuration" -}}
{{- $own := dict
  "bind" "* -::*"
  "port" 6379
  "protected-mode" "no"
  "dir" "/data"
  "aclfile" "/auth/users.acl"
  "databases" (int .Values.settings.databases)
  "maxmemory" (include "valkey.maxMemory" .)
  "maxmemory-policy" .Values.settings.evictionPolicy
  "appendonly" "yes"
  "appendfsync" .Values.settings.fsync
  "tcp-keepalive" 60
-}}
{{- if include "valkey.replicated" . -}}
{{- $own = merge $own (dict "min-replicas-to-write" (int .Values.settings.replicasToWrite) "repl-diskless-sync-delay" 0 "repl-timeout" 20 "repl-ping-replica-period" 3) -}}
{{- end -}}
{{- range $name, $value := merge (dict) .Values.settings.extra $own }}
{{ $name }} {{ if and (kindIs "float64" $value) (eq (floor $value) $value) }}{{ $value | int64 }}{{ else if kindIs "bool" $value }}{{ ternary "yes" "no" $value }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}

{{/* Files of the kept Secret as a volume "auth". Takes context and "keys". */}}
{{- define "valkey.auth" -}}
- name: auth
  secret:
    secretName: {{ include "common.keptName" .context }}
    defaultMode: 0440
    items:
      {{- range .keys }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}

{{- define "valkey.env" -}}
- {name: TOPOLOGY, value: {{ ternary "replication" "standalone" (eq (include "valkey.replicated" .) "true") }}}
- {name: DOMAIN, value: {{ include "common.podDomain" (dict "context" .) }}}
- {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
{{- end }}

{{/* The sentinel beside a server, when there is more than one. */}}
{{- define "valkey.sentinel" -}}
{{- if include "valkey.replicated" . }}
- name: sentinel
  {{- include "common.containerImage" (dict "context" .) | nindent 2 }}
  {{- include "common.containerSecurity" . | nindent 2 }}
  command: [sh, /settings/sentinel.sh]
  env:
    {{- include "valkey.env" . | nindent 4 }}
    - {name: DOWN_AFTER, value: {{ .Values.settings.downAfter | quote }}}
  ports:
    - {name: sentinel, containerPort: 26379}
  readinessProbe:
    tcpSocket: {port: sentinel}
    periodSeconds: 5
  livenessProbe:
    tcpSocket: {port: sentinel}
    initialDelaySeconds: 60
    periodSeconds: 15
    failureThreshold: 4
  {{- include "common.resources" (dict "context" . "values" .Values.sentinel) | nindent 2 }}
  volumeMounts:
    - {name: data, mountPath: /data}
    - {name: settings, mountPath: /settings, readOnly: true}
    - {name: auth, mountPath: /auth, readOnly: true}
    - {name: tmp, mountPath: /tmp, subPath: sentinel}
{{- end }}
{{- end }}

{{/* The exporter beside a server, when metrics are on. */}}
{{- define "valkey.exporter" -}}
{{- if .Values.metrics.enabled }}
- name: metrics
  {{- include "common.containerImage" (dict "context" . "image" .Values.metrics.image) | nindent 2 }}
  {{- include "common.containerSecurity" . | nindent 2 }}
  args:
    - --redis.addr=redis://127.0.0.1:6379
    - --redis.user=anywhere-watch
    - --redis.password-file=/auth/watch.json
    - --config-command=-
  ports:
    - {name: metrics, containerPort: 9121}
  {{- include "common.resources" (dict "context" . "values" .Values.metrics) | nindent 2 }}
  volumeMounts:
    - {name: auth, mountPath: /auth, readOnly: true}
{{- end }}
{{- end }}

{{- define "valkey.usersPod" -}}
{{ include "common.pod" (dict "context" . "uid" 999) }}
containers:
  - name: users
    {{- include "common.containerImage" (dict "context" .) | nindent 4 }}
    {{- include "common.containerSecurity" . | nindent 4 }}
    command: [sh, /settings/users.sh]
    env:
      - {name: NAME, value: {{ include "common.fullname" . }}}
      - {name: DOMAIN, value: {{ include "common.podDomain" (dict "context" .) }}}
      - {name: APP_USER, value: {{ .Values.auth.username }}}
      # Another list makes another Job.
      - {name: CHECKSUM, value: {{ include "common.checksum" (cat (include "valkey.users" .) (.Files.Get "files/users.sh")) }}}
    resources:
      requests: {cpu: 10m, memory: 32Mi}
      limits: {memory: 32Mi}
    volumeMounts:
      - {name: settings, mountPath: /settings, readOnly: true}
      - {name: auth, mountPath: /auth, readOnly: true}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: settings
    configMap:
      name: {{ include "common.fullname" . }}
  {{- include "valkey.auth" (dict "context" . "keys" (list "users.acl" "node-password" "password")) | nindent 2 }}
  - name: tmp
    emptyDir: {sizeLimit: 16Mi}
{{- end }}
