{{- define "anywhere.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels that select the pods of one process: (dict "root" $ "component" "web") */}}
{{- define "anywhere.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "anywhere.labels" -}}
{{ include "anywhere.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "anywhere.image" -}}
{{- $image := .Values.image }}
{{- if $image.digest }}{{ printf "%s/%s@%s" $image.registry $image.repository $image.digest }}{{ else }}{{ printf "%s/%s:%s" $image.registry $image.repository ($image.tag | default .Chart.AppVersion) }}{{ end }}
{{- end }}

{{- define "anywhere.keysSecret" -}}
{{ .Values.keys.existingSecret | default (printf "%s-keys" (include "anywhere.fullname" .)) }}
{{- end }}

{{/* The host part of publicUrl, without a port */}}
{{- define "anywhere.host" -}}
{{- $host := (urlParse .Values.publicUrl).host }}
{{- if hasPrefix "[" $host }}{{ regexFind "^\\[[^\\]]*\\]" $host }}{{ else }}{{ (split ":" $host)._0 }}{{ end }}
{{- end }}

{{/* An address of a server: from a Secret, or from the Secret this chart makes of the given URL */}}
{{- define "anywhere.addressFrom" -}}
valueFrom:
  secretKeyRef:
{{- if .given.existingSecret }}
    name: {{ .given.existingSecret }}
    key: {{ .given.existingSecretKey }}
{{- else }}
    name: {{ include "anywhere.fullname" .root }}-addresses
    key: {{ .key }}
{{- end }}
{{- end }}

{{/* The environment of every process */}}
{{- define "anywhere.env" -}}
{{- $full := include "anywhere.fullname" . }}
- name: DATABASE_URL
  {{- include "anywhere.addressFrom" (dict "root" . "given" .Values.database "key" "database-url") | nindent 2 }}
- name: REDIS_URL
  {{- include "anywhere.addressFrom" (dict "root" . "given" .Values.redis "key" "redis-url") | nindent 2 }}
- name: ANYWHERE_SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ include "anywhere.keysSecret" . }}, key: secret-key}}
- name: ANYWHERE_FIELD_KEYS
  valueFrom: {secretKeyRef: {name: {{ include "anywhere.keysSecret" . }}, key: field-keys}}
- name: ANYWHERE_PUBLIC_URL
  value: {{ .Values.publicUrl | trimSuffix "/" | quote }}
- name: ANYWHERE_ALLOWED_HOSTS
  value: {{ list (include "anywhere.host" .) (printf "%s-web" $full) $full "localhost" "127.0.0.1" | uniq | join "," | quote }}
- name: ANYWHERE_WEB_URL
  value: http://{{ $full }}-web:8000
- name: ANYWHERE_PROXIES
  value: {{ ternary "2" "1" .Values.ingress.enabled | quote }}
- name: ANYWHERE_ALLOW_LOOPBACK_CLUSTERS
  value: {{ .Values.clusters.allowLoopback | quote }}
- name: ANYWHERE_ALLOW_INSECURE_TLS
  value: {{ .Values.clusters.allowInsecureTls | quote }}
- name: ANYWHERE_PRACTICE
  value: "false"
{{- range $name, $value := .Values.extraEnv }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Who the first administrator is: known to the migrations alone */}}
{{- define "anywhere.administratorEnv" -}}
- name: ANYWHERE_ADMIN_EMAIL
  value: {{ .Values.administrator.email | quote }}
- name: ANYWHERE_ADMIN_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ include "anywhere.keysSecret" . }}, key: admin-password}}
{{- end }}

{{- define "anywhere.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* One container of the image: (dict "root" $ "process" "web" "name" "web" "resources" … "env" more of it) */}}
{{- define "anywhere.container" -}}
name: {{ .name }}
image: {{ include "anywhere.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [{{ .process | quote }}]
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  {{- with .env }}{{ . | nindent 2 }}{{ end }}
  {{- include "anywhere.env" .root | nindent 2 }}
resources: {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - {name: home, mountPath: /var/lib/anywhere}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "anywhere.volumes" -}}
- name: home
  emptyDir: {}
- name: tmp
  emptyDir: {}
{{- end }}

{{/* A Deployment of one process: (dict "root" $ "component" "web" "replicas" 2 "settings" .Values.web …) */}}
{{- define "anywhere.deployment" -}}
{{- $root := .root }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "anywhere.fullname" $root }}-{{ .component }}
  labels: {{- include "anywhere.labels" . | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  {{- if .alone }}
  strategy: {type: Recreate}
  {{- else }}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  {{- end }}
  selector:
    matchLabels: {{- include "anywhere.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "anywhere.labels" . | nindent 8 }}
        {{- with $root.Values.podLabels }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- with $root.Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "anywhere.podSecurity" $root | nindent 6 }}
      {{- if gt (int .replicas) 1 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "anywhere.selector" . | nindent 14 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ .grace | default 30 }}
      {{- if .charts }}
      initContainers:
        # The charts of the catalogue are files: each pod that uses them unpacks the bundled ones for itself.
        - {{- include "anywhere.container" (dict "root" $root "name" "charts" "process" "charts" "resources" .settings.resources) | nindent 10 }}
      {{- end }}
      containers:
        - {{- include "anywhere.container" (dict "root" $root "name" .component "process" .component "resources" .settings.resources) | nindent 10 }}
          {{- if .port }}
          ports:
            - {name: http, containerPort: 8000}
          {{- end }}
          {{- with .probes }}{{ . | nindent 10 }}{{ end }}
      volumes: {{- include "anywhere.volumes" $root | nindent 8 }}
{{- end }}
