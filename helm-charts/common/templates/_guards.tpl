{{/* What is live, or an empty dict: without a connection to a cluster nothing is refused here. */}}
{{- define "common.live" -}}
{{- lookup "apps/v1" "StatefulSet" .Release.Namespace (include "common.fullname" .) | default dict | toJson -}}
{{- end }}

{{/* "true" when the claim of the pod with this number is there. Takes (dict "context" $ "ordinal" 0). */}}
{{- define "common.hasClaim" -}}
{{- $name := printf "data-%s-%d" (include "common.fullname" .context) (int .ordinal) -}}
{{- if lookup "v1" "PersistentVolumeClaim" .context.Release.Namespace $name }}true{{ end -}}
{{- end }}

{{/*
The version of the server that wrote the data last, when there are data; else nothing. While a roll-out has not come to its end,
nothing is said: the new version may never have run, and a way back must stay open. The server itself checks what lies on its volume.
*/}}
{{- define "common.dataVersion" -}}
{{- $live := include "common.live" . | fromJson -}}
{{- $status := dig "status" dict $live -}}
{{- $settled := and (gt (dig "readyReplicas" 0 $status | int) 0) (eq (dig "currentRevision" "" $status) (dig "updateRevision" "" $status)) -}}
{{- if and (or (not $live) $settled) (include "common.hasClaim" (dict "context" . "ordinal" 0)) -}}
{{- dig "metadata" "annotations" "anywhere/server-version" "" (include "common.kept" . | fromJson) -}}
{{- end -}}
{{- end }}

{{/* Refuses an older series (major.minor) of the server than the one that wrote the data. Takes (dict "context" $ "title" "Valkey"). */}}
{{- define "common.refuseDowngrade" -}}
{{- $old := include "common.dataVersion" .context -}}
{{- $new := .context.Values.serverVersion -}}
{{- if $old -}}
{{- $series := regexFind "^[0-9]+[.][0-9]+" $old -}}
{{- if semverCompare (printf "< %s.0-0" $series) $new -}}
{{- fail (printf "\n\n%s %s cannot read the data that %s %s wrote. Choose %s or newer, or install under another name and copy the data.\n" .title $new .title $old $series) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses another size of the claims than the live one: Kubernetes does not change it through a StatefulSet. */}}
{{- define "common.refuseResize" -}}
{{- $live := include "common.live" . | fromJson -}}
{{- range dig "spec" "volumeClaimTemplates" list $live -}}
{{- $size := dig "spec" "resources" "requests" "storage" "" . -}}
{{- if and $size (ne $size $.Values.persistence.size) -}}
{{- fail (printf "\n\npersistence.size is %s and cannot become %s by an upgrade alone. Grow the claims first, then run `kubectl delete statefulset %s --cascade=orphan -n %s`, then upgrade.\n" $size $.Values.persistence.size (include "common.fullname" $) $.Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end }}
