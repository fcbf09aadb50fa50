{{- define "kafka.refuse" -}}
{{- include "common.refuseMove" . -}}
{{- include "common.refuseDowngrade" (dict "context" . "title" "Kafka") -}}
{{- include "common.refuseSkip" (dict "context" . "title" "Kafka") -}}
{{- $wanted := int .Values.replicas -}}
{{- $controllers := int .Values.controllers -}}
{{- if and (eq $controllers 0) (not (has $wanted (list 1 3))) -}}
{{- fail (printf "\n\nNodes that are controllers too come as 1 or 3, not as %d. Set controllers to 3 or 5 for another number of nodes.\n" $wanted) -}}
{{- end -}}
{{- if and $controllers (lt $wanted 3) -}}
{{- fail (printf "\n\nWith %d controllers of their own, replicas is %d but must be at least 3: each record is kept three times. Set controllers to 0 for one node.\n" $controllers $wanted) -}}
{{- end -}}
{{- $part := dict "context" . "replicas" $wanted "most" 30 -}}
{{- $now := include "common.nodesWithData" $part | int -}}
{{- if and (gt $now $wanted) (eq $controllers 0) -}}
{{- fail (printf "\n\nKafka keeps replicas of its data on %d nodes and cannot go down to %d: what lies on the others would be lost, and the controllers would have no majority. Keep %d nodes, or install under another name and copy the topics.\n" $now $wanted $now) -}}
{{- end -}}
{{- include "common.refuseShrink" (merge (dict "title" "Kafka" "why" "what lies on the nodes that leave would be lost." "way" "Move it off first: the portal does so when you scale, and README.md says how by hand.") $part) -}}
{{- $before := include "common.remembered" (dict "context" . "key" "controllers") -}}
{{- if and $before (ne $before (toString $controllers)) (or (eq $controllers 0) (eq $before "0") (lt $controllers (int $before))) -}}
{{- fail (printf "\n\ncontrollers was %s when the data were made and cannot become %d: the quorum that knows the topics would be lost. Only 3 can become 5. Install under another name and copy the topics.\n" $before $controllers) -}}
{{- end -}}
{{- range $name, $_ := .Values.settings.extra -}}
{{- if or (has $name (list "process.roles" "node.id" "broker.id" "broker.rack" "listeners" "advertised.listeners" "log.dir" "log.dirs" "super.users" "authorizer.class.name" "inter.broker.listener.name" "listener.security.protocol.map")) (hasPrefix "controller." $name) (hasPrefix "sasl." $name) (hasPrefix "ssl." $name) (hasPrefix "listener.name." $name) -}}
{{- fail (printf "\n\nsettings.extra must not hold %s: the chart sets it itself.\n" $name) -}}
{{- end -}}
{{- end -}}
{{- $seen := dict .Values.auth.username true "node" true -}}
{{- range .Values.users -}}
{{- if hasKey $seen .name }}{{ fail (printf "\n\nusers names %s, which is there already. Each user has a name of its own, and %s and node are taken.\n" .name $.Values.auth.username) }}{{ end -}}
{{- $_ := set $seen .name true -}}
{{- end -}}
{{- $seen = dict -}}
{{- range .Values.topics.declared -}}
{{- if hasKey $seen .name }}{{ fail (printf "\n\ntopics.declared names %s twice.\n" .name) }}{{ end -}}
{{- if gt (int (default 1 .replicas)) $wanted }}{{ fail (printf "\n\nThe topic %s asks for %d replicas, but there are %d nodes. Ask for fewer, or for more nodes.\n" .name (int .replicas) $wanted) }}{{ end -}}
{{- $_ := set $seen .name true -}}
{{- end -}}
{{- if and .Values.tls.enabled (not .Values.tls.secret) -}}
{{- fail "\n\ntls.enabled needs tls.secret: the name of a Secret with tls.crt and tls.key (PKCS#8), such as cert-manager makes with privateKey.encoding PKCS8.\n" -}}
{{- end -}}
{{- if .Values.tls.enabled }}{{ include "common.refuseMissing" (dict "context" . "value" "tls.secret" "secret" .Values.tls.secret "keys" (list "tls.crt" "tls.key")) }}{{ end -}}
{{- if and .Values.external.enabled (gt (add (int .Values.external.firstNodePort) $wanted -1) 65535) -}}
{{- fail (printf "\n\nexternal.firstNodePort is %d: with %d nodes the last port would be above 65535.\n" (int .Values.external.firstNodePort) $wanted) -}}
{{- end -}}
{{- include "common.refuseResize" . -}}
{{- if $controllers -}}
{{- include "common.refuseResize" (dict "context" . "component" "controller" "values" .Values.controller "path" "controller") -}}
{{- end -}}
{{- end }}
