{{/*
Pod settings of the restricted Pod Security Standard. Takes a part with "uid", "gid" when it is another number,
and "sysctls" (dict "NAME" VALUE), of those that the standard allows.
With global.openshift the platform gives the ids, and the pod asks for none.
*/}}
{{- define "common.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- /* When a machine is lost, so are questions to the DNS that were on their way: one costs a second, and not five in which a server stands still. */}}
dnsConfig: {options: [{name: timeout, value: "1"}, {name: attempts, value: "3"}]}
securityContext:
  runAsNonRoot: true
  {{- if not .context.Values.global.openshift }}
  runAsUser: {{ .uid }}
  runAsGroup: {{ default .uid .gid }}
  fsGroup: {{ default .uid .gid }}
  {{- end }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .sysctls }}
  sysctls:
  {{- range $name, $value := . }}
    - {name: {{ $name }}, value: {{ $value | quote }}}
  {{- end }}
{{- end }}
{{- with .context.Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
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

{{/* Image and when to pull it. Takes (dict "context" $ "image" …) as common.image does. */}}
{{- define "common.containerImage" -}}
image: {{ include "common.image" . }}
imagePullPolicy: {{ default .context.Values.image.pullPolicy (dig "pullPolicy" "" (default dict .image)) }}
{{- end }}

{{/* Memory is asked for and limited alike; CPU is asked for, and limited only when somebody says so. Takes a part. */}}
{{- define "common.resources" -}}
{{- $resources := (default .context.Values .values).resources -}}
{{- include "common.refuseCpu" $resources -}}
resources:
  requests:
    cpu: {{ $resources.cpu | quote }}
    memory: {{ $resources.memory }}
  limits:
    {{- with $resources.cpuLimit }}
    cpu: {{ . | quote }}
    {{- end }}
    memory: {{ $resources.memory }}
{{- end }}

{{/* Pods of one part on different nodes and zones, as far as there are any. Takes a part. */}}
{{- define "common.spread" -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "common.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{/* The claim of each pod of a part. It stays when the release is uninstalled. Takes a part; "volume" is its name, left out: data. */}}
{{- define "common.claims" -}}
{{- $persistence := (default .context.Values .values).persistence -}}
persistentVolumeClaimRetentionPolicy:
  whenDeleted: Retain
  whenScaled: Retain
volumeClaimTemplates:
  - metadata:
      name: {{ default "data" .volume }}
      labels:
        {{- if eq (include "common.component" .) "server" }}
        {{- include "common.selectorLabels" .context | nindent 8 }}
        {{- else }}
        {{- include "common.selector" . | nindent 8 }}
        {{- end }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with $persistence.storageClass }}
      storageClassName: {{ . | quote }}
      {{- end }}
      resources:
        requests:
          storage: {{ $persistence.size }}
{{- end }}

{{/*
The pod of `helm test`. Takes (dict "context" $ "uid" 999 "memory" "128Mi" "script" "..."); the binding Secret lies in /binding.
"image" for another image than the server's, "env" for a list of variables, "suffix" behind the name of a second one.
*/}}
{{- define "common.testPod" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "common.fullname" .context }}-test{{ with .suffix }}-{{ . }}{{ end }}
  namespace: {{ .context.Release.Namespace | quote }}
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
      {{- include "common.containerImage" . | nindent 6 }}
      terminationMessagePolicy: FallbackToLogsOnError
      {{- include "common.containerSecurity" . | nindent 6 }}
      {{- include "common.script" .script | nindent 6 }}
      {{- with .env }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
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
        secretName: {{ include "common.bindingName" .context }}
        defaultMode: 0440
{{- end }}

{{/* A shell script as a container's command. Takes the text. */}}
{{- define "common.script" -}}
command:
  - sh
  - -euc
  - |
    {{- . | nindent 4 }}
{{- end }}

{{/*
A Job that brings about what is declared (topics, users, buckets, passwords). It may be repeated: its name holds a digest of its pod,
so a change makes a new one and nothing else does. Takes a part with "pod", the text of the pod's spec without restartPolicy, and
"seconds", its deadline (left out: 900).
*/}}
{{- define "common.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "common.componentName" . | trunc 46 | trimSuffix "-" }}-{{ sha256sum .pod | trunc 10 }}
  namespace: {{ .context.Release.Namespace | quote }}
  labels:
    {{- include "common.labels" .context | nindent 4 }}
    app.kubernetes.io/component: {{ include "common.component" . }}
spec:
  backoffLimit: 10
  activeDeadlineSeconds: {{ default 900 .seconds }}
  template:
    metadata:
      labels:
        {{- include "common.selector" . | nindent 8 }}
    spec:
      restartPolicy: OnFailure
      {{- .pod | nindent 6 }}
{{- end }}
