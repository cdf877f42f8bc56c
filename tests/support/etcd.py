"""What lies in a local cloud's etcd, past its API server: for what an API server does rarely, and can not be asked to do."""

import base64
import json
import ssl
import urllib.request
from pathlib import Path

from cloud.control_plane import ETCD_HTTP_PORT
from cloud.pki import pair
from cloud.settings import Settings
from vireo.api.resources import Key


def delete(kubeconfig: str, key: Key) -> None:
    """Takes an object out of storage as it is: nobody is asked, and who watches hears that it was deleted."""
    settings = Settings.running({"VIREO_CLOUD": str(Path(kubeconfig).parent)})
    client = pair(settings, "etcd-client")
    context = ssl.create_default_context(cafile=str(pair(settings, "ca").certificate))
    context.load_cert_chain(client.certificate, client.key)
    place = f"/registry/{key.resource.group}/{key.resource.plural}/{key.namespace}/{key.name}"
    body = json.dumps({"key": base64.b64encode(place.encode()).decode()}).encode()
    url = f"https://{settings.network.loopback}:{ETCD_HTTP_PORT}/v3/kv/deleterange"
    with urllib.request.urlopen(urllib.request.Request(url, body), context=context) as answer:
        assert json.load(answer).get("deleted") == "1", f"there is no {place}"
