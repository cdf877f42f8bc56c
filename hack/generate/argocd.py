"""deploy/argocd: an Application that installs the chart, and the health checks of Vireo's kinds, in Lua, from one source."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cloud.vireo import NAMESPACE, RESTRICTED
from generate.crds import AnyKind
from generate.manifests import CHART, HEADER

FOLDER: Final = "deploy/argocd"
SCRIPT: Final = Path(__file__).with_name("health.lua")
ARGOCD: Final = "argocd"
"""The namespace that ArgoCD runs in, unless somebody chose another."""


def files(kinds: Iterable[AnyKind]) -> dict[str, str]:
    """The text of each file by its path in the project."""
    return {f"{FOLDER}/application.yaml": _application(), f"{FOLDER}/health.yaml": _health(kinds)}


def health_check(kind: AnyKind) -> str:
    """The script that ArgoCD runs for an object of that kind."""
    condition = kind.ready_when.rpartition("condition=")[2]
    settled = f'"{condition}"' if condition else "nil"
    return f"local settled = {settled}\n{SCRIPT.read_text()}"


def _health(kinds: Iterable[AnyKind]) -> str:
    """Part of ArgoCD's own ConfigMap: a patch, which leaves its other keys as they are."""
    lines = [
        HEADER.format(source="hack/generate/health.lua and operator/vireo/kinds").rstrip("\n"),
        f"# kubectl patch configmap argocd-cm --namespace {ARGOCD} --patch-file {FOLDER}/health.yaml",
        "apiVersion: v1",
        "kind: ConfigMap",
        "metadata:",
        "  name: argocd-cm",
        f"  namespace: {ARGOCD}",
        "data:",
    ]
    for kind in kinds:
        lines.append(f"  resource.customizations.health.{kind.resource.group}_{kind.name}: |")
        lines += [f"    {line}".rstrip() for line in health_check(kind).splitlines()]
    return "\n".join(lines) + "\n"


def _application() -> str:
    labels = "\n".join(f"        {name}: {value}" for name, value in RESTRICTED.items())
    return HEADER.format(source="hack/generate/argocd.py") + APPLICATION.format(
        argocd=ARGOCD, chart=CHART, namespace=NAMESPACE, labels=labels
    )


APPLICATION: Final = """\
# Write your own in place of YOUR_...: the git repository that holds Vireo's sources, a tag or commit of it, and your registry.
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: vireo
  namespace: {argocd}
  # No finalizer: an Application that is deleted leaves Vireo as it is. With resources-finalizer.argocd.argoproj.io the operator goes, and
  # what carries helm.sh/resource-policy: keep (the CRDs and what guards them) stays.
spec:
  project: default
  source:
    repoURL: YOUR_GIT_REPOSITORY
    targetRevision: YOUR_REVISION
    path: {chart}
    helm:
      releaseName: vireo
      valuesObject:
        image:
          repository: YOUR_REGISTRY/vireo
        scheduler:
          image:
            repository: YOUR_REGISTRY/kube-scheduler
  destination:
    server: https://kubernetes.default.svc
    namespace: {namespace}
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
    managedNamespaceMetadata:
      labels:
{labels}
    syncOptions:
      - CreateNamespace=true
      # Fields that the chart does not name are their writers': the webhook's caBundle, and the Secret with its certificate.
      - ServerSideApply=true
"""
