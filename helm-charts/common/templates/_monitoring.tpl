{{/* Annotations of pods that offer metrics, for a Prometheus that goes by them. Takes a part with "port" and "path" (left out: /metrics). */}}
{{- define "common.metricsAnnotations" -}}
{{- if dig "enabled" false (.context.Values.metrics | default dict) -}}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .port | quote }}
prometheus.io/path: {{ default "/metrics" .path }}
{{- end }}
{{- end }}

{{/*
What a Prometheus Operator reads: a PodMonitor for the port "metrics" of all pods, and the alerts of monitoring/alerts.yaml. Both only
with metrics.enabled and metrics.operator, and where the cluster knows the kinds. Takes (dict "context" $ "path" "/metrics").
*/}}
{{- define "common.monitoring" -}}
{{- $root := .context -}}
{{- if and $root.Values.metrics.enabled $root.Values.metrics.operator ($root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") }}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  {{- include "common.metadata" $root | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "common.selectorLabels" $root | nindent 6 }}
  podMetricsEndpoints:
    - {port: metrics, path: {{ default "/metrics" .path }}}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  {{- include "common.metadata" $root | nindent 2 }}
spec:
  groups:
    - name: {{ include "common.fullname" $root }}
      rules:
        {{- range ($root.Files.Get "monitoring/alerts.yaml" | fromYaml).alerts }}
        - alert: {{ .name }}
          expr: {{ .expression | replace "$namespace" $root.Release.Namespace | replace "$release" (include "common.fullname" $root) | quote }}
          for: {{ .for }}
          labels:
            severity: {{ .severity }}
            service: {{ include "common.fullname" $root }}
          annotations:
            summary: {{ .summary | quote }}
            description: {{ .help | quote }}
        {{- end }}
{{- end }}
{{- end }}
