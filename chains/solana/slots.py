"""The slot that a time had, by the times that nodes keep of their blocks.

Many slots have no block. Shapes: https://solana.com/docs/rpc/http (getFirstAvailableBlock, getBlocks, getBlockTime).
"""

from __future__ import annotations

from datetime import UTC, datetime

from chains.adapter import Rpc
from chains.errors import ChainError, Malformed, Pruned
from chains.search_time import find
from chains.types import BlockRef

SKIPPED_MAX = 500
"""More slots in a row than were ever skipped while the network stood."""
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
        if slot < first:
            raise Pruned(0, f"{rpc.provider}: its history begins at slot {first}")
        produced = await _last_block(rpc, max(first, slot - SKIPPED_MAX), slot)
        return BlockRef(produced, "", await _time(rpc, produced))

    return (await find(at, final, height=None, time=time)).height


async def _last_block(rpc: Rpc, start: int, end: int) -> int:
    slots = await rpc.call("getBlocks", (start, end, _FINALIZED))
    if not isinstance(slots, list) or not all(type(slot) is int and start <= slot <= end for slot in slots):
        raise Malformed("getBlocks: not slots of the range")
    if not slots:
        raise ChainError(f"{rpc.provider}: no block in slots {start} to {end}")
    return max(slot for slot in slots if type(slot) is int)


async def _time(rpc: Rpc, slot: int) -> datetime:
    seconds = await rpc.call("getBlockTime", (slot,))
    if type(seconds) is not int:
        raise Malformed(f"getBlockTime: no time of slot {slot}")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"getBlockTime: {seconds} s") from None
