"""Faults 5 and 6: batches are split until they are taken, and what is bad in them is isolated."""

from __future__ import annotations

from itertools import repeat
from typing import Any

import pytest

from chains.errors import RpcFault, TooLarge
from tests.sim import faults
from tests.sim.client import ECHO, client, echoes
from tests.sim.faulty_rpc import FaultyRpc


@pytest.mark.parametrize("as_geth", [False, True])
async def test_a_refused_batch_is_split_until_it_is_taken(as_geth: bool) -> None:
    limit = repeat(faults.batch_limit(5, as_geth=as_geth))
    async with FaultyRpc(ECHO, limit) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(32)) == list(range(32))
        assert max(size for size in server.sizes if size <= 5) == 4
        assert rpc.counters.retries == 0


@pytest.mark.parametrize(
    "refusal",
    [
        faults.refused(-32603, "something broke"),
        faults.refused(-32602, "bad parameters", http=400),
        faults.status(413),
        faults.status(400, "Bad Request", "text/plain"),
    ],
)
async def test_one_error_for_a_whole_batch_splits_it(refusal: faults.Fault) -> None:
    async with FaultyRpc(ECHO, [refusal]) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(5)) == [0, 1, 2, 3, 4]
        assert server.sizes == [5, 2, 3]


async def test_a_provider_without_batches_serves_single_calls() -> None:
    async with FaultyRpc(ECHO, repeat(faults.no_batches)) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(9)) == list(range(9))
        assert server.sizes.count(1) == 9


@pytest.mark.parametrize("http", [200, 500])
async def test_one_bad_address_costs_only_itself(http: int) -> None:
    calls: list[tuple[str, tuple[str]]] = [("echo", (f"address {number}",)) for number in range(64)]
    calls[37] = ("echo", ("bad",))

    async def poison(exchange: faults.Exchange) -> Any:
        if any(call["params"] == ["bad"] for call in exchange.calls):
            return await faults.refused(-32602, "invalid address", http)(exchange)
        return await faults.healthy(exchange)

    async with FaultyRpc(ECHO, repeat(poison)) as server, client(server.url) as rpc:
        results = await rpc.batch(calls)
        refused = results[37]
        assert isinstance(refused, RpcFault)
        assert (refused.code, refused.message, str(refused)) == (
            -32602,
            "invalid address",
            "faulty: -32602: invalid address",
        )
        assert results[:37] + results[38:] == [call[1][0] for call in calls[:37] + calls[38:]]
        assert len(server.requests) == 1 + 2 * 6


async def test_a_refusal_without_id_of_a_batch_of_one_stands_in_its_place() -> None:
    async def anonymous(exchange: faults.Exchange) -> Any:
        return faults.json_response(faults.error(None, -32600, "invalid request"))

    async with FaultyRpc(ECHO, repeat(anonymous)) as server, client(server.url) as rpc:
        (result,) = await rpc.batch(echoes(1))
        assert isinstance(result, RpcFault)
        assert server.sizes == [1]


async def test_calls_refused_one_by_one_stay_in_their_places() -> None:
    def pick(number: int) -> int | RpcFault:
        return RpcFault(3, "execution reverted") if number % 2 else number

    async with FaultyRpc({"echo": pick}) as server, client(server.url) as rpc:
        results = await rpc.batch(echoes(6))
        assert [isinstance(result, RpcFault) for result in results] == [False, True] * 3
        assert results[::2] == [0, 2, 4]
        assert server.sizes == [6]


async def test_answers_cut_off_for_size_are_asked_again_in_smaller_batches() -> None:
    cut_off = faults.each_refused(-32003, "response too large", after=3)

    async def node(exchange: faults.Exchange) -> Any:
        return await (cut_off if len(exchange.calls) > 3 else faults.healthy)(exchange)

    async with FaultyRpc(ECHO, repeat(node)) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(20)) == list(range(20))
        assert server.sizes[0] == 20


async def test_a_size_once_refused_is_not_asked_again() -> None:
    async with FaultyRpc(ECHO, repeat(faults.no_batches)) as server, client(server.url) as rpc:
        for first in (True, False):
            server.requests.clear()
            assert await rpc.batch(echoes(20)) == list(range(20))
            assert (set(server.sizes) == {1}) is not first
        assert len(server.requests) == 20
    async with FaultyRpc(ECHO, repeat(faults.batch_limit(10))) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(64)) == list(range(64))
        server.requests.clear()
        assert await rpc.batch(echoes(64)) == list(range(64))
        assert server.sizes == [8] * 8


@pytest.mark.parametrize(
    "words",
    [
        faults.refused(-32005, "Number of requests in batch exceeds max batch size"),
        faults.refused(-32099, "ask for fewer things"),
        faults.each_refused(31, "Batch of more than 3 requests are not allowed on free tier"),
    ],
)
async def test_a_size_refused_in_any_words_is_not_asked_again(words: faults.Fault) -> None:
    async def at_most_three(exchange: faults.Exchange) -> Any:
        return await (words if len(exchange.calls) > 3 else faults.healthy)(exchange)

    async with FaultyRpc(ECHO, repeat(at_most_three)) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(20)) == list(range(20))
        server.requests.clear()
        assert await rpc.batch(echoes(20)) == list(range(20))
        assert max(server.sizes) <= 3
        assert rpc.counters.retries == 0


async def test_a_size_that_was_taken_before_is_asked_again() -> None:
    broke = faults.refused(-32603, "something broke")
    async with FaultyRpc(ECHO, [None, broke]) as server, client(server.url) as rpc:
        for _ in range(3):
            assert await rpc.batch(echoes(8)) == list(range(8))
        assert server.sizes == [8, 8, 4, 4, 8]


async def test_one_bad_parameter_makes_no_batches_smaller() -> None:
    spoilt = faults.poisoned("13")
    async with FaultyRpc(ECHO, repeat(spoilt)) as server, client(server.url) as rpc:
        await rpc.batch(echoes(20))
        server.requests.clear()
        assert await rpc.batch(echoes(12)) == list(range(12))
        assert server.sizes == [12]


async def test_a_call_too_heavy_even_alone_does_not_cost_its_neighbours() -> None:
    def heavy(number: int) -> int | RpcFault:
        return RpcFault(-32000, "execution aborted (timeout = 5s)") if number == 3 else number

    async with FaultyRpc({"echo": heavy}) as server, client(server.url) as rpc:
        results = await rpc.batch(echoes(6))
        assert [number for number, result in enumerate(results) if isinstance(result, RpcFault)] == [3]
        assert [result for result in results if not isinstance(result, RpcFault)] == [0, 1, 2, 4, 5]
        with pytest.raises(TooLarge, match="faulty: -32000: execution aborted"):
            await rpc.call("echo", (3,))
