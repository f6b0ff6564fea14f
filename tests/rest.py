"""A REST API on loopback, answered by a function: the base of scripted stand-ins for nodes that speak no JSON-RPC."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import orjson
from aiohttp import web

from scripts.engines.loopback import Loopback


class Asked(NamedTuple):
    """``query`` has the values of each name in order; ``body`` is the JSON of a POST, else None."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any


class Answer(NamedTuple):
    """``body`` is sent as JSON; text is sent as it is, as HTML."""

    body: Any
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012  (never changed)


class RestServer(Loopback):
    """``asked`` holds every request in order of arrival; ``in_flight_max`` the most that were open at one time."""

    def __init__(self, answer: Callable[[Asked], Awaitable[Answer]]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.in_flight_max = self._in_flight = 0

    async def _handle(self, request: web.Request) -> web.Response:
        self._in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self._in_flight)
        try:
            sent = await request.read()
            query = {name: request.query.getall(name) for name in request.query}
            asked = Asked(request.method, request.path.lstrip("/"), query, orjson.loads(sent) if sent else None)
            self.asked.append(asked)
            body, status, headers = await self.answer(asked)
        finally:
            self._in_flight -= 1
        if isinstance(body, str):
            return web.Response(text=body, status=status, content_type="text/html", headers=headers)
        return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)
