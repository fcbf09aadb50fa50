{{/* The pod of an executor, which the driver makes; Spark adds image, command and size. */}}
{{- define "job.executor" -}}
apiVersion: v1
kind: Pod
metadata:
  labels:
    {{- include "common.selector" (dict "context" . "component" "executor") | nindent 4 }}
spec:
  {{- include "common.pod" (dict "context" . "uid" 185) | nindent 2 }}
  {{- include "common.spread" (dict "context" . "component" "executor") | nindent 2 }}
  {{- if .Values.bindings.kafka }}
  initContainers:
    - name: login
      {{- include "common.containerImage" (dict "context" .) | nindent 6 }}
      terminationMessagePolicy: FallbackToLogsOnError
      {{- include "common.containerSecurity" . | nindent 6 }}
      command: [bash, /etc/spark/settings/start.sh, login]
      env:
        - {name: SERIES, value: {{ include "job.series" . | quote }}}
      resources:
        requests: {cpu: 50m, memory: 64Mi}
        limits: {memory: 64Mi}
      volumeMounts:
        {{- include "job.executorMounts" . | nindent 8 }}
  {{- end }}
  containers:
    - name: executor
      {{- include "common.containerSecurity" . | nindent 6 }}
      workingDir: /scratch
      volumeMounts:
        # By this name Spark knows it for its scratch space and adds none.
        - {name: spark-local-dir-1, mountPath: /scratch}
        {{- include "job.executorMounts" . | nindent 8 }}
  volumes:
    - name: settings
      configMap:
        name: {{ include "common.fullname" . }}
    - name: run
      emptyDir: {medium: Memory, sizeLimit: 16Mi}
    - name: tmp
      emptyDir: {sizeLimit: 512Mi}
    - name: spark-local-dir-1
      emptyDir: {sizeLimit: {{ .Values.executors.scratch }}}
    {{- include "common.bindingVolumes" (dict "context" . "only" (list "kafka")) | nindent 4 }}
{{- end }}

{{- define "job.executorMounts" -}}
- {name: settings, mountPath: /etc/spark/settings, readOnly: true}
- {name: run, mountPath: /run/spark}
- {name: tmp, mountPath: /tmp}
{{- include "common.bindingMounts" (dict "context" . "only" (list "kafka")) }}
{{- end }}
