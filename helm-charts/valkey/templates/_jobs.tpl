{{/* The pod of a Job that speaks to all servers. Takes context, "script" with its arguments, and "checksum": another one makes another Job. */}}
{{- define "valkey.jobPod" -}}
{{ include "common.pod" (dict "context" .context "uid" 999) }}
containers:
  - name: job
    {{- include "common.containerImage" (dict "context" .context) | nindent 4 }}
    terminationMessagePolicy: FallbackToLogsOnError
    {{- include "common.containerSecurity" .context | nindent 4 }}
    command: {{ concat (list "sh") .script | toJson }}
    env:
      - {name: NAME, value: {{ include "common.fullname" .context }}}
      {{- include "valkey.env" .context | nindent 6 }}
      - {name: APP_USER, value: {{ .context.Values.auth.username }}}
      - {name: CHECKSUM, value: {{ include "common.checksum" .checksum }}}
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
      name: {{ include "common.fullname" .context }}
  {{- include "valkey.auth" (dict "context" .context "keys" (list "users.acl" "node-password" "password")) | nindent 2 }}
  - name: tmp
    emptyDir: {sizeLimit: 16Mi}
{{- end }}

{{- define "valkey.usersPod" -}}
{{ include "valkey.jobPod" (dict "context" . "script" (list "/settings/users.sh") "checksum" (cat (include "valkey.users" .) (.Files.Get "files/users.sh"))) }}
{{- end }}

{{/* The first slots are given out once: later the verbs of package.yaml do it, so that no upgrade moves data by itself. */}}
{{- define "valkey.clusterPod" -}}
{{ include "valkey.jobPod" (dict "context" . "script" (list "/settings/cluster.sh" "begin" (toString .Values.replicas)) "checksum" "begin") }}
{{- end }}
