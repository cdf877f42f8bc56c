"""The webhook's server: a review in, an answer out, in time. What it can not find out it does not hold against anybody."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiohttp import web

from vireo.admission.review import AnyKind, BadReviewError, Review, Verdict, answer, judge, read
from vireo.api.reconcile import Observed
from vireo.kube.client import ApiError

log = logging.getLogger(__name__)

PATH: Final = "/review"
ANSWER_SECONDS: Final = 1.5
"""Within which an answer is given. The API server waits a little longer (timeoutSeconds of the chart)."""
LOOKS_AT_ONCE: Final = 16
"""How many reviews look at the cluster at a time: a large apply must not become a flood of requests."""
MOST_BYTES: Final = 8 * 2**20
"""A review holds an object twice, and the API server takes requests of 3 MiB."""

BAD: Final = "bad"
UNKNOWN: Final = "unknown"


class Looks(Protocol):
    """Where the surroundings of an object come from."""

    async def observe(self, review: Review) -> Observed[Any, Any]:
        """Raises ApiError."""


@dataclass
class Reviewer:
    """Answers reviews of these kinds. `count` is told the outcome of each: the resource, a word, the seconds that it took."""

    kinds: Iterable[AnyKind]
    looks: Looks
    count: Callable[[str, str, float], None] = lambda *_: None

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def handle(self, request: web.Request) -> web.Response:
        """One POST of the API server."""
        start = time.perf_counter()
        try:
            review = read(await request.read(), self.kinds)
        except BadReviewError as error:
            self.count("", BAD, time.perf_counter() - start)
            return web.Response(status=400, text=f"{error}\n")
        verdict, outcome = await self._judge(review)
        self.count(str(review.kind.resource), outcome, time.perf_counter() - start)
        return web.Response(body=answer(review, verdict), content_type="application/json")

    async def _judge(self, review: Review) -> tuple[Verdict, str]:
        if review.live.view.invalid:
            return Verdict(), UNKNOWN
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._turns:
                verdict = judge(review, await self.looks.observe(review))
        except (ApiError, TimeoutError) as error:
            log.warning("%s: nothing is said of it: %s", review.live.key, error or f"no answer in {ANSWER_SECONDS} s")
            return Verdict(), UNKNOWN
        if verdict.refusal:
            log.info("%s refused: %s", review.live.key, verdict.refusal.message)
        return verdict, verdict.outcome


async def serve(reviewer: Reviewer, context: ssl.SSLContext, port: int) -> None:
    """Serves until cancelled."""
    application = web.Application(client_max_size=MOST_BYTES)
    application.add_routes([web.post(PATH, reviewer.handle)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, None, port, ssl_context=context).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
