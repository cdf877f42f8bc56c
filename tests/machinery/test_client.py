"""How a connection that breaks is told to those who asked."""

from typing import Any

import pytest
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from vireo.kube.client import ApiError, Client


class Breaks:
    """A session whose connection ends with that error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def request(self, *_: Any, **__: Any) -> Any:
        raise self._error


def client(error: Exception) -> Client:
    made = Client(ApiClient(Configuration()))
    made._session = Breaks(error)  # type: ignore[assignment]
    return made


UVLOOP = RuntimeError(
    "unable to perform operation on <TCPTransport closed=True reading=False 0x1>; the handler is closed"
)


@pytest.mark.parametrize("error", [UVLOOP, TimeoutError(), ConnectionResetError("reset by peer")])
async def test_a_connection_that_breaks_is_no_answer(error: Exception) -> None:
    with pytest.raises(ApiError) as found:
        await client(error).request("GET", "/api")
    assert (found.value.reason, found.value.passing) == ("NoAnswer", True)
    with pytest.raises(ApiError):
        await anext(client(error).lines("/api", {}))


async def test_a_fault_of_ours_is_no_answer_of_anybody() -> None:
    with pytest.raises(RuntimeError, match="dictionary"):
        await client(RuntimeError("dictionary changed size during iteration")).request("GET", "/api")
