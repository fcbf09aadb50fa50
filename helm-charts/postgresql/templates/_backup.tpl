{{/* "true" when an object store is used: for backups, or to restore one. */}}
{{- define "postgresql.stores" -}}
{{- if or .Values.backup.enabled .Values.restore.prefix }}true{{ end -}}
{{- end }}

{{- define "postgresql.backupPrefix" -}}
{{- default (printf "%s/%s" .Release.Namespace (include "common.fullname" .)) .Values.backup.prefix -}}
{{- end }}

{{- define "postgresql.storeEnv" -}}
- {name: BACKUP_PREFIX, value: {{ include "postgresql.backupPrefix" . | quote }}}
- {name: BACKUP_KEEP, value: {{ .Values.backup.keep | quote }}}
- {name: RESTORE_PREFIX, value: {{ .Values.restore.prefix | quote }}}
- {name: RESTORE_TIME, value: {{ .Values.restore.time | quote }}}
{{- end }}

{{/* The container that speaks to the object store. It begins before the others and ends after them. */}}
{{- define "postgresql.store" -}}
- name: store
  restartPolicy: Always
  {{- include "common.containerImage" (dict "context" . "image" .Values.backup.image) | nindent 2 }}
  {{- include "common.containerSecurity" . | nindent 2 }}
  command: [sh, /etc/postgresql/conf/store.sh]
  {{- include "common.resources" (dict "context" . "values" .Values.backup) | nindent 2 }}
  volumeMounts:
    - {name: configuration, mountPath: /etc/postgresql/conf, readOnly: true}
    - {name: exchange, mountPath: /exchange}
    - {name: memory, mountPath: /memory}
    {{- include "common.bindingMounts" (dict "context" . "only" (list "objectStore")) | nindent 4 }}
{{- end }}

{{- define "postgresql.storeVolumes" -}}
- name: exchange
  emptyDir: {sizeLimit: 1Gi}
- name: memory
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
{{- include "common.bindingVolumes" (dict "context" . "only" (list "objectStore")) }}
{{- end }}
