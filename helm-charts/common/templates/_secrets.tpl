{{/* The Secret that stays with the data when the release is uninstalled. */}}
{{- define "common.keptName" -}}
{{- printf "%s-auth" (include "common.fullname" .) -}}
{{- end }}

{{- define "common.kept" -}}
{{- lookup "v1" "Secret" .Release.Namespace (include "common.keptName" .) | default dict | toJson -}}
{{- end }}

{{/*
A secret value: the one given, or else the one kept beside the data, or else a new one.
Takes (dict "context" $ "key" "password" "given" .Values.auth.password). Asked again in the same render, it gives the same value.
*/}}
{{- define "common.secretValue" -}}
{{- if not (hasKey .context.Values "made") }}{{ $_ := set .context.Values "made" dict }}{{ end -}}
{{- if not (hasKey .context.Values.made .key) -}}
{{- $kept := get (include "common.kept" .context | fromJson) "data" | default dict -}}
{{- $new := default (randAlphaNum 24) .new -}}
{{- $value := default (get $kept .key | b64dec | default $new) .given -}}
{{- if .keptFirst }}{{ $value = get $kept .key | b64dec | default (default $new .given) }}{{ end -}}
{{- $_ := set .context.Values.made .key $value -}}
{{- end -}}
{{- get .context.Values.made .key -}}
{{- end }}

{{/* Metadata of the kept Secret. It remembers the version of the server that wrote the data last. */}}
{{- define "common.keptMetadata" -}}
name: {{ include "common.keptName" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "common.labels" . | nindent 2 }}
annotations:
  helm.sh/resource-policy: keep
  anywhere/server-version: {{ .Values.serverVersion | quote }}
{{- end }}

{{/* A servicebinding.io Secret. Takes (dict "context" $ "type" "postgresql" "entries" (dict ...)). */}}
{{- define "common.binding" -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "common.fullname" .context }}-binding
  namespace: {{ .context.Release.Namespace }}
  labels:
    {{- include "common.labels" .context | nindent 4 }}
    anywhere/binding-type: {{ .type }}
type: servicebinding.io/{{ .type }}
data:
  {{- range $key, $value := merge (dict "type" .type "provider" "anywhere") .entries }}
  {{ $key }}: {{ $value | b64enc | quote }}
  {{- end }}
{{- end }}

{{/* Changes when a restart is needed: short, so that it tells nothing about a secret. Takes any text. */}}
{{- define "common.checksum" -}}
{{- sha256sum . | trunc 10 | quote -}}
{{- end }}
