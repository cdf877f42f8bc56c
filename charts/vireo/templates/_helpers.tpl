{{/*
Every name is fixed: Vireo acts on the whole cluster, so a second release beside the first must fail to install rather
than fight it.
*/}}

{{- define "vireo.selector" -}}
app.kubernetes.io/name: vireo
app.kubernetes.io/component: operator
{{- end }}

{{- define "vireo.labels" -}}
{{ include "vireo.selector" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "vireo.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}
