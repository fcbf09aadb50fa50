{{/* standalone, replication or cluster. */}}
{{- define "valkey.topology" -}}
{{- if .Values.cluster.enabled }}cluster{{ else if gt (int .Values.replicas) 1 }}replication{{ else }}standalone{{ end -}}
{{- end }}

{{/* "true" for a primary with replicas and sentinels. */}}
{{- define "valkey.replicated" -}}
{{- if eq (include "valkey.topology" .) "replication" }}true{{ end -}}
{{- end }}

{{/* Where the servers of a cluster speak to each other. Another one for each release: the address of a pod that is gone may soon be that of another release's. */}}
{{- define "valkey.busPort" -}}
{{- add 21000 (mod (printf "%s/%s" .Release.Namespace (include "common.fullname" .) | adler32sum | int64) 9000) -}}
{{- end }}

{{/* How many replicas a primary needs to take a write. In a cluster one may be away. */}}
{{- define "valkey.replicasToWrite" -}}
{{- $wanted := int .Values.settings.replicasToWrite -}}
{{- if .Values.cluster.enabled }}{{ $wanted = min $wanted (sub (int .Values.cluster.copies) 1 | max 0) }}{{ end -}}
{{- $wanted -}}
{{- end }}

{{- define "valkey.password" -}}
{{- include "common.secretValue" (dict "context" . "key" "password" "given" .Values.auth.password) -}}
{{- end }}

{{/* From this one the other passwords are made that nobody gave. Running servers know no other. */}}
{{- define "valkey.internalPassword" -}}
{{- include "common.secretValue" (dict "context" . "key" "internal-password" "given" .Values.auth.internalPassword "fixed" "auth.internalPassword") -}}
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
user anywhere-node on #{{ include "valkey.ownPassword" (dict "context" . "of" "node") | sha256sum }} ~* &* -@all +@connection +psync +replconf +replicaof +slaveof +info +role +publish +subscribe +multi +exec +config|rewrite +config|set +script|kill +acl|load +acl|setuser +acl|deluser +acl|users +bgsave +lastsave +restore{{ if .Values.cluster.enabled }} +cluster +asking +readonly +config|get +migrate +restore-asking{{ end }}
user anywhere-watch on #{{ include "valkey.ownPassword" (dict "context" . "of" "watch") | sha256sum }} -@all +ping +info +cluster|info +client|setname +latency|latest +latency|histogram +slowlog|len +select +quit
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
{{- if .Values.cluster.enabled -}}
{{- $own = merge $own (dict "cluster-enabled" "yes" "cluster-config-file" "nodes.conf" "cluster-node-timeout" (int .Values.settings.downAfter) "cluster-require-full-coverage" "no" "cluster-allow-replica-migration" "no" "cluster-preferred-endpoint-type" "hostname") -}}
{{- end -}}
{{- if ne (include "valkey.topology" .) "standalone" -}}
{{- $own = merge $own (dict "min-replicas-to-write" (include "valkey.replicasToWrite" . | int) "repl-diskless-sync-delay" 0 "repl-timeout" 20 "repl-ping-replica-period" 3) -}}
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
- {name: TOPOLOGY, value: {{ include "valkey.topology" . }}}
- {name: DOMAIN, value: {{ include "common.podDomain" (dict "context" .) }}}
- {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
{{- if .Values.cluster.enabled }}
- {name: BUS, value: {{ include "valkey.busPort" . | quote }}}
- {name: COPIES, value: {{ .Values.cluster.copies | quote }}}
- {name: MACHINE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
{{- end }}
{{- end }}
