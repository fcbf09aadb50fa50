{{/* Gives every pod of a part a name of its own, also before it is ready. Takes a part with "ports" (dict "postgresql" 5432); "ready" true: pods that are ready alone;
"keep" true: it outlives the release, for pods that need each other while they end. */}}
{{- define "common.headlessService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.headless" . }}
  namespace: {{ .context.Release.Namespace | quote }}
  labels:
    {{- include "common.labels" .context | nindent 4 }}
  {{- if .keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
spec:
  clusterIP: None
  publishNotReadyAddresses: {{ not .ready }}
  selector:
    {{- include "common.selector" . | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - {name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}}
    {{- end }}
{{- end }}

{{/*
What clients connect to. Takes a part with "name" and "port", or with "ports" for several, a list of (dict "name" "port").
Type, node port (of the first port) and annotations come from .Values.service, or from "service" ({} for one inside the cluster).
"selector" for more labels that the pods must have, "suffix" behind the name.
*/}}
{{- define "common.clientService" -}}
{{- $service := hasKey . "service" | ternary .service .context.Values.service | default dict -}}
{{- $ports := default (list (dict "name" .name "port" .port)) .ports -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.componentMetadata" . | nindent 2 }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ default "ClusterIP" $service.type }}
  selector:
    {{- include "common.selector" . | nindent 4 }}
    {{- with .selector }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- range $number, $port := $ports }}
    - name: {{ $port.name }}
      port: {{ $port.port }}
      targetPort: {{ default $port.name $port.target }}
      {{- if and (eq $number 0) $service.nodePort (ne (default "ClusterIP" $service.type) "ClusterIP") }}
      nodePort: {{ $service.nodePort }}
      {{- end }}
    {{- end }}
{{- end }}

{{/* An Ingress of .Values.ingress {enabled, className, host, path, tls, annotations}. Takes a part with "port", the Service's port by name. */}}
{{- define "common.ingress" -}}
{{- $ingress := .context.Values.ingress -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "common.componentMetadata" . | nindent 2 }}
  {{- with $ingress.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . | quote }}
  {{- end }}
  {{- with $ingress.tls }}
  tls:
    - secretName: {{ . | quote }}
      hosts: [{{ $ingress.host | quote }}]
  {{- end }}
  rules:
    - host: {{ $ingress.host | quote }}
      http:
        paths:
          - path: {{ default "/" $ingress.path }}
            pathType: Prefix
            backend:
              service:
                name: {{ include "common.componentName" . }}
                port: {name: {{ .port }}}
{{- end }}

{{/* One pod of a part at a time may be evicted, and a pod that is not well never blocks a drain. Takes a part. */}}
{{- define "common.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "common.componentMetadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "common.selector" . | nindent 6 }}
{{- end }}

{{/* Scales the Deployment (or "kind") of a part by its use of CPU. Takes a part; reads values.autoscaling {minimum, maximum, cpuPercent}. */}}
{{- define "common.autoscaler" -}}
{{- $auto := (default .context.Values .values).autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "common.componentMetadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {{ default "Deployment" .kind }}
    name: {{ include "common.componentName" . }}
  minReplicas: {{ $auto.minimum }}
  maxReplicas: {{ $auto.maximum }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ $auto.cpuPercent }}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 300}
{{- end }}

{{/*
Who may connect to a part. Takes a part with "ports" (list "client"), those for clients, "inner", those for pods of the release alone,
"open", those for everybody. With metrics.enabled, every pod of the cluster may read the port "metrics".
*/}}
{{- define "common.networkPolicy" -}}
{{- $clients := .context.Values.networkPolicy.clients -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.componentMetadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selector" . | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    {{- with .ports }}
    - ports:
        {{- range . }}
        - port: {{ . }}
        {{- end }}
      {{- if eq $clients "namespace" }}
      from:
        - podSelector: {}
      {{- else if eq $clients "cluster" }}
      from:
        - namespaceSelector: {}
      {{- end }}
    {{- end }}
    {{- with .inner }}
    - ports:
        {{- range . }}
        - port: {{ . }}
        {{- end }}
      from:
        - podSelector:
            matchLabels:
              {{- include "common.selectorLabels" $.context | nindent 14 }}
    {{- end }}
    {{- with .open }}
    - ports:
        {{- range . }}
        - port: {{ . }}
        {{- end }}
    {{- end }}
    {{- if dig "enabled" false (.context.Values.metrics | default dict) }}
    - ports:
        - port: metrics
      from:
        - namespaceSelector: {}
    {{- end }}
    {{- if not (or .ports .inner .open (dig "enabled" false (.context.Values.metrics | default dict))) }} []{{ end }}
{{- end }}
