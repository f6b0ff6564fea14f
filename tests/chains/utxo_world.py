"""A small chain on a real node for the tests of every way, and a memory that can be looked into."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from chains.adapter import Progress, Rpc
from chains.errors import NoMethod, RpcFault
from chains.types import BalanceKey, BlockRef, Readings
from chains.utxo import blocks
from chains.utxo.adapter import UtxoAdapter
from chains.utxo.params import coin_of
from chains.utxo.source import Forgetful, Question, unwatched
from chains.utxo.sources import first_offer, sources
from scripts.engines import EngineMissing
from scripts.engines.litecoind import REGTEST, Litecoind
from tests.chains.utxo_holders import KINDS, Holder, holder, replay, spend

COIN = coin_of(REGTEST)
ADAPTER = UtxoAdapter(REGTEST, COIN)
LTC = 10**8
NO_SCAN = {"scantxoutset": NoMethod(-32601, "Method not found")}
NO_INDEX = {"getrawtransaction": RpcFault(-5, "No such mempool transaction. Use -txindex")}


@dataclass
class Kept:
    """A memory; ``saved`` counts, and ``break_at`` ends the process at a saving, once it is kept."""

    values: dict[str, bytes] = field(default_factory=dict)
    saved: int = 0
    break_at: int | None = None

    async def load(self, name: str) -> bytes | None:
        return self.values.get(name)

    async def save(self, name: str, value: bytes) -> None:
        self.values[name] = value
        self.saved += 1
        if self.saved == self.break_at:
            raise KeyboardInterrupt


@dataclass
class World:
    node: Litecoind
    holders: list[Holder]
    start: int
    tip: int

    async def block(self, height: int) -> BlockRef:
        return await blocks.at_tip_height(self.node.rpc, height)

    async def expected(self, height: int, holders: list[Holder] | None = None) -> list[int]:
        held = await replay(self.node.rpc, height)
        return [held.get(one.script.hex(), 0) for one in holders or self.holders]

    async def read(
        self,
        rpc: Rpc,
        height: int,
        memory: Kept | None = None,
        holders: list[Holder] | None = None,
        *,
        progress: Progress = unwatched,
    ) -> Any:
        keys = [BalanceKey(one.address, REGTEST.native) for one in holders or self.holders]
        readings = await ADAPTER.balances_remembered(rpc, await self.block(height), keys, memory or Kept(), progress)
        return list(readings.amounts)

    async def remarks(self, rpc: Rpc, height: int) -> dict[int, str]:
        keys = [BalanceKey(one.address, REGTEST.native) for one in self.holders]
        readings: Readings = await ADAPTER.balances(rpc, await self.block(height), keys)
        return {index: f"{remark.kind}: {remark.detail}" for index, remark in readings.remarks.items()}

    async def offer(self, rpc: Rpc, height: int) -> str:
        return await first_offer(sources(COIN, 8), Question(rpc, await self.block(height), [], Forgetful(), unwatched))


@asynccontextmanager
async def small_world() -> AsyncIterator[World]:
    """Ten holders, coins made and spent in a dozen blocks, coinbases of theirs among them."""
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(Litecoind())
        except EngineMissing as missing:
            pytest.skip(str(missing))
        holders = [await holder(node.rpc, kind, number) for number in range(2) for kind in KINDS]
        start: Any = await node.rpc.call("getblockcount")
        coins = list(
            zip(holders, await node.pay([(one.address, LTC + n) for n, one in enumerate(holders)]), strict=True)
        )
        for number in range(4):
            made = await spend(node, coins[number : number + 2], [(holders[-1 - number], LTC // 2 + number)])
            await node.pay([(holders[number].address, LTC * 3 + number)])
            await spend(node, [(holders[-1 - number], made[0])], [(holders[number], LTC // 4)])
            coins[number + 1 : number + 2] = [(one, coin) for one, coin in coins[5 + number : 6 + number]]
        await node.mine(2, to=holders[0].address)
        await node.mine(2)
        tip: Any = await node.rpc.call("getblockcount")
        yield World(node, holders, start, tip)
