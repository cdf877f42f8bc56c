"""The control plane as host processes: etcd, kube-apiserver, kube-controller-manager, kube-scheduler.

TLS everywhere, each with its own certificate; RBAC and the Node authorizer; an audit log of all that writes.
"""

import http.client
import ssl
from collections.abc import Sequence
from pathlib import Path

import yaml

from cloud import pki, processes
from cloud.api import Api, ApiError, Object
from cloud.build import binary
from cloud.pki import Identity, pair
from cloud.processes import Process, log_file
from cloud.settings import Settings
from cloud.steps import NotYet, Step, Steps

API_PORT, ETCD_PORT, ETCD_PEER_PORT, ETCD_HTTP_PORT, MANAGER_PORT, SCHEDULER_PORT = 6443, 2379, 2380, 2381, 10257, 10259
ADVICE = "the log above says why; `make down` and `make up` begin afresh"
ADMISSION = ("NodeRestriction", "PodNodeSelector", "PodTolerationRestriction")  # beside the defaults
AUDITED = {
    "writes": {"level": "Metadata", "verbs": ["create", "update", "patch", "delete", "deletecollection"]},
    "reads": {"level": "Metadata", "userGroups": ["system:serviceaccounts:vireo"]},
}
"""What the audit log says: of a watch its begin and its end, of all else the answer."""


def server(settings: Settings) -> str:
    """The API server's address for kubeconfigs."""
    return f"https://{settings.api_address}:{API_PORT}"


def deploy(settings: Settings, steps: Steps) -> None:
    """Starts what does not run yet and returns when the API server, the controllers and the scheduler are healthy."""
    with steps.step("control plane") as step:
        _serve(settings, step)
        _start_controllers(settings, step)


def deploy_api_server(settings: Settings, steps: Steps) -> None:
    """The API server alone: what is written there stays as it is, for tests that compare what was left behind.

    It has no watch cache, which would have nobody to watch: each list would wait until the cache has heard of the write before it.
    """
    with steps.step("API server") as step:
        _serve(settings, step, "--watch-cache=false")


def _serve(settings: Settings, step: Step, *options: str) -> None:
    _make_credentials(settings)
    _start_etcd(settings)
    _start_api_server(settings, step, options)


def identities(settings: Settings) -> list[Identity]:
    """Everyone who holds a certificate, nodes apart."""
    local = str(settings.network.loopback)
    api_hosts = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                 "kubernetes.default.svc.cluster.local", "127.0.0.1", local, str(settings.network.host),
                 str(settings.network.api_service))  # fmt: skip
    return [
        Identity("etcd", "etcd", hosts=(local,)),
        Identity("etcd-client", "kube-apiserver-etcd-client"),
        Identity("kube-apiserver", "kube-apiserver", hosts=api_hosts),
        Identity("kubelet-client", "kube-apiserver-kubelet-client", ("system:masters",)),
        Identity("front-proxy", "front-proxy-client", authority="front-proxy-ca"),
        Identity("kube-controller-manager", "system:kube-controller-manager", hosts=("localhost", local)),
        Identity("kube-scheduler", "system:kube-scheduler", hosts=("localhost", local)),
        Identity("admin", "vireo-admin", ("system:masters",)),
    ]


def _make_credentials(settings: Settings) -> None:
    pki.make(settings, identities(settings))
    _write(settings.pki / "audit-policy.yaml", yaml.safe_dump(_audit_policy(settings)))
    for component in ("kube-controller-manager", "kube-scheduler"):
        _write(kubeconfig_of(settings, component), pki.kubeconfig(settings, component, server(settings)))
    _write(settings.kubeconfig, pki.kubeconfig(settings, "admin", server(settings)))


def _audit_policy(settings: Settings) -> Object:
    asked = ("writes",) if settings.audit == "writes" else ("writes", "reads")
    head = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"]}
    return {**head, "rules": [*(AUDITED[one] for one in asked), {"level": "None"}]}


def kubeconfig_of(settings: Settings, component: str) -> Path:
    """The kubeconfig of a component."""
    return settings.pki / f"{component}.kubeconfig"


def service_account(settings: Settings, component: str, namespace: str, name: str, hosts: tuple[str, ...] = ()) -> Path:
    """A kubeconfig with which a process of the host has the rights of a pod's service account. Its certificate may serve hosts, too."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    pki.make(settings, [Identity(component, f"system:serviceaccount:{namespace}:{name}", groups, hosts)])
    _write(kubeconfig_of(settings, component), pki.kubeconfig(settings, component, server(settings)))
    return kubeconfig_of(settings, component)


def _write(file: Path, text: str) -> None:
    fresh = file.with_name(file.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(file)


def _start_etcd(settings: Settings) -> None:
    files, local = pair(settings, "etcd"), settings.network.loopback
    url, peer = f"https://{local}:{ETCD_PORT}", f"http://{local}:{ETCD_PEER_PORT}"
    command = (
        str(binary("etcd")), "--name=vireo", f"--data-dir={settings.dir / 'etcd'}", "--log-level=warn",
        "--unsafe-no-fsync",  # a cloud that is lost with its machine is made anew
        f"--listen-client-urls={url}", f"--advertise-client-urls={url}",
        f"--listen-client-http-urls=https://{local}:{ETCD_HTTP_PORT}",  # one port for both costs a quarter more for each call
        f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=vireo={peer}",
        "--client-cert-auth", f"--trusted-ca-file={pair(settings, 'ca').certificate}",
        f"--cert-file={files.certificate}", f"--key-file={files.key}",
    )  # fmt: skip
    processes.start(settings, Process("etcd", command, files=_read_by(settings, "etcd")))


def _start_api_server(settings: Settings, step: Step, options: Sequence[str]) -> None:
    files = (*_read_by(settings, "kube-apiserver"), settings.pki / "audit-policy.yaml")
    processes.start(settings, Process("kube-apiserver", (*_api_server(settings), *options), files=files))
    api = Api(settings)
    log = log_file(settings, "kube-apiserver")

    def ready() -> None:
        processes.still_running(settings, "etcd")
        processes.still_running(settings, "kube-apiserver")
        try:
            api.request("GET", "/readyz")
        except (ApiError, NotYet) as error:
            raise NotYet(f"readyz: {_not_ok(str(error))}") from error

    step.wait(f"the API server at {server(settings)}", ready, seconds=90, log=log, advice=ADVICE)


def _not_ok(answer: str) -> str:
    """The first failing check of a health answer, whose lines are `[-]poststarthook/rbac failed: not finished`."""
    failing = [line[3:].split(" ")[0] for line in answer.splitlines() if line.startswith("[-]")]
    return f"{failing[0]} and {len(failing) - 1} more" if failing[1:] else "".join(failing) or answer


def _read_by(settings: Settings, component: str) -> tuple[Path, ...]:
    """The files of a component that, when new, need a new process."""
    return (pair(settings, "ca").certificate, pair(settings, component).certificate)


def _api_server(settings: Settings) -> tuple[str, ...]:
    ca, front_proxy_ca = (pair(settings, name).certificate for name in ("ca", "front-proxy-ca"))
    etcd, own, kubelet, proxy = (
        pair(settings, name) for name in ("etcd-client", "kube-apiserver", "kubelet-client", "front-proxy")
    )
    service_accounts = settings.pki / "service-accounts.key"
    return (
        str(binary("kube-apiserver")),
        f"--bind-address={settings.api_address}", f"--secure-port={API_PORT}",
        f"--advertise-address={settings.network.host}",
        f"--service-cluster-ip-range={settings.network.services}",
        f"--etcd-servers=https://{settings.network.loopback}:{ETCD_PORT}", f"--etcd-cafile={ca}",
        f"--etcd-certfile={etcd.certificate}", f"--etcd-keyfile={etcd.key}",
        f"--tls-cert-file={own.certificate}",
        f"--tls-private-key-file={own.key}",
        f"--client-ca-file={ca}",
        "--authorization-mode=Node,RBAC", "--allow-privileged=true",
        f"--enable-admission-plugins={','.join(ADMISSION)}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={service_accounts}", f"--service-account-signing-key-file={service_accounts}",
        f"--kubelet-certificate-authority={ca}", "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={kubelet.certificate}",
        f"--kubelet-client-key={kubelet.key}",
        f"--requestheader-client-ca-file={front_proxy_ca}", "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={proxy.certificate}",
        f"--proxy-client-key-file={proxy.key}",
        "--enable-aggregator-routing=true",  # the host has no kube-proxy: to pods by their own addresses
        f"--audit-policy-file={settings.pki / 'audit-policy.yaml'}",
        f"--audit-log-path={settings.log / 'audit.log'}", "--audit-log-maxsize=1024", "--audit-log-maxbackup=1",
        "--shutdown-delay-duration=0s", "--shutdown-watch-termination-grace-period=1s",
    )  # fmt: skip


def _start_controllers(settings: Settings, step: Step) -> None:
    local = str(settings.network.loopback)
    ports = {"kube-controller-manager": MANAGER_PORT, "kube-scheduler": SCHEDULER_PORT}
    for name, port in ports.items():
        processes.start(settings, Process(name, _controller(settings, name, port), files=_read_by(settings, name)))
    for name, port in ports.items():

        def healthy(name: str = name, port: int = port) -> None:
            processes.still_running(settings, name)
            if (answer := https_status(local, port, "/healthz")) != "200":
                raise NotYet(answer)

        step.wait(f"{name} at {local}:{port}", healthy, seconds=60, log=log_file(settings, name), advice=ADVICE)


def _controller(settings: Settings, name: str, port: int) -> tuple[str, ...]:
    config, files, ca = kubeconfig_of(settings, name), pair(settings, name), pair(settings, "ca")
    common = (
        str(binary(name)), f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}",
        "--leader-elect=false", "--profiling=false",
        f"--bind-address={settings.network.loopback}", f"--secure-port={port}",
        f"--tls-cert-file={files.certificate}", f"--tls-private-key-file={files.key}",
    )  # fmt: skip
    if name == "kube-scheduler":
        return common
    return (
        *common, "--use-service-account-credentials", "--allocate-node-cidrs=false", f"--root-ca-file={ca.certificate}",
        f"--service-account-private-key-file={settings.pki / 'service-accounts.key'}",
        f"--cluster-signing-cert-file={ca.certificate}", f"--cluster-signing-key-file={ca.key}",
        "--kube-api-qps=200", "--kube-api-burst=400",  # claims by the thousand, four writes each: not 20 a second
    )  # fmt: skip


def https_status(host: str, port: int, path: str) -> str:
    """The status of a health check that asks for no identity, or why there was none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=5, context=context)
    try:
        connection.request("GET", path)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
