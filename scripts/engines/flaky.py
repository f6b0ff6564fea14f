"""A provider that fails half the time: a loopback proxy in front of a real node, for the demo and whole-run tests."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack

from aiohttp import ClientSession, web

from scripts.engines.loopback import Loopback


class Flaky(Loopback):
    """Forwards POST bodies to ``upstream``; of every two consecutive requests one fails, by ``seed`` which one and how.

    ``failed`` and ``served`` count. The failures are those seen in the field: 503, 429, HTML with status 200, a
    truncated body.
    """

    def __init__(self, upstream: str, *, seed: int) -> None:
        self._upstream = upstream
        self._chance = random.Random(seed)
        self._fail_second = False
        self._half = 0
        self.failed = 0
        self.served = 0

    async def _open(self, stack: AsyncExitStack) -> None:
        self._session = await stack.enter_async_context(ClientSession())

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self._fails():
            self.failed += 1
            return self._failure()
        async with self._session.post(
            self._upstream, data=body, headers={"Content-Type": "application/json"}
        ) as answer:
            self.served += 1
            return web.Response(body=await answer.read(), status=answer.status, content_type="application/json")

    def _fails(self) -> bool:
        first, self._half = self._half == 0, 1 - self._half
        if first:
            self._fail_second = self._chance.random() < 0.5
        return self._fail_second != first

    def _failure(self) -> web.Response:
        return self._chance.choice(
            (
                lambda: web.Response(status=503, text="<html>upstream connect error</html>", content_type="text/html"),
                lambda: web.Response(status=429, text="<html>slow down</html>", content_type="text/html"),
                lambda: web.Response(status=200, text="<html>sign in</html>", content_type="text/html"),
                lambda: web.Response(status=200, text='{"jsonrpc":"2.0","id":', content_type="application/json"),
            )
        )()
