{{/* Refuses what cannot work or would lose objects, before anything is touched. */}}
{{- define "objectStore.refuse" -}}
{{- include "common.refuseMove" . -}}
{{- $single := include "objectStore.single" . -}}
{{- $volumes := int .Values.volume.replicas -}}
{{- $copies := int .Values.copies -}}
{{- if and $single (or (gt (int .Values.filer.replicas) 0) (gt (int .Values.master.replicas) 0)) -}}
{{- fail "\n\nvolume.replicas is 0, so one server does all of it, and filer.replicas and master.replicas must be 0 too. For several servers take plans/standard.yaml.\n" -}}
{{- end -}}
{{- if and (not $single) (or (lt (int .Values.filer.replicas) 1) (lt (int .Values.master.replicas) 1)) -}}
{{- fail "\n\nVolume servers need masters and a filer: set master.replicas to 3 and filer.replicas to 1, as plans/standard.yaml does.\n" -}}
{{- end -}}
{{- if and $single (gt (int .Values.replicas) 1) -}}
{{- fail "\n\nreplicas must be 1 when there are no volume servers: one server does all of it. For several servers take plans/standard.yaml.\n" -}}
{{- end -}}
{{- if and $single (gt $copies 1) -}}
{{- fail "\n\ncopies must be 1 when there are no volume servers: there is one disk only. For copies take plans/standard.yaml.\n" -}}
{{- end -}}
{{- if and (not $single) (lt $volumes $copies) -}}
{{- fail (printf "\n\nEvery object is kept on %d volume servers, so volume.replicas cannot be %d. Take %d or more; %d go on when one is lost.\n" $copies $volumes $copies (add1 $copies)) -}}
{{- end -}}
{{- if and (eq .Values.apart "zones") (semverCompare "< 1.35.0-0" .Capabilities.KubeVersion.Version) -}}
{{- fail (printf "\n\napart: zones needs Kubernetes 1.35 or later, which tells a pod its zone; this cluster has %s. Set apart to servers.\n" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "\n\ningress.enabled needs ingress.host, the name under which clients reach the object store.\n" -}}
{{- end -}}
{{- $buckets := dict -}}
{{- range .Values.buckets -}}
{{- if hasKey $buckets .name }}{{ fail (printf "\n\nbuckets has %s twice. Name each bucket once.\n" .name) }}{{ end -}}
{{- $_ := set $buckets .name true -}}
{{- end -}}
{{- $users := dict -}}
{{- $keys := dict -}}
{{- range $user := .Values.users -}}
{{- if has $user.name (list "admin" "server" "master" "volume" "filer" "buckets") }}{{ fail (printf "\n\nNo user can be called %s, which the object store uses itself. Choose another name.\n" $user.name) }}{{ end -}}
{{- if hasKey $users $user.name }}{{ fail (printf "\n\nusers has %s twice. Name each user once.\n" $user.name) }}{{ end -}}
{{- $_ := set $users $user.name true -}}
{{- with $user.accessKeyId -}}
{{- if hasKey $keys . }}{{ fail (printf "\n\nThe users %s and %s have the same accessKeyId. Each needs one of its own.\n" (get $keys .) $user.name) }}{{ end -}}
{{- $_ := set $keys . $user.name -}}
{{- end -}}
{{- range $user.buckets -}}
{{- if not (hasKey $buckets .) }}{{ fail (printf "\n\nThe user %s names the bucket %s, which is not in buckets. Add it there, or take it off the user.\n" $user.name .) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $minimum := dict "resources" .Values.resources -}}
{{- if not $single }}{{ $minimum = dict "resources" .Values.resources "volume.resources" .Values.volume.resources "filer.resources" .Values.filer.resources }}{{ end -}}
{{- range $path, $resources := $minimum -}}
{{- if lt (include "common.mebibytes" $resources.memory | int64) 192 }}{{ fail (printf "\n\n%s.memory is %s, with which SeaweedFS does not come up. Give it 192Mi or more.\n" $path $resources.memory) }}{{ end -}}
{{- end -}}
{{- include "common.refuseSmall" (dict "size" .Values.persistence.size "path" "persistence.size" "least" "1Gi") -}}
{{- if not $single }}{{ include "common.refuseSmall" (dict "size" .Values.volume.persistence.size "path" "volume.persistence.size" "least" "1Gi") }}{{ end -}}
{{- $layout := ternary "single" "replicated" (eq $single "true") -}}
{{- $old := include "common.remembered" (dict "context" . "key" "layout") -}}
{{- if and $old (ne $old $layout) -}}
{{- fail (printf "\n\nThis object store was made as %s and cannot become %s: the objects would not be found. Install under another name and copy the objects, for example with `rclone sync`.\n" (ternary "one server" "several servers" (eq $old "single")) (ternary "one server" "several servers" (eq $layout "single"))) -}}
{{- end -}}
{{- include "common.refuseChange" (dict "context" . "key" "copies" "value" .Values.copies "path" "copies" "why" "what is stored has that many copies. Install under another name and copy the objects.") -}}
{{- include "common.refuseChange" (dict "context" . "key" "apart" "value" .Values.apart "path" "apart" "why" "what is stored lies that way. Install under another name and copy the objects.") -}}
{{- if $single -}}
{{- include "common.refuseDowngrade" (dict "context" . "title" "SeaweedFS") -}}
{{- include "common.refuseSkip" (dict "context" . "title" "SeaweedFS") -}}
{{- include "common.refuseResize" . -}}
{{- else -}}
{{- include "common.refuseDowngrade" (dict "context" . "component" "filer" "volume" "names" "title" "SeaweedFS") -}}
{{- include "common.refuseSkip" (dict "context" . "component" "filer" "volume" "names" "title" "SeaweedFS") -}}
{{- include "common.refuseResize" (dict "context" . "component" "filer" "values" (dict "persistence" .Values.persistence) "volume" "names") -}}
{{- include "common.refuseResize" (dict "context" . "component" "volume" "values" .Values.volume "path" "volume" "volume" "objects") -}}
{{- include "common.refuseResize" (dict "context" . "component" "master" "values" .Values.master "path" "master" "volume" "master") -}}
{{- include "common.refuseShrink" (dict "context" . "component" "volume" "volume" "objects" "replicas" $volumes "most" 50 "title" "The object store" "why" "what lies on the volume servers that leave would be lost." "way" (printf "The portal moves it off first. By hand: run `sh /etc/anywhere/leave.sh` in each pod that leaves, the last one first, then set scaleIn.confirmed for the change that lowers volume.replicas to %d." $volumes)) -}}
{{- $masters := include "common.nodesWithData" (dict "context" . "component" "master" "volume" "master" "most" 3) | int -}}
{{- if and $masters (ne $masters (int .Values.master.replicas)) -}}
{{- fail (printf "\n\nmaster.replicas was %d when the masters chose their first leader and cannot become %d. Leave it, or install under another name and copy the objects.\n" $masters (int .Values.master.replicas)) -}}
{{- end -}}
{{- end -}}
{{- end }}
