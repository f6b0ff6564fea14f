"""A JSON-RPC server on loopback that is as bad as it is told to be.

    async with FaultyRpc({"eth_chainId": lambda: "0x1"}, faults=[status(503), None, truncated]) as server:
        ...  # server.url; the first request meets a 503, the second is served, the third is cut, all others are served

``faults`` is any iterable, one entry per HTTP request (None: serve it), and may be endless:
``repeat(batch_limit(10))``, ``storm(status(503), html_200(), seed=7)``. The faults are in tests/sim/faults.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

import orjson
from aiohttp import web

from chains.errors import RpcFault
from scripts.engines.loopback import Loopback
from tests.sim.faults import Exchange, Fault, Reply, error, healthy

Methods = Mapping[str, Callable[..., Any]]
"""Method name -> function of its params. It may raise or return an RpcFault."""


class FaultyRpc(Loopback):
    """Speaks JSON-RPC 2.0, single and batch.

    ``failover=(n, methods)`` answers from other methods after n HTTP requests: another chain, another head.
    ``requests`` holds the calls of every request in order of arrival, ``headers`` theirs; ``in_flight_max`` is the
    greatest number of requests that were open at one time.
    """

    def __init__(
        self,
        methods: Methods,
        faults: Iterable[Fault | None] = (),
        *,
        failover: tuple[int, Methods] | None = None,
    ) -> None:
        self.methods = methods
        self.requests: list[list[dict[str, Any]]] = []
        self.headers: list[Mapping[str, str]] = []
        self.paths: list[str] = []
        self.in_flight_max = 0
        self._faults = iter(faults)
        self._failover = failover
        self._in_flight = 0
        self._closing = asyncio.Event()

    @property
    def sizes(self) -> list[int]:
        """Calls per HTTP request."""
        return [len(calls) for calls in self.requests]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        await super().__aexit__(kind, error, trace)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self._in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self._in_flight)
        try:
            body = orjson.loads(await request.read())
            batched = isinstance(body, list)
            calls: list[dict[str, Any]] = body if batched else [body]
            self.requests.append(calls)
            self.headers.append(request.headers)
            self.paths.append(request.path_qs)
            methods = self._methods_now()
            exchange = Exchange(
                request, calls, batched, lambda: [_serve(methods, call) for call in calls], self._closing
            )
            return await (next(self._faults, None) or healthy)(exchange)
        finally:
            self._in_flight -= 1

    def _methods_now(self) -> Methods:
        if self._failover is not None and len(self.requests) > self._failover[0]:
            return self._failover[1]
        return self.methods


def _serve(methods: Methods, call: dict[str, Any]) -> Reply:
    method = methods.get(call["method"])
    if method is None:
        return error(call, -32601, f"the method {call['method']} does not exist")
    try:
        result = method(*call["params"])
    except RpcFault as fault:
        result = fault
    if isinstance(result, RpcFault):
        return error(call, result.code, result.message)
    return {"jsonrpc": "2.0", "id": call["id"], "result": result}
