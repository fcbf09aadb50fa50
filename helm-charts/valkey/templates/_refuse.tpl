{{- define "valkey.refuse" -}}
{{- include "common.refuseMove" . -}}
{{- $part := dict "context" . "title" "Valkey" "replicas" .Values.replicas "most" 30 -}}
{{- $name := include "common.fullname" . -}}
{{- $wanted := int .Values.replicas -}}
{{- $each := add1 (int .Values.cluster.copies) | int -}}
{{- if .Values.cluster.enabled -}}
{{- if or (mod $wanted $each) (lt (div $wanted $each | int) 3) -}}
{{- fail (printf "\n\nreplicas is %d. A cluster has three shards or more, each with a primary and as many replicas as cluster.copies says (%d): choose %d, %d, %d and so on.\n" $wanted (sub $each 1) (mul 3 $each) (mul 4 $each) (mul 5 $each)) -}}
{{- end -}}
{{- else if not (has $wanted (list 1 3 5 7)) -}}
{{- fail (printf "\n\nreplicas is %d, and it must be one of 1, 3, 5, 7: more than half of the sentinels must agree. With cluster.enabled other numbers go.\n" $wanted) -}}
{{- end -}}
{{- $change := dict "context" . "why" "the keys lie on the servers in another way. Install under another name and copy the keys." -}}
{{- include "common.refuseChange" (merge (dict "key" "cluster" "path" "cluster.enabled" "value" (ternary "a cluster" "no cluster" .Values.cluster.enabled)) $change) -}}
{{- if and .Values.cluster.enabled (not (include "common.remembered" (dict "context" . "key" "cluster"))) (include "common.hasClaim" (dict "context" . "ordinal" 0)) -}}
{{- fail (printf "\n\ncluster.enabled cannot become true: there are data of servers that were no cluster. Install under another name and copy the keys.\n") -}}
{{- end -}}
{{- if .Values.cluster.enabled -}}
{{- include "common.refuseChange" (merge (dict "key" "copies" "path" "cluster.copies" "value" (int .Values.cluster.copies)) $change) -}}
{{- end -}}
{{- include "common.refuseDowngrade" $part -}}
{{- include "common.refuseSkip" $part -}}
{{- include "common.refuseResize" . -}}
{{- include "common.refuseShrink" (merge (dict
  "why" (ternary "The keys of those taken away would be lost." "The primary may be among those taken away, and the sentinels would go on counting their votes." .Values.cluster.enabled)
  "way" (ternary (printf "First run `kubectl -n %s exec %s-0 -c valkey -- sh /settings/cluster.sh leave %d`; then upgrade with scaleIn.confirmed true, run `sh /settings/cluster.sh forget %d` there, and delete the claims of those that left." .Release.Namespace $name $wanted $wanted) (printf "First run `kubectl -n %s exec POD -c valkey -- sh /settings/node.sh leave` on each of them, the last one first; then upgrade with scaleIn.confirmed true, run `sh /settings/node.sh settle %d` on those that stay, and delete the claims of those that left." .Release.Namespace $wanted) .Values.cluster.enabled)) $part) -}}
{{- range $option, $_ := .Values.settings.extra -}}
{{- if or (hasPrefix "cluster-" $option) (has $option (list "bind" "port" "protected-mode" "dir" "aclfile" "requirepass" "include" "loadmodule" "replicaof" "slaveof" "availability-zone" "daemonize" "databases" "maxmemory" "maxmemory-policy" "appendonly" "appendfsync" "appenddirname" "user" "primaryauth" "masterauth" "primaryuser" "masteruser" "replica-announce-ip" "replica-announce-port" "replica-priority" "min-replicas-to-write" "rename-command" "unixsocket")) -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself or does not support it.\n" $option) -}}
{{- end -}}
{{- end -}}
{{- $memory := include "common.mebibytes" .Values.resources.memory | int -}}
{{- if lt $memory 64 -}}
{{- fail (printf "\n\nresources.memory is %s, and a server needs at least 64Mi.\n" .Values.resources.memory) -}}
{{- end -}}
{{- with .Values.settings.maxMemory -}}
{{- $unit := get (dict "kb" 0.0009765625 "mb" 1.0 "gb" 1024.0) (regexFind "[a-z]+$" .) -}}
{{- if gt (mulf (regexFind "^[0-9]+" . | float64) $unit) (mulf $memory 0.9) -}}
{{- fail (printf "\n\nsettings.maxMemory is %s, which leaves too little of resources.memory (%s) for the server itself: nine tenths at most.\n" . $.Values.resources.memory) -}}
{{- end -}}
{{- end -}}
{{- $seen := dict .Values.auth.username true -}}
{{- range .Values.users -}}
{{- if hasKey $seen .name }}{{ fail (printf "\n\nThe user %s is declared twice: in auth.username, or in users. Each name stands once.\n" .name) }}{{ end -}}
{{- $_ := set $seen .name true -}}
{{- end -}}
{{- if and (include "valkey.replicated" .) (ge (int .Values.settings.replicasToWrite) (sub $wanted 1 | int)) -}}
{{- fail (printf "\n\nsettings.replicasToWrite is %d, and %d servers have %d replicas: no write would be taken while one of them is away. Choose %d or fewer.\n" (int .Values.settings.replicasToWrite) $wanted (sub $wanted 1) (sub $wanted 2)) -}}
{{- end -}}
{{- end }}
