"""The chain itself: a set of watched outputs from memory, from a scan at the tip or from the first block, moved to H.

In this order. A set kept by an earlier reading is rolled forward (or back) when it knows every asked script and its
block still stands; else one scan of everything (scantxoutset) is undone down to H; a node that cannot scan (Dogecoin
Core) is followed from its first block, once, and from there on from memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from chains.adapter import Rpc, Step
from chains.errors import NoMethod, Pruned, Reorged, RpcFault, Transport
from chains.types import BlockRef
from chains.utxo import blocks, kept, scan
from chains.utxo.back import back
from chains.utxo.forward import BATCH, fetch, forward, read
from chains.utxo.params import Coin as Params
from chains.utxo.source import Held, Offer, Question
from chains.utxo.spent import Undoing
from chains.utxo.watched import Coin, Outpoint, Watched, sums
from chains.utxo.wire import shape

KEEP_EVERY = 2_000
"""Blocks between two savings, so that a killed walk goes on near where it was."""


class ChainWay:
    """Implements UtxoSource. See the module."""

    name: ClassVar[str] = "chain"

    def __init__(self, coin: Params, decimals: int) -> None:
        self._coin, self._decimals = coin, decimals

    async def offer(self, question: Question) -> Offer:
        if not self._coin.walkable:
            return Offer(False, "the blocks of this coin cannot be followed")
        try:
            tip = await question.rpc.call("getbestblockhash")
            shape(str, await question.rpc.call("getblock", [tip, 0]), "getblock")
        except NoMethod:
            return Offer(False, "no blocks to follow")
        except RpcFault as fault:
            return Offer(False, f"no blocks to follow: {fault.message}")
        if await scan.offered(question.rpc):
            return Offer(True, "one scan of all unspent outputs (scantxoutset), undone block by block")
        known = await kept.load(question.memory)
        start = "the first one, which takes hours" if known is None else f"height {known.height}, from memory"
        return Offer(True, f"no scantxoutset: every block since {start}")

    async def held(self, question: Question) -> Held:
        watched = await self._remembered(question)
        if watched is None:
            scans = await scan.offered(question.rpc)
            watched = await (self._scanned(question) if scans else self._from_the_first(question))
        await kept.save(question.memory, watched)
        return await self._held(question, watched)

    async def _remembered(self, question: Question) -> Watched | None:
        """The kept set at H; None where there is none to go on from."""
        known = await kept.load(question.memory)
        if known is None or not known.scripts >= set(question.scripts) or not await _stands(question.rpc, known.block):
            return None
        try:
            await self._move(known, question)
        except Pruned:
            if not await scan.offered(question.rpc):
                raise
            return None
        return known

    async def _scanned(self, question: Question) -> Watched:
        """By as few scans as the node takes; a list that fits into one is kept at once, to go on from when killed.

        What the memory watches for others is scanned along, where it fits.
        """
        known = await kept.load(question.memory)
        scripts = list(question.scripts)
        others = [] if known is None else list(known.scripts - set(scripts))
        if len(list(scan.pieces([*scripts, *others]))) == 1:
            scripts += others
        parts = list(scan.pieces(scripts))
        whole = Watched(question.block.height, question.block.hash, frozenset(scripts))
        for part in parts:
            watched = await scan.scan(question.rpc, part, self._decimals)
            if watched.height < question.block.height:
                said = f"scanned at height {watched.height}, below the pinned {question.block.height}"
                raise Transport(f"{question.rpc.provider} {said}")
            if len(parts) == 1:
                await kept.save(question.memory, watched)
            await self._move(watched, question, name=kept.NEWEST if len(parts) == 1 else None)
            whole.coins |= watched.coins
        return whole

    async def _from_the_first(self, question: Question) -> Watched:
        """What the memory watches for others is followed along. A walk that was cut short is gone on with."""
        known, begun = await kept.load(question.memory), await kept.load(question.memory, kept.WALK)
        scripts = frozenset(question.scripts) | (frozenset() if known is None else known.scripts)
        watched = Watched(0, await blocks.hash_at(question.rpc, 0), scripts)
        if begun is not None and begun.scripts >= scripts and begun.height <= question.block.height:
            watched = begun if await _stands(question.rpc, begun.block) else watched
        await self._move(watched, question, name=kept.WALK)
        return watched

    async def _move(self, watched: Watched, question: Question, *, name: str | None = kept.NEWEST) -> None:
        """To the asked block, which is told; on the way the set is kept under the name."""
        start = kept_at = watched.height
        blocks_all = abs(question.block.height - start)

        async def moved() -> None:
            nonlocal kept_at
            question.progress(Step("blocks", abs(watched.height - start), blocks_all, "blocks"))
            if name is not None and abs(watched.height - kept_at) >= KEEP_EVERY:
                await kept.save(question.memory, watched, name)
                kept_at = watched.height

        if watched.height <= question.block.height:
            await forward(question.rpc, watched, question.block, self._coin, moved)
        else:
            await back(Undoing(question.rpc, self._coin, self._decimals), watched, question.block, moved)

    async def _held(self, question: Question, watched: Watched) -> Held:
        amounts = await asyncio.to_thread(sums, watched.coins.values())
        young = await _generated(question.rpc, watched.young(self._coin.maturity), self._coin)
        # The set of coins is whole at this block: a script that has none in it holds nothing, by the chain's own rule.
        return Held([amounts.get(script, 0) for script in question.scripts], immature=sums(young))


async def _stands(rpc: Rpc, block: BlockRef) -> bool:
    try:
        await blocks.require(rpc, block)
    except Reorged:
        return False
    return True


async def _generated(rpc: Rpc, young: Mapping[Outpoint, Coin], coin: Params) -> list[Coin]:
    """Those of the coins that are; where no node said so, their blocks do. No node calls a stake a coinbase."""
    unsure = {place for place, each in young.items() if each.generated is None or (coin.stakes and not each.generated)}
    heights = sorted({young[place].height for place in unsure})
    made: set[bytes] = set()
    for start in range(0, len(heights), BATCH):
        for fetched in await fetch(rpc, heights[start : start + BATCH], coin):
            block = await asyncio.to_thread(read, fetched, coin)
            made |= {tx.txid for tx in block.transactions if tx.generated}
    return [each for place, each in young.items() if (place[:32] in made if place in unsure else each.generated)]
