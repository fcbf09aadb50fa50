{{- define "postgresql.major" -}}
{{- regexFind "^[0-9]+" .Values.serverVersion -}}
{{- end }}

{{/* Where the volume is mounted and where the data lie, as in the official image of that version. */}}
{{- define "postgresql.volume" -}}
{{- if ge (include "postgresql.major" . | int) 18 }}/var/lib/postgresql{{ else }}/var/lib/postgresql/data{{ end -}}
{{- end }}
{{- define "postgresql.data" -}}
{{- if ge (include "postgresql.major" . | int) 18 }}/var/lib/postgresql/{{ include "postgresql.major" . }}/docker{{ else }}/var/lib/postgresql/data/pgdata{{ end -}}
{{- end }}

{{- define "postgresql.password" -}}
{{- include "common.secretValue" (dict "context" . "key" "password" "given" .Values.auth.password) -}}
{{- end }}
{{- define "postgresql.adminPassword" -}}
{{- include "common.secretValue" (dict "context" . "key" "admin-password" "given" .Values.auth.adminPassword) -}}
{{- end }}

{{- define "postgresql.configuration" -}}
{{- $memory := include "common.mebibytes" .Values.resources.memory | int64 -}}
{{- $own := dict
  "listen_addresses" "*"
  "port" 5432
  "unix_socket_directories" "/var/run/postgresql"
  "password_encryption" "scram-sha-256"
  "max_connections" (int .Values.settings.maxConnections)
  "shared_buffers" (default (printf "%dMB" (max 16 (div $memory 4))) .Values.settings.sharedBuffers)
  "effective_cache_size" (printf "%dMB" (max 32 (div (mul $memory 5) 8)))
  "maintenance_work_mem" (printf "%dMB" (max 16 (div $memory 16)))
  "dynamic_shared_memory_type" "posix"
  "log_timezone" "UTC"
  "timezone" "UTC"
  "log_line_prefix" "%m [%p] %q%u@%d "
  "log_lock_waits" "on"
-}}
{{- range $name, $value := merge (dict) .Values.settings.extra $own }}
{{ $name }} = {{ if kindIs "string" $value }}'{{ $value | replace "'" "''" }}'{{ else if and (kindIs "float64" $value) (eq (floor $value) $value) }}{{ $value | int64 }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}

{{- define "postgresql.refuse" -}}
{{- $old := include "common.dataVersion" . -}}
{{- $oldMajor := regexFind "^[0-9]+" $old -}}
{{- $major := include "postgresql.major" . -}}
{{- if and $oldMajor (ne $oldMajor $major) -}}
{{- fail (printf "\n\nPostgreSQL %s cannot read the data of PostgreSQL %s: a major version is never changed in place. Install %s under another name, copy the data with pg_dump and pg_restore, then remove this one.\n" $major $oldMajor $major) -}}
{{- end -}}
{{- range $name, $_ := .Values.settings.extra -}}
{{- if has $name (list "listen_addresses" "port" "unix_socket_directories" "max_connections" "shared_buffers" "data_directory" "hba_file" "config_file" "password_encryption") -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself or does not support it.\n" $name) -}}
{{- end -}}
{{- end -}}
{{- include "common.refuseResize" . -}}
{{- end }}
