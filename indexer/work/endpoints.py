"""Open providers, one per config entry, and what this process has learned about each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from chains.adapter import ChainAdapter, Rpc
from chains.errors import ChainError, WrongChain
from chains.rpc import open_rpc
from chains.spec import ProviderSpec
from chains.types import ChainId
from indexer.work.lanes import lanes


@dataclass(slots=True)
class Endpoint:
    """One provider. ``trusted_chain`` falls back to False after every failure, so that a failover is checked again."""

    spec: ProviderSpec
    rpc: Rpc
    trusted_chain: bool = False
    stopped: str = ""

    async def ready(self, adapter: ChainAdapter) -> None:
        """Raises ChainError; a WrongChain stops this provider for the rest of the process."""
        if self.stopped:
            raise WrongChain(self.stopped)
        if self.trusted_chain:
            return
        try:
            await adapter.check_chain(self.rpc)
        except WrongChain as error:
            self.stopped = str(error)
            raise
        self.trusted_chain = True

    def failed(self, error: ChainError) -> None:
        self.trusted_chain = False
        if isinstance(error, WrongChain):
            self.stopped = str(error)


Lanes = tuple[tuple[Endpoint, ...], ...]


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
                [
                    tuple([Endpoint(spec, await stack.enter_async_context(open_rpc(spec))) for spec in lane])
                    for lane in lanes(specs, quorum=quorum)
                ]
            )
        yield opened
