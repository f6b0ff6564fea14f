"""What this process has learned about one endpoint: how it can be asked, how much at once, which blocks it showed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy as np

from chains.adapter import Rpc
from chains.errors import Pruned, RpcFault, TooLarge
from chains.evm import context
from chains.evm.balances import pin
from chains.evm.blocks import confirm
from chains.evm.chunks import Chunk
from chains.evm.context import OtherBlock
from chains.evm.faults import is_block
from chains.evm.options import Options
from chains.evm.packed import ADDRESS, NATIVE, Answer, Bytes, Context, WayFailed
from chains.evm.ways import Way, ask
from chains.types import BlockRef

PAIRS_FIRST, PAIRS_MAX = 6_000, 10_000
"""1,500 addresses of 4 assets, and what is worth growing to: a larger request is no faster, and leaves fewer in flight
to work beside it.
"""
_MULTICALL_FIRST, _MULTICALL_MAX = 500, 1_000
_CONTEXTS_MAX = 64


class Endpoint:
    """One Rpc as bulk reads see it. Made by ``Memory``; it must not hold the Rpc, which is the key it dies with."""

    def __init__(self, chain: int, options: Options) -> None:
        self.way: Way | None = None
        self.by_hash = True
        self.chunks = {way: Chunk(PAIRS_FIRST, PAIRS_MAX) for way in Way}
        self.chunks[Way.MULTICALL] = Chunk(_MULTICALL_FIRST, _MULTICALL_MAX)
        self._chain = chain
        self._options = options
        self._contexts: dict[str, Context] = {}
        self._probing = asyncio.Lock()

    async def settle(self, rpc: Rpc, block: BlockRef) -> Way:
        """The best way that works, probed once. Raises ChainError when nothing can be said about any way now."""
        async with self._probing:
            if self.way is None:
                self.way = await self._probe(rpc, block, Way.OVERRIDE)
            return self.way

    async def demote(self, rpc: Rpc, block: BlockRef, failed: Way) -> None:
        """``failed`` worked once and does no more: from now on the next way that does."""
        async with self._probing:
            if self.way is failed:
                self.way = await self._probe(rpc, block, failed.next)

    async def context(self, rpc: Rpc, block: BlockRef) -> Context:
        if block.hash not in self._contexts:
            if len(self._contexts) >= _CONTEXTS_MAX:
                self._contexts.clear()
            self._contexts[block.hash] = await context.expected(rpc, block, chain=self._chain)
        return self._contexts[block.hash]

    async def ask(self, rpc: Rpc, block: BlockRef, way: Way, tokens: list[bytes], addresses: Bytes) -> Answer:
        """One answer that is about ``block``, or an error."""
        wanted = await self.context(rpc, block)
        at = pin(block) if self.by_hash else hex(block.height)
        answer = await ask(rpc, way, at, tokens, addresses, multicall3=self._options.multicall3)
        context.check(answer.context, wanted, number_in_band=self._options.number_in_band)
        return answer

    async def _probe(self, rpc: Rpc, block: BlockRef, first: Way) -> Way:
        """Asks the real method a small question with a known answer: the context of the block.

        A Transport says nothing about the way, however often the client has met it: it passes through.
        """
        nobody = np.zeros((1, ADDRESS), np.uint8)
        elsewhere: OtherBlock | None = None
        way = first
        while way is not Way.BATCH:
            for by_hash in self._pins():
                self.by_hash = by_hash
                try:
                    answer = await self.ask(rpc, block, way, [NATIVE], nobody)
                    if len(answer.words) == 1:
                        return way
                except OtherBlock as error:
                    elsewhere = elsewhere or error
                except (WayFailed, TooLarge):
                    break
                except RpcFault as fault:
                    if is_block(fault):
                        await confirm(rpc, block)
                        raise Pruned(fault.code, fault.message, fault.data) from None
            way = way.next
        self.by_hash = True
        if elsewhere is not None:
            raise elsewhere  # a node that answers about other blocks, which nothing below would notice
        return way

    def _pins(self) -> Iterator[bool]:
        """By hash; by number only where the answer itself tells the block."""
        yield True
        if self._options.number_in_band:
            yield False


class Memory:
    """An Endpoint per Rpc, for as long as the Rpc lives."""

    def __init__(self, chain: int, options: Options) -> None:
        self._chain, self._options = chain, options
        self._known: WeakKeyDictionary[Rpc, Endpoint] = WeakKeyDictionary()

    def of(self, rpc: Rpc) -> Endpoint:
        if rpc not in self._known:
            self._known[rpc] = Endpoint(self._chain, self._options)
        return self._known[rpc]
