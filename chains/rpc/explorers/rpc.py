"""An explorer as an Rpc: the calls of the EVM family, by height, and never answered about another block.

JSON-RPC pins a question to a block hash; an explorer knows heights only. So the hash must have been announced
(``expect``), and after the answers the explorer is asked for its own hash at that height: where it has another block,
every one of them is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chains.adapter import Call, Json, Params
from chains.errors import ChainError, Pruned, RpcFault
from chains.rpc.explorers.source import Source, no_method
from chains.rpc.http import Counters
from chains.spec import ProviderSpec
from chains.types import BlockRef

_FINAL = ("finalized", "safe")
_HEX = "0x"


class ExplorerRpc:
    """Implements chains.adapter.Rpc and ByHeight over a Source."""

    def __init__(self, spec: ProviderSpec, source: Source) -> None:
        self._spec, self._source = spec, source
        self._heights: dict[str, int] = {}
        self._newest_expected: int | None = None

    @property
    def provider(self) -> str:
        return self._spec.name

    @property
    def counters(self) -> Counters:
        return self._source.counters

    def expect(self, block: BlockRef) -> None:
        self._heights[block.hash] = block.height
        self._newest_expected = max(block.height, self._newest_expected or 0)

    async def call(self, method: str, params: Params = ()) -> Json:
        """The result of one call. Raises ChainError; RpcFault for what an explorer cannot be asked."""
        (outcome,) = await self.batch([(method, params)])
        if isinstance(outcome, RpcFault):
            raise outcome
        return outcome

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        """One result or refusal per call, in order, each by a request of its own."""
        tasks: list[asyncio.Task[Json | RpcFault]] = []
        failure: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                tasks += [group.create_task(self._settled(method, params)) for method, params in calls]
        except* ChainError as errors:
            failure = errors.exceptions[0]
        if failure is not None:
            raise failure
        return await self._confirmed(calls, [task.result() for task in tasks])

    async def _settled(self, method: str, params: Params) -> Json | RpcFault:
        try:
            return await self._answer(method, params)
        except RpcFault as fault:
            return fault

    async def _answer(self, method: str, params: Params) -> Json:
        match method, tuple(params):
            case "eth_chainId", ():
                return await self._source.chain_number()
            case "eth_getBlockByNumber", (str(tag), False):
                return await self._block(tag)
            case "eth_getBalance", (str(address), at):
                return await self._source.balance(address, self._height(at))
            case "eth_call", ({"to": str(to), "data": str(data), **more}, at) if not more:
                return await self._source.contract(to, data, self._height(at))
        raise no_method(self.provider, method)

    async def _block(self, tag: str) -> Json:
        if tag in _FINAL:
            return await self._source.block(await self._final_height())
        if tag == "latest":
            return await self._source.newest()
        return await self._source.block(self._height(tag))

    async def _final_height(self) -> int:
        """An explorer names no final block. What another provider called final is final here, too, by height."""
        if self._spec.final_depth is not None:
            newest = await self._source.newest()
            number = newest.get("number") if isinstance(newest, dict) else None
            return max(0, self._height(number) - self._spec.final_depth)
        if self._newest_expected is None:
            raise RpcFault(0, f"{self.provider}: an explorer names no final block, and no other provider did")
        return self._newest_expected

    def _height(self, at: object) -> int:
        """The height that a block parameter means."""
        if isinstance(at, dict):
            height = self._heights.get(str(at.get("blockHash")))
            if height is None:
                raise Pruned(0, f"{self.provider}: an explorer is asked by height, and that of this block is not known")
            return height
        if isinstance(at, str) and at.startswith(_HEX):
            try:
                return int(at, 16)
            except ValueError:
                pass
        raise Pruned(0, f"{self.provider}: an explorer is asked by height only")

    async def _confirmed(self, calls: Sequence[Call], outcomes: list[Json | RpcFault]) -> list[Json | RpcFault]:
        """The outcomes; those pinned to a hash only while it is still the explorer's own hash at that height."""
        wanted = [
            None if isinstance(outcome, RpcFault) else _pinned(params)
            for (_, params), outcome in zip(calls, outcomes, strict=True)
        ]
        for block_hash in sorted({found for found in wanted if found is not None}):
            now = await self._source.block(self._heights[block_hash])
            if isinstance(now, dict) and now.get("hash") == block_hash:
                continue
            lost = Pruned(0, f"{self.provider}: hash is not currently canonical: {block_hash}")
            outcomes = [lost if pin == block_hash else o for pin, o in zip(wanted, outcomes, strict=True)]
        return outcomes


def _pinned(params: Params) -> str | None:
    last = params[-1] if isinstance(params, Sequence) and params else None
    found = last.get("blockHash") if isinstance(last, dict) else None
    return found if isinstance(found, str) else None
