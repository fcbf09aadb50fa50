{{/* Gives every pod a name of its own, also before it is ready. Takes (dict "context" $ "ports" (dict "postgresql" 5432)). */}}
{{- define "common.headlessService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.headless" .context }}
  namespace: {{ .context.Release.Namespace }}
  labels:
    {{- include "common.labels" .context | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "common.selectorLabels" .context | nindent 4 }}
    app.kubernetes.io/component: server
  ports:
    {{- range $name, $port := .ports }}
    - {name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}}
    {{- end }}
{{- end }}

{{/* What clients connect to. Takes (dict "context" $ "name" "postgresql" "port" 5432). */}}
{{- define "common.clientService" -}}
{{- $service := .context.Values.service -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" .context | nindent 2 }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  selector:
    {{- include "common.selectorLabels" .context | nindent 4 }}
    app.kubernetes.io/component: server
  ports:
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .name }}
      {{- if and $service.nodePort (ne $service.type "ClusterIP") }}
      nodePort: {{ $service.nodePort }}
      {{- end }}
{{- end }}

{{/* One pod at a time may be evicted, and a pod that is not well never blocks a drain. */}}
{{- define "common.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
      app.kubernetes.io/component: server
{{- end }}

{{/*
Who may connect. Takes (dict "context" $ "ports" (list "client") "inner" (list "internal") "open" (list "external")):
ports for clients, ports for pods of the release alone, ports for everybody. Rendered when networkPolicy.enabled.
*/}}
{{- define "common.networkPolicy" -}}
{{- $clients := .context.Values.networkPolicy.clients -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" .context | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" .context | nindent 6 }}
      app.kubernetes.io/component: server
  policyTypes: [Ingress]
  ingress:
    - ports:
        {{- range .ports }}
        - port: {{ . }}
        {{- end }}
      {{- if eq $clients "namespace" }}
      from:
        - podSelector: {}
      {{- else if eq $clients "cluster" }}
      from:
        - namespaceSelector: {}
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
{{- end }}
