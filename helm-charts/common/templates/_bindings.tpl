{{/*
Services that this one is bound to: .Values.bindings {kafka: SECRET, …}, each the name of a servicebinding.io Secret in the namespace,
or empty. A pod that uses them has the three parts below; the entries of each Secret are files under /bindings/NAME. "only" limits
them to the names in a list. All take (dict "context" $ "only" (list "kafka")).
*/}}
{{- define "common.boundNames" -}}
{{- $found := list -}}
{{- range $name, $secret := .context.Values.bindings -}}
{{- if and $secret (or (not $.only) (has $name $.only)) }}{{ $found = append $found $name }}{{ end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{- define "common.bindingEnv" -}}
{{- if include "common.boundNames" . | fromJsonArray }}
- {name: SERVICE_BINDING_ROOT, value: /bindings}
{{- end }}
{{- end }}

{{- define "common.bindingMounts" -}}
{{- range include "common.boundNames" . | fromJsonArray }}
- {name: binding-{{ kebabcase . }}, mountPath: /bindings/{{ kebabcase . }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "common.bindingVolumes" -}}
{{- range include "common.boundNames" . | fromJsonArray }}
- name: binding-{{ kebabcase . }}
  secret:
    secretName: {{ get $.context.Values.bindings . | quote }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{/*
Refuses a Secret that is named and not there, or lacks an entry: pods that mount it would wait for ever. Asked only where there is a
cluster to ask. Takes (dict "context" $ "value" "tls.secret" "secret" "orders-tls" "keys" (list "tls.crt" "tls.key")).
*/}}
{{- define "common.refuseMissing" -}}
{{- $space := .context.Release.Namespace -}}
{{- if and .secret (lookup "v1" "Namespace" "" $space) -}}
{{- $found := lookup "v1" "Secret" $space .secret -}}
{{- $what := printf "It needs %s." (join " and " .keys) -}}
{{- if not $found }}{{ fail (printf "\n\n%s names the Secret %s, which is not in the namespace %s. Make it there first. %s\n" .value .secret $space $what) }}{{ end -}}
{{- range .keys }}{{ if not (hasKey ($found.data | default dict) .) }}{{ fail (printf "\n\n%s names the Secret %s, which has no %s. %s\n" $.value $.secret . $what) }}{{ end }}{{ end -}}
{{- end -}}
{{- end }}

{{/*
Refuses bindings that cannot work: the release's own Secret, two names for one Secret, a Secret that is not there or is of another type.
Takes (dict "context" $ "types" (dict "kafka" "kafka" "objectStore" "s3")): the type that each name asks for.
Whether a Secret is there is asked only where there is a cluster to ask.
*/}}
{{- define "common.refuseBindings" -}}
{{- $root := .context -}}
{{- $seen := dict -}}
{{- $reached := lookup "v1" "Namespace" "" $root.Release.Namespace -}}
{{- range $name, $secret := $root.Values.bindings -}}
{{- if $secret -}}
{{- if eq $secret (include "common.bindingName" $root) }}{{ fail (printf "\n\nbindings.%s is this service's own Secret %s. Name the Secret of another service.\n" $name $secret) }}{{ end -}}
{{- if hasKey $seen $secret }}{{ fail (printf "\n\nbindings.%s and bindings.%s name the same Secret %s. Each service has a Secret of its own.\n" (get $seen $secret) $name $secret) }}{{ end -}}
{{- $_ := set $seen $secret $name -}}
{{- $found := lookup "v1" "Secret" $root.Release.Namespace $secret -}}
{{- if and $reached (not $found) }}{{ fail (printf "\n\nbindings.%s names the Secret %s, which is not in the namespace %s. Install that service there first, or leave the value empty.\n" $name $secret $root.Release.Namespace) }}{{ end -}}
{{- $type := trimPrefix "servicebinding.io/" (dig "type" "" ($found | default dict)) -}}
{{- if and $found (ne $type (get $.types $name)) }}{{ fail (printf "\n\nbindings.%s names the Secret %s of the type %q, but needs one of the type %q.\n" $name $secret $type (get $.types $name)) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end }}
