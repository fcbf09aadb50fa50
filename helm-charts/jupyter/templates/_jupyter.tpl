{{- define "jupyter.token" -}}
{{- include "common.secretValue" (dict "context" . "key" "token" "given" .Values.auth.token "length" 40) -}}
{{- end }}

{{/* The path under which the server is found, with a slash at both ends. */}}
{{- define "jupyter.base" -}}
{{- if .Values.ingress.enabled }}{{ printf "%s/" (trimSuffix "/" .Values.ingress.path) }}{{ else }}/{{ end -}}
{{- end }}

{{- define "jupyter.hasSource" -}}
{{- if or .Values.source.git.url .Values.source.archive.url }}true{{ end -}}
{{- end }}

{{- define "jupyter.settings" -}}
{{- dict
  "baseUrl" (include "jupyter.base" .)
  "terminals" .Values.terminals
  "kernelSeconds" (int .Values.idle.kernelSeconds)
  "terminalSeconds" (int .Values.idle.terminalSeconds)
  "checkSeconds" (int .Values.idle.checkSeconds)
  "connected" .Values.idle.connected
  "metrics" .Values.metrics.enabled
  | toJson -}}
{{- end }}

{{/* What the init container reads. Of it, only the first start knows: a change restarts nothing. */}}
{{- define "jupyter.source" -}}
{{- dict "directory" .Values.source.directory
  "git" (dict "url" .Values.source.git.url "ref" .Values.source.git.ref "depth" (int .Values.source.git.depth))
  "archive" (dict "url" .Values.source.archive.url "maxMegabytes" (int .Values.source.archive.maxMegabytes)) | toJson -}}
{{- end }}

{{/* What a backup reads when it is asked for. */}}
{{- define "jupyter.backup" -}}
{{- $folder := default (printf "%s/%s" .Release.Namespace (include "common.fullname" .)) .Values.backup.folder -}}
{{- dict "folder" $folder "from" (default $folder .Values.backup.from) "keep" (int .Values.backup.keep) | toJson -}}
{{- end }}

{{- define "jupyter.refuse" -}}
{{- include "common.refuseMove" . -}}
{{- $before := include "common.dataVersion" (dict "context" . "volume" "home") -}}
{{- if lt .Values.serverVersion $before -}}
{{- fail (printf "\n\nserverVersion is %s and cannot become %s: settings, packages and notebooks that the later image has written into the home folder may not work with an earlier one. Stay with this image, or install the earlier one under another name and copy the files.\n" $before .Values.serverVersion) -}}
{{- end -}}
{{- if and .Values.backup.enabled (not .Values.bindings.objectStore) -}}
{{- fail "\n\nbackup.enabled needs bindings.objectStore, the store that the copies go to.\n" -}}
{{- end -}}
{{- if and .Values.source.git.url .Values.source.archive.url -}}
{{- fail "\n\nsource.git.url and source.archive.url are both given. Take the notebooks from one of them.\n" -}}
{{- end -}}
{{- if and .Values.source.git.secret (not .Values.source.git.url) -}}
{{- fail "\n\nsource.git.secret is given but source.git.url is not. Name the repository that the login is for.\n" -}}
{{- end -}}
{{- include "common.refuseMissing" (dict "context" . "value" "source.git.secret" "secret" .Values.source.git.secret "keys" (list "username" "password")) -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "\n\ningress.enabled needs ingress.host, the name under which the notebook is opened.\n" -}}
{{- end -}}
{{- if lt (include "common.mebibytes" .Values.resources.memory | int64) 320 -}}
{{- fail (printf "\n\nresources.memory is %s, too little for the server and one kernel. Give it 320Mi or more.\n" .Values.resources.memory) -}}
{{- end -}}
{{- include "common.refuseSmall" (dict "size" .Values.persistence.size "path" "persistence.size" "least" "100Mi") -}}
{{- include "common.refuseBindings" (dict "context" . "types" (dict "spark" "spark" "objectStore" "s3")) -}}
{{- include "common.refuseResize" (dict "context" . "volume" "home") -}}
{{- end }}
