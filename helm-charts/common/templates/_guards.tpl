{{/*
What is live of a part, or an empty dict: without a connection to a cluster nothing is refused here. Takes the context for the
server, or a part with "kind" (left out: StatefulSet).
*/}}
{{- define "common.live" -}}
{{- if hasKey . "context" -}}
{{- lookup "apps/v1" (default "StatefulSet" .kind) .context.Release.Namespace (include "common.componentName" .) | default dict | toJson -}}
{{- else -}}
{{- lookup "apps/v1" "StatefulSet" .Release.Namespace (include "common.fullname" .) | default dict | toJson -}}
{{- end -}}
{{- end }}

{{/*
"true" when the last change of a Deployment has come to its end: it has been seen, as many pods of the newest template are ready as are
wanted, and no other is left. Takes the live object; one that is not there has nothing to replace.
*/}}
{{- define "common.rolledOut" -}}
{{- $wanted := dig "spec" "replicas" 0 . | int -}}
{{- $status := dig "status" dict . -}}
{{- $seen := eq (dig "metadata" "generation" 0 . | int) (dig "observedGeneration" 0 $status | int) -}}
{{- if and $seen (eq $wanted (dig "updatedReplicas" 0 $status | int)) (eq $wanted (dig "readyReplicas" 0 $status | int)) (eq $wanted (dig "replicas" 0 $status | int)) -}}
true
{{- end -}}
{{- end }}

{{/* "true" when the claim of the pod with this number is there. Takes a part with "ordinal", and "volume" (left out: data). */}}
{{- define "common.hasClaim" -}}
{{- $name := printf "%s-%s-%d" (default "data" .volume) (include "common.componentName" .) (int .ordinal) -}}
{{- if lookup "v1" "PersistentVolumeClaim" .context.Release.Namespace $name }}true{{ end -}}
{{- end }}

{{/* Refuses to keep no CPU free, and a limit below what is kept free. Takes resources {cpu, cpuLimit}. */}}
{{- define "common.refuseCpu" -}}
{{- if lt (include "common.millicores" .cpu | int64) 1 -}}
{{- fail (printf "\n\nresources.cpu is %s, with which a busy neighbour leaves the server nothing. Keep 10m free or more.\n" .cpu) -}}
{{- end -}}
{{- if and .cpuLimit (lt (include "common.millicores" .cpuLimit | int64) (include "common.millicores" .cpu | int64)) -}}
{{- fail (printf "\n\nresources keep %s of CPU free but limit it to %s. Make cpuLimit %s or more, or leave it empty.\n" .cpu .cpuLimit .cpu) -}}
{{- end -}}
{{- end }}

{{/* Refuses a volume that a server cannot begin with. Takes (dict "size" "10Gi" "path" "persistence.size" "least" "1Gi"). */}}
{{- define "common.refuseSmall" -}}
{{- if lt (include "common.mebibytes" .size | int64) (include "common.mebibytes" .least | int64) -}}
{{- fail (printf "\n\n%s is %s, too little for the server to begin with. Give it %s or more.\n" .path .size .least) -}}
{{- end -}}
{{- end }}

{{/*
How many nodes of a part have data: those that run, or, where none runs (after an uninstall, or while it is scaled to zero), those whose
claims are there. Takes a part with "most", the highest number it can have.
*/}}
{{- define "common.nodesWithData" -}}
{{- $live := include "common.live" . | fromJson -}}
{{- $now := dig "spec" "replicas" 0 $live | int -}}
{{- if eq $now 0 -}}
{{- range $ordinal := until (int .most) -}}
{{- if include "common.hasClaim" (merge (dict "ordinal" $ordinal) $) }}{{ $now = add1 $ordinal }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $now -}}
{{- end }}

{{/*
Refuses fewer nodes of a part than have data, unless scaleIn.confirmed says that their data have been moved off.
Takes a part with "replicas", "most", "title" ("Cassandra"), "why", a sentence, and "way", a sentence that says what to do.
*/}}
{{- define "common.refuseShrink" -}}
{{- $now := include "common.nodesWithData" . | int -}}
{{- if and (lt (int .replicas) $now) (not (dig "confirmed" false (.context.Values.scaleIn | default dict))) -}}
{{- fail (printf "\n\n%s has data on %d nodes and cannot go down to %d like this: %s %s\n" .title $now (int .replicas) .why .way) -}}
{{- end -}}
{{- end }}

{{/*
The version of the server that wrote the data last, when there are data; else nothing. While a roll-out has not come to its end,
nothing is said: the new version may never have run, and a way back must stay open. The server itself checks what lies on its volume.
Takes the context, or a part whose claims hold the data.
*/}}
{{- define "common.dataVersion" -}}
{{- $part := hasKey . "context" | ternary . (dict "context" .) -}}
{{- $live := include "common.live" $part | fromJson -}}
{{- $status := dig "status" dict $live -}}
{{- $settled := and (gt (dig "readyReplicas" 0 $status | int) 0) (eq (dig "currentRevision" "" $status) (dig "updateRevision" "" $status)) -}}
{{- if and (or (not $live) $settled) (include "common.hasClaim" (merge (dict "ordinal" 0) $part)) -}}
{{- include "common.remembered" (dict "context" $part.context "key" "server-version") -}}
{{- end -}}
{{- end }}

{{/*
Refuses an older series (major.minor) of the server than the one that wrote the data. Takes a part with "title". With "why" and "way", two
sentences, these are said in place of data that could not be read; with "old", that version is the one before.
*/}}
{{- define "common.refuseDowngrade" -}}
{{- $old := default (include "common.dataVersion" .) .old -}}
{{- $new := .context.Values.serverVersion -}}
{{- if $old -}}
{{- $series := regexFind "^[0-9]+[.][0-9]+" $old -}}
{{- if semverCompare (printf "< %s.0-0" $series) $new -}}
{{- if .why }}{{ fail (printf "\n\n%s is %s and cannot become %s: %s %s\n" .title $old $new .why .way) }}{{ end -}}
{{- fail (printf "\n\n%s %s cannot read the data that %s %s wrote. Choose %s or newer, or install under another name and copy the data.\n" .title $new .title $old $series) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses to leap over a major version. Takes a part with "title"; with "old", that version is the one before. */}}
{{- define "common.refuseSkip" -}}
{{- $old := regexFind "^[0-9]+" (default (include "common.dataVersion" .) .old) -}}
{{- $new := regexFind "^[0-9]+" .context.Values.serverVersion -}}
{{- if and $old (gt (int $new) (add1 (int $old) | int)) -}}
{{- fail (printf "\n\n%s goes from %s to %s one major version at a time. Upgrade to a version of %d first, and wait until all nodes run it.\n" .title $old $new (add1 (int $old))) -}}
{{- end -}}
{{- end }}

{{/*
Refuses another value than the one the data were made with. Takes (dict "context" $ "key" "racks" "value" 3 "path" "racks" "why" "…" );
the same key and value belong into "remember" of common.keptMetadata. "before" is what was so where nothing is remembered yet.
*/}}
{{- define "common.refuseChange" -}}
{{- $old := include "common.remembered" . | default .before -}}
{{- if and $old (ne $old (toString .value)) -}}
{{- fail (printf "\n\n%s was %s when the data were made and cannot become %v: %s\n" .path $old .value .why) -}}
{{- end -}}
{{- end }}

{{/*
Refuses another name for the objects of a release that is there, under which its servers would begin with nothing, and, while any of them
works, another domain of the cluster, under which servers and clients would not find each other. It lists what the chart makes in the
namespace: StatefulSets, or Deployments or Jobs. Takes the context, or (dict "context" $ "kind" "Deployment").
*/}}
{{- define "common.refuseMove" -}}
{{- $root := hasKey . "context" | ternary .context . -}}
{{- if $root.Release.IsUpgrade -}}
{{- $name := include "common.fullname" $root -}}
{{- $ready := 0 -}}
{{- $kind := default "StatefulSet" .kind -}}
{{- $why := ternary "it would run once more, and what its jobs have printed would be gone." "what it has would stay behind under the former name, and clients would not find it." (eq $kind "Job") -}}
{{- range dig "items" list (lookup (ternary "batch/v1" "apps/v1" (eq $kind "Job")) $kind $root.Release.Namespace "") -}}
{{- $labels := default dict .metadata.labels -}}
{{- $own := eq (get $labels "app.kubernetes.io/instance") $root.Release.Name | and (eq (get $labels "app.kubernetes.io/name") $root.Chart.Name) -}}
{{- $before := get $labels "app.kubernetes.io/part-of" -}}
{{- if and $own $before (ne $before $name) -}}
{{- fail (printf "\n\nThis release made %s and cannot go on as %s: %s Keep fullnameOverride as it was, or install again under the other name.\n" $before $name $why) -}}
{{- end -}}
{{- if $own }}{{ $ready = add $ready (dig "status" "readyReplicas" 0 . | int) }}{{ end -}}
{{- end -}}
{{- if gt (int $ready) 0 -}}
{{- $host := regexReplaceAll "^.*[.]svc[.]" (include "common.bound" (dict "context" $root "key" "host")) "" -}}
{{- include "common.refuseChange" (dict "context" $root "key" "cluster-domain" "before" $host "value" $root.Values.clusterDomain "path" "clusterDomain" "why" "servers and clients know each other under the names of that domain. Install again with the other domain, and copy the data.") -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
Refuses another size or storage class of the claims than the live one: Kubernetes does not change it through a StatefulSet. Takes the context, or a part
with "path", where the values of the part stand ("broker").
*/}}
{{- define "common.refuseResize" -}}
{{- $part := hasKey . "context" | ternary . (dict "context" .) -}}
{{- $root := $part.context -}}
{{- $path := ternary (printf "%s.persistence.size" $part.path) "persistence.size" (hasKey $part "path") -}}
{{- $persistence := (default $root.Values $part.values).persistence -}}
{{- $wanted := $persistence.size -}}
{{- $live := include "common.live" $part | fromJson -}}
{{- range dig "spec" "volumeClaimTemplates" list $live -}}
{{- $size := dig "spec" "resources" "requests" "storage" "" . -}}
{{- if and (eq .metadata.name (default "data" $part.volume)) $size (ne $size $wanted) -}}
{{- fail (printf "\n\n%s is %s and cannot become %s by an upgrade alone. Grow the claims first, then run `kubectl delete statefulset %s --cascade=orphan -n %s`, then upgrade.\n" $path $size $wanted (include "common.componentName" $part) $root.Release.Namespace) -}}
{{- end -}}
{{- $class := dig "spec" "storageClassName" "" . -}}
{{- if and (eq .metadata.name (default "data" $part.volume)) (ne $class (default "" $persistence.storageClass)) -}}
{{- fail (printf "\n\n%s was %q when the volumes were made and cannot become %q: a volume stays where it is. Leave it, or install under another name and copy the data.\n" (printf "%s.storageClass" (trimSuffix ".size" $path)) $class (default "" $persistence.storageClass)) -}}
{{- end -}}
{{- end -}}
{{- end }}
