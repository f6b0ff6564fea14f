"""A scripted server on loopback: an answer for each call, in JSON-RPC or REST as the call was made, over real HTTP."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web

from chains.adapter import Call
from chains.spec import ProviderSpec
from chains.types import ChainId
from scripts.engines.loopback import Loopback

Json = Any  # what travels as JSON, both ways


class Refusal(Exception):
    """A JSON-RPC error with this code, or a REST answer of this status."""

    def __init__(self, code: int, body: Json) -> None:
        super().__init__(code)
        self.code, self.body = code, body


class Served(Loopback):
    """``answer`` is asked for every call. ``calls`` counts them, ``requests`` the HTTP requests."""

    batches = True
    """Whether a JSON-RPC batch is taken; else it is refused as most such servers do."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.requests = 0

    def answer(self, method: str, params: Any) -> Json:
        """The result; ``method`` and ``params`` as in chains/adapter.py Call. Raises Refusal."""
        raise NotImplementedError

    def provider(self, chain: ChainId, **changes: Any) -> ProviderSpec:
        fast: dict[str, Any] = {"per_second_max": 100_000.0, "in_flight_max": 32, "attempts_max": 1}
        return ProviderSpec(name="scripted", chain=chain, url=self.url, operator="tests", **(fast | changes))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        body = await request.read()
        asked = orjson.loads(body) if body else None
        if isinstance(asked, list) and not self.batches:
            return _json({"message": "batches are not served"}, 400)
        if isinstance(asked, list):
            return _json([await self._rpc(one) for one in asked])
        if isinstance(asked, Mapping) and "jsonrpc" in asked:
            return _json(await self._rpc(asked))
        path = unquote(request.path.removeprefix("/"))
        query = {name: request.query.getall(name) for name in request.query}
        params = asked if asked is not None else {name: v[0] if len(v) == 1 else v for name, v in query.items()}
        try:
            return _json(await self._answer(f"{request.method} {path}", params))
        except Refusal as refusal:
            return _json(refusal.body, refusal.code)

    async def _rpc(self, asked: Mapping[str, Json]) -> Json:
        envelope = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            return envelope | {"result": await self._answer(asked["method"], asked.get("params", []))}
        except Refusal as refusal:
            body = refusal.body if isinstance(refusal.body, dict) else {"message": refusal.body}
            return envelope | {"error": {"code": refusal.code, **body}}

    async def _answer(self, method: str, params: Any) -> Json:
        self.calls.append((method, params))
        found = self.answer(method, params)
        return await found if inspect.isawaitable(found) else found


def _json(value: Json, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
