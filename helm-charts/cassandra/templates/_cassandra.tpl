{{- define "cassandra.password" -}}
{{- include "common.secretValue" (dict "context" . "key" "password" "given" .Values.auth.password) -}}
{{- end }}
{{- define "cassandra.adminPassword" -}}
{{- include "common.secretValue" (dict "context" . "key" "admin-password" "given" .Values.auth.adminPassword "fixed" "auth.adminPassword") -}}
{{- end }}

{{/* Namespace and name: rings of another name never merge, whatever address a pod gets. */}}
{{- define "cassandra.clusterName" -}}
{{- default (printf "%s/%s" .Release.Namespace (include "common.fullname" .)) .Values.clusterName -}}
{{- end }}

{{/* Copies of every row: three, or as many as there are nodes. */}}
{{- define "cassandra.copies" -}}
{{- min 3 (int .Values.replicas) -}}
{{- end }}

{{- define "cassandra.heap" -}}
{{- $memory := include "common.mebibytes" .Values.resources.memory | int64 -}}
{{- default (printf "%dM" (min (div $memory 2) (sub $memory 384) 31744)) .Values.settings.heap | upper -}}
{{- end }}

{{/* cassandra.yaml but for the addresses, which the start script adds. Nothing here may depend on the number of nodes. */}}
{{- define "cassandra.configuration" -}}
{{- $own := dict
  "cluster_name" (include "cassandra.clusterName" .)
  "num_tokens" 16
  "allocate_tokens_for_local_replication_factor" 3
  "partitioner" "org.apache.cassandra.dht.Murmur3Partitioner"
  "endpoint_snitch" "GossipingPropertyFileSnitch"
  "authenticator" "PasswordAuthenticator"
  "authorizer" "CassandraAuthorizer"
  "role_manager" "CassandraRoleManager"
  "data_file_directories" (list "/var/lib/cassandra/data")
  "commitlog_directory" "/var/lib/cassandra/commitlog"
  "hints_directory" "/var/lib/cassandra/hints"
  "saved_caches_directory" "/var/lib/cassandra/saved_caches"
  "cdc_raw_directory" "/var/lib/cassandra/cdc_raw"
  "commitlog_sync" .Values.settings.commitLog
  "storage_port" 7000
  "start_native_transport" true
  "native_transport_port" 9042
  "rpc_address" "0.0.0.0"
  "storage_compatibility_mode" "NONE"
-}}
{{- $window := eq .Values.settings.commitLog "group" | ternary (dict "commitlog_sync_group_window" "15ms") (dict "commitlog_sync_period" "10s") -}}
{{- $defaults := dict
  "disk_failure_policy" "die"
  "commit_failure_policy" "die"
  "internode_compression" "dc"
  "materialized_views_enabled" false
  "sasi_indexes_enabled" false
-}}
{{- toYaml (merge (dict) $own $window .Values.settings.extra $defaults) -}}
{{- end }}

{{/* The exporter beside a node, when metrics are on. */}}
{{- define "cassandra.exporter" -}}
{{- if .Values.metrics.enabled }}
- name: metrics
  {{- include "common.containerImage" (dict "context" . "image" .Values.metrics.image) | nindent 2 }}
  {{- include "common.containerSecurity" . | nindent 2 }}
  args: ["9404", /settings/jmx.yaml]
  env:
    - {name: JAVA_TOOL_OPTIONS, value: "-Xmx48m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.io.tmpdir=/tmp"}
  ports:
    - {name: metrics, containerPort: 9404}
  {{- include "common.resources" (dict "context" . "values" .Values.metrics) | nindent 2 }}
  volumeMounts:
    - {name: settings, mountPath: /settings, readOnly: true}
    - {name: tmp, mountPath: /tmp, subPath: metrics}
{{- end }}
{{- end }}

{{- define "cassandra.refuse" -}}
{{- include "common.refuseMove" . -}}
{{- $part := dict "context" . "title" "Cassandra" "replicas" .Values.replicas "most" 30 -}}
{{- $live := include "common.live" . | fromJson -}}
{{- $now := include "common.nodesWithData" $part | int -}}
{{- $wanted := int .Values.replicas -}}
{{- $name := include "common.fullname" . -}}
{{- include "common.refuseDowngrade" $part -}}
{{- include "common.refuseSkip" $part -}}
{{- include "common.refuseResize" . -}}
{{- $moving := "Each node has written it to its disk, and would not start again. Install with the other value under another name and copy the tables." -}}
{{- include "common.refuseChange" (dict "context" . "key" "racks" "value" (int .Values.racks) "path" "racks" "why" $moving) -}}
{{- include "common.refuseChange" (dict "context" . "key" "datacenter" "value" .Values.datacenter "path" "datacenter" "why" $moving) -}}
{{- include "common.refuseChange" (dict "context" . "key" "cluster-name" "value" (include "cassandra.clusterName" .) "path" "clusterName" "why" $moving) -}}
{{- include "common.refuseChange" (dict "context" . "key" "username" "value" .Values.auth.username "path" "auth.username" "why" "the former user would stay, with all its rights. Leave it, and make another role with the superuser.") -}}
{{- include "common.refuseChange" (dict "context" . "key" "keyspace" "value" .Values.keyspace "path" "keyspace" "why" "the tables would stay in the former keyspace. Leave it, and make another keyspace with the superuser.") -}}
{{- if and (gt (int .Values.racks) 1) (semverCompare "<1.35.0-0" .Capabilities.KubeVersion.Version) -}}
{{- fail (printf "\n\nracks: 3 needs Kubernetes 1.35 or later, which tells a pod its zone; this cluster has %s. Choose racks: 1.\n" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if lt $wanted (int .Values.racks) -}}
{{- fail (printf "\n\nracks: 3 needs three nodes or more, one in each zone. Choose replicas: 3, or racks: 1.\n") -}}
{{- end -}}
{{- if lt $wanted (min 3 $now | int) -}}
{{- fail (printf "\n\nCassandra has %d copies of every row and cannot go down to %d nodes, which could not hold them. Keep %d nodes, or install under another name and copy the tables.\n" (min 3 $now | int) $wanted (min 3 $now | int)) -}}
{{- end -}}
{{- if and (gt $now 0) (lt $now 3) (gt $wanted (add1 $now | int)) -}}
{{- fail (printf "\n\nUp to three nodes, one comes at a time, so that it gets its copies: go from %d to %d first, then run `kubectl -n %s exec %s-0 -- bash /settings/ring.sh grow %d`.\n" $now (add1 $now | int) .Release.Namespace $name (add1 $now | int)) -}}
{{- end -}}
{{- include "common.refuseShrink" (merge (dict
  "why" "What lies on the nodes taken away would be lost."
  "way" (printf "First run `kubectl -n %s exec POD -- bash /settings/ring.sh leave %d` on each of them, the last one first; then upgrade with scaleIn.confirmed true, and delete their claims." .Release.Namespace $wanted)) $part) -}}
{{- if and (not $live) (gt $now 0) -}}
{{- if not (include "common.hasClaim" (dict "context" . "ordinal" 0)) -}}
{{- fail (printf "\n\nThe claim data-%s-0 is gone, but other nodes of the ring have theirs. Node 0 would found a second ring. Restore that claim, or install under another name.\n" $name) -}}
{{- end -}}
{{- if and (empty (dig "data" dict (include "common.kept" . | fromJson))) (empty .Values.auth.adminPassword) -}}
{{- fail (printf "\n\nThere are data of this name, but the Secret %s with the password of their superuser is gone. Give it as auth.adminPassword, or delete the claims data-%s-0 … to begin anew.\n" (include "common.keptName" .) $name) -}}
{{- end -}}
{{- end -}}
{{- if lt (include "common.mebibytes" .Values.resources.memory | int) 640 -}}
{{- fail (printf "\n\nresources.memory is %s, and a node needs at least 640Mi.\n" .Values.resources.memory) -}}
{{- end -}}
{{- if has .Values.auth.username (list "cassandra" "admin") -}}
{{- fail (printf "\n\nauth.username is %s, a role that is there already. Choose another name.\n" .Values.auth.username) -}}
{{- end -}}
{{- if hasPrefix "system" .Values.keyspace -}}
{{- fail (printf "\n\nkeyspace is %s: names that begin with system are those of Cassandra. Choose another name.\n" .Values.keyspace) -}}
{{- end -}}
{{- range .Values.settings.jvmOptions -}}
{{- if regexMatch "^-Xm[sx]" . }}{{ fail (printf "\n\nsettings.jvmOptions has %s. The heap is settings.heap: set that instead.\n" .) }}{{ end -}}
{{- end -}}
{{- $heap := include "cassandra.heap" . -}}
{{- if gt (add (include "common.mebibytes" (printf "%si" $heap) | int) 256) (include "common.mebibytes" .Values.resources.memory | int) -}}
{{- fail (printf "\n\nsettings.heap is %s and resources.memory %s. A node needs at least 256Mi beside its heap: lower the heap, or raise the memory.\n" .Values.settings.heap .Values.resources.memory) -}}
{{- end -}}
{{- include "common.refuseSmall" (dict "size" .Values.persistence.size "path" "persistence.size" "least" "1Gi") -}}
{{- range $option, $_ := .Values.settings.extra -}}
{{- if or (has $option (list "cluster_name" "num_tokens" "initial_token" "partitioner" "endpoint_snitch" "authenticator" "authorizer" "role_manager" "seed_provider" "rpc_address" "listen_interface" "rpc_interface" "storage_port" "ssl_storage_port" "native_transport_port" "start_native_transport" "storage_compatibility_mode" "auto_bootstrap")) (hasPrefix "commitlog_sync" $option) (hasPrefix "allocate_tokens" $option) (hasSuffix "_directory" $option) (hasSuffix "_directories" $option) (hasSuffix "listen_address" $option) (hasPrefix "broadcast" $option) -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself.\n" $option) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "cassandra.rolesPod" -}}
{{ include "common.pod" (dict "context" . "uid" 999) }}
containers:
  - name: roles
    {{- include "common.containerImage" (dict "context" .) | nindent 4 }}
    terminationMessagePolicy: FallbackToLogsOnError
    {{- include "common.containerSecurity" . | nindent 4 }}
    command: [bash, /settings/roles.sh]
    env:
      - {name: NAME, value: {{ include "common.fullname" . }}}
      - {name: DOMAIN, value: {{ include "common.podDomain" (dict "context" .) }}}
      - {name: DATACENTER, value: {{ .Values.datacenter | quote }}}
      - {name: KEYSPACE, value: {{ .Values.keyspace | quote }}}
      - {name: APP_USER, value: {{ .Values.auth.username | quote }}}
      - {name: COPIES, value: {{ include "cassandra.copies" . | quote }}}
      # A change of the scripts or of a password makes another Job.
      - {name: CHECKSUM, value: {{ include "common.checksum" (cat (.Files.Get "files/roles.sh") (.Files.Get "files/ask.sh") (include "cassandra.password" .) (include "cassandra.adminPassword" .)) }}}
      - {name: HOME, value: /tmp}
    resources:
      requests: {cpu: 50m, memory: 192Mi}
      limits: {memory: 192Mi}
    volumeMounts:
      - {name: settings, mountPath: /settings, readOnly: true}
      - {name: auth, mountPath: /auth, readOnly: true}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: settings
    configMap:
      name: {{ include "common.fullname" . }}
  - name: auth
    secret:
      secretName: {{ include "common.keptName" . }}
      defaultMode: 0440
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
{{- end }}
