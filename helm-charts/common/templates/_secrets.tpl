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

{{/*
Metadata of the kept Secret. It remembers the version of the server that wrote the data last, and the domain of the cluster. Takes the context, or
(dict "context" $ "remember" (dict "nodes" 3)) for more to remember; common.remembered gives it back.
*/}}
{{- define "common.keptMetadata" -}}
{{- $root := default . .context -}}
name: {{ include "common.keptName" $root }}
namespace: {{ $root.Release.Namespace | quote }}
labels:
  {{- include "common.labels" $root | nindent 2 }}
annotations:
  helm.sh/resource-policy: keep
  anywhere/server-version: {{ $root.Values.serverVersion | quote }}
  anywhere/cluster-domain: {{ $root.Values.clusterDomain | quote }}
  {{- range $key, $value := .remember }}
  anywhere/{{ $key }}: {{ $value | toString | quote }}
  {{- end }}
{{- end }}

{{/* What the kept Secret remembers under this key, or nothing. Takes (dict "context" $ "key" "nodes"). */}}
{{- define "common.remembered" -}}
{{- dig "metadata" "annotations" (printf "anywhere/%s" .key) "" (include "common.kept" .context | fromJson) -}}
{{- end }}

{{/* What stands under this key in the live binding Secret, or nothing. Takes (dict "context" $ "key" "host"). */}}
{{- define "common.bound" -}}
{{- $live := lookup "v1" "Secret" .context.Release.Namespace (include "common.bindingName" .context) | default dict -}}
{{- dig "data" .key "" $live | b64dec -}}
{{- end }}

{{- define "common.bindingName" -}}
{{ include "common.fullname" . }}-binding
{{- end }}

{{/* A servicebinding.io Secret. Takes (dict "context" $ "type" "postgresql" "entries" (dict ...)); "suffix" behind the name, for one of more users. */}}
{{- define "common.binding" -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "common.bindingName" .context }}{{ with .suffix }}-{{ . }}{{ end }}
  namespace: {{ .context.Release.Namespace | quote }}
  labels:
    {{- include "common.labels" .context | nindent 4 }}
    anywhere/binding-type: {{ .type }}
type: servicebinding.io/{{ .type }}
data:
  {{- range $key, $value := merge (dict "type" .type "provider" "anywhere") .entries }}
  {{ $key }}: {{ $value | b64enc | quote }}
  {{- end }}
{{- end }}
