"""A REST indexer as an Rpc."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chains.adapter import Call, Json, Params
from chains.errors import ChainError, RpcFault
from chains.rpc.explorers.source import no_method
from chains.rpc.http import Counters
from chains.rpc.indexers.history import movements
from chains.rpc.indexers.source import Index
from chains.rpc.translated import no_block, one_by_one


class IndexerRpc:
    """Implements chains.adapter.Rpc over an Index."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @property
    def provider(self) -> str:
        return self._index.provider

    @property
    def counters(self) -> Counters:
        return self._index.counters

    async def call(self, method: str, params: Params = ()) -> Json:
        """The result of one call. Raises ChainError; RpcFault for what an indexer cannot be asked."""
        match method, tuple(params):
            case "getblockcount", ():
                return await self._index.newest()
            case "getblockhash", (int(height),):
                if not 0 <= height <= await self._index.newest():
                    raise no_block(self.provider, height)
                return await self._index.hash_at(height)
            case "getblockheader", (str(block_hash),):
                header = await self._index.header(block_hash)
                return {"hash": block_hash, "height": header.height, "mediantime": header.median_time}
            case "getaddressdeltas", ({"addresses": list(addresses), "start": int(start), "end": int(end)},):
                return await self._deltas([str(address) for address in addresses], start, end)
        raise no_method(self.provider, method)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        """One result or refusal per call, in order, each by requests of its own."""
        return await one_by_one(self.call, calls)

    async def _deltas(self, addresses: Sequence[str], start: int, end: int) -> Json:
        tasks: list[asyncio.Task[list[Json]]] = []
        failure: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                tasks += [
                    group.create_task(movements(self._index, address, start=start, end=end)) for address in addresses
                ]
        except* ChainError as errors:
            failure = errors.exceptions[0]
        if failure is not None:
            raise failure
        return [delta for task in tasks for delta in task.result()]
