"""A scripted server on loopback: an answer for each call, in JSON-RPC or REST as the call was made, over real HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from chains.adapter import Call
from chains.spec import ProviderSpec
from chains.types import ChainId
from tests.rest import Answer, Asked, RestServer
from tests.sim.faults import json_response

Json = Any  # what travels as JSON, both ways


class Refusal(Exception):
    """A JSON-RPC error with this code, or a REST answer of this status."""

    def __init__(self, code: int, body: Json) -> None:
        super().__init__(code)
        self.code, self.body = code, body


class Served(RestServer):
    """``respond`` is asked for every call, which ``calls`` keeps; ``asked`` keeps the requests."""

    batches = True
    """Whether a JSON-RPC batch is taken."""

    def __init__(self) -> None:
        super().__init__(self._serve)
        self.calls: list[Call] = []

    def respond(self, method: str, params: Any) -> Json:
        """The result; ``method`` and ``params`` as in chains/adapter.py Call. Raises Refusal."""
        raise NotImplementedError

    def provider(self, chain: ChainId, **changes: Any) -> ProviderSpec:
        fast: dict[str, Any] = {"per_second_max": 100_000.0, "in_flight_max": 32, "attempts_max": 1}
        named = {"name": "scripted", "operator": "tests"}
        return ProviderSpec(chain=chain, url=self.url, **(fast | named | changes))

    async def _serve(self, asked: Asked) -> Answer:
        body = asked.body
        if isinstance(body, list) and not self.batches:
            return Answer({"message": "batches are not served"}, 400)
        if isinstance(body, list):
            return Answer([self._rpc(one) for one in body])
        if isinstance(body, Mapping) and "jsonrpc" in body:
            return Answer(self._rpc(body))
        query = {name: values[0] if len(values) == 1 else values for name, values in asked.query.items()}
        try:
            answer = self._answer(f"{asked.method} {asked.path}", query if body is None else body)
        except Refusal as refusal:
            return Answer(refusal.body, refusal.code)
        return Answer(orjson.Fragment(orjson.dumps(answer)))  # a bare string is JSON, too

    def _rpc(self, asked: Mapping[str, Json]) -> Json:
        envelope = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            return envelope | {"result": self._answer(asked["method"], asked.get("params", []))}
        except Refusal as refusal:
            body = refusal.body if isinstance(refusal.body, dict) else {"message": refusal.body}
            return envelope | {"error": {"code": refusal.code, **body}}

    def _answer(self, method: str, params: Any) -> Json:
        self.calls.append((method, params))
        return self.respond(method, params)


class Keyed(Served):
    """Answers nothing without its header ``key_in`` but ``refused``. ``key``: what its provider sends there."""

    key_in: str
    refused: Answer
    key = "canaryKey0a1b2c3d4e5f6a7b"

    def provider(self, chain: ChainId, **changes: Any) -> ProviderSpec:
        return super().provider(chain, **({"headers": {self.key_in: self.key}} | changes))

    async def _handle(self, request: web.Request) -> web.Response:
        if request.headers.get(self.key_in) != self.key:
            return json_response(self.refused.body, self.refused.status)
        return await super()._handle(request)
