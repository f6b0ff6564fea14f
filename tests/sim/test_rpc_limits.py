"""The limits of one provider: requests in flight, requests a second, calls a batch."""

from __future__ import annotations

import asyncio
from itertools import repeat
from typing import Any

import pytest

from chains.errors import ChainError, OverBudget
from chains.rpc import HttpRpc
from tests.sim import faults
from tests.sim.client import ECHO, client, echoes
from tests.sim.faulty_rpc import FaultyRpc


class Gate:
    """Holds requests until ``count`` are open at once, then lets everything through."""

    def __init__(self, count: int) -> None:
        self.missing = count
        self.full = asyncio.Event()

    async def __call__(self, exchange: faults.Exchange) -> Any:
        self.missing -= 1
        if self.missing <= 0:
            for _ in range(100):  # turns of the loop in which one request too many could arrive
                await asyncio.sleep(0)
            self.full.set()
        await self.full.wait()
        return await faults.healthy(exchange)


@pytest.mark.parametrize("limit", [1, 3])
async def test_the_server_never_sees_more_than_the_limit_in_flight(limit: int) -> None:
    async with FaultyRpc(ECHO, repeat(Gate(limit))) as server, client(server.url, in_flight_max=limit) as rpc:
        results = await asyncio.gather(*(rpc.call("echo", (number,)) for number in range(20)))
        assert results == list(range(20))
        assert server.in_flight_max == limit


async def test_every_request_passes_the_rate_limiter(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[float] = []

    async def acquire(limiter: Any, amount: float = 1) -> None:
        passed.append(limiter.max_rate / limiter.time_period)

    monkeypatch.setattr("aiolimiter.AsyncLimiter.acquire", acquire)
    for rate in (0.5, 25.0, 1000.0):
        passed.clear()
        async with FaultyRpc(ECHO, [faults.reset]) as server, client(server.url, per_second_max=rate) as rpc:
            await rpc.batch(echoes(3))
        assert passed == [rate, rate]


async def test_batches_are_never_larger_than_configured_and_all_is_counted() -> None:
    async with FaultyRpc(ECHO) as server, client(server.url, batch_max=8, in_flight_max=1) as rpc:
        assert await rpc.batch(echoes(20)) == list(range(20))
        assert await rpc.batch([]) == []
        assert sorted(server.sizes) == [4, 8, 8]
        assert (rpc.counters.calls, rpc.counters.requests) == (20, 3)
        assert rpc.counters.bytes_up > 20 * 40
        assert rpc.counters.bytes_down > 20 * 30


async def test_units_are_counted_as_providers_bill_them() -> None:
    """Every call of a batch by itself, and again when it is asked again."""
    script = [None, faults.reset]
    async with FaultyRpc(ECHO, script) as server, client(server.url, batch_max=4, units={"echo": 26, "*": 3}) as rpc:
        await rpc.batch(echoes(4))
        assert rpc.counters.units == 4 * 26
        await rpc.batch(echoes(2))
        assert (rpc.counters.retries, rpc.counters.units) == (1, (4 + 2 + 2) * 26)
        with pytest.raises(ChainError):
            await rpc.call("unheard-of")
        assert rpc.counters.units == 8 * 26 + 3


@pytest.mark.parametrize("budget", [{"requests_max": 2}, {"bytes_max": 450}, {"units_max": 53}])
async def test_a_spent_budget_is_refused_before_the_request(budget: dict[str, Any]) -> None:
    async def spend(rpc: HttpRpc) -> None:
        for number in range(100):
            await rpc.call("echo", (f"{number:060}",))

    (limit,) = budget.values()
    async with FaultyRpc(ECHO) as server, client(server.url, units={"*": 26}, **budget) as rpc:
        with pytest.raises(OverBudget, match=f"its budget of {limit} "):
            await spend(rpc)
        assert len(server.requests) == rpc.counters.requests == 2
        assert rpc.counters.units == 2 * 26
        assert rpc.counters.bytes_up + rpc.counters.bytes_down <= 450


async def test_a_large_request_is_sent_whole() -> None:
    text = "x" * 3_000_000
    async with FaultyRpc({"length": len}) as server, client(server.url) as rpc:
        assert await rpc.call("length", (text,)) == 3_000_000


async def test_one_failing_part_fails_the_batch_with_its_own_error() -> None:
    script = [None, faults.status(401)]
    async with FaultyRpc(ECHO, script) as server, client(server.url, batch_max=2, in_flight_max=1) as rpc:
        with pytest.raises(ChainError, match="credentials refused"):
            await rpc.batch(echoes(6))
