"""The real client, pointed at a scripted server, without waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp.abc import AbstractResolver

from chains.adapter import Call
from chains.rpc import HttpRpc, open_rpc
from chains.spec import ProviderSpec
from chains.types import ChainId
from tests.sim.faulty_rpc import Methods

ECHO: Methods = {"echo": lambda value: value}


def echoes(count: int) -> list[Call]:
    """Calls whose results are 0, 1, 2 ..."""
    return [("echo", (number,)) for number in range(count)]


def provider(url: str, **fields: Any) -> ProviderSpec:
    defaults: dict[str, Any] = {"name": "faulty", "operator": "test", "per_second_max": 100_000.0, "timeout_s": 5.0}
    return ProviderSpec(chain=ChainId("eip155:1"), url=url, **(defaults | fields))


@asynccontextmanager
async def client(
    url: str, *, slept: list[float] | None = None, resolver: AbstractResolver | None = None, **fields: Any
) -> AsyncIterator[HttpRpc]:
    """An HttpRpc that notes its pauses in ``slept`` instead of taking them; ``fields`` are those of ProviderSpec."""
    pauses = [] if slept is None else slept

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async with open_rpc(provider(url, **fields), sleep=sleep, jitter=lambda: 0.0, resolver=resolver) as rpc:
        yield rpc
