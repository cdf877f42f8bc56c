"""metrics-server in the cluster: its rights, its certificate, its pod, and the API that it serves."""

import base64
import functools
import string
from collections.abc import Sequence
from pathlib import Path

from cloud import control_plane, processes, registry
from cloud.api import Api, Object, condition, documents
from cloud.build import binary, image, versions
from cloud.build.images import REGISTRY
from cloud.pki import Pair, pair
from cloud.processes import Process, log_file
from cloud.settings import Settings
from cloud.simulated.address import player_address
from cloud.simulated.labels import SIMULATED, TOLERATION
from cloud.steps import NotYet, Step, Steps
from cloud.workloads import apply, check_rolled_out

NAME, NAMESPACE = "metrics-server", "kube-system"
IMAGES = (NAME,)
DEPLOYMENT, API = f"deployments/{NAME}", "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
PORT = 4443
ADVICE = "`kubectl -n kube-system get events,pods -o wide` says why; `make up` again goes on where it stopped"


def deploy(settings: Settings, steps: Steps) -> None:
    """Installs metrics-server, or makes it as the checkout is now. Returns when its API serves.

    The API is made last: while one is known that does not serve, no namespace can go.
    """
    with steps.step("metrics") as step:
        api = Api(settings)
        host = f"{NAME}.{NAMESPACE}.svc"
        kubeconfig = control_plane.service_account(settings, NAME, NAMESPACE, NAME, hosts=(host,))
        *parts, served = _manifests(settings)
        if settings.real_nodes:
            registry.push(settings, [image(name) for name in IMAGES])
        apply(api, step, parts, ADVICE)
        if not settings.real_nodes:
            _start(settings, step, kubeconfig, arguments(parts))
        check = functools.partial(check_rolled_out, api, NAMESPACE, DEPLOYMENT)
        step.wait("metrics-server", check, seconds=180, advice=ADVICE)
        apply(api, step, [served], ADVICE)
        step.wait("metrics.k8s.io to serve", lambda: _check_serving(api), seconds=60, advice=ADVICE)


def _manifests(settings: Settings) -> list[Object]:
    found = manifests(pair(settings, NAME), pair(settings, "ca").certificate)
    return found if settings.real_nodes else [as_simulated(manifest) for manifest in found]


def manifests(certificate: Pair, authority: Path) -> list[Object]:
    """Our own manifests, with the certificate that it shows and the authority that made it. The API comes last."""
    files = {"certificate": certificate.certificate, "key": certificate.key, "authority": authority}
    encoded = {name: base64.b64encode(file.read_bytes()).decode() for name, file in files.items()}
    text = Path(__file__).with_name("manifests.yaml").read_text()
    reference = f"{REGISTRY}/{NAME}:{versions.METRICS_SERVER}"
    return documents(string.Template(text).substitute(encoded, image=reference))


def as_simulated(manifest: Object) -> Object:
    """As it is where no node runs a program: KWOK calls its pod Running, at the address at which the process listens."""
    if manifest["kind"] == "Deployment":
        there = {"hostNetwork": True, "nodeSelector": {SIMULATED: "true"}}
        pod = manifest["spec"]["template"]["spec"]
        pod |= {**there, "tolerations": [*pod["tolerations"], TOLERATION]}
    return manifest


def arguments(manifests: Sequence[Object]) -> list[str]:
    """What its container is told."""
    [pod] = [one["spec"]["template"]["spec"] for one in manifests if one["kind"] == "Deployment"]
    [container] = pod["containers"]
    return list(container["args"])


def _start(settings: Settings, step: Step, kubeconfig: Path, arguments: Sequence[str]) -> None:
    """As a process of the host, with the pod's identity. Returns when it serves."""
    files = pair(settings, NAME)
    address = str(player_address(settings))
    uses = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    command = (
        str(binary(NAME)),
        *arguments,
        *(f"--{use}={kubeconfig}" for use in uses),
        f"--bind-address={address}",
        f"--tls-cert-file={files.certificate}",  # said last, so it counts
        f"--tls-private-key-file={files.key}",
    )
    processes.start(settings, Process(NAME, command, files=(files.certificate,)))

    def serves() -> None:
        processes.still_running(settings, NAME)
        if (answer := control_plane.https_status(address, PORT, "/livez")) != "200":
            raise NotYet(answer)

    step.wait(f"metrics-server at {address}:{PORT}", serves, seconds=60, log=log_file(settings, NAME), advice=ADVICE)


def _check_serving(api: Api) -> None:
    """Raises NotYet until the API server reaches it."""
    available = condition(api.get(API) or {}, "Available")
    if available.get("status") != "True":
        raise NotYet(available.get("message", "the APIService has no condition"))
