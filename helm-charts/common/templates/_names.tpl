{{/*
Templates that speak of one part of a release take (dict "context" $ "component" "broker" "values" .Values.broker):
`component` is the part's name, left out for "server"; `values` is where its replicas, resources and persistence stand, left out
for the values of the chart. The server's objects bear the release's own name, those of other parts have the part's name behind it.
*/}}

{{/*
The name of everything a release makes: the release's own, so that it can be guessed. Helm allows names that no Service can have, and
words that YAML does not read as text.
*/}}
{{- define "common.fullname" -}}
{{- $name := default .Release.Name .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- if or (not (regexMatch "^[a-z][a-z0-9-]*$" $name)) (has $name (list "y" "n" "yes" "no" "on" "off" "true" "false" "null")) -}}
{{- fail (printf "\n\nNo Service can be called %s. A name begins with a letter, holds small letters, digits and -, and is no word such as on, yes or null. Choose another name of the release, or give one as fullnameOverride.\n" $name) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "common.component" -}}
{{- default "server" .component -}}
{{- end }}

{{/* The name of a part's objects. */}}
{{- define "common.componentName" -}}
{{- $name := include "common.fullname" .context -}}
{{- $component := include "common.component" . -}}
{{- if eq $component "server" }}{{ $name }}{{ else }}{{ printf "%s-%s" (trunc (sub 51 (len $component) | int) $name | trimSuffix "-") $component }}{{ end -}}
{{- end }}

{{/* The headless Service that names the pods of a part. Takes a part, or the context for the server's. */}}
{{- define "common.headless" -}}
{{- if hasKey . "context" }}{{ include "common.componentName" . }}{{ else }}{{ include "common.fullname" . }}{{ end }}-headless
{{- end }}

{{/* The domain of the pods' own names: POD.DOMAIN. Takes a part. */}}
{{- define "common.podDomain" -}}
{{- printf "%s.%s.svc.%s" (include "common.headless" .) .context.Release.Namespace .context.Values.clusterDomain -}}
{{- end }}

{{/* pod.domain:port of every pod of a part, joined by commas. Takes a part with "replicas" and "port" ("": names alone). */}}
{{- define "common.podAddresses" -}}
{{- $part := . -}}
{{- $found := list -}}
{{- range $ordinal := until (int .replicas) -}}
{{- $name := printf "%s-%d.%s" (include "common.componentName" $part) $ordinal (include "common.podDomain" $part) -}}
{{- $found = append $found (ternary (printf "%s:%v" $name $part.port) $name (not (empty $part.port))) -}}
{{- end -}}
{{- join "," $found -}}
{{- end }}

{{/* The address of a Service inside the cluster. Takes the context, or a part. */}}
{{- define "common.host" -}}
{{- if hasKey . "context" -}}
{{- printf "%s.%s.svc.%s" (include "common.componentName" .) .context.Release.Namespace .context.Values.clusterDomain -}}
{{- else -}}
{{- printf "%s.%s.svc.%s" (include "common.fullname" .) .Release.Namespace .Values.clusterDomain -}}
{{- end -}}
{{- end }}

{{/* What selects all pods of a release: these two never change during its life. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* What selects the pods of one part. */}}
{{- define "common.selector" -}}
{{ include "common.selectorLabels" .context }}
app.kubernetes.io/component: {{ include "common.component" . }}
{{- end }}

{{- define "common.labels" -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.serverVersion | quote }}
app.kubernetes.io/part-of: {{ include "common.fullname" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Name, namespace and labels of what the whole release has once. */}}
{{- define "common.metadata" -}}
name: {{ include "common.fullname" . }}
namespace: {{ .Release.Namespace | quote }}
labels:
  {{- include "common.labels" . | nindent 2 }}
{{- end }}

{{/* Name, namespace and labels of what a part has. "suffix" goes behind the name. */}}
{{- define "common.componentMetadata" -}}
name: {{ include "common.componentName" . }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .context.Release.Namespace | quote }}
labels:
  {{- include "common.labels" .context | nindent 2 }}
  app.kubernetes.io/component: {{ include "common.component" . }}
{{- end }}

{{/*
registry/repository:tag, and @digest when one is given. global.imageRegistry takes the place of the registry.
Takes (dict "context" $ "image" .Values.metrics.image); without an image it is the server's, whose tag is the version.
*/}}
{{- define "common.image" -}}
{{- $image := default .context.Values.image .image -}}
{{- $registry := default $image.registry .context.Values.global.imageRegistry -}}
{{- $tag := default .context.Values.serverVersion $image.tag -}}
{{- if eq $tag "latest" }}{{ fail (printf "\n\nThe tag of the image %s is latest, which is another image every week. Name a version.\n" $image.repository) }}{{ end -}}
{{- printf "%s/%s:%s" (trimSuffix "/" $registry) $image.repository $tag -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
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

{{/* A quantity of CPU in thousandths of a core. */}}
{{- define "common.millicores" -}}
{{- if hasSuffix "m" . }}{{ trimSuffix "m" . | int64 }}{{ else }}{{ mulf (float64 .) 1000.0 | int64 }}{{ end -}}
{{- end }}

{{/* A value as a setting: text as it is, a whole number without an exponent. */}}
{{- define "common.setting" -}}
{{- if kindIs "float64" . -}}
{{- if and (eq (floor .) .) (lt . 9e15) (gt . -9e15) }}{{ int64 . }}{{ else }}{{ toJson . }}{{ end -}}
{{- else }}{{ toString . }}{{ end -}}
{{- end }}

{{/* Changes when a restart is needed: short, so that it tells nothing about a secret. Takes any text. */}}
{{- define "common.checksum" -}}
{{- sha256sum . | trunc 10 | quote -}}
{{- end }}
