{{/* The name of everything a release makes: the release's own, so that it can be guessed. */}}
{{- define "common.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "common.headless" -}}
{{- printf "%s-headless" (include "common.fullname" .) -}}
{{- end }}

{{/* The address of the Service inside the cluster. */}}
{{- define "common.host" -}}
{{- printf "%s.%s.svc.%s" (include "common.fullname" .) .Release.Namespace .Values.clusterDomain -}}
{{- end }}

{{/* What selects the pods: these two never change during the life of a release. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "common.labels" -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.serverVersion | quote }}
app.kubernetes.io/part-of: {{ include "common.fullname" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "common.metadata" -}}
name: {{ include "common.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "common.labels" . | nindent 2 }}
{{- end }}

{{/* registry/repository:tag, and @digest when one is given. global.imageRegistry takes the place of the registry. */}}
{{- define "common.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry -}}
{{- $tag := default .Values.serverVersion .Values.image.tag -}}
{{- printf "%s/%s:%s" (trimSuffix "/" $registry) .Values.image.repository $tag -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end }}

{{/* A quantity of memory in MiB, as a whole number. */}}
{{- define "common.mebibytes" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9.]+" $text | float64 -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- $factors := dict "" 9.5367431640625e-07 "Ki" 0.0009765625 "Mi" 1.0 "Gi" 1024.0 "Ti" 1048576.0 "k" 0.00095367431640625 "M" 0.95367431640625 "G" 953.67431640625 "T" 953674.31640625 -}}
{{- if not (hasKey $factors $unit) }}{{ fail (printf "%q is not a quantity of memory. Write it like 512Mi or 2Gi." $text) }}{{ end -}}
{{- mulf $number (get $factors $unit) | floor | int64 -}}
{{- end }}
