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

{{/* What holds objects, and what guards it, stays when the rest goes: for helm, and for ArgoCD, which prunes by its own word. */}}
{{- define "vireo.kept" -}}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-options: Prune=false
{{- end }}

{{- define "vireo.admission.selector" -}}
app.kubernetes.io/name: vireo
app.kubernetes.io/component: admission
{{- end }}

{{- define "vireo.admission.labels" -}}
{{ include "vireo.admission.selector" . }}
{{ include "vireo.release" . }}
{{- end }}

{{- define "vireo.scheduler.selector" -}}
app.kubernetes.io/name: vireo
app.kubernetes.io/component: scheduler
{{- end }}

{{- define "vireo.scheduler.labels" -}}
{{ include "vireo.scheduler.selector" . }}
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
{{ include "vireo.reference" (dict "image" .Values.image "tag" .Chart.AppVersion) }}
{{- end }}

{{/* Of the version of the cluster, without what a distribution puts behind it, which may be no tag. */}}
{{- define "vireo.scheduler.image" -}}
{{- $version := .Capabilities.KubeVersion.Version | regexFind "^v[0-9]+[.][0-9]+[.][0-9]+" -}}
{{ include "vireo.reference" (dict "image" .Values.scheduler.image "tag" $version) }}
{{- end }}

{{/* An image of the values; the tag is for where they name none. */}}
{{- define "vireo.reference" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .tag }}
{{- end -}}
{{- end }}

{{/* The nodes that its pods are on: the next one is not on the node that fails. Called with their selector. */}}
{{- define "vireo.spread" -}}
topologySpreadConstraints:
  - topologyKey: kubernetes.io/hostname
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- . | nindent 8 }}
{{- end }}

{{- define "vireo.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}
