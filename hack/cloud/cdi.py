"""CDI, which fills disks, installed by its own operator from the manifests that its own generators print.

Its upload proxy is left out, which takes what people send from outside; and the importer has no libnbd, which only disks of VMware need.
"""

import json

from cloud.api import Api, Object, condition
from cloud.build.images import REGISTRY
from cloud.settings import Settings
from cloud.steps import NotYet, Steps
from cloud.workloads import apply, check_rolled_out, printed

NAMESPACE = "cdi"
PATH = "/apis/cdi.kubevirt.io/v1beta1/cdis/cdi"
IMAGES = ("cdi-operator", "cdi-apiserver", "cdi-controller", "cdi-importer", "cdi-cloner", "cdi-uploadserver")
PARTS = ("deployments/cdi-operator", "deployments/cdi-apiserver", "deployments/cdi-deployment")
ADVICE = "`kubectl -n cdi get events,pods -o wide` says why; `make up` again goes on where it stopped"


def deploy(settings: Settings, steps: Steps) -> None:
    """Installs CDI and returns when it is deployed."""
    with steps.step("CDI") as step:
        api = Api(settings)
        apply(api, step, (_namespace(), *operator(), cdi()), ADVICE)
        step.wait("CDI to be deployed", lambda: check_deployed(api), seconds=240, advice=ADVICE)


def cdi() -> Object:
    """The CDI object: images of the cloud's registry, which speaks plain HTTP, and no upload proxy."""
    none = {"resourceType": "Deployment", "resourceName": "cdi-uploadproxy", "type": "strategic"}
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "CDI",
        "metadata": {"name": "cdi"},
        "spec": {
            "imagePullPolicy": "IfNotPresent",
            "config": {"insecureRegistries": [REGISTRY], "featureGates": ["HonorWaitForFirstConsumer"]},
            "customizeComponents": {"patches": [{**none, "patch": json.dumps({"spec": {"replicas": 0}})}]},
        },
    }


def check_deployed(api: Api) -> None:
    """Raises NotYet with what the operator waits for, until it has deployed the wanted version."""
    found = api.get(PATH)
    if found is None:
        raise NotYet("the CDI object")
    status = found.get("status", {})
    if status.get("phase") == "Deployed" and condition(found, "Available").get("status") == "True":
        return
    for path in PARTS:
        check_rolled_out(api, NAMESPACE, path)
    raise NotYet(f"cdi-operator; phase {status.get('phase', 'none yet')}")


def _namespace() -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def operator() -> list[Object]:
    """The operator's own manifests."""
    return printed("cdi-manifests", f"-namespace={NAMESPACE}", f"-registry={REGISTRY}")
