"""A scripted server, its provider and its adapter together, for tests of one family's traps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chains import registry
from chains.adapter import ChainAdapter, Controlling, Reconciling, Rpc
from chains.rpc import open_provider
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Failure, Readings
from tests.chains.served import Served


class Asking:
    """The adapter of one chain, asking one provider."""

    def __init__(self, adapter: ChainAdapter, rpc: Rpc) -> None:
        self.adapter, self.rpc = adapter, rpc

    async def read(self, *keys: BalanceKey, block: BlockRef | None = None) -> Readings:
        pinned = await self.adapter.final_block(self.rpc) if block is None else block
        return await self.adapter.balances(self.rpc, pinned, keys)

    async def amounts(self, *keys: BalanceKey, block: BlockRef | None = None) -> list[int | Failure]:
        found = await self.read(*keys, block=block)
        return [found.failures[i] if amount is None else amount for i, amount in enumerate(found.amounts)]

    async def control(self, *addresses: Address, block: BlockRef | None = None) -> list[object]:
        """The authorities of each address, or why they are not known."""
        assert isinstance(self.adapter, Controlling)
        pinned = await self.final() if block is None else block
        found = await self.adapter.controllers(self.rpc, pinned, addresses)
        assert found.block == pinned
        return [found.failures.get(index, one) for index, one in enumerate(found.authorities)]

    async def final(self) -> BlockRef:
        return await self.adapter.final_block(self.rpc)

    async def at(self, **which: Any) -> BlockRef:
        return await self.adapter.block_at(self.rpc, **which)


async def changes(ask: Asking, since: int, until: BlockRef, *keys: BalanceKey) -> list[int | Failure]:
    """What transfers in (since, until] changed."""
    assert isinstance(ask.adapter, Reconciling)
    found = await ask.adapter.flows(ask.rpc, since=since, until=until, keys=keys)
    assert (found.since, found.until) == (since, until)
    return [found.failures[i] if amount is None else amount for i, amount in enumerate(found.amounts)]


async def moved(ask: Asking, since: int, *keys: BalanceKey) -> list[int | Failure]:
    """The same up to the newest final block."""
    return await changes(ask, since, await ask.final(), *keys)


@asynccontextmanager
async def asking(spec: ChainSpec, server: Served, **fields: Any) -> AsyncIterator[Asking]:
    """``fields`` are those of ProviderSpec."""
    async with server, open_provider(server.provider(spec.id, **fields)) as rpc:
        yield Asking(registry.adapter(spec), rpc)
