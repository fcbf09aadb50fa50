{{/* Pod settings of the restricted Pod Security Standard. Takes (dict "context" $ "uid" 999). */}}
{{- define "common.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .uid }}
  runAsGroup: {{ .uid }}
  fsGroup: {{ .uid }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .context.Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .context.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .context.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "common.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "common.containerImage" -}}
image: {{ include "common.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{/* Memory is asked for and limited alike; CPU is asked for, and limited only when somebody says so. */}}
{{- define "common.resources" -}}
resources:
  requests:
    cpu: {{ .Values.resources.cpu | quote }}
    memory: {{ .Values.resources.memory }}
  limits:
    {{- with .Values.resources.cpuLimit }}
    cpu: {{ . | quote }}
    {{- end }}
    memory: {{ .Values.resources.memory }}
{{- end }}

{{/* Pods of one release on different nodes and zones, as far as there are any. */}}
{{- define "common.spread" -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "common.selectorLabels" $ | nindent 8 }}
        app.kubernetes.io/component: server
  {{- end }}
{{- end }}

{{/* The claim of each pod. It stays when the release is uninstalled. */}}
{{- define "common.claims" -}}
persistentVolumeClaimRetentionPolicy:
  whenDeleted: Retain
  whenScaled: Retain
volumeClaimTemplates:
  - metadata:
      name: data
      labels:
        {{- include "common.selectorLabels" . | nindent 8 }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .Values.persistence.storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ .Values.persistence.size }}
{{- end }}

{{/* The pod of `helm test`. Takes (dict "context" $ "uid" 999 "memory" "128Mi" "script" "..."); the binding Secret lies in /binding. */}}
{{- define "common.testPod" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "common.fullname" .context }}-test
  namespace: {{ .context.Release.Namespace }}
  labels:
    {{- include "common.labels" .context | nindent 4 }}
    app.kubernetes.io/component: test
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  activeDeadlineSeconds: 180
  {{- include "common.pod" . | nindent 2 }}
  containers:
    - name: test
      {{- include "common.containerImage" .context | nindent 6 }}
      {{- include "common.containerSecurity" . | nindent 6 }}
      command:
        - sh
        - -euc
        - |
          {{- .script | nindent 10 }}
      resources:
        requests: {cpu: 50m, memory: {{ .memory }}}
        limits: {memory: {{ .memory }}}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        - {name: binding, mountPath: /binding, readOnly: true}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    - name: binding
      secret:
        secretName: {{ include "common.fullname" .context }}-binding
        defaultMode: 0440
{{- end }}
