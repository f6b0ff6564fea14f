"""An HTTP proxy in front of a real EVM node that has the limits and the faults it is told to have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from scripts.engines.loopback import Loopback

Request = dict[str, Any]
Reply = dict[str, Any]
Before = Callable[[Request], Reply | None]
"""May change the request; a reply answers it without the node."""
After = Callable[[Request, Reply], Reply]


def error(request: Request, code: int, message: str) -> Reply:
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}


class Proxy(Loopback):
    """``before`` and ``after`` see every request of JSON-RPC that is an ``eth_call``; ``statuses`` is one a HTTP
    request, None for those to be served; a body of more than ``body_max`` bytes is refused with 413.

    ``elsewhere``: the URL of another node for every ``eth_call``.
    """

    body_bytes_max = 1 << 30

    def __init__(
        self,
        upstream: str,
        *,
        before: Iterable[Before] = (),
        after: Iterable[After] = (),
        statuses: Iterator[int | None] | None = None,
        body_max: int = 1 << 30,
        elsewhere: str | None = None,
    ) -> None:
        self.before, self.after = list(before), list(after)
        self.calls: list[Request] = []
        self._upstream, self._elsewhere = upstream, elsewhere or upstream
        self._statuses, self._body_max = statuses, body_max

    async def _open(self, stack: AsyncExitStack) -> None:
        self._session = await stack.enter_async_context(aiohttp.ClientSession())

    async def _handle(self, http: web.Request) -> web.Response:
        body = await http.read()
        status = next(self._statuses, None) if self._statuses else None
        if len(body) > self._body_max:
            status = 413
        if status is not None:
            return web.Response(status=status)
        asked = orjson.loads(body)
        replies = [await self._one(request) for request in (asked if isinstance(asked, list) else [asked])]
        said = replies if isinstance(asked, list) else replies[0]
        return web.Response(body=orjson.dumps(said), content_type="application/json")

    async def _one(self, request: Request) -> Reply:
        if request["method"] != "eth_call":
            return await self._forward(self._upstream, request)
        self.calls.append(request)
        for rule in self.before:
            if reply := rule(request):
                return reply
        reply = await self._forward(self._elsewhere, request)
        for change in self.after:
            reply = change(request, reply)
        return reply

    async def _forward(self, url: str, request: Request) -> Reply:
        headers = {"Content-Type": "application/json"}
        async with self._session.post(url, data=orjson.dumps(request), headers=headers) as answer:
            reply: Reply = orjson.loads(await answer.read())
        return reply


# ---- limits and faults of eth_call


def no_overrides(request: Request) -> Reply | None:
    return error(request, -32602, "too many arguments, want at most 2") if len(request["params"]) > 2 else None


def overrides_ignored(request: Request) -> None:
    del request["params"][2:]


def no_init_code(request: Request) -> Reply | None:
    return None if "to" in request["params"][0] else error(request, -32602, 'missing value for "to"')


def no_block_hash(request: Request) -> Reply | None:
    if isinstance(request["params"][1], str):
        return None
    return error(request, -32602, "invalid argument 1: cannot unmarshal object into Go value of type string")


def at_latest(request: Request) -> None:
    request["params"][1] = "latest"


def gas_cap(gas: int) -> Before:
    def rule(request: Request) -> None:
        request["params"][0]["gas"] = hex(gas)

    return rule


def returndata_limit(size: int) -> After:
    def rule(request: Request, reply: Reply) -> Reply:
        data = reply.get("result") or ""
        with suppress(KeyError, TypeError):
            data = data or reply["error"]["data"]
        length = len(data) // 2 - 1
        if length <= size:
            return reply
        return error(
            request, -32000, f"call returned result on length {length} exceeding --rpc.returndata.limit {size}"
        )

    return rule


def every(count: int, rule: Before, *, first: int = 0) -> Before:
    """``rule`` for one call in ``count``, from call number ``first`` on."""
    seen = 0

    def sometimes(request: Request) -> Reply | None:
        nonlocal seen
        seen += 1
        return rule(request) if seen > first and seen % count == 0 else None

    return sometimes
