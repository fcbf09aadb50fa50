{{/* Makes the file of names that server and sentinel look into before they ask the DNS. */}}
{{- define "valkey.names" -}}
{{- if include "valkey.replicated" . }}
initContainers:
  - name: names
    {{- include "common.containerImage" (dict "context" .) | nindent 4 }}
    terminationMessagePolicy: FallbackToLogsOnError
    {{- include "common.containerSecurity" . | nindent 4 }}
    command: [sh, /settings/names.sh, begin]
    env:
      {{- include "valkey.env" . | nindent 6 }}
    {{- include "common.resources" (dict "context" . "values" .Values.sentinel) | nindent 4 }}
    volumeMounts:
      - {name: settings, mountPath: /settings, readOnly: true}
      - {name: names, mountPath: /names}
{{- end }}
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
    - {name: names, mountPath: /names}
    - {name: names, mountPath: /etc/hosts, subPath: hosts, readOnly: true}
{{- end }}
{{- end }}

{{/* What keeps the servers of a cluster known to each other, beside each of them. */}}
{{- define "valkey.watch" -}}
{{- if .Values.cluster.enabled }}
- name: watch
  {{- include "common.containerImage" (dict "context" .) | nindent 2 }}
  {{- include "common.containerSecurity" . | nindent 2 }}
  command: [sh, /settings/cluster.sh, watch]
  env:
    {{- include "valkey.env" . | nindent 4 }}
  {{- include "common.resources" (dict "context" . "values" .Values.sentinel) | nindent 2 }}
  volumeMounts:
    - {name: settings, mountPath: /settings, readOnly: true}
    - {name: auth, mountPath: /auth, readOnly: true}
    - {name: tmp, mountPath: /tmp, subPath: watch}
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
