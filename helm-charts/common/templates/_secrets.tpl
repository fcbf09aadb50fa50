{{/* The Secret that stays with the data when the release is uninstalled. */}}
{{- define "common.keptName" -}}
{{- printf "%s-auth" (include "common.fullname" .) -}}
{{- end }}

{{- define "common.kept" -}}
{{- lookup "v1" "Secret" .Release.Namespace (include "common.keptName" .) | default dict | toJson -}}
{{- end }}

{{/*
A new secret value of letters and digits: made from auth.seed where there is one, and then the same at each render, else by chance.
Takes (dict "context" $ "key" "token" "length" 40); without "length" it has 24 of them, and 64 at most.
*/}}
{{- define "common.made" -}}
{{- $length := default 24 .length | int -}}
{{- with .context.Values.auth.seed -}}
{{- printf "%s/%s/%s/%s" $.context.Release.Namespace (include "common.fullname" $.context) $.key . | sha256sum | trunc $length -}}
{{- else -}}
{{- randAlphaNum $length -}}
{{- end -}}
{{- end }}

{{/*
A secret value: the one given, or else the one kept beside the data, or else a new one.
Takes (dict "context" $ "key" "password" "given" .Values.auth.password), "length" of a new one, or "new", a new one.
With "fixed", the path of the value, another one than that which is kept is refused: the data belong to it.
Asked again in the same render, it gives the same value.
*/}}
{{- define "common.secretValue" -}}
{{- if not (hasKey .context.Values "made") }}{{ $_ := set .context.Values "made" dict }}{{ end -}}
{{- if not (hasKey .context.Values.made .key) -}}
{{- $kept := get (include "common.kept" .context | fromJson) "data" | default dict -}}
{{- $new := default (include "common.made" .) .new -}}
{{- $before := get $kept .key | b64dec -}}
{{- if and .fixed .given $before (ne .given $before) -}}
{{- fail (printf "\n\n%s cannot be another one than the data were made with. Leave it empty: what is kept with the data is used. When the data are gone, delete the Secret %s.\n" .fixed (include "common.keptName" .context)) -}}
{{- end -}}
{{- $_ := set .context.Values.made .key (default (default $new $before) .given) -}}
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
