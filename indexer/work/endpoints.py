"""Open providers, one per config entry, and what this process has learned about each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from chains.adapter import ByHeight, ChainAdapter, OnlyNow, Rpc
from chains.errors import ChainError, OverBudget, WrongChain
from chains.rpc import Counters, open_provider
from chains.spec import ProviderSpec
from chains.types import BlockRef, ChainId
from indexer.work.lanes import checkers, lanes


@dataclass(slots=True)
class Endpoint:
    """One provider. ``trusted_chain`` falls back to False after every failure, so that a failover is checked again."""

    spec: ProviderSpec
    rpc: Rpc
    counters: Counters = field(default_factory=Counters)
    trusted_chain: bool = False
    stopped: ChainError | None = None

    async def ready(self, adapter: ChainAdapter, *, at: BlockRef | None = None) -> None:
        """Raises ChainError; WrongChain and OverBudget stop this provider for the rest of the process.

        ``at`` is the block the question is about, where it is known. What knows only now is no node to ask for its
        chain: whoever asks it compares a block of it.
        """
        if self.stopped is not None:
            raise type(self.stopped)(str(self.stopped))
        if at is not None and isinstance(self.rpc, ByHeight):
            self.rpc.expect(at)
        if self.trusted_chain or isinstance(self.rpc, OnlyNow):
            return
        try:
            await adapter.check_chain(self.rpc)
        except WrongChain as error:
            self.stopped = error
            raise
        self.trusted_chain = True

    def failed(self, error: ChainError) -> None:
        self.trusted_chain = False
        if isinstance(error, (WrongChain, OverBudget)):
            self.stopped = error


EXPLORER_KEYS_PER_SHARD = 100

Lanes = tuple[tuple[Endpoint, ...], ...]
Checkers = tuple[Endpoint, ...]
"""Providers of one chain that read no list, only a sample of it once more."""


def endpoints_of(lanes: Mapping[ChainId, Lanes]) -> list[Endpoint]:
    """All of them, in the order of config's chains."""
    return [endpoint for chain in lanes.values() for lane in chain for endpoint in lane]


def keys_per_shard(adapter: ChainAdapter, lanes: Lanes) -> int | None:
    """The adapter's best number, but few where a lane has explorers only: they answer one key a request, so a shard
    as large as a node likes would take them an hour, and a spent budget would lose all of it.
    """
    best = adapter.keys_per_shard
    if any(all(endpoint.spec.is_explorer for endpoint in lane) for lane in lanes):
        return EXPLORER_KEYS_PER_SHARD if best is None else min(best, EXPLORER_KEYS_PER_SHARD)
    return best


@asynccontextmanager
async def open_lanes(providers: Iterable[ProviderSpec], *, quorum: int) -> AsyncIterator[Mapping[ChainId, Lanes]]:
    """Every chain's lanes of open endpoints; all connections close on exit."""
    by_chain: dict[ChainId, list[ProviderSpec]] = {}
    for spec in providers:
        by_chain.setdefault(spec.chain, []).append(spec)
    async with AsyncExitStack() as stack:
        opened: dict[ChainId, Lanes] = {}
        for chain, specs in by_chain.items():
            opened[chain] = tuple(
                [tuple([await _opened(spec, stack) for spec in lane]) for lane in lanes(specs, quorum=quorum)]
            )
        yield opened


@asynccontextmanager
async def open_checkers(providers: Iterable[ProviderSpec]) -> AsyncIterator[Mapping[ChainId, Checkers]]:
    """Every chain's checkers, open; all connections close on exit."""
    by_chain: dict[ChainId, list[ProviderSpec]] = {}
    for spec in providers:
        by_chain.setdefault(spec.chain, []).append(spec)
    async with AsyncExitStack() as stack:
        yield {
            chain: tuple([await _opened(spec, stack) for spec in checkers(specs)]) for chain, specs in by_chain.items()
        }


async def _opened(spec: ProviderSpec, stack: AsyncExitStack) -> Endpoint:
    rpc = await stack.enter_async_context(open_provider(spec))
    return Endpoint(spec, rpc, rpc.counters)
