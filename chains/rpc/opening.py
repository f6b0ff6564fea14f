"""From what config says of a provider to the Rpc that speaks to it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from chains.errors import ChainError
from chains.fit import EVM_PREFIX, SHORT_NAME, misfit, parameters
from chains.rpc.backoff import Jitter, Sleep
from chains.rpc.blockfrost import BlockfrostRpc
from chains.rpc.client import HttpRpc
from chains.rpc.electrum import ElectrumRpc
from chains.rpc.explorers.blockscout import Blockscout
from chains.rpc.explorers.etherscan import Etherscan
from chains.rpc.explorers.oklink import OkLink
from chains.rpc.explorers.rest import Rest
from chains.rpc.explorers.rpc import ExplorerRpc
from chains.rpc.explorers.source import Source
from chains.rpc.http import HttpDoor, open_door
from chains.rpc.indexers.blockbook import Blockbook
from chains.rpc.indexers.esplora import Esplora, Mempool
from chains.rpc.indexers.rpc import IndexerRpc
from chains.rpc.indexers.source import Index
from chains.rpc.lines import open_lines
from chains.rpc.now.subscan import Subscan
from chains.rpc.now.tronscan import Tronscan
from chains.rpc.translated import Translated
from chains.spec import ProviderSpec

_INDEXES: dict[str, Callable[[Rest], Index]] = {"esplora": Esplora, "mempool": Mempool, "blockbook": Blockbook}
_TRANSLATED: dict[str, Callable[[HttpRpc], Translated[HttpRpc]]] = {
    "blockfrost": BlockfrostRpc,
    "tronscan": Tronscan,
    "subscan": Subscan,
}


@asynccontextmanager
async def open_provider(
    spec: ProviderSpec, *, sleep: Sleep = asyncio.sleep, jitter: Jitter = random.random
) -> AsyncIterator[HttpRpc | ExplorerRpc | Translated[Any]]:
    """One provider of any kind, its connections closed on exit. Raises ChainError for one that may not be asked."""
    if why := misfit(spec):
        raise ChainError(f"{spec.name}: {why}")
    if spec.kind == "electrum":
        async with open_lines(spec) as lines:
            yield ElectrumRpc(HttpRpc(spec, lines, sleep=sleep, jitter=jitter))
        return
    async with open_door(spec) as door:
        if spec.is_indexer:
            yield IndexerRpc(_INDEXES[spec.kind](Rest(spec, door, sleep=sleep, jitter=jitter)))
        elif spec.kind in _TRANSLATED:
            yield _TRANSLATED[spec.kind](HttpRpc(spec, door, sleep=sleep, jitter=jitter))
        elif spec.is_explorer:
            yield ExplorerRpc(spec, _source(spec, door, sleep, jitter))
        else:
            yield HttpRpc(spec, door, sleep=sleep, jitter=jitter)


def _source(spec: ProviderSpec, door: HttpDoor, sleep: Sleep, jitter: Jitter) -> Source:
    if spec.kind == "blockscout":
        return Blockscout(HttpRpc(spec, door, sleep=sleep, jitter=jitter))
    rest, chain = Rest(spec, door, sleep=sleep, jitter=jitter), int(spec.chain.removeprefix(EVM_PREFIX))
    if spec.kind == "etherscan":
        return Etherscan(rest, chain)
    return OkLink(rest, chain, parameters(spec)[SHORT_NAME])
