{{/* The part of a version, as JSON without the context: component, and the values of its pods. Takes (dict "context" $ "model" …). */}}
{{- define "models.part" -}}
{{- $values := .context.Values -}}
{{- $resources := dict "cpu" (default $values.resources.cpu .model.cpu) "memory" (default $values.resources.memory .model.memory) "cpuLimit" $values.resources.cpuLimit -}}
{{- $replicas := hasKey .model "replicas" | ternary .model.replicas $values.replicas | int -}}
{{- dict "component" (printf "version-%s" .model.version) "values" (dict "replicas" $replicas "resources" $resources "autoscaling" $values.autoscaling) | toJson -}}
{{- end }}

{{/* The path of a version at every server. Takes (dict "context" $ "model" …). */}}
{{- define "models.path" -}}
/v2/models/{{ .context.Values.modelName }}/versions/{{ .model.version }}
{{- end }}

{{/* Where the model lies in the pod. Takes a version. */}}
{{- define "models.place" -}}
{{- if .uri }}{{ hasSuffix "/" .uri | ternary "/mnt/models" (printf "/mnt/models/%s" (base .uri)) -}}
{{- else if .claim }}{{ printf "/mnt/models/%s" (default "" .path) | trimSuffix "/" -}}
{{- else }}{{ .path }}{{ end -}}
{{- end }}

{{/* model-settings.json of a version. Takes (dict "context" $ "model" …). */}}
{{- define "models.settings" -}}
{{- $parameters := dict "version" .model.version "uri" (include "models.place" .model) -}}
{{- with .model.extra }}{{ $_ := set $parameters "extra" . }}{{ end -}}
{{- dict "name" .context.Values.modelName "implementation" (default "mlserver_sklearn.SKLearnModel" .model.implementation) "parameters" $parameters | toJson -}}
{{- end }}

{{/* The weights as JSON: {"1": 90, "2": 10}. */}}
{{- define "models.weights" -}}
{{- $weights := dict -}}
{{- range .Values.models }}{{ $_ := set $weights .version (int .weight) }}{{ end -}}
{{- toJson $weights -}}
{{- end }}

{{/*
The router's configuration. Each connection to a version is a new one: Kubernetes then shares requests evenly, and none goes to a pod
that leaves. Clients, too, get a new one for each request, so that a router can leave without cutting one off. A request that met a
dying pod is sent again, as an inference changes nothing.
*/}}
{{- define "models.nginx" -}}
{{- $root := . -}}
{{- $router := .Values.router -}}
{{- $weighted := list -}}
{{- range .Values.models }}{{ if gt (int .weight) 0 }}{{ $weighted = append $weighted . }}{{ end }}{{ end -}}
daemon off;
worker_processes 2;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  keepalive_timeout 0;
  client_max_body_size {{ $router.maxBodyMegabytes }}m;
  client_body_buffer_size 256k;
  {{- with $router.stickyHeader }}
  map $http_{{ . | lower | replace "-" "_" }} $chance { "" $request_id; default $http_{{ . | lower | replace "-" "_" }}; }
  {{- end }}
  split_clients ${{ $router.stickyHeader | empty | ternary "request_id" "chance" }} $version {
    {{- range $number, $model := $weighted }}
    {{ eq (add1 $number | int) (len $weighted) | ternary "*" (printf "%d%%" (int $model.weight)) }} version-{{ $model.version }};
    {{- end }}
  }
  {{- range .Values.models }}
  {{- $part := dict "context" $root "component" (printf "version-%s" .version) }}
  # The Service knows at once which copies are there, but may lead to one of a machine that is off again and again; each copy behind it
  # is tried once.
  upstream version-{{ .version }} {
    zone version-{{ .version }} 128k;
    server {{ include "common.host" $part }}:8080 max_fails=0;
    server {{ include "common.podDomain" $part }}:8080 max_fails=0 resolve backup;
  }
  {{- end }}
  # A request that waits for a copy while the list of copies changes gets no other one: it begins again, once.
  map $upstream_addr $otherwise { "~version-[a-z0-9-]+$" @again; default @away; }
  recursive_error_pages on;
  resolver NAMESERVERS valid=2s;
  proxy_http_version 1.1;
  proxy_set_header Connection close;  # a request goes to a copy that is on the list now
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_connect_timeout 1500ms;
  proxy_socket_keepalive on;
  proxy_read_timeout {{ $router.timeoutSeconds }}s;
  proxy_send_timeout {{ $router.timeoutSeconds }}s;
  proxy_next_upstream error timeout non_idempotent;
  proxy_next_upstream_tries 5;
  proxy_next_upstream_timeout {{ $router.timeoutSeconds }}s;
  default_type application/json;
  server {
    listen 8080;
    error_page 413 @large;
    error_page 502 = $otherwise;
    error_page 504 @slow;
    location @large { return 413 '{"error": "The request is larger than {{ $router.maxBodyMegabytes }} MB."}'; }
    location @away { return 503 '{"error": "No copy of this version of the model answers."}'; }
    location @slow { return 504 '{"error": "The model did not answer in {{ $router.timeoutSeconds }} s."}'; }
    location @again {
      error_page 502 = @away;
      error_page 504 @slow;
      proxy_pass http://$target;
    }
    location = /-/healthy { return 200 '{}'; }
    location /v2/repository/ { return 403 '{"error": "Models are loaded and unloaded by installing, not by clients."}'; }
    location /v2/models/{{ .Values.modelName }}/versions/ { return 404 '{"error": "There is no such version of the model."}'; }
    {{- range .Values.models }}
    {{- $path := include "models.path" (dict "context" $root "model" .) }}
    location = {{ $path }} { set $target version-{{ .version }}; proxy_pass http://version-{{ .version }}; }
    location {{ $path }}/ { set $target version-{{ .version }}; proxy_pass http://version-{{ .version }}; }
    {{- end }}
    location / { set $target $version; proxy_pass http://$version; }
  }
}
{{- end }}

{{- define "models.fail" -}}
{{- fail (printf "\n\n%s\n" .) -}}
{{- end }}

{{- define "models.refuse" -}}
{{- include "common.refuseMove" (dict "context" . "kind" "Deployment") -}}
{{- $values := .Values -}}
{{- if not $values.models }}{{ include "models.fail" "models is empty. Name at least one version of the model, with its weight and where it is." }}{{ end -}}
{{- $seen := dict -}}
{{- $sum := 0 -}}
{{- range $values.models -}}
{{- include "models.refuseOne" (dict "context" $ "model" .) -}}
{{- if hasKey $seen .version }}{{ include "models.fail" (printf "models names the version %s twice. Each version has a name of its own." .version) }}{{ end -}}
{{- $_ := set $seen .version true -}}
{{- $sum = add $sum (int .weight) | int -}}
{{- end -}}
{{- if ne $sum 100 }}{{ include "models.fail" (printf "The weights of models are %d together. They are percent of the requests: make them 100." $sum) }}{{ end -}}
{{- if and $values.autoscaling.enabled (gt (int $values.autoscaling.minimum) (int $values.autoscaling.maximum)) -}}
{{- include "models.fail" (printf "autoscaling.minimum is %d and autoscaling.maximum is %d. The minimum must not be above the maximum." (int $values.autoscaling.minimum) (int $values.autoscaling.maximum)) -}}
{{- end -}}
{{- if and $values.ingress.enabled (not $values.ingress.host) }}{{ include "models.fail" "ingress.enabled needs ingress.host, the name under which the model is asked." }}{{ end -}}
{{- include "common.refuseBindings" (dict "context" . "types" (dict "objectStore" "s3")) -}}
{{- include "models.refuseLive" (dict "context" . "now" $seen) -}}
{{- end }}

{{- define "models.refuseOne" -}}
{{- $values := .context.Values -}}
{{- $model := .model -}}
{{- $path := default "" $model.path -}}
{{- $name := printf "The version %s of models" $model.version -}}
{{- if and $model.uri $model.claim }}{{ include "models.fail" (printf "%s has both a uri and a claim. Take the model from one of them." $name) }}{{ end -}}
{{- if not (or $model.uri $model.claim $model.image) }}{{ include "models.fail" (printf "%s does not say where it is. Give it a uri, a claim with a path, or an image with a path." $name) }}{{ end -}}
{{- if and $model.uri $path }}{{ include "models.fail" (printf "%s has both a uri and a path. The path belongs to a claim or an image: leave it out." $name) }}{{ end -}}
{{- if and $model.claim (hasPrefix "/" $path) }}{{ include "models.fail" (printf "%s is in a claim, and its path %s begins with a slash. Write it as seen from the top of the claim: %s." $name $path (trimPrefix "/" $path)) }}{{ end -}}
{{- if and (not $model.uri) (not $model.claim) (not (hasPrefix "/" $path)) }}{{ include "models.fail" (printf "%s is inside an image, and needs a path that begins with a slash." $name) }}{{ end -}}
{{- if and (hasPrefix "s3://" (default "" $model.uri)) (not $values.bindings.objectStore) }}{{ include "models.fail" (printf "%s is at %s, but no object store is bound: name its binding Secret in bindings.objectStore." $name $model.uri) }}{{ end -}}
{{- if regexMatch "/[.][.]?(/|$)" (default "" $model.uri) }}{{ include "models.fail" (printf "%s is at %s, which has . or .. for a folder. Write the address without it." $name $model.uri) }}{{ end -}}
{{- if and $model.sha256 (or (not $model.uri) (hasSuffix "/" $model.uri)) }}{{ include "models.fail" (printf "%s has a sha256, which belongs to a uri of one file. Leave it out." $name) }}{{ end -}}
{{- $part := include "models.part" . | fromJson -}}
{{- if and (gt (int $model.weight) 0) (eq (int $part.values.replicas) 0) }}{{ include "models.fail" (printf "%s gets %d %% of the requests and has no copy (replicas is 0). Give it a copy, or the weight 0." $name (int $model.weight)) }}{{ end -}}
{{- if hasSuffix "-headless" $model.version }}{{ include "models.fail" (printf "%s has a name that ends with -headless, as does a Service of another version. Choose another name." $name) }}{{ end -}}
{{- $least := add 256 (mul 128 (int $values.parallelWorkers)) | int64 -}}
{{- if lt (include "common.mebibytes" $part.values.resources.memory | int64) $least -}}
{{- include "models.fail" (printf "%s has %s of memory, and the server with %d worker processes needs %dMi beside the model. Give it more, or fewer workers." $name $part.values.resources.memory (int $values.parallelWorkers) $least) -}}
{{- end -}}
{{- end }}

{{/* What clients are sent to now must stay until they are sent elsewhere. Takes (dict "context" $ "now" (dict "1" true)). */}}
{{- define "models.refuseLive" -}}
{{- $router := include "common.live" (dict "context" .context "kind" "Deployment") | fromJson -}}
{{- $said := dig "metadata" "annotations" "anywhere/weights" "" $router -}}
{{- $name := dig "metadata" "annotations" "anywhere/model" "" $router -}}
{{- if and $name (ne $name .context.Values.modelName) -}}
{{- include "models.fail" (printf "modelName is %s and cannot become %s: clients ask for it under that name. Install the other name as a service of its own." $name .context.Values.modelName) -}}
{{- end -}}
{{- $replaced := include "common.rolledOut" $router -}}
{{- include "models.refuseServer" .context -}}
{{- range $version, $weight := default "{}" $said | fromJson -}}
{{- if and (not $replaced) (not (hasKey $.now $version)) -}}
{{- include "models.fail" (printf "The version %s cannot be taken away now: not all routers have been replaced since the last change, and a former one may send requests to it. Wait until they are; when a version does not load, set its weight to 0." $version) -}}
{{- end -}}
{{- if and (gt (int $weight) 0) (not (hasKey $.now $version)) -}}
{{- include "models.fail" (printf "The version %s gets %d %% of the requests now and cannot be taken away at once. Set its weight to 0 first; when the routers have been replaced, take it off the list." $version (int $weight)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
An earlier server than the one that all copies of the versions in the list have been replaced with. Until they have been, the way back is open.
*/}}
{{- define "models.refuseServer" -}}
{{- $old := "" -}}
{{- $replaced := "true" -}}
{{- range .Values.models -}}
{{- $live := include "common.live" (merge (dict "context" $ "kind" "Deployment") (include "models.part" (dict "context" $ "model" .) | fromJson)) | fromJson -}}
{{- if $live -}}
{{- $replaced = and $replaced (include "common.rolledOut" $live) -}}
{{- $old = index $live.metadata.labels "app.kubernetes.io/version" -}}
{{- end -}}
{{- end -}}
{{- if and $old $replaced -}}
{{- $before := dict "context" . "old" $old "title" "The model server" -}}
{{- include "common.refuseSkip" $before -}}
{{- include "common.refuseDowngrade" (merge (dict "why" "models that were saved with the libraries of the later server may not load in an earlier one." "way" "Give a version in models an image of its own with the earlier server, and move its weight there.") $before) -}}
{{- end -}}
{{- end }}
