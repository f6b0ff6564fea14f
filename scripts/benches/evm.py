"""EVM balances on one local node: every way to ask, side by side, beside the floor.

The floor is the very requests of the packed reader, built beforehand, sent as many at a time, the answers not decoded.
Each way reads its own number of addresses (the slow ones fewer), four assets each: the coin and three tokens, of which
one is behind a proxy. Bulk reads go as the indexer makes them: two shards at a time, their keys in columns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from chains.adapter import Call, Json, Params, Rpc
from chains.errors import RpcFault
from chains.evm import balances
from chains.evm.adapter import EvmAdapter, build
from chains.evm.probe import PAIRS_FIRST
from chains.evm.sweep import IN_FLIGHT
from chains.evm.ways import Way
from chains.keys import PackedKeys
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument
from scripts.benches.measure import Figure, figure, interleaved
from scripts.engines import multicall3
from scripts.engines.anvil import Anvil, proxy_code, token_code

CHAIN = 31337
NATIVE = Instrument("slip44:60")
TOKENS = ["0x" + pair * 20 for pair in ("71", "72", "73")]
IMPLEMENTATION = "0x" + "7f" * 20
INSTRUMENTS = [NATIVE, *(Instrument(f"erc20:{token}") for token in TOKENS)]
ADDRESSES, BATCHED, WEB3 = 12_000, 1_000, 48
REPEATS = 4
SHARDS_AT_ONCE = 2
PUBLISHED = 630_000
"""Addresses in the largest published list."""
FLAGS = ("--gas-limit", "50000000", "--no-request-size-limit")
BALANCE_OF = "0x70a08231" + "0" * 24


@dataclass
class Recorder:
    """Notes the calls it passes on."""

    inner: Rpc
    calls: list[Call]

    @property
    def provider(self) -> str:
        return self.inner.provider

    async def call(self, method: str, params: Params = ()) -> Json:
        self.calls.append((method, params))
        return await self.inner.call(method, params)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        return await self.inner.batch(calls)

    __hash__ = object.__hash__


class Bench:
    def __init__(self) -> None:
        self.adapter = _adapter()
        self.holders = [Address(f"0x{0x5EED << 140 | n * 0x9E3779B97F4A7C15:040x}") for n in range(1, ADDRESSES + 1)]
        self.keys = [BalanceKey(holder, instrument) for holder in self.holders for instrument in INSTRUMENTS]
        size = EvmAdapter.keys_per_shard or len(self.keys)
        self.shards = [PackedKeys.of(self.keys[start : start + size]) for start in range(0, len(self.keys), size)]
        self.read: dict[BalanceKey, Sequence[int | None]] = {}
        self.expected = [1 + n * 4 + asset for n in range(ADDRESSES) for asset in range(len(INSTRUMENTS))]

    async def __aenter__(self) -> Bench:
        async with AsyncExitStack() as stack:
            self.node = await stack.enter_async_context(Anvil(chain_id=CHAIN, flags=FLAGS))
            await self._fill()
            self.rpc = await stack.enter_async_context(open_rpc(self.node.provider("bench", batch_max=500)))
            self.block = await self.adapter.final_block(self.rpc)
            self.limited = _adapter()  # an endpoint that knows neither overrides nor init code would use Multicall3
            self.limited._memory.of(self.rpc).way = Way.MULTICALL
            self.session = await stack.enter_async_context(aiohttp.ClientSession())
            self.bodies = await self._bodies()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _fill(self) -> None:
        await multicall3.place(self.node)
        *tokens, proxy = TOKENS
        await self.node.set_code(proxy, proxy_code(IMPLEMENTATION))
        await self.node.set_code(IMPLEMENTATION, token_code(decimals=6))
        for asset in range(len(INSTRUMENTS)):
            amounts = dict(zip(self.holders, self.expected[asset :: len(INSTRUMENTS)], strict=True))
            if asset == 0:
                await self.node.set_balances(amounts)
            else:
                await self.node.set_token_balances(TOKENS[asset - 1], amounts)
        for token in tokens:
            await self.node.set_code(token, token_code(decimals=6))
        await self.node.mine()

    async def _bodies(self) -> list[bytes]:
        """The requests of one whole read, as they go over the wire."""
        recorder = Recorder(self.rpc, [])
        await self.adapter.balances(recorder, self.block, self.keys[:4])
        recorder.calls.clear()
        for shard in self.shards:
            await self.adapter.balances(recorder, self.block, shard)
        return [
            orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
            for method, params in recorder.calls
        ]

    async def floor(self) -> int:
        left = iter(self.bodies * REPEATS)
        per_shard = min(IN_FLIGHT, len(self.bodies) // len(self.shards))

        async def worker() -> None:
            for body in left:
                async with self.session.post(
                    self.node.url, data=body, headers={"Content-Type": "application/json"}
                ) as answer:
                    await answer.read()

        await asyncio.gather(*(worker() for _ in range(SHARDS_AT_ONCE * per_shard)))
        return ADDRESSES * REPEATS

    async def packed(self) -> int:
        return await self._read(self.adapter, REPEATS)

    async def multicall(self) -> int:
        return await self._read(self.limited, 1)

    async def batches(self) -> int:
        keys = self.keys[: BATCHED * len(INSTRUMENTS)]
        readings = await balances.read(self.rpc, self.block, keys, native=NATIVE)
        assert readings.amounts == self.expected[: len(keys)]
        return BATCHED

    async def web3(self) -> int:
        """As it comes: its own provider and middleware, a call per balance, 32 in flight."""
        from web3 import AsyncHTTPProvider, AsyncWeb3  # noqa: PLC0415  (takes seconds to import)

        w3 = AsyncWeb3(AsyncHTTPProvider(self.node.url))
        gate = asyncio.Semaphore(32)
        at: Any = self.block.height

        async def one(key: BalanceKey) -> int:
            async with gate:
                holder = w3.to_checksum_address(key.address)
                if key.instrument == NATIVE:
                    return await w3.eth.get_balance(holder, at)
                token = w3.to_checksum_address(key.instrument.removeprefix("erc20:"))
                data: Any = BALANCE_OF + key.address[2:]
                return int.from_bytes(await w3.eth.call({"to": token, "data": data}, at), "big")

        keys = self.keys[: WEB3 * len(INSTRUMENTS)]
        assert await asyncio.gather(*map(one, keys)) == self.expected[: len(keys)]
        await w3.provider.disconnect()
        return WEB3

    async def _read(self, adapter: EvmAdapter, repeats: int) -> int:
        left = iter(self.shards * repeats)

        async def worker() -> None:
            for shard in left:
                readings = await adapter.balances(self.rpc, self.block, shard)
                self.read[shard[0]] = readings.amounts

        await asyncio.gather(*(worker() for _ in range(SHARDS_AT_ONCE)))
        return ADDRESSES * repeats


def run(rounds: int) -> list[Figure]:
    with asyncio.Runner() as runner:
        bench = runner.run(_open())
        try:
            return _figures(bench, runner, rounds)
        finally:
            runner.run(bench.__aexit__())


def _figures(bench: Bench, runner: asyncio.Runner, rounds: int) -> list[Figure]:
    cpu_us: dict[str, list[float]] = {}

    def timed(name: str, subject: Callable[[], Awaitable[int]]) -> Callable[[], float]:
        def measure() -> float:
            cpu, start = time.process_time(), time.perf_counter()
            addresses = runner.run(_awaited(subject))
            elapsed, spent = time.perf_counter() - start, time.process_time() - cpu
            cpu_us.setdefault(name, []).append(1e6 * spent / addresses / len(INSTRUMENTS))
            return addresses / elapsed

        return measure

    subjects = {
        "floor": bench.floor,
        "packed": bench.packed,
        "multicall": bench.multicall,
        "batches": bench.batches,
        "web3": bench.web3,
    }
    speed = interleaved({name: timed(name, subject) for name, subject in subjects.items()}, rounds=rounds)
    runner.run(_awaited(bench.packed))
    read = [amount for shard in bench.shards for amount in bench.read[shard[0]]]
    assert read == bench.expected, "every balance is exact"
    cpu = {name: sorted(values)[len(values) // 2] for name, values in cpu_us.items()}
    per_second = {"unit": "addresses/s", "floor": speed["floor"]}
    calls = len(bench.bodies) * PUBLISHED / ADDRESSES
    return [
        figure("evm", "packed reader", value=speed["packed"], goal=0.9, judged="ratio", **per_second),  # type: ignore[arg-type]
        figure("evm", "Multicall3", value=speed["multicall"], **per_second),  # type: ignore[arg-type]
        figure("evm", "JSON-RPC batches of 500", value=speed["batches"], **per_second),  # type: ignore[arg-type]
        figure("evm", "AsyncWeb3, 32 in flight", value=speed["web3"], **per_second),  # type: ignore[arg-type]
        figure(
            "evm",
            "packed reader beside AsyncWeb3",
            unit="addresses/s",
            value=speed["packed"],
            floor=speed["web3"],
            goal=100,
            judged="ratio",
        ),
        figure(
            "evm",
            "client CPU, packed reader",
            unit="us/pair",
            value=cpu["packed"],
            floor=cpu["floor"],
            goal=0.5,
            better="lower",
        ),
        figure(
            "evm",
            f"requests for {PUBLISHED} addresses x 4",
            unit="requests",
            value=calls,
            floor=PUBLISHED * len(INSTRUMENTS) / PAIRS_FIRST,
            goal=450,
            better="lower",
        ),
    ]


async def _open() -> Bench:
    return await Bench().__aenter__()


async def _awaited(subject: Callable[[], Awaitable[int]]) -> int:
    return await subject()


def _adapter() -> EvmAdapter:
    spec = ChainSpec(id=ChainId(f"eip155:{CHAIN}"), name="bench", family="evm", native=NATIVE, native_decimals=18)
    adapter = build(spec)
    assert isinstance(adapter, EvmAdapter)
    return adapter
