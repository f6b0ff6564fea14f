"""The block at a height or at a time, for any chain whose blocks are found by height."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from chains.errors import ChainError, NotFinal, Pruned
from chains.types import BlockRef

At = Callable[[int], Awaitable[BlockRef]]
"""The block at a height; the nearest below it where the chain skipped that height. Raises Pruned."""


async def find(at: At, final: BlockRef, *, height: int | None, time: datetime | None) -> BlockRef:
    """What ``ChainAdapter.block_at`` promises, given the newest final block.

    By time it is the last block not after it, by binary search. Raises NotFinal beyond the final block, or until a
    later final block proves that none can follow; Pruned where the provider lacks the answer, ChainError for a time
    before the chain began.
    """
    assert (height is None) != (time is None), "either a height or a time"
    if height is not None:
        if height > final.height:
            raise NotFinal(f"{height} is beyond the final block {final.height}")
        return final if height == final.height else await at(height)
    assert time is not None, "either a height or a time"
    assert time.tzinfo is not None, "an aware time"
    if _time(final) <= time:
        raise NotFinal(f"the final block {final.height} is not after {time.isoformat()}")
    below, above = -1, final.height
    found: BlockRef | None = None
    while above - below > 1:
        middle = (below + above) // 2
        try:
            block = await at(middle)
        except Pruned:
            # Nodes drop the oldest blocks first. Should this one not be old, the search ends on it, without a block.
            below, found = middle, None
            continue
        if _time(block) <= time:
            below, found = middle, block
        else:
            above = middle
    if below < 0:
        raise ChainError(f"the chain begins after {time.isoformat()}")
    if found is None:
        raise Pruned(0, f"the provider has no block {below}, which may be the one at {time.isoformat()}")
    return found


def only_now(final: BlockRef, *, height: int | None, time: datetime | None) -> BlockRef:
    """The same for a chain that can only be read at its newest final block. Raises NotFinal, Pruned."""
    assert (height is None) != (time is None), "either a height or a time"
    assert time is None or time.tzinfo is not None, "an aware time"
    early = height > final.height if height is not None else time is not None and time > _time(final)
    if early:
        raise NotFinal(f"the newest final block is {final.height} of {_time(final).isoformat()}")
    if height != final.height and time != final.time:
        raise Pruned(0, f"this chain can only be read now, at {final.height}")
    return final


def _time(block: BlockRef) -> datetime:
    assert block.time is not None, "every block of this chain has a time"
    return block.time
