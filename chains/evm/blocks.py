"""Which block: the chain's rule of finality, and from a height or a time to a header."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from chains.adapter import Json, Rpc
from chains.errors import ChainError, Malformed, NotFinal, Pruned, Reorged
from chains.evm.options import Options
from chains.evm.wire import quantity
from chains.types import BlockRef

HASH = re.compile(r"0x[0-9a-f]{64}")


def header(answer: Json, *, height: int | None = None) -> BlockRef:
    """A block object of the node, checked against the height that was asked. Raises Malformed."""
    if not isinstance(answer, dict):
        raise Malformed("the block is not an object")
    number, seconds, digest = quantity(answer.get("number")), quantity(answer.get("timestamp")), answer.get("hash")
    if not isinstance(number, int) or not isinstance(seconds, int):
        raise Malformed("the block has no valid number and timestamp")
    if not isinstance(digest, str) or not HASH.fullmatch(digest):
        raise Malformed("the block has no valid hash")
    if height is not None and number != height:
        raise Malformed(f"asked for block {height}, got {number}")
    try:
        time = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"block {number} has an impossible timestamp") from None
    return BlockRef(number, digest, time)


async def at_height(rpc: Rpc, height: int) -> BlockRef:
    """The canonical block at a height. Raises Pruned where the node has none."""
    answer = await rpc.call("eth_getBlockByNumber", (hex(height), False))
    if answer is None:
        raise Pruned(0, f"the node has no block {height}")
    return header(answer, height=height)


async def final(rpc: Rpc, options: Options) -> BlockRef:
    """The newest final block by the chain's rule. Raises NotFinal on a chain too young to have one."""
    tag = "latest" if options.finality == "depth" else options.finality
    answer = await rpc.call("eth_getBlockByNumber", (tag, False))
    if answer is None:
        raise NotFinal(f"the node names no {tag} block yet")
    block = header(answer)
    if options.depth is None:
        return block
    if block.height < options.depth:
        raise NotFinal(f"the head {block.height} is less than {options.depth} blocks deep")
    return await at_height(rpc, block.height - options.depth)


async def final_at_height(rpc: Rpc, options: Options, height: int) -> BlockRef:
    """Raises NotFinal beyond the final block."""
    newest = await final(rpc, options)
    if height > newest.height:
        raise NotFinal(f"block {height} is beyond the final block {newest.height}")
    return newest if height == newest.height else await at_height(rpc, height)


async def final_at_time(rpc: Rpc, options: Options, time: datetime) -> BlockRef:
    """The last block not after ``time``, by binary search over the final blocks.

    Raises NotFinal until a later final block proves that none can follow, Pruned where the node lacks the answer,
    ChainError for a time before the chain began.
    """
    newest = await final(rpc, options)
    if _time(newest) <= time:
        raise NotFinal(f"the final block {newest.height} is not after {time.isoformat()}")
    below, above = -1, newest.height
    found: BlockRef | None = None
    while above - below > 1:
        middle = (below + above) // 2
        try:
            block = await at_height(rpc, middle)
        except Pruned:
            # Nodes drop the oldest blocks first. Should this one not be old, the search ends on it, without a header.
            below, found = middle, None
            continue
        if _time(block) <= time:
            below, found = middle, block
        else:
            above = middle
    if below < 0:
        raise ChainError(f"the chain begins after {time.isoformat()}")
    if found is None:
        raise Pruned(0, f"the node has no block {below}, which may be the one at {time.isoformat()}")
    return found


async def confirm(rpc: Rpc, block: BlockRef) -> None:
    """Raises Reorged unless the chain still has ``block`` at its height, Pruned where the node has none there."""
    current = await at_height(rpc, block.height)
    if current.hash != block.hash:
        raise Reorged(f"block {block.height} was {block.hash} and is now {current.hash}")


def _time(block: BlockRef) -> datetime:
    assert block.time is not None, "every EVM header has a time"
    return block.time
