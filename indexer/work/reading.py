"""How one provider is asked for balances: with what it told before, and watched, where its family takes long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from chains.adapter import ChainAdapter, Remembering, Rpc
from chains.types import BalanceKey, BlockRef, Readings
from indexer.store.database import Database
from indexer.store.memories import StoredMemory
from indexer.work.endpoints import Endpoint
from indexer.work.observer import Observer


def balances(
    db: Database,
    adapter: ChainAdapter,
    endpoints: Iterable[Endpoint],
    block: BlockRef,
    keys: Sequence[BalanceKey],
    *,
    observer: Observer,
) -> Callable[[Rpc], Awaitable[Readings]]:
    """The question for `fetcher.ask`, put to one of these endpoints."""
    if not isinstance(adapter, Remembering):
        return lambda rpc: adapter.balances(rpc, block, keys)
    operators = {endpoint.spec.name: endpoint.spec.operator for endpoint in endpoints}

    async def remembered(rpc: Rpc) -> Readings:
        memory = StoredMemory(db, adapter.chain, operators[rpc.provider])
        watched = partial(observer.reading, adapter.chain, rpc.provider)
        return await adapter.balances_remembered(rpc, block, keys, memory, watched)

    return remembered
