"""A REST indexer as an Rpc."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chains.adapter import Json, Params
from chains.errors import ChainError
from chains.rpc.indexers.history import movements
from chains.rpc.indexers.source import Index
from chains.rpc.translated import Translated, no_block


class IndexerRpc(Translated[Index]):
    """Implements chains.adapter.Rpc over an Index."""

    async def call(self, method: str, params: Params = ()) -> Json:
        """The result of one call. Raises ChainError; RpcFault for what an indexer cannot be asked."""
        match method, tuple(params):
            case "getblockcount", ():
                return await self._asked.newest()
            case "getblockhash", (int(height),):
                if not 0 <= height <= await self._asked.newest():
                    raise no_block(self.provider, height)
                return await self._asked.hash_at(height)
            case "getblockheader", (str(block_hash),):
                header = await self._asked.header(block_hash)
                return {"hash": block_hash, "height": header.height, "mediantime": header.median_time}
            case "getaddressdeltas", ({"addresses": list(addresses), "start": int(start), "end": int(end)},):
                return await self._deltas([str(address) for address in addresses], start, end)
        return await super().call(method, params)

    async def _deltas(self, addresses: Sequence[str], start: int, end: int) -> Json:
        tasks: list[asyncio.Task[list[Json]]] = []
        failure: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                tasks += [
                    group.create_task(movements(self._asked, address, start=start, end=end)) for address in addresses
                ]
        except* ChainError as errors:
            failure = errors.exceptions[0]
        if failure is not None:
            raise failure
        return [delta for task in tasks for delta in task.result()]
