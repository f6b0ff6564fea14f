"""The slot that a time had, by the times that nodes keep of their blocks.

Many slots have no block. Shapes: https://solana.com/docs/rpc/http (getFirstAvailableBlock, getBlocks, getBlockTime).
"""

from __future__ import annotations

from datetime import datetime

from chains.adapter import Rpc
from chains.answers import SECOND, shape, utc
from chains.errors import Malformed, Pruned
from chains.search_time import find
from chains.types import BlockRef

RANGES = (500, 500_000)
"""How far below a slot its block is looked for: no more were skipped in a row but where the network stood still; and
the most that a node answers about.
"""
_FINALIZED = {"commitment": "finalized"}


async def first_slot(rpc: Rpc) -> int:
    """The first slot of the provider's history."""
    first = await rpc.call("getFirstAvailableBlock")
    if type(first) is not int or first < 0:
        raise Malformed("getFirstAvailableBlock: no slot")
    return first


async def height_at(rpc: Rpc, final: BlockRef, time: datetime) -> int:
    """The slot of the last block not after a time. Raises NotFinal, Pruned."""
    first = await first_slot(rpc)

    async def at(slot: int) -> BlockRef:
        for size in RANGES if slot >= first else ():
            if slots := await _blocks(rpc, max(first, slot - size), slot):
                return BlockRef(slots[-1], "", await _time(rpc, slots[-1]))
        raise Pruned(0, f"{rpc.provider}: its history begins at slot {first}, without a block up to {slot}")

    return (await find(at, final, height=None, time=time)).height


async def _blocks(rpc: Rpc, start: int, end: int) -> list[int]:
    slots = shape(list[int], await rpc.call("getBlocks", (start, end, _FINALIZED)), "getBlocks")
    if slots != sorted(slots) or (slots and not start <= slots[0] <= slots[-1] <= end):
        raise Malformed("getBlocks: not the slots of the range, in their order")
    return slots


async def _time(rpc: Rpc, slot: int) -> datetime:
    seconds = shape(int, await rpc.call("getBlockTime", (slot,)), "getBlockTime")
    return utc(seconds * SECOND, "getBlockTime")
