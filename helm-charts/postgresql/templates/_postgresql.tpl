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

{{- define "postgresql.replicationPassword" -}}
{{- include "common.secretValue" (dict "context" . "key" "replication-password" "given" .Values.auth.replicationPassword) -}}
{{- end }}

{{/* Who counts as a copy: every server there may be, so that a change of their number changes nothing here. */}}
{{- define "postgresql.synchronous" -}}
{{- if gt (int .Values.synchronous.replicas) 0 -}}
{{- $names := list -}}
{{- range $ordinal := until 10 }}{{ $names = append $names (printf "\"%s-%d\"" (include "common.fullname" $) $ordinal) }}{{ end -}}
{{- printf "ANY %d (%s)" (int .Values.synchronous.replicas) (join ", " $names) -}}
{{- end -}}
{{- end }}

{{/* postgresql.conf. Nothing here may depend on the number of servers, or on which one is the primary. */}}
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
  "hot_standby_feedback" "on"
  "wal_log_hints" "on"
  "max_wal_senders" 20
  "max_replication_slots" 20
  "wal_sender_timeout" "30s"
  "wal_receiver_timeout" "20s"
  "wal_retrieve_retry_interval" "1s"
  "synchronous_standby_names" (include "postgresql.synchronous" .)
-}}
{{- if .Values.backup.enabled -}}
{{- $own = merge $own (dict
  "archive_mode" "on"
  "archive_command" "bash /etc/postgresql/conf/backup.sh archive \"%p\" \"%f\""
  "archive_timeout" (int .Values.backup.archiveTimeout)
) -}}
{{- end -}}
{{- /* What the scripts write: how much log may be kept on this disk, and which server this one follows. */}}
include_if_exists = '/var/run/postgresql/disk.conf'
include_if_exists = '/var/run/postgresql/follows.conf'
{{- range $name, $value := merge (dict) .Values.settings.extra $own }}
{{ $name }} = {{ if kindIs "string" $value }}'{{ $value | replace "'" "''" }}'{{ else if and (kindIs "float64" $value) (eq (floor $value) $value) }}{{ $value | int64 }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}

{{- define "postgresql.refuse" -}}
{{- include "common.refuseMove" . -}}
{{- $old := include "common.dataVersion" . -}}
{{- $oldMajor := regexFind "^[0-9]+" $old -}}
{{- $major := include "postgresql.major" . -}}
{{- if and $oldMajor (ne $oldMajor $major) -}}
{{- fail (printf "\n\nPostgreSQL %s cannot read the data of PostgreSQL %s: a major version is never changed in place. Install %s under another name, copy the data with pg_dump and pg_restore, then remove this one.\n" $major $oldMajor $major) -}}
{{- end -}}
{{- range $name, $_ := .Values.settings.extra -}}
{{- if or (has $name (list "listen_addresses" "port" "unix_socket_directories" "max_connections" "shared_buffers" "data_directory" "hba_file" "config_file" "password_encryption" "synchronous_standby_names" "cluster_name" "hot_standby" "wal_log_hints" "archive_mode" "archive_command" "archive_library" "restore_command")) (hasPrefix "primary_" $name) (hasPrefix "recovery_" $name) -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself or does not support it.\n" $name) -}}
{{- end -}}
{{- end -}}
{{- include "common.refuseResize" . -}}
{{- include "common.refuseChange" (dict "context" . "key" "database" "before" (include "common.bound" (dict "context" . "key" "database")) "value" .Values.auth.database "path" "auth.database" "why" "the tables would stay in the former database. Leave it, and make another database with SQL.") -}}
{{- include "common.refuseChange" (dict "context" . "key" "username" "before" (include "common.bound" (dict "context" . "key" "username")) "value" .Values.auth.username "path" "auth.username" "why" "the data belong to the former user. Leave it, and make another user with SQL.") -}}
{{- include "postgresql.refuseDowngrade" . -}}
{{- include "common.refuseBindings" (dict "context" . "types" (dict "objectStore" "s3")) -}}
{{- if and (include "postgresql.stores" .) (not .Values.bindings.objectStore) -}}
{{- fail (printf "\n\n%s needs an object store: name its binding Secret as bindings.objectStore.\n" (ternary "backup.enabled" "restore.prefix" .Values.backup.enabled)) -}}
{{- end -}}
{{- if and .Values.restore.time (not .Values.restore.prefix) -}}
{{- fail "\n\nrestore.time says until when, and restore.prefix says from which backups. Give restore.prefix too.\n" -}}
{{- end -}}
{{- include "postgresql.refusePrimary" . -}}
{{- end }}

{{- define "postgresql.refuseDowngrade" -}}
{{- $old := include "common.dataVersion" . -}}
{{- if and $old (semverCompare (printf "< %s" $old) .Values.serverVersion) -}}
{{- fail (printf "\n\nThe data were used by PostgreSQL %s, and %s is older: PostgreSQL advises against going back. Stay with %s, or restore a backup under another name.\n" $old .Values.serverVersion $old) -}}
{{- end -}}
{{- end }}

{{- define "postgresql.refusePrimary" -}}
{{- $name := include "common.fullname" . -}}
{{- $replicas := int .Values.replicas -}}
{{- $primary := int .Values.primary -}}
{{- $before := include "common.remembered" (dict "context" . "key" "primary") | default "0" | int -}}
{{- $now := dig "spec" "replicas" 0 (include "common.live" . | fromJson) | int -}}
{{- if ge $primary $replicas -}}
{{- if eq $replicas 1 -}}
{{- fail (printf "\n\nprimary is %d, but the one server has the number 0. Set primary to 0, or replicas to more.\n" $primary) -}}
{{- end -}}
{{- fail (printf "\n\nprimary is %d, but %d servers have the numbers 0 to %d. Choose one of these.\n" $primary $replicas (sub $replicas 1)) -}}
{{- end -}}
{{- if ge (int .Values.synchronous.replicas) $replicas -}}
{{- fail (printf "\n\nsynchronous.replicas is %d, and %d servers have %d replicas. Ask for more servers, or for fewer copies: no write would ever be acknowledged.\n" (int .Values.synchronous.replicas) $replicas (sub $replicas 1)) -}}
{{- end -}}
{{- $known := get (get (include "common.kept" . | fromJson) "data" | default dict) "replication-password" | default "" | b64dec -}}
{{- if and (gt $now 0) (gt $replicas $now) (ne $known (include "postgresql.replicationPassword" .)) -}}
{{- fail (printf "\n\nThe password of the replicas changes, so no server can be added in the same step: it could not log in. Upgrade with replicas: %d first, wait until all servers are ready, then go to %d.\n" $now $replicas) -}}
{{- end -}}
{{- if and (gt $now 0) (ge $before $replicas) -}}
{{- fail (printf "\n\nThe primary is %s-%d, which %d servers would not have. Set primary to one that stays, wait until it has taken over, then go down.\n" $name $before $replicas) -}}
{{- end -}}
{{- if and (gt $now 0) (ne $before $primary) -}}
{{- $pod := lookup "v1" "Pod" .Release.Namespace (printf "%s-%d" $name $primary) | default dict -}}
{{- $ready := false -}}
{{- range dig "status" "conditions" list $pod }}{{ if and (eq .type "Ready") (eq .status "True") }}{{ $ready = true }}{{ end }}{{ end -}}
{{- if not $ready -}}
{{- fail (printf "\n\n%s-%d is not ready, so it cannot become the primary. Choose a server that is.\n" $name $primary) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The exporter beside a server, when metrics are on. */}}
{{- define "postgresql.exporter" -}}
{{- if .Values.metrics.enabled }}
- name: metrics
  {{- include "common.containerImage" (dict "context" . "image" .Values.metrics.image) | nindent 2 }}
  {{- include "common.containerSecurity" . | nindent 2 }}
  args: [--no-collector.wal, --collector.stat_wal_receiver]
  env:
    - {name: DATA_SOURCE_URI, value: "127.0.0.1:5432/postgres?sslmode=disable"}
    - {name: DATA_SOURCE_USER, value: replicator}
    - {name: DATA_SOURCE_PASS_FILE, value: /login/password}
  ports:
    - {name: metrics, containerPort: 9187}
  {{- include "common.resources" (dict "context" . "values" .Values.metrics) | nindent 2 }}
  volumeMounts:
    - {name: login, mountPath: /login, readOnly: true}
{{- end }}
{{- end }}
