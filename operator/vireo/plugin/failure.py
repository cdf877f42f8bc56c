"""What a user reads where it does not work: one line that names the object and the way out."""

from typing import Final

from vireo.kube.client import ApiError

NO_ANSWER, UNAUTHORIZED, FORBIDDEN, ABSENT = 0, 401, 403, 404
NOT_INSTALLED: Final = (
    "this cluster does not serve Vireo's kinds: is it the right one (kubectl config current-context)? To install Vireo: "
    "helm install vireo charts/vireo --namespace vireo --create-namespace"
)


class PluginError(Exception):
    """What was asked can not be done. Its text is the whole line."""


def sentence(error: ApiError) -> str:
    """The API server's refusal, or its silence, with the way out."""
    if error.code == NO_ANSWER and error.reason == "NoCredentials":
        return f"{error}. Name a kubeconfig by --kubeconfig or $KUBECONFIG, and one of its contexts by --context"
    if error.code == NO_ANSWER:
        return f"{error}. See whether the cluster answers: kubectl cluster-info"
    if error.code == UNAUTHORIZED:
        return f"{error}. Log in to the cluster anew, as its kubeconfig says"
    if error.code == FORBIDDEN:
        return f"{error.message}. Ask who administers the cluster for this right"
    return str(error)
