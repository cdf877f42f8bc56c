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
{{ include "vireo.release" . }}
{{- end }}

{{- define "vireo.release" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "vireo.admission.selector" -}}
app.kubernetes.io/name: vireo
app.kubernetes.io/component: admission
{{- end }}

{{- define "vireo.admission.labels" -}}
{{ include "vireo.admission.selector" . }}
{{ include "vireo.release" . }}
{{- end }}

{{/* Where Vireo's pods run, and as whom. */}}
{{- define "vireo.pod" -}}
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
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
