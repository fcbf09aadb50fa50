{{- define "valkey.password" -}}
{{- include "common.secretValue" (dict "context" . "key" "password" "given" .Values.auth.password) -}}
{{- end }}

{{/* The users. Only the hash of the password stands here. */}}
{{- define "valkey.users" -}}
{{- $hash := include "valkey.password" . | sha256sum -}}
{{- if ne .Values.auth.username "default" }}
user default off
{{- end }}
user {{ .Values.auth.username }} on #{{ $hash }} ~* &* +@all
{{- end }}

{{- define "valkey.configuration" -}}
{{- $memory := include "common.mebibytes" .Values.resources.memory | int64 -}}
{{- $own := dict
  "bind" "* -::*"
  "port" 6379
  "protected-mode" "no"
  "dir" "/data"
  "aclfile" "/etc/valkey/users/users.acl"
  "databases" (int .Values.settings.databases)
  "maxmemory" (default (printf "%dmb" (div (mul $memory 3) 4)) .Values.settings.maxMemory)
  "maxmemory-policy" .Values.settings.evictionPolicy
  "appendonly" "yes"
  "appendfsync" .Values.settings.fsync
  "tcp-keepalive" 60
-}}
{{- range $name, $value := merge (dict) .Values.settings.extra $own }}
{{ $name }} {{ if and (kindIs "float64" $value) (eq (floor $value) $value) }}{{ $value | int64 }}{{ else if kindIs "bool" $value }}{{ ternary "yes" "no" $value }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}

{{- define "valkey.refuse" -}}
{{- include "common.refuseDowngrade" (dict "context" . "title" "Valkey") -}}
{{- range $name, $_ := .Values.settings.extra -}}
{{- if has $name (list "bind" "port" "protected-mode" "dir" "aclfile" "requirepass" "include" "loadmodule" "replicaof" "cluster-enabled" "daemonize" "databases" "maxmemory" "maxmemory-policy" "appendonly" "appendfsync") -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself or does not support it.\n" $name) -}}
{{- end -}}
{{- end -}}
{{- include "common.refuseResize" . -}}
{{- end }}

{{/* A probe: what the server answers to PING, and the answers that are good enough. Takes a pattern of grep. */}}
{{- define "valkey.ping" -}}
command:
  - sh
  - -c
  - REDISCLI_AUTH=$(cat /etc/valkey/users/password) valkey-cli -h 127.0.0.1 --user "$VALKEY_USER" --no-auth-warning ping 2>&1 | grep -q -E {{ . }}
{{- end }}
