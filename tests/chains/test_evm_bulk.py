"""Bulk balances of a real node behind every limit and fault we know: exact amounts, or a clean refusal."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chains.adapter import Call, Json, Rpc
from chains.errors import Reorged, RpcFault, TimedOut, Transport, WrongChain
from chains.evm.adapter import EvmAdapter, build
from chains.evm.ways import Way
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Reason
from scripts.engines import EngineMissing, anvil, multicall3
from tests.chains import evm_proxy as p
from tests.chains.evm_proxy import Proxy
from tests.chains.harness_evm import NATIVE, erc20
from tests.sim.client import client

CHAIN = 777
PLAIN, PROXIED, IMPLEMENTATION = ("0x" + pair * 20 for pair in ("c1", "c2", "c3"))
TOKENS = (PLAIN, PROXIED)
HOLDERS = 2_000
SPEC = ChainSpec(id=ChainId(f"eip155:{CHAIN}"), name="bulk", family="evm", native=NATIVE, native_decimals=18)
EDGES = [0, 1, 2**128 - 4, 2**128 - 3, 2**128 - 2, 2**128 - 1, 2**128, 2**256 - 1]


@dataclass
class World:
    node: anvil.Anvil
    block: BlockRef
    held: dict[BalanceKey, int]

    @property
    def keys(self) -> list[BalanceKey]:
        return list(self.held)


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    """Balances by seed, mostly small, some at the edges of 16 bytes; then another block with other balances."""
    chance = random.Random(3)
    holders = [Address(f"0x{chance.getrandbits(160):040x}") for _ in range(HOLDERS)]
    try:
        async with anvil.Anvil(chain_id=CHAIN, flags=("--gas-limit", "100000000")) as node:
            await multicall3.place(node)
            await node.set_code(PLAIN, anvil.token_code(decimals=6))
            await node.set_code(PROXIED, anvil.proxy_code(IMPLEMENTATION))
            await node.set_code(IMPLEMENTATION, anvil.token_code(decimals=6))
            amounts = {
                asset: {holder: chance.choice([0, chance.getrandbits(70)]) for holder in holders}
                for asset in (NATIVE, *TOKENS)
            }
            for asset in amounts:
                amounts[asset] |= dict(zip(holders, EDGES if asset == PLAIN else EDGES[:6], strict=False))
            await node.set_balances(amounts[NATIVE])
            for token in TOKENS:
                await node.set_token_balances(token, amounts[token])
            await node.mine(5)
            block = await build(SPEC).block_at(node.rpc, height=2)
            await node.set_balances(dict.fromkeys(holders[:100], 5))
            await node.mine(3)
            held = {
                BalanceKey(holder, NATIVE if asset == NATIVE else erc20(asset)): amounts[asset][holder]
                for holder in holders
                for asset in amounts
            }
            yield World(node, block, held)
    except EngineMissing as missing:
        pytest.skip(str(missing))


def adapter(**options: Any) -> EvmAdapter:
    made = build(ChainSpec(**{f: getattr(SPEC, f) for f in SPEC.__struct_fields__} | {"options": options}))
    assert isinstance(made, EvmAdapter)
    return made


@asynccontextmanager
async def behind(world: World, *, attempts_max: int = 6, **faults: Any) -> AsyncIterator[tuple[Proxy, Rpc]]:
    async with Proxy(world.node.url, **faults) as proxy, client(proxy.url, attempts_max=attempts_max) as rpc:
        yield proxy, rpc


async def exact(world: World, rpc: Rpc, reader: EvmAdapter | None = None) -> None:
    readings = await (reader or adapter()).balances(rpc, world.block, world.keys)
    assert not readings.failures
    assert list(readings.amounts) == list(world.held.values())
    assert readings.block == world.block


# ---- the ways, best first

WAYS: list[tuple[Way, list[p.Before]]] = [
    (Way.OVERRIDE, []),
    (Way.INITCODE, [p.no_overrides]),
    (Way.INITCODE, [p.overrides_ignored]),
    (Way.MULTICALL, [p.no_overrides, p.no_init_code]),
    (Way.MULTICALL, [p.overrides_ignored, p.no_init_code]),
]


@pytest.mark.parametrize(("way", "before"), WAYS)
async def test_every_way_is_found_and_exact(world: World, way: Way, before: list[p.Before]) -> None:
    async with behind(world, before=before) as (proxy, rpc):
        reader = adapter()
        assert await reader.probe(rpc, world.block) is way
        asked = len(proxy.calls)
        await exact(world, rpc, reader)
        single = [call for call in proxy.calls[asked:] if len(call["params"][0].get("data", "")) < 100]
        assert len(single) == 5 + 3, "only what is too wide for the reader is asked by itself"


async def test_where_nothing_else_works_each_balance_is_a_call(world: World) -> None:
    before = [p.no_overrides, p.no_init_code]
    nowhere = {"multicall3": "0x" + "ee" * 20}
    async with behind(world, before=before) as (_, rpc):
        reader = adapter(**nowhere)
        assert await reader.probe(rpc, world.block) is Way.BATCH
        keys = world.keys[:300]
        readings = await reader.balances(rpc, world.block, keys)
        assert list(readings.amounts) == [world.held[key] for key in keys]


async def test_the_probe_is_made_once(world: World) -> None:
    async with behind(world) as (proxy, rpc):
        reader = adapter()
        for _ in range(3):
            await reader.probe(rpc, world.block)
            await reader.balances(rpc, world.block, world.keys[30:33])
        assert len(proxy.calls) == 1 + 3
        assert {len(call["params"]) for call in proxy.calls} == {3}


async def test_a_way_that_stops_working_gives_way_to_the_next(world: World) -> None:
    async with behind(world) as (proxy, rpc):
        reader = adapter()
        assert await reader.probe(rpc, world.block) is Way.OVERRIDE
        for rule, way in ((p.overrides_ignored, Way.INITCODE), (p.no_init_code, Way.MULTICALL)):
            proxy.before.append(rule)
            await exact(world, rpc, reader)
            assert await reader.probe(rpc, world.block) is way


# ---- limits


@pytest.mark.parametrize(("way", "before"), WAYS[:2] + WAYS[3:4])
@pytest.mark.parametrize("gas", [50_000_000, 16_777_216, 3_000_000])
async def test_gas_caps(world: World, way: Way, before: list[p.Before], gas: int) -> None:
    async with behind(world, before=[*before, p.gas_cap(gas)]) as (proxy, rpc):
        await exact(world, rpc)
        assert len(proxy.calls) < 400 if way is not Way.MULTICALL else True


@pytest.mark.parametrize("gas", [1_100_000, 600_000, 300_000, 100_000])
async def test_gas_for_few_tokens_or_for_none_in_bulk(world: World, gas: int) -> None:
    """Not enough for all tokens of an address, for one with CALL_GAS in hand, for more than a call by itself."""
    async with behind(world, before=[p.gas_cap(gas)]) as (_, rpc):
        reader, keys = adapter(), world.keys[:90]
        readings = await reader.balances(rpc, world.block, keys)
        assert list(readings.amounts) == [world.held[key] for key in keys]
        assert (await reader.probe(rpc, world.block) is Way.OVERRIDE) == (gas > 500_000)


@pytest.mark.parametrize(("way", "before"), WAYS[:2] + WAYS[3:4])
async def test_answers_of_100_000_bytes(world: World, way: Way, before: list[p.Before]) -> None:
    for size in (100_000, 5_000):
        async with behind(world, before=before, after=[p.returndata_limit(size)]) as (_, rpc):
            await exact(world, rpc)


@pytest.mark.parametrize(("way", "before"), WAYS[:2] + WAYS[3:4])
async def test_bodies_of_64_kilobytes(world: World, way: Way, before: list[p.Before]) -> None:
    for size in (64_000, 8_000):
        async with behind(world, before=before, body_max=size) as (_, rpc):
            await exact(world, rpc)


async def test_a_storm_of_429(world: World) -> None:
    def storm() -> Iterator[int | None]:
        chance = random.Random(1)
        while True:
            yield chance.choice([429, 503, None])

    async with behind(world, statuses=storm(), attempts_max=60) as (_, rpc):
        await exact(world, rpc)


async def test_a_node_that_is_too_slow_for_large_requests_is_asked_less(world: World) -> None:
    def slow(request: p.Request) -> p.Reply | None:
        if len(request["params"][0]["data"]) < 20_000:
            return None
        return p.error(request, -32000, "execution aborted (timeout = 5s)")

    async with behind(world, before=[slow]) as (_, rpc):
        await exact(world, rpc)


# ---- answers about something else


async def test_a_lagging_backend_now_and_then(world: World) -> None:
    async with behind(world, before=[p.every(3, p.at_latest)]) as (_, rpc):
        await exact(world, rpc)


@pytest.mark.parametrize("before", [before for _, before in WAYS])
async def test_another_block_is_never_believed(world: World, before: list[p.Before]) -> None:
    reader = adapter()
    async with behind(world, before=before) as (proxy, rpc):
        await reader.probe(rpc, world.block)
        proxy.before.append(p.at_latest)
        with pytest.raises(Transport, match="instead of"):
            await reader.balances(rpc, world.block, world.keys)
    async with behind(world, before=[*before, p.at_latest]) as (_, rpc):
        with pytest.raises(Transport, match="instead of"):
            await adapter().balances(rpc, world.block, world.keys)


@pytest.mark.parametrize("before", [before for _, before in WAYS])
async def test_another_chain_is_never_believed(world: World, before: list[p.Before]) -> None:
    async with anvil.Anvil(chain_id=CHAIN + 1) as other:
        await multicall3.place(other)
        await other.mine(10)
        async with behind(world, before=[*before, p.at_latest], elsewhere=other.url) as (_, rpc):
            with pytest.raises(WrongChain):
                await adapter().balances(rpc, world.block, world.keys)


async def test_a_network_in_trouble_says_nothing_about_a_way(world: World) -> None:
    """The client has retried; who asks again later finds the best way all the same."""
    reader = adapter()
    header, trouble = None, [500, 500]
    async with behind(world, attempts_max=2, statuses=iter([header, *trouble])) as (_, rpc):
        with pytest.raises(Transport):
            await reader.balances(rpc, world.block, world.keys)
        assert await reader.probe(rpc, world.block) is Way.OVERRIDE
        await exact(world, rpc, reader)


async def test_overrides_dropped_now_and_then(world: World) -> None:
    async with behind(world, before=[p.every(4, p.overrides_ignored)]) as (_, rpc):
        await exact(world, rpc)


async def test_a_node_without_block_hashes_is_asked_by_number(world: World) -> None:
    reader = adapter()
    async with behind(world, before=[p.no_block_hash]) as (proxy, rpc):
        assert await reader.probe(rpc, world.block) is Way.OVERRIDE
        readings = await reader.balances(rpc, world.block, world.keys)
        for key, amount, index in zip(world.keys, readings.amounts, range(len(world.keys)), strict=True):
            if world.held[key] < 2**128 - 3:
                assert amount == world.held[key]
            else:
                assert readings.failures[index].reason in (Reason.OUT_OF_RANGE, Reason.EMPTY, Reason.REVERTED)
        proxy.before.append(p.at_latest)
        with pytest.raises(Transport, match="instead of"):
            await reader.balances(rpc, world.block, world.keys)


async def test_where_the_number_is_another_chains_only_a_hash_will_do(world: World) -> None:
    reader = adapter(number_in_band=False)
    async with behind(world) as (_, rpc):
        await exact(world, rpc, reader)
    async with behind(world, before=[p.no_block_hash]) as (_, rpc):
        assert await reader.probe(rpc, world.block) is Way.BATCH
        readings = await reader.balances(rpc, world.block, world.keys[:30])
        for index, key in enumerate(world.keys[:30]):
            assert readings.amounts[index] == (world.held[key] if key.instrument == NATIVE else None)


async def test_a_reorganisation_in_the_middle(world: World) -> None:
    async with anvil.Anvil(chain_id=CHAIN) as node:
        await node.set_balances({key.address: 9 for key in world.keys[:300]})
        await node.mine(6)
        reader = adapter()
        keys = [key for key in world.keys[:300] if key.instrument == NATIVE]
        for reorganise_at in (0, 2, 9):
            block = await reader.final_block(node.rpc)
            rpc = Meddled(node.rpc, reorganise_at, lambda: node.reorg(5))
            assert await reader.probe(rpc, block) is Way.OVERRIDE
            reader._memory.of(rpc).chunks[Way.OVERRIDE].pairs_max = 10
            reader._memory.of(rpc).chunks[Way.OVERRIDE].pairs = 10
            with pytest.raises(Reorged):
                await reader.balances(rpc, block, keys)


async def test_an_endpoint_that_is_too_slow_for_much_is_asked_less(world: World) -> None:
    async with behind(world) as (_, inner):
        await exact(world, Impatient(inner, 30_000))
        slower, reader = Impatient(inner, 8_000), adapter()
        with pytest.raises(TimedOut):
            await reader.balances(slower, world.block, world.keys)
        await exact(world, slower, reader)  # what was learned stays
        with pytest.raises(TimedOut):
            await reader.balances(Impatient(inner, 1), world.block, world.keys)


class Meddled:
    """Does something just before bulk call number ``at``."""

    def __init__(self, inner: Rpc, at: int, meddle: Callable[[], Awaitable[None]]) -> None:
        self.provider = inner.provider
        self._inner, self._left, self._meddle = inner, at + 1, meddle  # one more: the probe

    async def call(self, method: str, params: Any = ()) -> Json:
        if method == "eth_call":
            self._left -= 1
            if self._left == -1:
                await self._meddle()
        return await self._inner.call(method, params)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        return await self._inner.batch(calls)


class Impatient:
    """No call of more than ``size`` characters of data is answered in time."""

    def __init__(self, inner: Rpc, size: int) -> None:
        self.provider = inner.provider
        self._inner, self._size = inner, size

    async def call(self, method: str, params: Any = ()) -> Json:
        if method == "eth_call" and isinstance(params[0], dict) and len(params[0]["data"]) > self._size:
            raise TimedOut("no complete answer")
        return await self._inner.call(method, params)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        return await self._inner.batch(calls)
