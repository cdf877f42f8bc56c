"""The extender's server, on a real socket, in the loop of whoever asks."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import aiohttp
import pytest
from support.ports import free_port

from vireo.extender import server
from vireo.extender.protocol import Args, BadArgsError
from vireo.extender.server import Extender, serve

QUESTION = {"Pod": {"metadata": {"namespace": "shop", "name": "a"}}, "Nodes": None, "NodeNames": ["n1", 'n"2']}
ANSWER = [{"Host": "n1", "Score": 0}, {"Host": 'n"2', "Score": 1}]
PATH = "/prioritize"


def in_turn(args: Args) -> bytes:
    return json.dumps([{"Host": name, "Score": i % 11} for i, name in enumerate(args.names)]).encode()


class Served:
    """The server's address, what it counted, and a client with connections that stay."""

    def __init__(self, port: int, client: aiohttp.ClientSession) -> None:
        self.url, self.client = f"http://127.0.0.1:{port}", client
        self.outcomes: list[str] = []
        self.extender = Extender(in_turn, lambda word, _: self.outcomes.append(word))

    def post(self, body: bytes, path: str = PATH) -> Awaitable[tuple[int, str]]:
        return self.ask("POST", body, path)

    async def ask(self, method: str, body: object, path: str = PATH) -> tuple[int, str]:
        async with self.client.request(method, self.url + path, data=body) as answered:
            return answered.status, await answered.text()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    port = free_port()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as client:
        made = Served(port, client)
        serving = asyncio.create_task(serve(made.extender, port))
        try:
            await until_it_answers(lambda: made.ask("GET", None), serving)
            yield made
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


async def until_it_answers(ask: Callable[[], Awaitable[object]], serving: asyncio.Task[None]) -> None:
    while not serving.done():
        with suppress(aiohttp.ClientConnectionError):
            await ask()
            return
        await asyncio.sleep(0.01)
    serving.result()


async def test_a_question_is_answered(served: Served) -> None:
    async with served.client.post(served.url + PATH, json=QUESTION) as answered:
        assert answered.status == 200
        assert answered.content_type == "application/json"
        assert await answered.json() == ANSWER
    assert served.outcomes == ["answered"]


async def test_a_question_in_pieces_is_answered(served: Served) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for letter in json.dumps(QUESTION):
            yield letter.encode()

    status, text = await served.ask("POST", pieces())
    assert (status, json.loads(text)) == (200, ANSWER)


async def test_a_bad_body_is_a_bad_request_and_it_is_said_why(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    status, text = await served.post(b'{"Pod":')
    assert status == 400
    assert text.startswith("no ExtenderArgs of a scheduler: ")
    assert served.outcomes == ["bad"]
    assert "Traceback" not in caplog.text


async def test_what_the_handler_can_not_take_is_a_bad_request(served: Served) -> None:
    def refuse(args: Args) -> bytes:
        raise BadArgsError(f"{args.pod.key} is not liked")

    served.extender.handler = refuse
    assert await served.post(json.dumps(QUESTION).encode()) == (400, "shop/a is not liked\n")


async def test_a_fault_of_the_handler_is_said_in_the_log_and_the_next_is_answered(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Args) -> bytes:
        raise ZeroDivisionError

    served.extender.handler = fail
    with caplog.at_level(logging.ERROR):
        assert (await served.post(json.dumps(QUESTION).encode()))[0] == 500
    assert "ZeroDivisionError" in caplog.text
    assert served.outcomes == ["failed"]
    served.extender.handler = in_turn
    assert (await served.post(json.dumps(QUESTION).encode()))[0] == 200


async def test_there_is_nothing_else(served: Served) -> None:
    for path in ("/", "/filter", "/prioritize/", "/prioritize/x"):
        assert (await served.post(b"{}", path))[0] == 404
    for method in ("GET", "PUT", "DELETE"):
        assert (await served.ask(method, None))[0] == 405
    assert served.outcomes == []


async def test_a_huge_body_is_refused_whether_its_size_is_said_or_not(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_BYTES", 100_000)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 20_000

    for body in (b" " * 100_001, pieces()):
        with suppress(aiohttp.ClientConnectionError):  # it may be closed before all is sent
            assert (await served.ask("POST", body))[0] == 413
    assert served.outcomes == []
    assert (await served.post(json.dumps(QUESTION).encode()))[0] == 200


async def test_a_question_about_a_large_cluster_is_answered(served: Served) -> None:
    names = [f"node-{number:05d}.rack-1.example.com" for number in range(5000)]
    asked = {**QUESTION, "NodeNames": names, "padding": "x" * 300_000}
    status, text = await served.post(json.dumps(asked).encode())
    assert status == 200
    assert [one["Host"] for one in json.loads(text)] == names


BODY = json.dumps(QUESTION).encode()
HEAD = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % (PATH.encode(), len(BODY))
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def wire(served: Served) -> AsyncIterator[Wire]:
    """A connection on which every byte is ours."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    yield reader, writer
    writer.close()


async def answered(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The status line, and the body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    return head.partition(b"\r\n")[0], await reader.readexactly(length)


async def test_a_connection_is_kept(wire: Wire) -> None:
    reader, writer = wire
    for _ in range(3):
        writer.write(HEAD + b"\r\n" + BODY)
        status, body = await answered(reader)
        assert (status, json.loads(body)) == (b"HTTP/1.1 200 OK", ANSWER)


async def test_a_connection_is_closed_where_that_is_asked_for(wire: Wire) -> None:
    reader, writer = wire
    writer.write(HEAD + b"Connection: close\r\n\r\n" + BODY)
    assert (await answered(reader))[0] == b"HTTP/1.1 200 OK"
    assert await reader.read() == b""


async def test_what_comes_before_the_answer_to_the_first_is_answered_after_it(served: Served, wire: Wire) -> None:
    reader, writer = wire
    other = json.dumps({**QUESTION, "NodeNames": ["n3"]}).encode()
    heads = [HEAD.replace(str(len(BODY)).encode(), str(len(body)).encode()) for body in (BODY, other)]
    writer.write(b"".join(head + b"\r\n" + body for head, body in zip(heads, (BODY, other), strict=True)))
    assert [json.loads((await answered(reader))[1])[0]["Host"] for _ in range(2)] == ["n1", "n3"]
    assert served.outcomes == ["answered"] * 2


async def test_who_waits_to_be_told_to_go_on_is_told(wire: Wire) -> None:
    reader, writer = wire
    writer.write(HEAD + b"Expect: 100-continue\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(BODY)
    assert (await answered(reader))[0] == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00",
        b"POST\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        HEAD + b"Content-Length: 1\r\n\r\n" + BODY,
    ],
)
async def test_what_is_not_http_is_refused_and_the_connection_closed(
    served: Served, wire: Wire, rubbish: bytes
) -> None:
    reader, writer = wire
    writer.write(rubbish)
    assert (await answered(reader))[0].split()[1] in (b"400", b"404")
    assert await reader.read() == b""
    assert served.outcomes == []


async def test_eight_at_once_get_each_their_own_answer(served: Served) -> None:
    async def asked(number: int) -> None:
        names = [f"n{number}-{i}" for i in range(50)]
        for _ in range(20):
            status, text = await served.post(json.dumps({**QUESTION, "NodeNames": names}).encode())
            assert status == 200
            assert [one["Host"] for one in json.loads(text)] == names

    await asyncio.gather(*(asked(number) for number in range(8)))
    assert served.outcomes == ["answered"] * 160


async def test_it_ends_soon_though_connections_are_open_and_then_serves_anew(served: Served) -> None:
    extender, port = Extender(in_turn), free_port()
    for _ in range(2):
        serving = asyncio.create_task(serve(extender, port))
        await until_it_answers(lambda: served.client.get(f"http://127.0.0.1:{port}/"), serving)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(serving, timeout=10)
        with pytest.raises(aiohttp.ClientConnectionError):
            await served.client.get(f"http://127.0.0.1:{port}/")


async def test_an_address_that_can_not_be_had_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"^192\.0\.2\.1:\d+: Cannot assign requested address[^\n]*$"):
        await asyncio.wait_for(serve(Extender(in_turn), free_port(), "192.0.2.1"), timeout=10)


async def test_logging_is_left_alone(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("of.others").info("still heard")
        assert (await served.post(json.dumps(QUESTION).encode()))[0] == 200
    assert [record.name for record in caplog.records] == ["of.others"]
