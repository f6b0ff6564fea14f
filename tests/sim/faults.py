"""Faults of JSON-RPC providers, as seen in the field. Each is one function from an exchange to an HTTP answer."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

Reply = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """One HTTP request. ``healthy`` makes the replies a sound server would give, in the order of ``calls``."""

    request: web.Request
    calls: Sequence[dict[str, Any]]
    batched: bool
    healthy: Callable[[], list[Reply]]
    closing: asyncio.Event

    def answer(self, replies: Sequence[Reply]) -> web.Response:
        return json_response(list(replies) if self.batched else replies[0])


Fault = Callable[[Exchange], Awaitable[web.StreamResponse]]


def json_response(value: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


def error(call: dict[str, Any] | None, code: int, message: str) -> Reply:
    """An error reply to one call, or (None) to a whole request."""
    return {"jsonrpc": "2.0", "id": call and call["id"], "error": {"code": code, "message": message}}


async def healthy(exchange: Exchange) -> web.StreamResponse:
    return exchange.answer(exchange.healthy())


# ---- instead of an answer


def status(code: int, body: str = "<html>no</html>", kind: str = "text/html", **headers: str) -> Fault:
    """Any status and body; ``Retry_After="3"`` becomes that header."""

    async def fault(_: Exchange) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=code, text=body, content_type=kind, headers=named)

    return fault


def html_200() -> Fault:
    return status(200, "<!doctype html><title>Just a moment...</title>")


def redirect(location: str) -> Fault:
    return status(302, "", Location=location)


async def truncated(exchange: Exchange) -> web.StreamResponse:
    """Sound HTTP, but the JSON in it ends half way."""
    body = orjson.dumps(exchange.healthy())
    return web.Response(body=body[: len(body) // 2], content_type="application/json")


async def cut(exchange: Exchange) -> web.StreamResponse:
    """The connection closes before the promised length."""
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(exchange.request)
    await response.write(b'{"jsonrpc":"2.0",')
    return _reset(exchange, response)


async def reset(exchange: Exchange) -> web.StreamResponse:
    """The connection is reset without an answer."""
    return _reset(exchange, web.Response())


async def slowloris(exchange: Exchange) -> web.StreamResponse:
    """One byte, and then nothing until the server closes."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(exchange.request)
    await response.write(b"[")
    await exchange.closing.wait()
    return response


async def endless(exchange: Exchange) -> web.StreamResponse:
    """A body without end, as fast as the client takes it."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(exchange.request)
    while not exchange.closing.is_set():
        try:
            await response.write(b" " * 65536)
        except ConnectionError:
            break
    return response


def gzip_bomb(size: int) -> Fault:
    """``size`` bytes of blanks, a thousandth of that on the wire."""
    body = gzip.compress(b" " * size)

    async def fault(_: Exchange) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json", headers={"Content-Encoding": "gzip"})

    return fault


async def broken_gzip(_: Exchange) -> web.StreamResponse:
    return web.Response(body=b"no gzip at all", headers={"Content-Encoding": "gzip"})


# ---- a wrong answer


def replies(change: Callable[[list[Reply]], list[Reply]]) -> Fault:
    async def fault(exchange: Exchange) -> web.StreamResponse:
        return exchange.answer(change(exchange.healthy()))

    return fault


missing_id = replies(lambda sound: sound[:-1] or [{"jsonrpc": "2.0", "result": sound[0].get("result")}])
wrong_id = replies(lambda sound: [*sound[:-1], sound[-1] | {"id": 10**9}])
text_id = replies(lambda sound: [*sound[:-1], sound[-1] | {"id": str(sound[-1]["id"])}])
duplicate_id = replies(lambda sound: [*sound[:-1], sound[-1] | {"id": sound[0]["id"]}])
extra_id = replies(lambda sound: [*sound, sound[-1] | {"id": 10**9}])
repeated = replies(lambda sound: [*sound, sound[-1]])
reordered = replies(lambda sound: sound[::-1])
neither = replies(lambda sound: [{"jsonrpc": "2.0", "id": reply["id"]} for reply in sound])


def results(value: object) -> Fault:
    """Every result replaced, by ``None`` or ``"0x"`` for instance."""
    return replies(lambda sound: [{"jsonrpc": "2.0", "id": reply["id"], "result": value} for reply in sound])


def not_rpc(value: object) -> Fault:
    """Sound JSON that is no JSON-RPC."""

    async def fault(_: Exchange) -> web.StreamResponse:
        return json_response(value)

    return fault


# ---- a refusal


def refused(code: int, message: str, http: int = 200) -> Fault:
    """One error object for whatever was asked."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        return json_response(error(None if exchange.batched else exchange.calls[0], code, message), http)

    return fault


def each_refused(code: int, message: str, *, after: int = 0) -> Fault:
    """An error for every call of the request but the first ``after``."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        tail = [error(call, code, message) for call in exchange.calls[after:]]
        return exchange.answer([*exchange.healthy()[:after], *tail])

    return fault


def poisoned(text: str, code: int = -32602, message: str = "invalid address") -> Fault:
    """One bad parameter fails every batch it is in, as one error object; alone, it fails only itself."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        if any(text in orjson.dumps(call["params"]).decode() for call in exchange.calls):
            return await refused(code, message)(exchange)
        return await healthy(exchange)

    return fault


def batch_limit(size: int, *, as_geth: bool = False) -> Fault:
    """Batches beyond ``size`` are refused; geth wraps the error in a list under the id of the first call."""

    async def fault(exchange: Exchange) -> web.StreamResponse:
        if len(exchange.calls) <= size:
            return await healthy(exchange)
        if as_geth:
            return json_response([error(exchange.calls[0], -32600, "batch too large")])
        return json_response(error(None, -32600, "batch too large"))

    return fault


async def no_batches(exchange: Exchange) -> web.StreamResponse:
    """A server that knows only single calls."""
    if exchange.batched:
        return web.Response(status=400, text="Bad Request")
    return await healthy(exchange)


# ---- schedules


def storm(*kinds: Fault, seed: int, share: float = 0.5) -> Iterator[Fault | None]:
    """Without end, by seed: a ``share`` of all requests meets one of ``kinds``."""
    chance = random.Random(seed)
    while True:
        yield chance.choice(kinds) if chance.random() < share else None


def _reset(exchange: Exchange, response: web.StreamResponse) -> web.StreamResponse:
    assert exchange.request.transport is not None
    exchange.request.transport.abort()
    return response
